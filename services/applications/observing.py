"""States that came without an interface: an officer has seen them, or a batch file says so."""

from __future__ import annotations

from datetime import datetime

from sqlmodel.ext.asyncio.session import AsyncSession

from services.applications import reminders, rows, states
from services.applications.errors import NotAllowed
from services.applications.views import Change
from services.gateways.contract import HistoryEntry
from services.people import audit
from storage.models import CLOSED, Application, ApplicationStatus


async def record_by_officer(
    session: AsyncSession,
    application_id: int,
    officer_id: int,
    entry: HistoryEntry,
    now: datetime,
) -> list[Change]:
    """An officer has seen a state at a bureau without an interface (its sequence is ignored).

    Raises:
        NotAllowed: `not_submitted` or `closed`.
    """
    row = await rows.locked(session, application_id)
    if row.status in CLOSED:
        raise NotAllowed("closed")
    if row.status in rows.EDITABLE:
        raise NotAllowed("not_submitted")
    stored = await rows.events(session, application_id, [rows.OFFICER])
    if stored and stored[-1].status == entry.status:
        return []  # the second press
    return await _observed(
        session, row, entry, now, source=rows.OFFICER, actor=f"person:{officer_id}"
    )


async def record_by_batch(
    session: AsyncSession,
    application_id: int,
    entry: HistoryEntry,
    now: datetime,
    *,
    key: str,
    actor: str,
    reference: str | None = None,
) -> list[Change]:
    """A state from a bureau's answer to a batch file (its sequence is ignored), with the grade of
    a batch file.

    Args:
        key: what this answer is recognised by; one with a known key changes nothing.
        reference: the bureau's number, kept where none is known.

    Raises:
        NotAllowed: `not_submitted` or `closed`.
    """
    row = await rows.locked(session, application_id)
    if key in await batch_keys(session, application_id):
        return []
    if row.status in CLOSED:
        raise NotAllowed("closed")
    if row.status in rows.EDITABLE:
        raise NotAllowed("not_submitted")
    row.reference = row.reference or reference
    known = row.status is ApplicationStatus.COLLECTABLE and entry.status == "collectable"
    if known:  # but for the day: nothing to tell
        row.due, row.updated_at = entry.due, now
        details = states.entry_details(entry) | {"key": key}
        event = await rows.note(
            session, row, entry.status, entry.at, source=rows.BATCH, reason=details
        )
        await reminders.arrange(session, row, now)
        return [states.change_of(row, event)]
    return await _observed(session, row, entry, now, source=rows.BATCH, actor=actor, key=key)


async def observe(
    session: AsyncSession, row: Application, entry: HistoryEntry, now: datetime, *, actor: str
) -> list[Change]:
    """HR has seen a state with its own eyes (a card came, or was handed out), whatever the bureau
    has told so far; `row` is locked."""
    return await _observed(session, row, entry, now, source=rows.OFFICER, actor=actor)


async def batch_keys(session: AsyncSession, application_id: int) -> frozenset[str]:
    """The answers from batch files that an application has taken."""
    stored = await rows.events(session, application_id, [rows.BATCH])
    return frozenset(str((event.reason or {}).get("key")) for event in stored)


async def _observed(
    session: AsyncSession,
    row: Application,
    entry: HistoryEntry,
    now: datetime,
    *,
    source: str,
    actor: str,
    **more: str,
) -> list[Change]:
    """Take a state that did not come over an interface."""
    details = states.entry_details(entry) | more
    event = await rows.note(session, row, entry.status, entry.at, source=source, reason=details)
    event.recorded_at, event.told_at = now, None
    await states.enter(session, row, event, now)
    row.updated_at = now
    await audit.record(session, actor, "application.state", f"application:{row.id}", now)
    await reminders.arrange(session, row, now)
    return [states.change_of(row, event)]
