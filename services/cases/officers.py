"""Officers as the desk knows them: languages, skills, load, absence, and who may act on a case."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.errors import HeaderParseError
from email.headerregistry import Address

from sqlalchemy import func, true
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from services.cases.errors import CaseError
from services.cases.settings import rules
from services.people import audit, people, roles
from storage.models import Case, CaseStatus, OfficerProfile, Role

_NEVER = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True)
class OfficerView:
    """An officer with their profile and load. No `skills` means every matter."""

    id: int
    name: str = field(repr=False)
    languages: tuple[str, ...]
    skills: tuple[str, ...]
    capacity: int
    email: str | None = field(repr=False)
    away_from: datetime | None
    away_until: datetime | None
    stand_in_id: int | None
    load: int

    def is_away(self, now: datetime) -> bool:
        """Whether they are away at this moment; without an end, until they say so."""
        began = self.away_from is not None and self.away_from <= now
        return began and (self.away_until is None or now < self.away_until)


async def may_act(
    session: AsyncSession,
    person_id: int,
    region_code: str,
    employer_id: int,
    *,
    manager: bool = True,
) -> bool:
    """Whether a person may work on cases of a region and employer: officer, manager or admin."""
    wanted = (Role.OFFICER, Role.MANAGER) if manager else (Role.OFFICER,)
    for role in wanted:
        if await roles.has_role(session, person_id, role, region_code, employer_id):
            return True
    return False


async def require(session: AsyncSession, row: Case, person_id: int) -> None:
    """Raises `CaseError("not_officer")` unless the person may work on this case."""
    if not await may_act(session, person_id, row.region_code, row.employer_id):
        raise CaseError("not_officer")


async def officer(session: AsyncSession, person_id: int) -> OfficerView | None:
    """One officer's profile and load; None for somebody unknown."""
    employee = await people.by_id(session, person_id)
    if employee is None:
        return None
    profile = await session.get(OfficerProfile, person_id)
    load = (await loads(session, [person_id])).get(person_id, 0)
    return _view(employee, profile, load)


async def officers_for(
    session: AsyncSession, region_code: str | None, employer_id: int | None
) -> list[OfficerView]:
    """Every officer of a region and employer (None: of any), by id."""
    found = await roles.holders(session, Role.OFFICER, region_code, employer_id)
    ids = [one.id for one in found]
    query = select(OfficerProfile).where(col(OfficerProfile.person_id).in_(ids))
    profiles = {row.person_id: row for row in (await session.exec(query)).all()}
    counted = await loads(session, ids)
    every = [_view(one, profiles.get(one.id), counted.get(one.id, 0)) for one in found]
    return sorted(every, key=lambda each: each.id)


async def loads(session: AsyncSession, ids: list[int]) -> dict[int, int]:
    """How many cases that are not over each has or has been offered."""
    counts: dict[int, int] = {}
    asked = col(Case.assignee_id).is_(None)
    for column, whose in ((col(Case.assignee_id), true()), (col(Case.offered_to_id), asked)):
        query = (
            select(column, func.count())
            .where(column.in_(ids), col(Case.status) != CaseStatus.RESOLVED, whose)
            .group_by(column)
        )
        for person_id, count in (await session.exec(query)).all():
            counts[person_id or 0] = counts.get(person_id or 0, 0) + count
    return counts


async def set_profile(
    session: AsyncSession,
    person_id: int,
    now: datetime,
    *,
    by_id: int | None = None,
    languages: tuple[str, ...] = ("zh",),
    skills: tuple[str, ...] = (),
    capacity: int | None = None,
    email: str | None = None,
) -> OfficerView:
    """Write an officer's languages, skills (matters), capacity and address.

    Raises:
        CaseError: "address_wrong": mail can't be sent there.
        people.UnknownPersonError: no such person, or erased.
    """
    if email and not _is_address(email):
        raise CaseError("address_wrong")
    row = await profile_row(session, person_id, now)
    row.languages, row.skills = list(languages), list(skills)
    row.capacity, row.email, row.updated_at = capacity, email or None, now
    await session.flush()
    actor = f"person:{by_id}" if by_id else "cli"
    await audit.record(session, actor, "officer.profile", f"person:{person_id}", now)
    found = await officer(session, person_id)
    if found is None:
        raise people.UnknownPersonError(f"person {person_id}")
    return found


def _is_address(text: str) -> bool:
    """One bare address (RFC 5322, addr-spec) with a domain."""
    try:
        read = Address(addr_spec=text)
    except (HeaderParseError, ValueError, IndexError):
        return False
    return bool(read.username and read.domain) and read.addr_spec == text and len(text) <= 254


async def profile_row(session: AsyncSession, person_id: int, now: datetime) -> OfficerProfile:
    """The row to be changed, made when there is none.

    Raises:
        people.UnknownPersonError: no such person, or erased.
    """
    if await people.by_id(session, person_id) is None:
        raise people.UnknownPersonError(f"person {person_id}")
    row = await session.get(OfficerProfile, person_id)
    if row is None:
        row = OfficerProfile(person_id=person_id, updated_at=now)
        session.add(row)
        await session.flush()
    return row


def _view(employee: people.Employee, row: OfficerProfile | None, load: int) -> OfficerView:
    row = row or OfficerProfile(person_id=employee.id, updated_at=_NEVER)
    return OfficerView(
        id=employee.id,
        name=employee.name,
        languages=tuple(row.languages or ("zh",)),
        skills=tuple(row.skills or ()),
        capacity=row.capacity or rules().capacity,
        email=row.email,
        away_from=row.away_from,
        away_until=row.away_until,
        stand_in_id=row.stand_in_id,
        load=load,
    )
