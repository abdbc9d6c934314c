"""What a page can be about, found by its opaque reference, and where it belongs."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from types import MappingProxyType

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from services.cases import PRIVATE
from services.console.desk import is_desk_role
from services.console.reach import Place
from services.people import roles
from storage.models import Application, Case, Document, Person, PersonStatus

Find = Callable[[AsyncSession, str], Awaitable[Place | None]]


async def case(session: AsyncSession, ref: str) -> Place | None:
    """A case by its number; a private one is its officer's alone."""
    row = (await session.exec(select(Case).where(col(Case.number) == ref))).one_or_none()
    if row is None:
        return None
    alone = (row.assignee_id or 0) if row.kind in PRIVATE else None
    return Place(row.region_code, row.employer_id, alone)


async def application(session: AsyncSession, ref: str) -> Place | None:
    """An application by its number."""
    query = select(Application.region_code, Application.employer_id).where(
        col(Application.number) == ref
    )
    found = (await session.exec(query)).one_or_none()
    return None if found is None else Place(*found)


async def document(session: AsyncSession, ref: str) -> Place | None:
    """A document by its id belongs to its application's place."""
    if (identity := _number(ref)) is None:
        return None
    query = (
        select(Application.region_code, Application.employer_id)
        .join(Document, col(Document.application_id) == col(Application.id))
        .where(col(Document.id) == identity)
    )
    found = (await session.exec(query)).one_or_none()
    return None if found is None else Place(*found)


async def person(session: AsyncSession, ref: str) -> Place | None:
    """A person by their id, unless erased."""
    if (identity := _number(ref)) is None:
        return None
    query = select(Person.region_code, Person.employer_id).where(
        col(Person.id) == identity, col(Person.status) != PersonStatus.ERASED
    )
    found = (await session.exec(query)).one_or_none()
    return None if found is None else Place(*found)


async def officer(session: AsyncSession, ref: str) -> Place | None:
    """Somebody with a role at the desk, by their id, belongs where the roster has them."""
    place, identity = await person(session, ref), _number(ref)
    if place is None or identity is None:
        return None
    granted = await roles.grants(session, identity)
    return place if any(is_desk_role(grant.role) for grant in granted) else None


def _number(ref: str) -> int | None:
    """A row's id; None for what no row can have."""
    return int(ref) if ref.isascii() and ref.isdigit() and len(ref) <= 15 else None


SUBJECTS: Mapping[str, Find] = MappingProxyType(
    {
        "case": case,
        "application": application,
        "document": document,
        "person": person,
        "officer": officer,
    }
)
