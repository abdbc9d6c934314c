"""People as the console lists and looks them up: within reach, numbers masked."""

from __future__ import annotations

from typing import Any

from sqlalchemy import and_
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from services.console.reach import Reach
from services.people.identity import normalise_phone, number_index, phone_index
from services.people.people import Employee, employee_of
from storage.models import ChannelAccount, Employer, Person, PersonStatus


async def lines(
    session: AsyncSession,
    reach: Reach,
    *,
    status: str = PersonStatus.ACTIVE,
    bound: str = "",
    limit: int | None = None,
    offset: int = 0,
) -> tuple[Employee, ...]:
    """The roster within reach, by employer and 工号.

    Args:
        status: `active`, `left`, or empty for both.
        bound: `yes` or `no`: with or without an account; empty for both.
    """
    where: list[Any] = []
    if status in (PersonStatus.ACTIVE, PersonStatus.LEFT):
        where.append(col(Person.status) == PersonStatus(status))
    if bound in ("yes", "no"):
        living = col(ChannelAccount.id)
        where.append(living.is_not(None) if bound == "yes" else living.is_(None))
    return await _find(session, reach, where, limit=limit, offset=offset)


async def find(session: AsyncSession, reach: Reach, text: str) -> tuple[Employee, ...]:
    """People within reach by 工号, phone or ID number, whichever the text is."""
    wanted = text.strip()
    if not wanted:
        return ()
    ways = [
        col(Person.number) == wanted,
        col(Person.id_number_index) == number_index(session, wanted),
    ]
    if phone := normalise_phone(wanted):
        ways.append(col(Person.phone_index) == phone_index(session, phone))
    found: dict[int, Employee] = {}
    for way in ways:
        found |= {one.id: one for one in await _find(session, reach, [way], limit=50)}
    return tuple(found.values())


async def employers(session: AsyncSession, reach: Reach) -> tuple[tuple[int, str], ...]:
    """Employers somewhere within reach: id and name."""
    here = select(col(Person.employer_id)).where(
        reach.condition(col(Person.region_code), col(Person.employer_id))
    )
    query = select(Employer.id, Employer.name).where(col(Employer.id).in_(here))
    rows = await session.exec(query.order_by(col(Employer.name)))
    return tuple((identity or 0, name) for identity, name in rows)


async def regions(session: AsyncSession, reach: Reach) -> tuple[str, ...]:
    """Codes of the regions where people within reach are insured."""
    query = (
        select(Person.region_code)
        .where(reach.condition(col(Person.region_code), col(Person.employer_id)))
        .distinct()
        .order_by(col(Person.region_code))
    )
    return tuple((await session.exec(query)).all())


async def _find(
    session: AsyncSession,
    reach: Reach,
    where: list[Any],
    *,
    limit: int | None = None,
    offset: int = 0,
) -> tuple[Employee, ...]:
    living = and_(
        col(ChannelAccount.person_id) == col(Person.id), col(ChannelAccount.ended_at).is_(None)
    )
    query = (
        select(Person, Employer, ChannelAccount)
        .join(Employer, col(Employer.id) == col(Person.employer_id))
        .outerjoin(ChannelAccount, living)
        .where(col(Person.status) != PersonStatus.ERASED, *where)
        .where(reach.condition(col(Person.region_code), col(Person.employer_id)))
        .order_by(col(Person.employer_id), col(Person.number), col(Person.id))
    )
    rows = await session.exec(query.offset(offset).limit(limit))
    return tuple(employee_of(person, employer, account) for person, employer, account in rows)
