"""What a matter needs to know besides papers: why, which card, and what it used to be."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from knowledge.matters import moved
from services import cards
from services.applications import reminders, rows
from services.applications.errors import FieldError, NotAllowed, NotFound
from services.applications.fields import check_field
from services.applications.matters import matter_of
from services.applications.matters.base import put_details
from services.applications.views import ApplicationView
from services.cards import CardKey, CardView
from storage.clock import local_date
from storage.models import Application, ApplicationKind, ApplicationStatus, CardStatus, Evidence


async def choose_reason(
    session: AsyncSession, application_id: int, reason: str, now: datetime
) -> ApplicationView:
    """Set why. What was checked for another reason is asked again.

    Raises:
        NotAllowed: `not_editable`, or `bad_reason`: the region does not know it.
    """
    row = await _editable(session, application_id)
    if reason not in matter_of(row).spec.reasons_in(row.region_code):
        raise NotAllowed("bad_reason")
    if row.reason != reason:
        row.reason, row.checked_at = reason, None
        put_details(row, previous=None)
    return await _touched(session, row, now)


async def card_choices(session: AsyncSession, application_id: int) -> list[CardView]:
    """The person's cards in the province that the matter can be about."""
    row = await rows.seen(session, application_id)
    return [
        card
        for card in await cards.cards_of(session, row.person_id)
        if card.province_code == row.province_code
        and card.status in (CardStatus.NORMAL, CardStatus.LOST, CardStatus.SEALED)
    ]


async def choose_card(
    session: AsyncSession, application_id: int, card_id: int, now: datetime
) -> ApplicationView:
    """Set the card by our record of it.

    Raises:
        NotFound: no such card of this person in this province.
        NotAllowed: `not_editable`.
    """
    found = [each for each in await card_choices(session, application_id) if each.id == card_id]
    if not found:
        raise NotFound("card")
    card = found[0]
    return await name_card(session, application_id, card.bank_code, card.last_four, now)


async def name_card(
    session: AsyncSession,
    application_id: int,
    bank_code: str,
    last_four: str | None,
    now: datetime,
) -> ApplicationView:
    """Set the card by what is printed on it.

    Raises:
        FieldError: `bad_last_four`.
        NotAllowed: `not_editable`.
    """
    if last_four is not None and not (
        last_four.isascii() and last_four.isdigit() and len(last_four) == 4
    ):
        raise FieldError("bad_last_four", "last_four")
    row = await _editable(session, application_id)
    put_details(row, card={"bank": bank_code, "last_four": last_four})
    row.checked_at = None
    if matter_of(row).spec.bank == "keep":
        row.bank_code = bank_code
    return await _touched(session, row, now)


async def tell_previous(
    session: AsyncSession, application_id: int, text: str, now: datetime
) -> ApplicationView:
    """What the changed field was before: the registry knows the card under it.

    Raises:
        FieldError: it can't be such a field.
        NotAllowed: `not_editable`, or `nothing_changed`: the reason names no field.
    """
    row = await _editable(session, application_id)
    reason = matter_of(row).reason(row)
    if reason is None or reason.previous is None:
        raise NotAllowed("nothing_changed")
    value = check_field("id_front", reason.previous, text, local_date(now))
    put_details(row, previous={reason.previous: value})
    row.checked_at = None
    return await _touched(session, row, now)


async def accept_consequences(
    session: AsyncSession, application_id: int, now: datetime
) -> ApplicationView:
    """The person has read what is lost and still wants it. Raises `NotAllowed`."""
    row = await _editable(session, application_id)
    put_details(row, accepted=now.isoformat())
    return await _touched(session, row, now)


async def needs_report(session: AsyncSession, application_id: int) -> bool:
    """Whether the card must be reported lost first, as far as our record goes."""
    row = await rows.seen(session, application_id)
    matter = matter_of(row)
    reason, view = matter.reason(row), await rows.view(session, row)
    if reason is None or not reason.needs_report or view.card is None:
        return False
    if await report_in_force(session, row.person_id, view.card) is not None:
        return False
    known = [c for c in await card_choices(session, application_id) if view.card.fits(c)]
    return not any(card.status is CardStatus.LOST for card in known)


async def declare_reported(
    session: AsyncSession, application_id: int, now: datetime
) -> ApplicationView:
    """The person has reported the loss themselves, where no interface does it: their word, with
    the region's own day on which a temporary report lapses.

    Raises:
        NotAllowed: `not_submitting`: it has been reported, or was taken back.
    """
    row = await rows.locked(session, application_id)
    if (
        row.status is not ApplicationStatus.SUBMITTING
        or row.kind is not ApplicationKind.LOSS_REPORT
    ):
        raise NotAllowed("not_submitting")
    row.status, row.submitted_at, row.updated_at = ApplicationStatus.REPORTED, now, now
    if row.reason == "temporary":
        row.due = moved(local_date(now), row.region_code, "loss_temporary")
    await rows.note(session, row, "reported", now)
    key = matter_of(row).key(row)
    if key is not None:
        declared = Evidence.DECLARED
        await cards.mark(session, row.person_id, key, CardStatus.LOST, now, evidence=declared)
    await reminders.arrange(session, row, now)
    return await rows.view(session, row)


async def report_in_force(
    session: AsyncSession, person_id: int, key: CardKey
) -> ApplicationView | None:
    """The loss report in force for a card."""
    row = await _report(session, person_id, key)
    return None if row is None else await rows.view(session, row)


async def let_lapse(session: AsyncSession, person_id: int, key: CardKey, now: datetime) -> None:
    """The registry has the card as valid: a report of ours that still stands is over."""
    row = await _report(session, person_id, key)
    if row is None:
        return
    row.status, row.closed_at, row.updated_at = ApplicationStatus.LAPSED, now, now
    await rows.note(session, row, "lapsed", now)
    await reminders.arrange(session, row, now)


async def _report(session: AsyncSession, person_id: int, key: CardKey) -> Application | None:
    query = select(Application).where(
        col(Application.person_id) == person_id,
        col(Application.kind) == ApplicationKind.LOSS_REPORT,
        col(Application.province_code) == key.province_code,
        col(Application.status) == ApplicationStatus.REPORTED,
    )
    for row in (await session.exec(query)).all():
        view = await rows.view(session, row)
        if view.card is None or (view.card.bank_code, view.card.last_four) == (
            key.bank_code,
            key.last_four,
        ):
            return row
    return None


async def _editable(session: AsyncSession, application_id: int) -> Application:
    row = await rows.locked(session, application_id)
    if row.status not in rows.EDITABLE:
        raise NotAllowed("not_editable")
    return row


async def _touched(session: AsyncSession, row: Application, now: datetime) -> ApplicationView:
    if row.status in (ApplicationStatus.CHECKING, ApplicationStatus.WAITING):
        row.status = ApplicationStatus.DRAFT  # an answer under way was about something else
    row.updated_at = now
    await reminders.arrange(session, row, now)
    return await rows.view(session, row)
