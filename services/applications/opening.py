"""Opening an application, choosing a bank, and finding it again."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy.exc import IntegrityError
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from knowledge import regions
from knowledge.agencies import bank_name, partner_banks
from knowledge.identities import ID_CARD
from services.applications import identities, reminders, rows
from services.applications.errors import NotAllowed, NotFound
from services.applications.matters import MATTERS, Matter
from services.applications.numbers import new_number, read_number
from services.applications.views import ApplicationView, BankChoice
from storage.models import CLOSED, Application, ApplicationKind, ApplicationStatus, Person
from storage.queue import lock

_NO_CARD = (ApplicationKind.TRANSFER, ApplicationKind.MERGE)


async def open_first(
    session: AsyncSession, employee_id: int, region_code: str, now: datetime
) -> ApplicationView:
    """The person's open first application in this province; see `open_matter`."""
    return await open_matter(session, employee_id, ApplicationKind.FIRST, region_code, now)


async def open_matter(
    session: AsyncSession,
    employee_id: int,
    kind: ApplicationKind,
    region_code: str,
    now: datetime,
    *,
    reason: str | None = None,
) -> ApplicationView:
    """The person's open application of this kind in this province: the one there is, or a new one.

    Raises:
        NotFound: no such person.
        NotAllowed: `another_open`: a matter of the same lane is under way there, or a relation is
            on its way to another city of the province; `bad_reason`.
        UnknownRegionError: no such region.
    """
    person = await session.get(Person, employee_id)
    if person is None:
        raise NotFound("person")
    region = regions.current_code(region_code)
    province = regions.province_of(region).code
    matter = MATTERS[kind]
    if reason is not None and reason not in matter.spec.reasons_in(region):
        raise NotAllowed("bad_reason")
    await lock(session, f"application:{employee_id}:{province}")
    lane = matter.lane(reason)
    found = await _open(session, employee_id, province, lane)
    if found is not None and found.kind is not kind:
        raise NotAllowed("another_open")
    if found is not None and kind in _NO_CARD and found.region_code != region:
        found = await _to_another_city(session, found, region, now)
    if found is None:
        found = await _insert(session, person, matter, (region, province), now=now, reason=reason)
        await reminders.arrange(session, found, now)
    elif reason is not None and found.reason != reason and found.status in rows.EDITABLE:
        found.reason, found.checked_at, found.updated_at = reason, None, now
    return await rows.view(session, found)


async def _to_another_city(
    session: AsyncSession, found: Application, region: str, now: datetime
) -> Application:
    """A draft goes where the person now says; what an agency has had stays where it is."""
    row = await rows.locked(session, found.id or 0)
    if row.status not in rows.EDITABLE or row.reference is not None:
        raise NotAllowed("another_open")
    row.region_code, row.checked_at, row.updated_at = region, None, now
    return row


async def open_in_lane(
    session: AsyncSession, person_id: int, province_code: str, lane: str
) -> ApplicationView | None:
    """The open application of a lane in a province, of whatever kind."""
    row = await _open(session, person_id, province_code, lane)
    return None if row is None else await rows.view(session, row)


async def _open(
    session: AsyncSession, person_id: int, province: str, lane: str
) -> Application | None:
    query = select(Application).where(
        col(Application.person_id) == person_id,
        col(Application.province_code) == province,
        col(Application.lane) == lane,
        col(Application.status).not_in(CLOSED),
    )
    return (await session.exec(query)).one_or_none()


async def _insert(
    session: AsyncSession,
    person: Person,
    matter: Matter,
    place: tuple[str, str],
    *,
    now: datetime,
    reason: str | None,
) -> Application:
    (region, province), lane = place, matter.lane(reason)
    paper = identities.first_paper(person.id_number, region, matter.kind)
    for _ in range(5):
        row = Application(
            number=new_number(),
            person_id=person.id or 0,
            employer_id=person.employer_id,
            kind=matter.kind,
            lane=lane,
            reason=reason,
            region_code=region,
            province_code=province,
            details=None if paper == ID_CARD else {"identity": paper},
            created_at=now,
            updated_at=now,
        )
        try:
            async with session.begin_nested():
                session.add(row)
                await session.flush()
            return row
        except IntegrityError:
            # The number was taken, or somebody opened one without our lock.
            found = await _open(session, person.id or 0, province, lane)
            if found is not None:
                if found.kind is not matter.kind:
                    raise NotAllowed("another_open") from None
                return found
    raise NotAllowed("no_number")


