"""委托代领: whom the owner sends, the letter of authority, and forgetting them afterwards."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from knowledge.agencies import bank_name
from knowledge.matters import kinds, rule
from knowledge.profiles import Sourced
from knowledge.regions import full_name
from services.applications import rows as applications
from services.applications.errors import FieldError, NotAllowed
from services.documents.idnumber import IdNumberError, check_id_number
from services.forms import FormData
from services.people import audit, people
from services.people.identity import masked_name, masked_number, normalise_name, normalise_phone
from storage.clock import local_date
from storage.models import (
    CLOSED,
    Application,
    ApplicationStatus,
    Proxy,
    StoredFile,
)

FORM = "authority"
DAYS = 30
"""A letter holds so long where no last day of collection is known."""
_OVER = (*CLOSED, ApplicationStatus.COLLECTED)


@dataclass(frozen=True)
class ProxyView:
    """Who may collect a card.

    Args:
        number: the ID number, masked.
    """

    application_id: int
    application: str
    name: str = field(repr=False)
    number: str = field(repr=False)
    until: date


def checked(name: str, text: str, own_number: str | None, today: date) -> str:
    """A value that the owner typed about their proxy, in plain form.

    Args:
        name: `name`, `id_number` or `phone`.

    Raises:
        FieldError: it can't be one; `own` when the ID number is the owner's own.
    """
    if name == "name":
        found = normalise_name(text)
        if not 2 <= len(found) <= 30 or any(each.isdigit() for each in found):
            raise FieldError("bad", name)
        return found
    if name == "phone":
        phone = normalise_phone(text)
        if phone is None:
            raise FieldError("bad", name)
        return phone
    try:
        number = check_id_number(text, today=today)
    except IdNumberError as error:
        raise FieldError(str(error), name) from None
    if number.fifteen:
        raise FieldError("number_length", name)
    if number.number == own_number:
        raise FieldError("own", name)
    return number.number


def local_rule(region_code: str) -> Sourced | None:
    """The region's rule: `refused`, `both_ids`, `both_ids_and_proof`; None where we know none."""
    return rule(region_code, "proxy")


async def may_send(session: AsyncSession, application_id: int) -> None:
    """Whether there is a card that somebody else could collect.

    Raises:
        NotAllowed: see `name_proxy`.
    """
    row = await applications.seen(session, application_id)
    kind = kinds().get(row.kind.value)
    if kind is None or not kind.makes_card:
        raise NotAllowed("no_card")
    if row.status in _OVER:
        raise NotAllowed("over")
    if row.status in applications.EDITABLE:
        raise NotAllowed("not_submitted")


async def name_proxy(
    session: AsyncSession, application_id: int, person: dict[str, str], now: datetime
) -> ProxyView:
    """Let somebody collect the card; who was named before no longer may.

    Args:
        person: `name`, `id_number` and `phone`, as `checked` gave them.

    Raises:
        NotAllowed: `no_card` (the matter makes none), `not_submitted`, or `over` (collected or
            closed).
    """
    row = await applications.locked(session, application_id)
    await may_send(session, application_id)
    found = await _row(session, application_id)
    if found is None:
        found = Proxy(application_id=application_id, until=local_date(now), named_at=now)
        session.add(found)
    await _drop_letter(session, found, now)
    found.person, found.named_at, found.ended_at = dict(person), now, None
    today = local_date(now)
    # A day that has passed is no last day: the card still lies there, or it would be sealed.
    found.until = row.due if row.due and row.due >= today else today + timedelta(days=DAYS)
    actor = f"person:{row.person_id}"
    await audit.record(session, actor, "proxy.named", f"application:{row.id}", now)
    await session.flush()
    return _view(row, found)


async def of_application(
    session: AsyncSession, application_id: int, today: date
) -> ProxyView | None:
    """Who may collect the card now."""
    found = await _row(session, application_id)
    if found is None or found.person is None or found.ended_at is not None or found.until < today:
        return None
    return _view(await applications.seen(session, application_id), found)


async def take_back(session: AsyncSession, application_id: int, now: datetime) -> bool:
    """Nobody collects for the owner any more; what was known of the proxy goes."""
    row = await applications.locked(session, application_id)
    found = await _row(session, application_id)
    if found is None or found.ended_at is not None:
        return False
    await forget(session, found, now)
    actor = f"person:{row.person_id}"
    await audit.record(session, actor, "proxy.taken_back", f"application:{row.id}", now)
    return True


async def letter(session: AsyncSession, application_id: int, now: datetime) -> FormData | None:
    """What stands in the letter; None when nobody is named any more."""
    found = await _row(session, application_id)
    if found is None or found.person is None:
        return None
    row = await applications.seen(session, application_id)
    owner = await people.by_id(session, row.person_id)
    if owner is None:
        return None
    return FormData(
        {
            "number": row.number,
            "addressee": row.place or f"{full_name(row.region_code)}社会保障卡领取网点",
            "name": owner.name,
            "phone": owner.phone or "",
            "id_number": owner.id_number or "",
            "employer": owner.employer_name,
            "proxy_name": found.person["name"],
            "proxy_phone": found.person["phone"],
            "proxy_id_number": found.person["id_number"],
            "bank": bank_name(row.bank_code) if row.bank_code else "",
            "until": found.until.isoformat(),
            "made": local_date(now).isoformat(),
        }
    )


async def keep_letter(
    session: AsyncSession, application_id: int, file_id: int, now: datetime
) -> bool:
    """The letter's file, so that it goes with the proxy, and the one before at once.

    Returns:
        False when nobody is named any more: the file goes too.
    """
    found = await _row(session, application_id)
    if found is None:
        return False
    await _drop_letter(session, found, now)
    found.file_id = file_id
    if found.ended_at is not None:
        await _drop_letter(session, found, now)
        return False
    return True


async def forget(session: AsyncSession, found: Proxy, now: datetime) -> None:
    """The proxy's data and the letter go; that there was one stays."""
    found.person, found.ended_at = None, found.ended_at or now
    await _drop_letter(session, found, now)


async def forget_for(session: AsyncSession, application_id: int, now: datetime) -> None:
    """The card is in somebody's hand: its proxy is forgotten."""
    found = await _row(session, application_id)
    if found is not None:
        await forget(session, found, now)


async def forget_over(session: AsyncSession, now: datetime) -> None:
    """The proxies of cards that were collected, or of applications that ended otherwise."""
    query = (
        select(Proxy)
        .join(Application, col(Application.id) == col(Proxy.application_id))
        .where(
            col(Proxy.person).is_not(None),
            col(Application.status).in_(_OVER) | (col(Proxy.until) < local_date(now)),
        )
    )
    for found in (await session.exec(query)).all():
        await forget(session, found, now)


async def _row(session: AsyncSession, application_id: int) -> Proxy | None:
    query = select(Proxy).where(col(Proxy.application_id) == application_id)
    return (await session.exec(query)).one_or_none()


async def _drop_letter(session: AsyncSession, found: Proxy, now: datetime) -> None:
    stored = await session.get(StoredFile, found.file_id) if found.file_id else None
    if stored is not None:
        stored.expires_at = now
    found.file_id = None


def _view(row: Application, found: Proxy) -> ProxyView:
    return ProxyView(
        application_id=row.id or 0,
        application=row.number,
        name=masked_name(found.person["name"]),
        number=masked_number(found.person["id_number"]),
        until=found.until,
    )
