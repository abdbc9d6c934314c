"""The bureau's states: applied in its own order, each once, told once, none lost.

A report carries the bureau's sequence. Reports are kept as they come; they are applied from the
lowest on, as long as no number is missing. A gap is closed by a poll, which brings the whole
history and so also says which numbers do not exist.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta

import structlog
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from services.applications import checking, reminders, rows
from services.applications.answers import State
from services.applications.asking import PollRequest
from services.applications.errors import NotFound
from services.applications.matters import MATTERS, agency_of
from services.applications.matters.base import paper_of
from services.applications.mending import mending_of
from services.applications.settings import rules
from services.applications.views import Change
from services.gateways.contract import HistoryEntry, Receipt, StateReport
from storage.models import (
    CLOSED,
    Application,
    ApplicationEvent,
    ApplicationStatus,
    Evidence,
)

log = structlog.get_logger(__name__)
POLL = "application.poll"
_ASSUMED = {"assumed": True}
STATUS_OF: dict[str, ApplicationStatus] = {
    "reviewing": ApplicationStatus.REVIEWING,
    "returned": ApplicationStatus.RETURNED,
    "origin_asked": ApplicationStatus.ORIGIN_ASKED,
    "origin_sent": ApplicationStatus.ORIGIN_SENT,
    "making": ApplicationStatus.MAKING,
    "collectable": ApplicationStatus.COLLECTABLE,
    "collected": ApplicationStatus.COLLECTED,
    "social_enabled": ApplicationStatus.COLLECTED,
    "financial_activated": ApplicationStatus.COLLECTED,
    "reported": ApplicationStatus.REPORTED,
    "lapsed": ApplicationStatus.LAPSED,
    "done": ApplicationStatus.FINISHED,
    "sealed": ApplicationStatus.SEALED,
    "withdrawn": ApplicationStatus.WITHDRAWN,
}
"""What a state of the bureau makes of an application."""
_TOLD = (rows.BUREAU, rows.OFFICER, rows.BATCH)
_OURS = rows.EDITABLE | {ApplicationStatus.SUBMITTING, ApplicationStatus.RETURNED}
"""States in which the desk does not have it."""
_ROAD = ("reviewing", "making", "collectable", "collected")
_SLOW = frozenset(
    {
        ApplicationStatus.RETURNED,
        ApplicationStatus.COLLECTABLE,
        ApplicationStatus.COLLECTED,
        ApplicationStatus.REPORTED,
    }
)
"""The next step is the person's: the bureau is asked less often."""


async def record_state(session: AsyncSession, report: StateReport, now: datetime) -> list[Change]:
    """Take one report of the bureau; returns what is to be told now, in order.

    A repeat changes nothing. A report that comes too early is kept until the gap before it is
    closed, and a poll is asked for. A report for an unknown application is ignored.
    """
    try:
        row = await rows.locked_by_number(session, report.number)
    except NotFound:
        log.warning("state.unknown_application")
        return []
    if row.reference is None and row.status is ApplicationStatus.SUBMITTING:
        row.reference = report.reference  # it arrived, though its receipt has not yet
    if row.reference != report.reference:
        log.warning("state.other_reference", application=row.id)
        return []
    disagrees = await _keep(session, row, report, now)
    changes = await _apply(session, row, now)
    if disagrees or await _pending(session, row):
        await poll_now(session, row, now)
    return changes


async def record_poll(
    session: AsyncSession, application_id: int, state: State | None, now: datetime
) -> list[Change]:
    """Take the whole history (None: the bureau could not be asked) and plan the next poll."""
    row = await rows.locked(session, application_id)
    changes: list[Change] = []
    if state is not None and state.reference == row.reference and state.number == row.number:
        for entry in state.history:
            await _keep(session, row, entry, now, final=True)
        # What lies beyond this history may have a gap before it: the answer may be an old one.
        known_to = max((entry.sequence for entry in state.history), default=0)
        changes = await _apply(session, row, now, known_to=known_to)
    if row.status not in CLOSED and row.reference is not None:
        again = bool(await _pending(session, row))
        await queue_poll(session, row, now, minutes=rules().retry_minutes[0] if again else None)
    return changes


async def poll_request(session: AsyncSession, application_id: int) -> PollRequest | None:
    """What a poll task asks; None when there is nothing to ask."""
    row = await rows.seen(session, application_id)
    if row.reference is None or row.status in CLOSED:
        return None
    return PollRequest(application_id, row.region_code, row.reference, agency_of(row))


