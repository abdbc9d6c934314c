"""Measures, their privacy, summaries and reports."""
