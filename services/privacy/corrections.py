"""A wish to correct the register. HR decides; the person hears of it through a case."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlmodel.ext.asyncio.session import AsyncSession

from services.people import audit
from services.people.identity import plain
from services.people.settings import PeopleSettings
from services.privacy.catalogue import Catalogue

FIELDS = ("name", "id_number", "phone", "region", "hire_date")
_LONGEST = 200


@dataclass(frozen=True)
class Correction:
    """What should become what. `wanted` is the person's own text, for a case and nowhere else."""

    person_id: int
    field: str
    label: str
    wanted: str

    def __repr__(self) -> str:
        return f"Correction(person_id={self.person_id}, field={self.field})"


async def request(
    session: AsyncSession,
    person_id: int,
    field: str,
    wanted: str,
    now: datetime,
    *,
    language: str = "zh",
) -> Correction:
    """Note the request (which field, not what); the caller opens a case with the answer.

    Raises:
        ValueError: no such field, or nothing wanted.
    """
    wanted = plain(wanted)[:_LONGEST]
    if field not in FIELDS or not wanted:
        raise ValueError(f"nothing to correct in {field!r}")
    actor = subject = f"person:{person_id}"
    await audit.record(
        session, actor, "correction.requested", subject, now, detail={"field": field}
    )
    label = Catalogue(language, PeopleSettings()).label(field)
    return Correction(person_id, field, label, wanted)
