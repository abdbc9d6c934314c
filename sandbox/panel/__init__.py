"""The test API and the demo page."""
