"""Who looks after a low rating: somebody else than the one rated."""

from __future__ import annotations

from datetime import datetime

from sqlmodel.ext.asyncio.session import AsyncSession

from services import cases
from services.cases import CaseView
from services.people import roles
from services.people.people import Employee, by_id
from services.ratings.giving import follow_up_wanted, follow_up_without, get
from services.ratings.views import RatingError
from storage.models import Role

KIND = "follow_up"
_ORDER = (Role.OFFICER, Role.MANAGER, Role.ADMIN)


async def follow_up(
    session: AsyncSession, subject: str, person_id: int, now: datetime
) -> tuple[CaseView, Employee] | None:
    """Open the follow-up that the employee wants, for a colleague who can be reached.

    It is that colleague's own from the start and never shown in the HR group, where the rated one
    reads too. None: there is nobody else, and the offer stays open.

    Raises:
        RatingError: `too_late` when the offer was answered before.
    """
    rating = await get(session, subject)
    person = await by_id(session, person_id)
    if rating is None or person is None or rating.person_id != person_id:
        raise RatingError("not_yours")
    colleague = await _colleague(session, person, await follow_up_without(session, subject))
    if colleague is None:
        return None
    if not await follow_up_wanted(session, subject, person_id, now, wanted=True):
        raise RatingError("too_late")
    kind, _, number = subject.partition(":")
    application_id = int(number) if kind == "application" else None
    case = await cases.open_case(session, person_id, KIND, application_id, now)
    taken = await cases.take(session, case.id, colleague.id, now)
    return taken.case, colleague


async def _colleague(
    session: AsyncSession, person: Employee, without: int | None
) -> Employee | None:
    for role in _ORDER:
        for one in await roles.holders(session, role, person.region_code, person.employer_id):
            if one.id not in (without, person.id) and one.mailbox is not None:
                return one
    return None
