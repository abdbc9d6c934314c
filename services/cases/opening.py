"""Opening a case, and finding it again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import func
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from services.applications.numbers import CASE, read_number
from services.cases import assignment, promises, rows, sla
from services.cases.calendars import calendar_of
from services.cases.context import BotSaid
from services.cases.errors import CaseNotFound
from services.cases.matters import matter as matter_of
from services.cases.matters import recognise
from services.cases.settings import rules
from services.cases.views import CaseView, Promise
from storage.models import Case, CaseStatus, Person, Priority, SlaClock
from storage.queue import lock

ASKED = "asked"
PRIVATE = frozenset({"follow_up"})
"""Kinds that one officer has alone: not offered around, and never shown in the group."""
RANKS = {Priority.URGENT: 0, Priority.HIGH: 1, Priority.NORMAL: 2, Priority.LOW: 3}


async def open_case(
    session: AsyncSession,
    person_id: int,
    kind: str,
    application_id: int | None,
    now: datetime,
    *,
    text: str | None = None,
    matter: str | None = None,
    language: str = "zh",
    said: Sequence[BotSaid] = (),
    priority: Priority | None = None,
) -> CaseView:
    """The person's unresolved case of this kind and application, or a new one.

    A person who asked for somebody (`asked`) has one conversation at a time, whatever it is about.
    A new case gets its promises and is offered to an officer.

    Args:
        text: what the person wrote; it becomes a message either way.
        matter: a code of matters.yaml; recognised from `kind` when not given.
        said: what the bot said before; kept with a new case.
    Raises:
        CaseNotFound: no such person.
    """
    await lock(session, f"case:{person_id}:{kind}:{application_id}")
    row = await _unresolved(session, person_id, kind, application_id)
    new = row is None
    if row is None:
        about = matter_of(matter) if matter else recognise(kind=kind)
        row = Case(
            number="",
            person_id=person_id,
            employer_id=0,
            application_id=application_id,
            kind=kind,
            matter=about.code,
            language=language,
            priority=priority or about.priority,
            live=kind == ASKED,
            opened_at=now,
        )
        await _insert(session, row, now)
        for one in said:
            await rows.message(
                session, row, rows.BOT, one.text, now, rules=list(one.rules), relayed_at=now
            )
    else:
        row = await rows.locked(session, row.id or 0)
    if text:
        await rows.message(session, row, rows.EMPLOYEE, text, now)
        await promises.set_waiting(session, row, "officer", now)
        await sla.asked(session, row, now)
    if new:
        await sla.apply(session, row)
        if kind not in PRIVATE:
            await assignment.offer(session, row, now)
    await sla.arrange(session, row, now)
    await rows.ring(session, row, "opened" if new else "again", now)
    return await rows.view(session, row)


async def _unresolved(
    session: AsyncSession, person_id: int, kind: str, application_id: int | None
) -> Case | None:
    query = select(Case).where(
        col(Case.person_id) == person_id, col(Case.status) != CaseStatus.RESOLVED
    )
    if kind == ASKED:
        query = query.where(col(Case.live).is_(True))
    else:
        query = query.where(
            col(Case.kind) == kind,
            col(Case.application_id).is_(None)
            if application_id is None
            else col(Case.application_id) == application_id,
        )
    return (await session.exec(query.order_by(col(Case.id)).limit(1))).one_or_none()


async def _insert(session: AsyncSession, row: Case, now: datetime) -> None:
    person = await session.get(Person, row.person_id)
    if person is None:
        raise CaseNotFound("person")
    row.employer_id, row.region_code = person.employer_id, person.region_code
    row.rank = RANKS[row.priority]
    await rows.insert(session, row)
    await rows.record(session, row, None, "case.opened", now, kind=row.kind, matter=row.matter)


async def get(session: AsyncSession, case_id: int) -> CaseView:
    """One case. Raises `CaseNotFound`."""
    row = await session.get(Case, case_id)
    if row is None:
        raise CaseNotFound("case")
    return await rows.view(session, row)


async def get_locked(session: AsyncSession, case_id: int) -> CaseView:
    """One case, its row locked until the end of the transaction. Raises `CaseNotFound`."""
    return await rows.view(session, await rows.locked(session, case_id))


async def by_number(session: AsyncSession, text: str) -> CaseView | None:
    """The case with this number, as people type it."""
    number = read_number(text, CASE)
    row = (await session.exec(select(Case).where(col(Case.number) == number))).one_or_none()
    return None if row is None else await rows.view(session, row)


async def unresolved(session: AsyncSession, person_id: int) -> list[CaseView]:
    """A person's cases that are not resolved, the oldest first."""
    query = select(Case).where(
        col(Case.status) != CaseStatus.RESOLVED, col(Case.person_id) == person_id
    )
    found = (await session.exec(query.order_by(col(Case.id)))).all()
    return [await rows.view(session, row) for row in found]


