"""The queue: what an officer may see, filtered, in the order in which it should be done."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, false, func, or_, true
from sqlalchemy.orm import aliased
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from services.applications.numbers import APPLICATION, CASE, read_number
from services.cases.opening import PRIVATE
from services.cases.views import CaseLine, Counts, Page
from services.people import roles
from storage.models import Application, Case, CaseStatus, Person, Priority, Role, WaitingFor

LONGEST_PAGE = 200


@dataclass(frozen=True)
class Scope:
    """Whose eyes: regions (code prefixes) with their employers (None: every one).

    A private case is seen by nobody but the officer who has it: who was rated low must not learn
    from the queue who wants to be looked after.
    """

    person_id: int | None
    reach: tuple[tuple[str, int | None], ...]

    @classmethod
    def everything(cls) -> Scope:
        """For the command line."""
        return cls(None, (("", None),))

    def condition(self) -> ColumnElement[bool]:
        """Which cases are in it."""
        parts: list[ColumnElement[bool]] = []
        for prefix, employer_id in self.reach:
            here = col(Case.region_code).startswith(prefix, autoescape=True) if prefix else true()
            firm = col(Case.employer_id) == employer_id if employer_id is not None else true()
            parts.append(and_(here, firm))
        if self.person_id is None:
            return or_(false(), *parts)
        shown = or_(col(Case.kind).not_in(PRIVATE), col(Case.assignee_id) == self.person_id)
        return and_(or_(false(), *parts), shown)


async def scope_of(session: AsyncSession, person_id: int) -> Scope:
    """What a person may see by their roles as officer, manager or admin."""
    may = (Role.OFFICER, Role.MANAGER, Role.ADMIN)
    found = [g for g in await roles.grants(session, person_id) if g.role in may]
    return Scope(person_id, tuple((g.region_prefix, g.employer_id) for g in found))


@dataclass(frozen=True)
class Filter:
    """Which cases; empty fields ask for any. `assignee_id` 0 asks for those of nobody.

    `text` is a case or application number, or a staff number.
    """

    statuses: tuple[CaseStatus, ...] = (CaseStatus.OPEN, CaseStatus.PENDING)
    waiting_for: WaitingFor | None = None
    assignee_id: int | None = None
    matter: str = ""
    kind: str = ""
    priority: Priority | None = None
    region_prefix: str = ""
    employer_id: int | None = None
    person_id: int | None = None
    application_id: int | None = None
    language: str = ""
    overdue_at: datetime | None = None
    text: str = ""

    def conditions(self) -> list[ColumnElement[bool]]:
        """As conditions on `Case` (and `Person`, `Application` for `text`)."""
        equal: dict[Any, object] = {
            col(Case.waiting_for): self.waiting_for,
            col(Case.matter): self.matter or None,
            col(Case.kind): self.kind or None,
            col(Case.priority): self.priority,
            col(Case.employer_id): self.employer_id,
            col(Case.person_id): self.person_id,
            col(Case.application_id): self.application_id,
            col(Case.language): self.language or None,
        }
        found = [column == value for column, value in equal.items() if value is not None]
        if self.statuses:
            found.append(col(Case.status).in_(self.statuses))
        if self.assignee_id is not None:
            mine = col(Case.assignee_id) == self.assignee_id
            found.append(mine if self.assignee_id else col(Case.assignee_id).is_(None))
        if self.region_prefix:
            found.append(col(Case.region_code).startswith(self.region_prefix, autoescape=True))
        if self.overdue_at is not None:
            found.append(col(Case.due_at) <= self.overdue_at)
        if self.text.strip():
            found.append(_named(self.text.strip()))
        return found


def _named(text: str) -> ColumnElement[bool]:
    """By a number that somebody reads out: of the case, the application, or the person."""
    application = read_number(text, APPLICATION)
    in_application = col(Case.application_id).in_(
        select(Application.id).where(col(Application.number) == application)
    )
    of_person = col(Case.person_id).in_(select(Person.id).where(col(Person.number) == text))
    return or_(col(Case.number) == read_number(text, CASE), in_application, of_person)


async def queue(
    session: AsyncSession,
    scope: Scope,
    wanted: Filter,
    now: datetime,
    *,
    offset: int = 0,
    size: int = 50,
) -> Page:
    """One page: the urgent first, then what is due first (newest first once resolved)."""
    size = max(1, min(size, LONGEST_PAGE))
    conditions = [scope.condition(), *wanted.conditions()]
    total = select(func.count()).select_from(Case).where(*conditions)
    over = wanted.statuses == (CaseStatus.RESOLVED,)
    order = (
        [col(Case.resolved_at).desc(), col(Case.id).desc()]
        if over
        else [col(Case.rank), col(Case.due_at).is_(None), col(Case.due_at), col(Case.id)]
    )
    ids = select(Case.id).where(*conditions).order_by(*order).offset(offset).limit(size)
    found = [each or 0 for each in (await session.exec(ids)).all()]
    lines = await lines_of(session, found, now)
    return Page(lines, (await session.exec(total)).one(), offset, size)


async def lines_of(
    session: AsyncSession, ids: Sequence[int], now: datetime
) -> tuple[CaseLine, ...]:
    """The lines of these cases, in this order."""
    keeper = aliased(Person)
    query = (
        select(Case, Person.name, Person.number, keeper.name)
        .join(Person, col(Person.id) == col(Case.person_id))
        .outerjoin(keeper, col(keeper.id) == col(Case.assignee_id))
        .where(col(Case.id).in_(ids))
    )
    found = {
        row.id: _line(row, name, number, keeper_name, now)
        for row, name, number, keeper_name in (await session.exec(query)).all()
    }
    return tuple(found[case_id] for case_id in ids if case_id in found)


def _line(row: Case, name: str, number: str, keeper: str | None, now: datetime) -> CaseLine:
    return CaseLine(
        id=row.id or 0,
        number=row.number,
        kind=row.kind,
        matter=row.matter,
        priority=row.priority,
        status=row.status,
        waiting_for=row.waiting_for,
        region_code=row.region_code,
        language=row.language,
        person_id=row.person_id,
        employee_name=name,
        employee_number=number,
        assignee_id=row.assignee_id,
        assignee_name=keeper,
        application_id=row.application_id,
        opened_at=row.opened_at,
        last_message_at=row.last_message_at,
        due_at=row.due_at,
        overdue=row.due_at is not None and row.due_at <= now,
        resolved_at=row.resolved_at,
        resolution=row.resolution,
    )


async def counts(session: AsyncSession, scope: Scope, now: datetime) -> Counts:
    """How many are open, in hand, waiting for whom, mine, and overdue."""
    unresolved = [scope.condition(), col(Case.status) != CaseStatus.RESOLVED]
    query = (
        select(Case.status, Case.waiting_for, func.count())
        .where(*unresolved)
        .group_by(col(Case.status), col(Case.waiting_for))
    )
    found = (await session.exec(query)).all()
    waiting: dict[WaitingFor, int] = dict.fromkeys(WaitingFor, 0)
    by_status: dict[CaseStatus, int] = dict.fromkeys(CaseStatus, 0)
    for status, waits, count in found:
        waiting[WaitingFor(waits)] += count
        by_status[CaseStatus(status)] += count
    mine = (
        select(func.count())
        .select_from(Case)
        .where(*unresolved, col(Case.assignee_id) == scope.person_id)
    )
    late = select(func.count()).select_from(Case).where(*unresolved, col(Case.due_at) <= now)
    return Counts(
        open=by_status[CaseStatus.OPEN],
        pending=by_status[CaseStatus.PENDING],
        waiting=waiting,
        mine=(await session.exec(mine)).one(),
        overdue=(await session.exec(late)).one(),
    )
