"""The HR console: `table.py` lists its pages, `pages.py` says what one is, `guard.py` who may."""
