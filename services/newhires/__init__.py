"""新员工: who must be handed in by when, who has not answered, and reminding them.

The deadline is the founders' measure of timeliness (DESIGN 6): so many workdays, by the statutory
calendar, after the day of hire.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Literal

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from knowledge.regions import province_of
from knowledge.workdays import Deadline, add_workdays, workdays_between
from services.applications.settings import rules
from services.cards import BLOCKING
from services.desk import desk_mailbox
from services.people import audit, consents, mailbox_of, people
from storage.clock import SHANGHAI, local_date
from storage.models import Application, ApplicationKind, ApplicationStatus, Card, ConsentKind
from storage.queue import accept, set_timer, timer_due

REMIND, MORNING = "newhire.remind", "newhire.morning"
Stage = Literal["unbound", "silent", "bound", "applying", "submitted", "has_card"]
"""`unbound`: no account; `silent`: no yes to the notice yet; `bound`: nothing begun."""

_OURS = frozenset(
    {
        ApplicationStatus.DRAFT,
        ApplicationStatus.CHECKING,
        ApplicationStatus.WAITING,
        ApplicationStatus.EVIDENCE,
        ApplicationStatus.SUBMITTING,
    }
)


@dataclass(frozen=True)
class NewHire:
    """One new employee.

    Args:
        due: the last day in time; provisional beyond the published calendar.
        days_left: workdays until then; negative when it has passed.
        submitted_at: when their first application reached the bureau.
        in_time: whether it did by `due`; None while it still can.
    """

    person_id: int
    employer_id: int
    number: str
    name: str = field(repr=False)
    region_code: str
    hire_date: date
    due: Deadline
    days_left: int
    stage: Stage
    application_number: str | None
    submitted_at: datetime | None
    in_time: bool | None

    @property
    def open(self) -> bool:
        """Whether something is still to be done."""
        return self.stage not in ("submitted", "has_card")


async def watch(
    session: AsyncSession,
    now: datetime,
    *,
    employer_id: int | None = None,
    region_prefix: str = "",
) -> list[NewHire]:
    """Everybody hired lately (`newhire_days`), the most urgent first."""
    today = local_date(now)
    since = today - timedelta(days=rules().newhire_days)
    found = [
        employee
        for employee in await people.everybody(
            session, employer_id=employer_id, region_prefix=region_prefix
        )
        if employee.hire_date is not None and employee.hire_date >= since
    ]
    hires = [await _hire(session, employee, today) for employee in found]
    return sorted(hires, key=lambda each: (not each.open, each.due.day, each.number))


async def _hire(session: AsyncSession, employee: people.Employee, today: date) -> NewHire:
    assert employee.hire_date is not None
    due = add_workdays(employee.hire_date, rules().submit_workdays)
    application = await _application(session, employee)
    submitted = application.submitted_at if application else None
    stage = await _stage(session, employee, application)
    in_time: bool | None = None
    if submitted is not None:
        in_time = local_date(submitted) <= due.day
    elif stage != "has_card" and today > due.day:
        in_time = False
    return NewHire(
        person_id=employee.id,
        employer_id=employee.employer_id,
        number=employee.number,
        name=employee.masked_name,
        region_code=employee.region_code,
        hire_date=employee.hire_date,
        due=due,
        days_left=workdays_between(today, due.day),
        stage=stage,
        application_number=application.number if application else None,
        submitted_at=submitted,
        in_time=in_time,
    )


async def _application(session: AsyncSession, employee: people.Employee) -> Application | None:
    """The newest first application in the person's province that was not given up."""
    query = select(Application).where(
        col(Application.person_id) == employee.id,
        col(Application.kind) == ApplicationKind.FIRST,
        col(Application.province_code) == province_of(employee.region_code).code,
        col(Application.status).not_in((ApplicationStatus.WITHDRAWN, ApplicationStatus.STOPPED)),
    )
    return (await session.exec(query.order_by(col(Application.id).desc()).limit(1))).one_or_none()


async def _stage(
    session: AsyncSession, employee: people.Employee, application: Application | None
) -> Stage:
    if application is not None:
        return "applying" if application.status in _OURS else "submitted"
    held = select(Card.id).where(
        col(Card.person_id) == employee.id,
        col(Card.province_code) == province_of(employee.region_code).code,
        col(Card.status).in_(BLOCKING),
    )
    if (await session.exec(held.limit(1))).first() is not None:
        return "has_card"
    if employee.mailbox is None:
        return "unbound"
    agreed = await consents.has(session, employee.id, ConsentKind.NOTICE)
    return "bound" if agreed else "silent"


async def remind(
    session: AsyncSession, hires: Sequence[NewHire], now: datetime, *, actor: str
) -> list[NewHire]:
    """Remind those who have something to do and an account; once a day each, however often asked.

    Returns:
        Those who are reminded now. Whoever has no account needs an invitation instead.
    """
    reminded = []
    for hire in hires:
        home = await mailbox_of(session, hire.person_id)
        if not hire.open or home is None:
            continue
        payload = {"due": hire.due.day.isoformat(), "provisional": hire.due.provisional}
        key = f"{REMIND}:{hire.person_id}:{local_date(now).isoformat()}"
        if await accept(session, key=key, mailbox=home, kind=REMIND, payload=payload, at=now):
            subject = f"person:{hire.person_id}"
            await audit.record(session, actor, "newhire.reminded", subject, now)
            reminded.append(hire)
    return reminded


async def arm(session: AsyncSession, now: datetime) -> None:
    """HR's group hears on the morning of every workday of who is about to be late."""
    desk = await desk_mailbox(session)
    if desk is None or await timer_due(session, MORNING) is not None:
        return
    day = add_workdays(local_date(now), 1).day
    morning = datetime.combine(day, rules().remind_at, SHANGHAI).astimezone(UTC)
    await set_timer(session, MORNING, mailbox=desk, kind=MORNING, due_at=morning)


def pressing(hires: Sequence[NewHire]) -> list[NewHire]:
    """Who is to be shown in the morning: everybody who is due by the next workday or late; nobody
    when all of them were late the workday before too, for HR knows."""
    due = [hire for hire in hires if hire.open and hire.days_left <= 1]
    return due if any(hire.days_left >= -1 for hire in due) else []
