"""收卡: the bank's box, number by number, each once however often it is read."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from knowledge.matters import kinds
from services import applications as apps
from services.applications import rows as applications
from services.applications import states
from services.applications.errors import NotFound
from services.applications.matters import MATTERS
from services.applications.observing import observe
from services.applications.reminders import arrange
from services.collection import codes, rows, telling
from services.collection.views import Receipt, Received
from services.console.reach import Place, Reach
from services.gateways.contract import HistoryEntry
from services.people import audit
from storage.models import CLOSED, Application, ApplicationStatus, Handover

AT_ONCE = 50
"""Numbers in one transaction: on SQLite nobody else writes meanwhile."""
_ON_THE_WAY = frozenset(
    {
        ApplicationStatus.SUBMITTING,
        ApplicationStatus.REVIEWING,
        ApplicationStatus.MAKING,
        ApplicationStatus.COLLECTABLE,
    }
)
_IN_HAND = frozenset({ApplicationStatus.COLLECTED, ApplicationStatus.FINISHED})


async def receive(
    session: AsyncSession,
    numbers: Sequence[str],
    place: str,
    now: datetime,
    *,
    actor: str,
    reach: Reach,
    seen: set[str] | None = None,
) -> list[Receipt]:
    """Take cards in: each owner hears where and when, with a code to sign with.

    Args:
        numbers: as people or scanners write them; what is no number is answered too.
        place: where and when to collect, in the officer's words.
        reach: whose cards the officer may receive; any other number counts as unknown.
        seen: numbers of the same list in transactions before this one; added to.
    """
    seen = set() if seen is None else seen
    receipts = []
    for text in numbers:
        number = apps.read_number(text)
        if number is None:
            receipts.append(Receipt(text[:32], "invalid"))
        elif number in seen:
            receipts.append(Receipt(number, "repeated"))
        else:
            seen.add(number)
            receipts.append(await _receive(session, number, place, now, actor=actor, reach=reach))
    return receipts


async def _receive(
    session: AsyncSession, number: str, place: str, now: datetime, *, actor: str, reach: Reach
) -> Receipt:
    try:
        row = await applications.locked_by_number(session, number)
    except NotFound:
        return Receipt(number, "unknown")
    if not reach.covers(Place(row.region_code, row.employer_id)):
        return Receipt(number, "unknown")
    known = await rows.card(session, row.id or 0)
    if known is not None and known.open:
        return Receipt(number, "already", known)
    refused = _refused(row, given_back=known is not None and known.returned_at is not None)
    if refused is not None:
        return Receipt(number, refused, known)
    handover = Handover(
        application_id=row.id or 0,
        place=place,
        before=row.status,
        received_at=now,
        received_by=actor,
    )
    await codes.give(session, handover)
    session.add(handover)
    if row.status is not ApplicationStatus.COLLECTABLE:
        # What is due so far is the bureau's day of processing, never that of the seal.
        entry = HistoryEntry(sequence=0, status="collectable", at=now, place=place)
        await observe(session, row, entry, now, actor=actor)
    row.place, row.updated_at = place, now
    await arrange(session, row, now)
    await audit.record(session, actor, "card.received", f"application:{row.id}", now)
    await telling.tell(session, row, "received", now, once=handover)
    await telling.watch(session, now)
    return Receipt(number, "received", await rows.card(session, row.id or 0))


def _refused(row: Application, *, given_back: bool) -> Received | None:
    kind = kinds().get(row.kind.value)
    if kind is None or not kind.makes_card:
        return "no_card"
    if row.status in _IN_HAND:
        return "collected"
    if given_back:
        return "given_back"
    if row.status in CLOSED:
        return "closed"
    return None if row.status in _ON_THE_WAY else "not_submitted"


async def undo(
    session: AsyncSession, application_id: int, now: datetime, *, actor: str
) -> Receipt | None:
    """It was another number: the card is not here, and its owner is told so.

    Returns:
        None when there is nothing to undo: not received, or handed out.
    """
    row = await applications.locked(session, application_id)
    handover = await rows.locked(session, application_id)
    if handover is None or handover.handed_at or handover.returned_at:
        return None
    if row.status is ApplicationStatus.COLLECTABLE:
        await _as_the_bureau_says(session, row, handover.before, now)
    row.updated_at = now
    await applications.note(session, row, applications.MISTAKE, now, source=applications.OFFICER)
    await telling.tell(session, row, "mistaken", now, once=handover)
    await session.delete(handover)
    await arrange(session, row, now)
    await audit.record(session, actor, "card.undone", f"application:{row.id}", now)
    return Receipt(row.number, "received")


async def _as_the_bureau_says(
    session: AsyncSession, row: Application, before: ApplicationStatus, now: datetime
) -> None:
    """Without what HR had seen: where the bureau's own word, kept meanwhile, has brought it."""
    said = await states.last_word(session, row)
    if said is not None and said.status == "collectable":
        row.due, row.place = said.due, said.place
        return
    row.place = None
    if before is ApplicationStatus.COLLECTABLE:
        return  # an officer had seen it at the bureau
    row.status = ApplicationStatus.MAKING if said and said.status == "making" else before
    row.due = said.due if said and states.STATUS_OF[said.status] is row.status else None
    state = "making" if row.status is ApplicationStatus.MAKING else "returned"  # no card made yet
    await MATTERS[row.kind].entered(session, row, state, now)


async def last_place(session: AsyncSession, actor: str) -> str | None:
    """Where an officer's last cards were to be collected."""
    query = select(Handover).where(col(Handover.received_by) == actor)
    newest = query.order_by(col(Handover.received_at).desc(), col(Handover.id).desc()).limit(1)
    found = (await session.exec(newest)).first()
    return found.place if found else None
