"""Alembic's environment: one schema for SQLite and PostgreSQL."""

from __future__ import annotations

from typing import Any, Literal

from alembic import context
from sqlalchemy import create_engine, text
from sqlmodel.sql.sqltypes import AutoString, UTCDateTime

from messenger.models import Row
from storage.types import EncryptedJSON, EncryptedText

#: Two processes that start at once upgrade one after the other.
_LOCK = 0x5348_4542_414F_4D49


def render_item(kind: str, item: Any, _context: Any) -> str | Literal[False]:
    """Write plain column types into revisions, so that they don't change with our classes."""
    if kind != "type":
        return False
    if isinstance(item, (EncryptedText, EncryptedJSON)):
        return "sa.LargeBinary()"
    if isinstance(item, AutoString):
        return f"sa.String({getattr(item, 'length', None) or ''})"
    if isinstance(item, UTCDateTime):
        return "sa.DateTime(timezone=True)"
    return False


def run() -> None:
    """Run the migrations in one transaction. SQLite's foreign keys stay off while it does."""
    engine = create_engine(context.config.attributes["url"], hide_parameters=True)
    with engine.connect() as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(text("select pg_advisory_lock(:key)"), {"key": _LOCK})
            connection.commit()
        context.configure(
            connection=connection,
            target_metadata=Row.metadata,
            render_as_batch=True,
            render_item=render_item,
            version_table="messenger_alembic_version",
        )
        with context.begin_transaction():
            context.run_migrations()
    engine.dispose()


run()
