"""Officers as the console shows them: how each works, and who may stand in for whom."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from sqlmodel.ext.asyncio.session import AsyncSession

from services import cases
from services.cases import OfficerView
from services.console.reach import Place, Reach
from services.people import people
from storage.models import Role


@dataclass(frozen=True)
class OfficerLine:
    """An officer with their staff number, whether they are away now, and who stands in."""

    officer: OfficerView
    number: str
    away: bool
    stand_in: str | None = field(repr=False)


async def lines(session: AsyncSession, reach: Reach, now: datetime) -> tuple[OfficerLine, ...]:
    """Every officer who belongs to a place within reach, by staff number."""
    found = []
    for one in await cases.officers_for(session, None, None):
        person = await people.by_id(session, one.id)
        if person and reach.covers(Place(person.region_code, person.employer_id)):
            found.append(await _line(session, one, person.number, now))
    return tuple(sorted(found, key=lambda line: line.number))


async def line(session: AsyncSession, person_id: int, now: datetime) -> OfficerLine | None:
    """One of them; None for somebody who is not there any more."""
    one, person = await cases.officer(session, person_id), await people.by_id(session, person_id)
    return await _line(session, one, person.number, now) if one and person else None


async def stand_ins(session: AsyncSession, person_id: int) -> tuple[tuple[int, str], ...]:
    """Officers who may act where somebody belongs: id and name, the person left out."""
    person = await people.by_id(session, person_id)
    if person is None:
        return ()
    found = await cases.officers_for(session, person.region_code, person.employer_id)
    return tuple((one.id, one.name) for one in found if one.id != person_id)


def is_desk_role(role: Role) -> bool:
    """Whether who has it may be given cases."""
    return role in {Role.OFFICER, Role.MANAGER, Role.ADMIN}


async def _line(session: AsyncSession, one: OfficerView, number: str, now: datetime) -> OfficerLine:
    heir = await people.by_id(session, one.stand_in_id) if one.stand_in_id else None
    return OfficerLine(one, number, one.is_away(now), heir.name if heir else None)
