"""发卡: out of HR's hand into the owner's, against a signature that both sides keep."""

from __future__ import annotations

from datetime import datetime

from sqlmodel.ext.asyncio.session import AsyncSession

from services.applications import rows as applications
from services.applications.observing import observe
from services.applications.reminders import arrange
from services.collection import proxies, rows, telling
from services.collection.views import Handed, Handing, Way
from services.gateways.contract import HistoryEntry
from services.people import audit
from storage.clock import local_date
from storage.models import CLOSED, Application, ApplicationStatus, Handover

_IN_HAND = frozenset({ApplicationStatus.COLLECTED, ApplicationStatus.FINISHED})


async def ask(session: AsyncSession, application_id: int, now: datetime, *, actor: str) -> Handing:
    """The officer holds the card out; its owner is asked to press in their chat when they have it.

    `handed` here means that the question is on its way.
    """
    row, handover, refused = await _ready(session, application_id)
    if handover is None or refused is not None:
        return await _answer(session, application_id, refused or "not_here")
    handover.asked_at, handover.asked_by = now, actor
    await telling.tell(session, row, "asked", now, once=handover)
    return await _answer(session, application_id, "handed")


async def sign(session: AsyncSession, application_id: int, now: datetime) -> Handing:
    """The owner's press: they have the card. Only while an officer holds it out."""
    row, handover, refused = await _ready(session, application_id)
    if handover is None or refused is not None:
        return await _answer(session, application_id, refused or "not_here")
    if handover.asked_by is None:
        return await _answer(session, application_id, "not_here")
    officer = handover.asked_by
    done = await _hand(session, row, handover, "press", now, actor=officer)
    await telling.tell_officer(session, row, "signed", now, officer=officer)
    return done


async def deny(session: AsyncSession, application_id: int, now: datetime) -> Handing:
    """The owner says that they do not have it: nothing is recorded, and the officer is told."""
    row, handover, refused = await _ready(session, application_id)
    if handover is not None and refused is None and handover.asked_by is not None:
        officer, handover.asked_at, handover.asked_by = handover.asked_by, None, None
        await telling.tell_officer(session, row, "denied", now, officer=officer)
    return await _answer(session, application_id, refused or "not_here")


async def hand(
    session: AsyncSession,
    application_id: int,
    way: Way,
    now: datetime,
    *,
    actor: str,
    note: str | None = None,
) -> Handing:
    """Handed out. A second time changes nothing and says when it was.

    Args:
        way: how it was signed. With `paper`, `note` says where the signed list is; `proxy` only
            while the owner has named one.
    """
    row, handover, refused = await _ready(session, application_id)
    if handover is None or refused is not None:
        return await _answer(session, application_id, refused or "not_here")
    if way == "proxy" and not await proxies.of_application(
        session, application_id, local_date(now)
    ):
        return await _answer(session, application_id, "no_proxy")
    handover.note = note
    return await _hand(session, row, handover, way, now, actor=actor)


async def give_back(
    session: AsyncSession, application_id: int, now: datetime, *, actor: str
) -> Handing:
    """Nobody came: the card goes back to the bank, which seals it; its owner must apply anew."""
    row, handover, refused = await _ready(session, application_id, sealed=True)
    if handover is None or refused is not None:
        return await _answer(session, application_id, refused or "not_here")
    handover.returned_at, handover.returned_by = now, actor
    handover.code = handover.code_index = None
    open_till_now = row.status not in CLOSED
    if open_till_now:
        entry = HistoryEntry(sequence=0, status="sealed", at=now)
        await observe(session, row, entry, now, actor=actor)
        await telling.tell(session, row, "given_back", now, once=handover)
    await audit.record(session, actor, "card.given_back", f"application:{row.id}", now)
    return await _answer(session, application_id, "given_back" if open_till_now else "back_ended")


async def _hand(
    session: AsyncSession,
    row: Application,
    handover: Handover,
    way: Way,
    now: datetime,
    *,
    actor: str,
) -> Handing:
    handover.handed_at, handover.handed_by, handover.signed_by = now, actor, way
    handover.code = handover.code_index = None
    await proxies.forget_for(session, row.id or 0, now)
    if row.status not in _IN_HAND:
        entry = HistoryEntry(sequence=0, status="collected", at=now)
        await observe(session, row, entry, now, actor=actor)
    row.updated_at = now
    await arrange(session, row, now)
    detail = {"signed": way}
    await audit.record(session, actor, "card.handed", f"application:{row.id}", now, detail=detail)
    await telling.tell(session, row, "handed", now, once=handover)
    return await _answer(session, row.id or 0, "handed")


async def _ready(
    session: AsyncSession, application_id: int, *, sealed: bool = False
) -> tuple[Application, Handover | None, Handed | None]:
    """Both rows, locked in this order everywhere, and what stands in the way."""
    row = await applications.locked(session, application_id)
    handover = await rows.locked(session, application_id)
    if handover is None:
        return row, None, "not_here"
    if handover.handed_at is not None:
        return row, handover, "already"
    if handover.returned_at is not None:
        return row, handover, "given_back"
    if row.status in CLOSED and row.status not in _IN_HAND and not sealed:
        return row, handover, "sealed"
    return row, handover, None


async def _answer(session: AsyncSession, application_id: int, outcome: Handed) -> Handing:
    return Handing(outcome, await rows.card(session, application_id))