def bank_choices(region_code: str, connected: Iterable[str]) -> tuple[BankChoice, ...]:
    """The banks to choose among: the region's partner banks; where no list is known, the
    connected ones."""
    partners = partner_banks(region_code)
    if partners is None:
        return tuple(BankChoice(code, bank_name(code)) for code in connected)
    return tuple(BankChoice(bank.code, bank.name) for bank in partners.banks)


async def choose_bank(
    session: AsyncSession, application_id: int, bank_code: str, now: datetime
) -> ApplicationView:
    """Set the bank that will issue the card.

    Raises:
        NotAllowed: `not_editable`, or `bank_unknown` (not on the region's complete list).
    """
    row = await rows.locked(session, application_id)
    if row.status not in rows.EDITABLE:
        raise NotAllowed("not_editable")
    partners = partner_banks(row.region_code)
    if partners and partners.complete and bank_code not in {each.code for each in partners.banks}:
        raise NotAllowed("bank_unknown")
    if not (bank_code.isascii() and bank_code.replace("_", "").isalnum() and len(bank_code) <= 16):
        raise NotAllowed("bank_unknown")
    if row.bank_code != bank_code:
        row.bank_code = bank_code
        row.updated_at = now
        await reminders.arrange(session, row, now)
    return await rows.view(session, row)


async def get(session: AsyncSession, application_id: int) -> ApplicationView:
    """One application. Raises `NotFound`."""
    return await rows.view(session, await rows.seen(session, application_id))


async def current(session: AsyncSession, person_id: int) -> ApplicationView | None:
    """The open application about a card that the person touched last; a loss report in force is at
    rest. Transfers are followed each by itself."""
    resting = (*CLOSED, ApplicationStatus.REPORTED)
    query = (
        select(Application)
        .where(col(Application.person_id) == person_id, col(Application.status).not_in(resting))
        .where(col(Application.kind).not_in(_NO_CARD))
        .order_by(col(Application.updated_at).desc(), col(Application.id).desc())
        .limit(1)
    )
    row = (await session.exec(query)).one_or_none()
    return None if row is None else await rows.view(session, row)


async def stopped_last(session: AsyncSession, person_id: int) -> ApplicationView | None:
    """What the person tried last, when it was stopped as a duplicate: an officer may lift that."""
    query = (
        select(Application)
        .where(col(Application.person_id) == person_id)
        .order_by(col(Application.updated_at).desc(), col(Application.id).desc())
        .limit(1)
    )
    row = (await session.exec(query)).one_or_none()
    stopped = row is not None and row.status is ApplicationStatus.STOPPED
    return await rows.view(session, row) if row is not None and stopped else None


async def by_number(
    session: AsyncSession, text: str, person_id: int | None = None
) -> ApplicationView | None:
    """The application with this number, as people type it; with `person_id` only one's own."""
    number = read_number(text)
    if number is None:
        return None
    query = select(Application).where(col(Application.number) == number)
    if person_id is not None:
        query = query.where(col(Application.person_id) == person_id)
    row = (await session.exec(query)).one_or_none()
    return None if row is None else await rows.view(session, row)


async def mailbox_of(session: AsyncSession, application_id: int) -> str:
    """Where events about this application go; see `rows.mailbox`. Raises `NotFound`."""
    return await rows.mailbox(session, await rows.seen(session, application_id))


async def mailbox_for(session: AsyncSession, number: str) -> str | None:
    """Where a callback's event about this application goes."""
    query = select(Application).where(col(Application.number) == number)
    row = (await session.exec(query)).one_or_none()
    return None if row is None else await rows.home(session, row)