async def open_ids(session: AsyncSession) -> list[int]:
    """Every case that is not resolved, the oldest first."""
    query = select(Case.id).where(col(Case.status) != CaseStatus.RESOLVED)
    return [found or 0 for found in (await session.exec(query.order_by(col(Case.id)))).all()]


async def talking(session: AsyncSession, person_id: int) -> int | None:
    """The case in which an officer talks with this person now: the bot keeps silent meanwhile."""
    query = (
        select(Case.id)
        .where(
            col(Case.person_id) == person_id,
            col(Case.status) == CaseStatus.PENDING,
            col(Case.live).is_(True),
        )
        .order_by(col(Case.id))
        .limit(1)
    )
    return (await session.exec(query)).one_or_none()


async def lately_resolved(session: AsyncSession, person_id: int, now: datetime) -> CaseView | None:
    """The person's last conversation, if it may still be opened again."""
    query = (
        select(Case)
        .where(
            col(Case.person_id) == person_id,
            col(Case.status) == CaseStatus.RESOLVED,
            col(Case.live).is_(True),
            col(Case.resolution).not_in(("withdrawn", "duplicate", "erased")),
            col(Case.resolved_at) >= now - timedelta(days=rules().reopen_days),
        )
        .order_by(col(Case.resolved_at).desc())
        .limit(1)
    )
    row = (await session.exec(query)).one_or_none()
    return None if row is None else await rows.view(session, row)


async def place_in_queue(session: AsyncSession, case_id: int) -> int:
    """Which place a case has among those of its employer that nobody has taken; 1 is next."""
    row = await session.get(Case, case_id)
    if row is None:
        raise CaseNotFound("case")
    earlier = (col(Case.rank) < row.rank) | (
        (col(Case.rank) == row.rank)
        & (
            (col(Case.opened_at) < row.opened_at)
            | ((col(Case.opened_at) == row.opened_at) & (col(Case.id) < row.id))
        )
    )
    query = (
        select(func.count())
        .select_from(Case)
        .where(
            col(Case.status) == CaseStatus.OPEN,
            col(Case.employer_id) == row.employer_id,
            earlier,
        )
    )
    return (await session.exec(query)).one() + 1


async def promise(session: AsyncSession, case_id: int, now: datetime) -> Promise:
    """What the employee is told: place, hours, and by when somebody answers."""
    row = await session.get(Case, case_id)
    if row is None:
        raise CaseNotFound("case")
    calendar = calendar_of(row.region_code)
    view = await sla.sla_view(session, row, now)
    first = next((c for c in view.clocks if c.clock is SlaClock.FIRST), None) if view else None
    return Promise(
        place=await place_in_queue(session, case_id),
        open_now=calendar.is_open(now),
        opens_at=calendar.opens(now),
        answer_by=first.due_at if first else None,
        minutes=first.minutes if first else None,
    )
