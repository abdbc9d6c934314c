"""Workbooks between their dry run and their import: kept encrypted, for an hour, used once."""

from __future__ import annotations

from datetime import datetime

from sqlmodel.ext.asyncio.session import AsyncSession

from storage.models import StoredFile

_TYPE = "application/octet-stream"


async def keep(session: AsyncSession, name: str, size: int, now: datetime, until: datetime) -> str:
    """A row for bytes that are in the file store; its reference. The sweep deletes them after."""
    row = StoredFile(name=name, media_type=_TYPE, size=size, created_at=now, expires_at=until)
    session.add(row)
    await session.flush()
    return str(row.id)


async def take(session: AsyncSession, ref: str, now: datetime) -> str | None:
    """The file's name, once; None when it is over, was taken, or never was one of these."""
    if not (ref.isascii() and ref.isdigit() and len(ref) <= 15):
        return None
    row = await session.get(StoredFile, int(ref), with_for_update=True)
    if row is None or row.media_type != _TYPE or row.person_id is not None:
        return None
    if row.deleted_at is not None or row.expires_at is None or row.expires_at <= now:
        return None
    row.expires_at = now
    return row.name