async def poll_now(session: AsyncSession, row: Application, now: datetime) -> None:
    """Ask at once: a report is missing. The same gap is asked for once."""
    newest = max((event.sequence for event in await _pending(session, row)), default=row.sequence)
    key = f"{POLL}:{row.id}:gap:{row.sequence}:{newest}"
    await checking.queue_once(session, row, POLL, key, payload={"application_id": row.id}, now=now)


async def queue_poll(
    session: AsyncSession, row: Application, now: datetime, *, minutes: float | None = None
) -> None:
    """Plan the next poll after the usual pause (or `minutes`). Plans for the same stretch of time
    are one, so the chain of polls never splits."""
    settings = rules()
    usual = settings.poll_slow_minutes if row.status in _SLOW else settings.poll_minutes
    pause = usual if minutes is None else minutes
    at = now + timedelta(minutes=pause)
    stretch = int(at.timestamp() // (pause * 60))
    key = f"{POLL}:{row.id}:{pause:g}:{stretch}"
    await checking.queue_once(
        session, row, POLL, key, payload={"application_id": row.id}, now=now, not_before=at
    )


async def assume(session: AsyncSession, row: Application, receipt: Receipt, now: datetime) -> None:
    """A receipt is the bureau's first state, told with it: the bureau's next number. Should the
    bureau count otherwise, its own entry under this number takes its place."""
    sequence = row.sequence + 1
    stored = await _stored(session, row)
    row.updated_at = now
    if sequence in stored:
        row.status = STATUS_OF[receipt.status]
        await session.flush()
        return
    due = receipt.due.isoformat() if receipt.due else None
    event = ApplicationEvent(
        application_id=row.id or 0,
        source=rows.BUREAU,
        sequence=sequence,
        status=receipt.status,
        reason=_ASSUMED | {"due": due},
        at=receipt.received_at,
        recorded_at=now,
        told_at=now,
    )
    session.add(event)
    row.sequence = sequence
    await session.flush()
    await enter(session, row, event, now)


async def _stored(session: AsyncSession, row: Application) -> dict[int, ApplicationEvent]:
    found = await rows.events(session, row.id or 0, [rows.BUREAU])
    return {event.sequence: event for event in found}


async def _pending(session: AsyncSession, row: Application) -> list[ApplicationEvent]:
    stored = await _stored(session, row)
    return [stored[number] for number in sorted(stored) if number > row.sequence]


async def _keep(
    session: AsyncSession,
    row: Application,
    entry: HistoryEntry,
    now: datetime,
    *,
    final: bool = False,
) -> bool:
    """Store an entry unless it is there; True when it disagrees with what is there."""
    known = (await _stored(session, row)).get(entry.sequence)
    if known is not None:
        return await _reconcile(session, row, known, entry, now)
    overtaken = entry.sequence <= row.sequence
    if overtaken and not final:
        log.warning("state.below_sequence", application=row.id)
    event = ApplicationEvent(
        application_id=row.id or 0,
        source=rows.BUREAU,
        sequence=entry.sequence,
        status=entry.status,
        reason=entry_details(entry),
        at=entry.at,
        recorded_at=now,
        # Later states have been told already: this one is history.
        told_at=now if overtaken else None,
    )
    session.add(event)
    await session.flush()
    return False


async def _reconcile(
    session: AsyncSession,
    row: Application,
    known: ApplicationEvent,
    entry: HistoryEntry,
    now: datetime,
) -> bool:
    assumed = bool((known.reason or {}).get("assumed"))
    if known.status == entry.status:
        if assumed:
            known.reason, known.at = entry_details(entry), entry.at
            if known.sequence == row.sequence and row.status is STATUS_OF[known.status]:
                row.due = entry.due
        return False
    if assumed:
        # The bureau counts otherwise than we assumed: its entry stands, and is told.
        known.status, known.reason, known.at = entry.status, entry_details(entry), entry.at
        known.told_at = None
        row.sequence = min(row.sequence, known.sequence - 1)
        await session.flush()
        return False
    log.warning("state.contradiction", application=row.id)
    return True


def entry_details(entry: HistoryEntry) -> dict[str, object]:
    """What an event keeps besides its columns (encrypted)."""
    reason = entry.reason.model_dump() if entry.reason else {}
    due = entry.due.isoformat() if entry.due else None
    return reason | {"due": due, "place": entry.place}


async def _apply(
    session: AsyncSession, row: Application, now: datetime, *, known_to: int = 0
) -> list[Change]:
    """Apply what is pending, in order, up to the first gap. Up to `known_to` there is none: the
    bureau's own history said so."""
    applied: list[ApplicationEvent] = []
    closed_before = row.status in CLOSED
    for event in await _pending(session, row):
        if event.sequence > max(row.sequence + 1, known_to):
            break
        row.sequence = event.sequence
        if closed_before or await _seen_by_hr(session, row, event):
            event.told_at = event.told_at or now
            if event.status == "collectable" and row.status is ApplicationStatus.COLLECTABLE:
                row.due = _due(event) or row.due  # the last day before the seal is the bureau's
                await reminders.arrange(session, row, now)
            continue
        await enter(session, row, event, now)
        applied.append(event)
    if applied:
        row.updated_at = now
        await session.flush()
        await reminders.arrange(session, row, now)
    return [change_of(row, event) for event in applied if event.told_at is None]


async def _seen_by_hr(session: AsyncSession, row: Application, event: ApplicationEvent) -> bool:
    """Whether HR has had the card in its hand before the bureau told of it: then it is history."""
    if event.status not in _ROAD:
        return False
    seen = -1
    for each in await rows.events(session, row.id or 0, [rows.OFFICER]):
        seen = _ROAD.index(each.status) if each.status in _ROAD[2:] else seen
        seen = -1 if each.status == rows.MISTAKE else seen
    return _ROAD.index(event.status) <= seen


async def last_word(session: AsyncSession, row: Application) -> Change | None:
    """The last state that counts of those the bureau itself has told, whatever HR has seen."""
    told_by = await rows.events(session, row.id or 0, [rows.BUREAU, rows.BATCH])
    known = [each for each in told_by if each.source == rows.BATCH or each.sequence <= row.sequence]
    known.sort(key=lambda event: (event.at, event.sequence))
    return change_of(row, known[-1]) if known else None


async def enter(
    session: AsyncSession, row: Application, event: ApplicationEvent, now: datetime
) -> None:
    """The effect of one state on the application and its card."""
    status, details = event.status, dict(event.reason or {})
    if status == "social_enabled":
        row.social_enabled_at = row.social_enabled_at or event.at
    if status == "financial_activated":
        row.financial_activated_at = row.financial_activated_at or event.at
    matter = MATTERS.get(row.kind)
    if matter and status == "reviewing" and row.status in _OURS:
        matter.taken(row, event.at)  # anew, whether or not its receipt came
    row.status = STATUS_OF[status]
    if row.social_enabled_at and row.financial_activated_at and row.status not in CLOSED:
        row.status = ApplicationStatus.FINISHED
    if row.status in CLOSED:
        row.closed_at = row.closed_at or event.at
    if row.submitted_at is None:
        row.submitted_at = event.at
    row.due = _due(event)
    if status == "collectable" or details.get("place"):
        row.place = details.get("place") or row.place
    grade = Evidence.CONNECTOR if event.source == rows.BUREAU else Evidence.BATCH
    if matter and not await matter.entered(session, row, status, event.at, evidence=grade):
        log.warning("state.second_valid_card", application=row.id)
        event.reason = details | {"second_card": True}


def _due(event: ApplicationEvent) -> date | None:
    due = (event.reason or {}).get("due")
    return datetime.fromisoformat(due).date() if isinstance(due, str) else None


def change_of(row: Application, event: ApplicationEvent) -> Change:
    """An event as it is told."""
    details = dict(event.reason or {})
    due, place = details.pop("due", None), details.pop("place", None)
    details.pop("key", None)
    returned = event.status == "returned"
    return Change(
        event_id=event.id or 0,
        application_id=row.id or 0,
        number=row.number,
        kind=row.kind,
        reason_code=row.reason,
        status=event.status,
        at=event.at,
        source=event.source,
        reason=details or None,
        due=datetime.fromisoformat(due).date() if due else None,
        place=place,
        application_status=row.status,
        finished=row.status is ApplicationStatus.FINISHED,
        mending=mending_of(details, paper_of(row)) if returned else None,
    )


async def told(session: AsyncSession, event_ids: Sequence[int], now: datetime) -> None:
    """These changes have been put into words for the person."""
    query = select(ApplicationEvent).where(col(ApplicationEvent.id).in_(list(event_ids)))
    for event in (await session.exec(query)).all():
        event.told_at = event.told_at or now


async def untold(session: AsyncSession, application_id: int) -> list[Change]:
    """Applied changes that nobody has told yet, in order."""
    row = await rows.seen(session, application_id)
    return [
        change_of(row, event)
        for event in await rows.events(session, application_id, _TOLD)
        if event.told_at is None and (event.source != rows.BUREAU or event.sequence <= row.sequence)
    ]


async def history(session: AsyncSession, application_id: int) -> list[Change]:
    """Every state so far, from the bureau, an officer or us, the oldest first."""
    row = await rows.seen(session, application_id)
    found = await rows.events(session, application_id)
    found.sort(key=lambda event: (event.at, event.id or 0))
    return [change_of(row, event) for event in found]
