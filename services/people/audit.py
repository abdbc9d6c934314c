"""Who did what to which row. Entries name rows by id and never hold a person's data."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from storage.models import AuditEntry


@dataclass(frozen=True)
class Entry:
    """One line of the audit trail."""

    at: datetime
    actor: str
    verb: str
    subject: str
    detail: Any


async def record(
    session: AsyncSession,
    actor: str,
    verb: str,
    subject: str,
    now: datetime,
    *,
    detail: Any = None,
) -> None:
    """Write one entry.

    Args:
        actor: `person:<id>`, `user:<id>`, `cli` or the name of a part of the program.
        verb: what was done, such as `role.granted`.
        subject: the row it was done to, such as `person:12`.
        detail: a JSON value, kept encrypted.
    """
    session.add(entry(actor, verb, subject, now, detail=detail))
    await session.flush()


def entry(actor: str, verb: str, subject: str, now: datetime, *, detail: Any = None) -> AuditEntry:
    """The row of `record`, for who writes many at once."""
    return AuditEntry(at=now, actor=actor, verb=verb, subject=subject, detail=detail)


async def entries(
    session: AsyncSession, subject: str, *, verb: str | None = None, limit: int = 50
) -> tuple[Entry, ...]:
    """The newest entries about a row, newest first."""
    query = select(AuditEntry).where(col(AuditEntry.subject) == subject)
    if verb:
        query = query.where(col(AuditEntry.verb) == verb)
    rows = await session.exec(query.order_by(col(AuditEntry.id).desc()).limit(limit))
    return tuple(Entry(row.at, row.actor, row.verb, row.subject, row.detail) for row in rows)


async def count_since(session: AsyncSession, verb: str, subject: str, since: datetime) -> int:
    """How often something was done to a row since a moment."""
    query = select(func.count()).where(
        col(AuditEntry.at) > since,
        col(AuditEntry.verb) == verb,
        col(AuditEntry.subject) == subject,
    )
    return (await session.exec(query)).one()
