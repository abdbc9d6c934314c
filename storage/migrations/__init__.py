"""Alembic's scripts; `storage.migrate` runs them."""
