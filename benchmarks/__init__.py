"""Measurements that take minutes; each is a command."""
