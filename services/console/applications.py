"""Applications as the console lists and shows them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from services import applications as apps
from services.applications.views import ApplicationView, Change, ProgressView
from services.console.reach import Reach
from services.people import people
from services.people.people import Employee
from storage.models import CLOSED, Application, ApplicationKind, ApplicationStatus, Person


@dataclass(frozen=True)
class ApplicationLine:
    """One line of the list."""

    number: str
    kind: ApplicationKind
    status: ApplicationStatus
    region_code: str
    bank_code: str | None
    person_id: int
    person_name: str = field(repr=False)
    created_at: datetime
    updated_at: datetime
    due: date | None


@dataclass(frozen=True)
class ApplicationDetail:
    """One application: where it stands, what comes next, and everything that happened."""

    application: ApplicationView
    person: Employee
    progress: ProgressView | None
    agent: str | None
    history: tuple[Change, ...]


async def lines(
    session: AsyncSession,
    reach: Reach,
    *,
    status: str = "",
    kind: str = "",
    person_id: int | None = None,
    limit: int | None = None,
    offset: int = 0,
) -> tuple[ApplicationLine, ...]:
    """Applications within reach, the last touched first.

    Args:
        status: a status, `open` for all that can still come to a card, or empty for every one.
        kind: a kind, or empty for every one.
    """
    query = (
        select(Application, Person)
        .join(Person, col(Person.id) == col(Application.person_id))
        .where(reach.condition(col(Application.region_code), col(Application.employer_id)))
    )
    if status == "open":
        query = query.where(col(Application.status).not_in(CLOSED))
    elif status in set(ApplicationStatus):
        query = query.where(col(Application.status) == ApplicationStatus(status))
    if kind in set(ApplicationKind):
        query = query.where(col(Application.kind) == ApplicationKind(kind))
    if person_id is not None:
        query = query.where(col(Application.person_id) == person_id)
    ordered = query.order_by(col(Application.updated_at).desc(), col(Application.id).desc())
    rows = await session.exec(ordered.offset(offset).limit(limit))
    return tuple(_line(row, person) for row, person in rows)


async def detail(session: AsyncSession, number: str, now: datetime) -> ApplicationDetail:
    """One application by its number.

    Raises:
        LookupError: no such application, or its person is erased.
    """
    found = await apps.by_number(session, number)
    person = None if found is None else await people.by_id(session, found.person_id)
    if found is None or person is None:
        raise LookupError("application")
    agent = await people.by_id(session, found.agent_id) if found.agent_id else None
    views: Sequence[ProgressView] = await apps.progress(session, person.id, now)
    return ApplicationDetail(
        application=found,
        person=person,
        progress=next((view for view in views if view.application_id == found.id), None),
        agent=agent.name if agent else None,
        history=tuple(await apps.history(session, found.id)),
    )


def _line(row: Application, person: Person) -> ApplicationLine:
    return ApplicationLine(
        number=row.number,
        kind=row.kind,
        status=row.status,
        region_code=row.region_code,
        bank_code=row.bank_code,
        person_id=row.person_id,
        person_name=person.name,
        created_at=row.created_at,
        updated_at=row.updated_at,
        due=row.due,
    )
