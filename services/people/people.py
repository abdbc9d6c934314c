"""Employees as the rest of the program sees them: looked up, listed, and leaving."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal

from sqlalchemy import and_
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from services.people import audit
from services.people.identity import (
    born,
    masked_name,
    masked_number,
    masked_phone,
    normalise_phone,
    number_index,
    phone_index,
)
from storage.models import ChannelAccount, Employer, Person, PersonStatus


class UnknownPersonError(LookupError):
    """No person has this id."""


@dataclass(frozen=True)
class Employee:
    """One person of the roster with their employer and living account."""

    id: int
    number: str
    name: str
    region_code: str
    employer_id: int
    employer_name: str
    credit_code: str
    unit_number: str | None
    id_number: str | None
    sex: Literal["男", "女"] | None
    birth: date | None
    phone: str | None
    hire_date: date | None
    status: PersonStatus
    mailbox: str | None
    user_id: int | None

    def __repr__(self) -> str:
        return f"Employee(id={self.id})"  # a person must not reach a log through a traceback

    @property
    def active(self) -> bool:
        """Whether every function is open; a leaver keeps only what concerns their own data."""
        return self.status is PersonStatus.ACTIVE

    @property
    def masked_name(self) -> str:
        """The name as a stranger may see it."""
        return masked_name(self.name)

    @property
    def masked_number(self) -> str:
        """The ID number as a screen may show it."""
        return masked_number(self.id_number)

    @property
    def masked_phone(self) -> str:
        """The phone number as a screen may show it."""
        return masked_phone(self.phone)


def employee_of(
    person: Person, employer: Employer, account: ChannelAccount | None = None
) -> Employee:
    """The frozen view of the rows of one person."""
    about = born(person.id_number)
    units: dict[str, str] = employer.unit_numbers or {}
    return Employee(
        id=person.id or 0,
        number=person.number,
        name=person.name,
        region_code=person.region_code,
        employer_id=person.employer_id,
        employer_name=employer.name,
        credit_code=employer.credit_code,
        unit_number=units.get(person.region_code),
        id_number=person.id_number,
        sex=about.sex,
        birth=about.birth,
        phone=person.phone,
        hire_date=person.hire_date,
        status=person.status,
        mailbox=account.mailbox if account else None,
        user_id=account.user_id if account else None,
    )


async def _find(session: AsyncSession, *conditions: Any) -> tuple[Employee, ...]:
    living = and_(
        col(ChannelAccount.person_id) == col(Person.id), col(ChannelAccount.ended_at).is_(None)
    )
    query = (
        select(Person, Employer, ChannelAccount)
        .join(Employer, col(Employer.id) == col(Person.employer_id))
        .outerjoin(ChannelAccount, living)
        .where(col(Person.status) != PersonStatus.ERASED, *conditions)
        .order_by(col(Person.id))
    )
    rows = await session.exec(query)
    return tuple(employee_of(person, employer, account) for person, employer, account in rows)


async def by_account(session: AsyncSession, user_id: int) -> Employee | None:
    """The person to whom a messenger account is bound now."""
    found = await _find(session, col(ChannelAccount.user_id) == user_id)
    return found[0] if found else None


async def by_id(session: AsyncSession, person_id: int) -> Employee | None:
    """The person with this id, unless erased."""
    found = await _find(session, col(Person.id) == person_id)
    return found[0] if found else None


async def by_number(
    session: AsyncSession, number: str, employer_id: int | None = None
) -> tuple[Employee, ...]:
    """Persons with this 工号; more than one where several employers use the same numbers."""
    conditions = [col(Person.number) == number]
    if employer_id is not None:
        conditions.append(col(Person.employer_id) == employer_id)
    return await _find(session, *conditions)


async def by_id_number(session: AsyncSession, id_number: str) -> Employee | None:
    """The person with this ID number."""
    found = await _find(session, col(Person.id_number_index) == number_index(session, id_number))
    return found[0] if found else None


async def by_phone(session: AsyncSession, phone: str) -> tuple[Employee, ...]:
    """Persons with this phone number: more than one when a number is shared or was passed on."""
    digits = normalise_phone(phone)
    if digits is None:
        return ()
    return await _find(session, col(Person.phone_index) == phone_index(session, digits))


async def everybody(
    session: AsyncSession,
    *,
    employer_id: int | None = None,
    region_prefix: str = "",
    status: PersonStatus | None = PersonStatus.ACTIVE,
) -> tuple[Employee, ...]:
    """Everybody of an employer and of the regions whose code begins with `region_prefix`."""
    conditions: list[Any] = []
    if employer_id is not None:
        conditions.append(col(Person.employer_id) == employer_id)
    if region_prefix:
        conditions.append(col(Person.region_code).startswith(region_prefix, autoescape=True))
    if status is not None:
        conditions.append(col(Person.status) == status)
    return await _find(session, *conditions)


async def mailbox_of(session: AsyncSession, person_id: int) -> str | None:
    """The mailbox of a person's living account; None when they have none."""
    query = select(ChannelAccount.mailbox).where(
        col(ChannelAccount.person_id) == person_id, col(ChannelAccount.ended_at).is_(None)
    )
    return (await session.exec(query)).one_or_none()


async def employer_named(session: AsyncSession, text: str) -> Employer | None:
    """The employer with this 统一社会信用代码 or exact name."""
    query = select(Employer).where(
        (col(Employer.credit_code) == text) | (col(Employer.name) == text)
    )
    return (await session.exec(query)).first()


async def leave(
    session: AsyncSession, person_id: int, now: datetime, actor: str = "hr"
) -> Employee:
    """End an employment. The account stays bound, so that 我的数据 stays reachable.

    Roles end too: a leaver is no officer any more.

    Raises:
        UnknownPersonError: no such person, or erased.
    """
    from services.people import roles

    person = await session.get(Person, person_id)
    if person is None or person.status is PersonStatus.ERASED:
        raise UnknownPersonError(f"person {person_id}")
    if person.status is PersonStatus.ACTIVE:
        person.status = PersonStatus.LEFT
        person.updated_at = now
        session.add(person)
        await audit.record(session, actor, "person.left", f"person:{person_id}", now)
        await roles.revoke(session, person_id, None, now, actor=actor)
    found = await by_id(session, person_id)
    if found is None:
        raise UnknownPersonError(f"person {person_id}")
    return found
