"""Alembic's environment: one schema for SQLite and PostgreSQL."""

from __future__ import annotations

from alembic import context
from sqlalchemy import text

from storage.migrate import VERSION_TABLE, make_engine, render_item
from storage.models import Row

#: Two processes that start at once upgrade one after the other (SQLite: `BEGIN IMMEDIATE`).
_LOCK = text("select pg_advisory_xact_lock(5208214137236574036)")


def run() -> None:
    """Run the revisions in one transaction."""
    engine = make_engine(context.config.attributes["url"])
    with engine.connect() as connection:
        context.configure(
            connection=connection,
            target_metadata=Row.metadata,
            render_as_batch=True,
            render_item=render_item,
            version_table=VERSION_TABLE,
            transactional_ddl=True,
        )
        with context.begin_transaction():
            if engine.dialect.name == "postgresql":
                connection.execute(_LOCK)
            context.run_migrations()
            if engine.dialect.name == "sqlite":
                broken = connection.exec_driver_sql("PRAGMA foreign_key_check").first()
                if broken is not None:
                    raise RuntimeError(f"a row of {broken[0]} refers to nothing in {broken[2]}")
    engine.dispose()


run()
