"""The applications that a batch may hold, with what their row needs, read in few queries."""

from __future__ import annotations

from dataclasses import dataclass, field

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from services.applications import rows
from services.applications.submitting import BY_HAND, unit_number
from services.people.roles import region_prefix_of
from storage.models import (
    Application,
    ApplicationEvent,
    ApplicationStatus,
    Document,
    DocumentStatus,
    Employer,
    Person,
    StoredFile,
)

_OURS = (
    ApplicationStatus.DRAFT,
    ApplicationStatus.CHECKING,
    ApplicationStatus.WAITING,
    ApplicationStatus.EVIDENCE,
    ApplicationStatus.SUBMITTING,
    ApplicationStatus.RETURNED,
)


@dataclass(frozen=True)
class Candidate:
    """One application that has not been handed in, or was returned.

    Args:
        by_hand: it waits for an officer to hand it in.
        photo: name in the file store of the confirmed portrait.
    """

    row: Application = field(repr=False)
    person: Person = field(repr=False)
    employer: Employer
    by_hand: bool
    photo: str | None

    @property
    def unit_number(self) -> str:
        """The employer's 单位编号 in the region of the application."""
        return unit_number(self.employer.unit_numbers, self.row.region_code)


async def candidates(
    session: AsyncSession, region: str, employer_id: int | None = None
) -> tuple[Candidate, ...]:
    """Applications of a region (and of all in it) that the bureau doesn't have, oldest first."""
    within = [
        col(Application.region_code).startswith(region_prefix_of(region)),
        col(Application.status).in_(_OURS),
    ]
    if employer_id is not None:
        within.append(col(Application.employer_id) == employer_id)
    found = await session.exec(
        select(Application, Person, Employer)
        .join(Person, col(Person.id) == col(Application.person_id))
        .join(Employer, col(Employer.id) == col(Application.employer_id))
        .where(*within)
        .order_by(col(Application.id))
    )
    lines = found.all()
    notes = select(ApplicationEvent.application_id).join(
        Application, col(Application.id) == col(ApplicationEvent.application_id)
    )
    by_hand = set(await session.exec(notes.where(col(ApplicationEvent.status) == BY_HAND, *within)))
    pictures = (
        select(Document.application_id, StoredFile.name)
        .join(StoredFile, col(StoredFile.id) == col(Document.file_id))
        .join(Application, col(Application.id) == col(Document.application_id))
        .where(
            col(Document.kind) == "portrait",
            col(Document.status) == DocumentStatus.CONFIRMED,
            col(StoredFile.deleted_at).is_(None),
            *within,
        )
    )
    photos = dict((await session.exec(pictures)).all())
    return tuple(
        Candidate(row, person, employer, row.id in by_hand, photos.get(row.id or 0))
        for row, person, employer in lines
    )


async def handed_in(session: AsyncSession, region: str) -> list[tuple[Application, Person]]:
    """Every application of a region, with its person: what an answer may be about."""
    query = (
        select(Application, Person)
        .join(Person, col(Person.id) == col(Application.person_id))
        .where(col(Application.region_code).startswith(region_prefix_of(region)))
        .order_by(col(Application.id))
    )
    return list((await session.exec(query)).all())


async def keys_taken(session: AsyncSession, region: str) -> dict[int, set[str]]:
    """The answers from batch files that a region's applications have taken, by application."""
    query = (
        select(ApplicationEvent)
        .join(Application, col(Application.id) == col(ApplicationEvent.application_id))
        .where(
            col(ApplicationEvent.source) == rows.BATCH,
            col(Application.region_code).startswith(region_prefix_of(region)),
        )
    )
    found: dict[int, set[str]] = {}
    for event in await session.exec(query):
        found.setdefault(event.application_id, set()).add(str((event.reason or {}).get("key")))
    return found
