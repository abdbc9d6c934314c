"""What a person left half-done: timers that the verbs set and cancel, and that are asked again
when they fire whether they still hold."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from services.applications import rows
from services.applications.matters import MATTERS
from services.applications.settings import rules
from services.applications.views import Reminder
from storage.clock import SHANGHAI, local_date
from storage.models import Application, ApplicationStatus, Timer
from storage.queue import cancel_timers, set_timer

EVENT = "application.reminder"
HALF_DONE, COLLECT, SEAL, ENABLE, ACTIVATE, LAPSE, OVERDUE = KINDS = (
    "half_done",
    "collect",
    "seal",
    "enable",
    "activate",
    "lapse",
    "overdue",
)
_HALF_DONE = frozenset(
    {ApplicationStatus.DRAFT, ApplicationStatus.EVIDENCE, ApplicationStatus.RETURNED}
)


@dataclass(frozen=True)
class Plan:
    """When a reminder falls due, the earliest first."""

    reminder: str
    moments: tuple[datetime, ...]


def plans(row: Application) -> list[Plan]:
    """The reminders that hold in an application's present state."""
    settings, since = rules(), local_date(row.updated_at)
    found = []
    if row.status in _HALF_DONE:
        found.append(_after(HALF_DONE, since, settings.half_done_days))
    if row.status is ApplicationStatus.COLLECTABLE:
        found.append(_after(COLLECT, since, settings.collect_days))
        if row.due is not None:
            days = [row.due - timedelta(days=before) for before in settings.seal_before_days]
            moments = tuple(sorted(_moment(day) for day in days if day > since))
            found.append(Plan(SEAL, moments))
    if row.status is ApplicationStatus.REPORTED and row.due is not None:
        days = [row.due - timedelta(days=before) for before in settings.lapse_before_days]
        moments = tuple(sorted(_moment(day) for day in days if day > since))
        found.append(Plan(LAPSE, moments))
    if (matter := MATTERS.get(row.kind)) and (clock := matter.deadline(row)) is not None:
        found.append(_after(OVERDUE, clock.day, settings.overdue_days))
    if row.status is ApplicationStatus.COLLECTED:
        if row.social_enabled_at is None:
            found.append(_after(ENABLE, since, settings.enable_days))
        if row.financial_activated_at is None:
            found.append(_after(ACTIVATE, since, settings.activate_days))
    return found


def _after(reminder: str, since: date, days: tuple[int, ...]) -> Plan:
    return Plan(reminder, tuple(sorted(_moment(since + timedelta(days=each)) for each in days)))


def _moment(day: date) -> datetime:
    return datetime.combine(day, rules().remind_at, SHANGHAI).astimezone(UTC)


def timer_key(application_id: int, reminder: str) -> str:
    """The key of an application's timer of one kind."""
    return f"application:{application_id}:{reminder}"


async def arrange(session: AsyncSession, row: Application, now: datetime) -> None:
    """Set the timers that hold now and cancel the others."""
    next_moments = {
        plan.reminder: moment
        for plan in plans(row)
        if (moment := next((each for each in plan.moments if each > now), None)) is not None
    }
    application_id = row.id or 0
    ended = [timer_key(application_id, kind) for kind in KINDS if kind not in next_moments]
    await cancel_timers(session, *ended)
    if not next_moments:
        return
    mailbox = await rows.mailbox(session, row)
    for reminder, moment in next_moments.items():
        await _set(session, row, reminder, moment, mailbox)


async def _set(
    session: AsyncSession, row: Application, reminder: str, moment: datetime, mailbox: str
) -> None:
    key = timer_key(row.id or 0, reminder)
    standing = (await session.exec(select(Timer).where(Timer.key == key))).one_or_none()
    if standing and (standing.due_at, standing.mailbox) == (moment, mailbox):
        return
    await set_timer(
        session,
        key,
        mailbox=mailbox,
        kind=EVENT,
        due_at=moment,
        payload={"application_id": row.id, "reminder": reminder},
    )


async def reminder_due(
    session: AsyncSession, application_id: int, reminder: str, now: datetime
) -> Reminder | None:
    """Whether a timer that fired still holds; arms the next one of its kind."""
    row = await rows.locked(session, application_id)
    await arrange(session, row, now)
    plan = next((each for each in plans(row) if each.reminder == reminder), None)
    if plan is None or not any(moment <= now for moment in plan.moments):
        return None
    view, due = await rows.view(session, row), row.due
    if reminder == OVERDUE and (matter := MATTERS.get(row.kind)) is not None:
        clock = matter.deadline(row)
        due = clock.day if clock else None
    return Reminder(reminder, view, due, row.place, view.missing)
