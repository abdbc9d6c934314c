"""Roles beyond employee, each for a region and an employer or for everything."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from services.people import audit, people
from storage.models import Employer, Person, PersonStatus, Role, RoleGrant


@dataclass(frozen=True)
class Grant:
    """A living role of a person; an empty `region_prefix` means every region."""

    id: int
    person_id: int
    number: str
    name: str
    role: Role
    region_prefix: str
    employer_id: int | None
    employer_name: str | None
    granted_at: datetime

    def covers(self, region_code: str | None, employer_id: int | None) -> bool:
        """Whether the grant reaches a region and an employer; None asks for any."""
        region_fits = region_code is None or region_code.startswith(self.region_prefix)
        employer_fits = employer_id is None or self.employer_id in (None, employer_id)
        return region_fits and employer_fits


def region_prefix_of(region_code: str) -> str:
    """A region code as a prefix: 370000 → 37, 370100 → 3701."""
    code = region_code.strip()
    while len(code) > 2 and code.endswith("00"):
        code = code[:-2]
    return code


async def grant(
    session: AsyncSession,
    person_id: int,
    role: Role,
    now: datetime,
    *,
    region_prefix: str = "",
    employer_id: int | None = None,
    actor: str = "cli",
) -> Grant:
    """Give a role; the same grant twice is one. `region_prefix` may be a whole region code.

    Raises:
        people.UnknownPersonError: no such person, or no active one.
    """
    person = await session.get(Person, person_id)
    if person is None or person.status is not PersonStatus.ACTIVE:
        raise people.UnknownPersonError(f"person {person_id}")
    region_prefix = region_prefix_of(region_prefix)
    living = await _living(session, person_id, role, region_prefix, employer_id)
    if not living:
        session.add(
            RoleGrant(
                person_id=person_id,
                role=role,
                region_prefix=region_prefix,
                employer_id=employer_id,
                granted_at=now,
            )
        )
        await session.flush()
        detail = {"role": role.value, "region": region_prefix, "employer": employer_id}
        await audit.record(
            session, actor, "role.granted", f"person:{person_id}", now, detail=detail
        )
    return next(
        g
        for g in await grants(session, person_id)
        if (g.role, g.region_prefix, g.employer_id) == (role, region_prefix, employer_id)
    )


async def revoke(
    session: AsyncSession,
    person_id: int,
    role: Role | None,
    now: datetime,
    *,
    region_prefix: str | None = None,
    employer_id: int | None = None,
    actor: str = "cli",
) -> int:
    """End a role (None: every role), everywhere or in one scope; returns how many grants ended.

    Cases that the person may not act on any more go on in other hands.
    """
    from services.cases import absence  # it needs roles itself

    if region_prefix is not None:
        region_prefix = region_prefix_of(region_prefix)
    living = await _living(session, person_id, role, region_prefix, employer_id)
    for row in living:
        await _end(session, row, now, actor)
    if living:
        await absence.left(session, person_id, now)
    return len(living)


async def revoke_grant(
    session: AsyncSession, grant_id: int, now: datetime, *, actor: str = "cli"
) -> bool:
    """End exactly one grant; False when it has ended before."""
    from services.cases import absence

    row = await session.get(RoleGrant, grant_id, with_for_update=True)
    if row is None or row.revoked_at is not None:
        return False
    await _end(session, row, now, actor)
    await absence.left(session, row.person_id, now)
    return True


async def _end(session: AsyncSession, row: RoleGrant, now: datetime, actor: str) -> None:
    row.revoked_at = now
    session.add(row)
    detail = {"role": row.role.value, "region": row.region_prefix, "employer": row.employer_id}
    subject = f"person:{row.person_id}"
    await audit.record(session, actor, "role.revoked", subject, now, detail=detail)
    await session.flush()


async def grants(session: AsyncSession, person_id: int | None = None) -> tuple[Grant, ...]:
    """Every living grant, or those of one person."""
    query = (
        select(RoleGrant, Person, Employer)
        .join(Person, col(Person.id) == col(RoleGrant.person_id))
        .outerjoin(Employer, col(Employer.id) == col(RoleGrant.employer_id))
        .where(col(RoleGrant.revoked_at).is_(None))
        .order_by(col(RoleGrant.id))
    )
    if person_id is not None:
        query = query.where(col(RoleGrant.person_id) == person_id)
    rows = await session.exec(query)
    return tuple(_grant(row, person, employer) for row, person, employer in rows)


async def has_role(
    session: AsyncSession,
    person_id: int,
    role: Role,
    region_code: str | None = None,
    employer_id: int | None = None,
) -> bool:
    """Whether a person acts in a role for a region and an employer.

    An admin has every role. `Role.EMPLOYEE` needs no grant. Somebody who left has none.
    """
    person = await session.get(Person, person_id)
    if person is None or person.status is not PersonStatus.ACTIVE:
        return False
    if role is Role.EMPLOYEE:
        return True
    return any(
        g.role in (role, Role.ADMIN) and g.covers(region_code, employer_id)
        for g in await grants(session, person_id)
    )


async def holders(
    session: AsyncSession,
    role: Role,
    region_code: str | None = None,
    employer_id: int | None = None,
) -> tuple[people.Employee, ...]:
    """Active persons who hold exactly this role for a region and an employer."""
    ids = dict.fromkeys(
        g.person_id
        for g in await grants(session)
        if g.role is role and g.covers(region_code, employer_id)
    )
    found = [await people.by_id(session, person_id) for person_id in ids]
    return tuple(employee for employee in found if employee and employee.active)


async def _living(
    session: AsyncSession,
    person_id: int,
    role: Role | None,
    region_prefix: str | None,
    employer_id: int | None,
) -> list[RoleGrant]:
    conditions: list[Any] = [
        col(RoleGrant.person_id) == person_id,
        col(RoleGrant.revoked_at).is_(None),
    ]
    if role is not None:
        conditions.append(col(RoleGrant.role) == role)
    if region_prefix is not None:
        conditions.append(col(RoleGrant.region_prefix) == region_prefix)
        conditions.append(
            col(RoleGrant.employer_id).is_(None)
            if employer_id is None
            else col(RoleGrant.employer_id) == employer_id
        )
    elif employer_id is not None:
        conditions.append(col(RoleGrant.employer_id) == employer_id)
    return list(await session.exec(select(RoleGrant).where(*conditions)))


def _grant(row: RoleGrant, person: Person, employer: Employer | None) -> Grant:
    return Grant(
        id=row.id or 0,
        person_id=row.person_id,
        number=person.number,
        name=person.name,
        role=row.role,
        region_prefix=row.region_prefix,
        employer_id=row.employer_id,
        employer_name=employer.name if employer else None,
        granted_at=row.granted_at,
    )
