"""A returned application: what to mend, and only that."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlmodel.ext.asyncio.session import AsyncSession

from knowledge import transfers
from knowledge.identities import ID_CARD, papers
from services import cards
from services.applications import choosing, reminders, rows
from services.applications.errors import NotAllowed
from services.applications.fields import FIELDS
from services.applications.matters import matter_of
from services.applications.matters.base import paper_of, put_details
from services.applications.views import Mending, Step
from storage.models import Application, ApplicationStatus, CardStatus, DocumentStatus

_AGAIN: Mapping[str, tuple[str, ...]] = {
    "photo_background": ("portrait",),
    "photo_size": ("portrait",),
    "photo_blurred": ("portrait",),
    "photo_face": ("portrait",),
    "id_front_unreadable": ("id_front",),
    "id_back_unreadable": ("id_back",),
    "id_expired": ("id_front", "id_back"),
}
"""Reason codes of the contract that need a picture again."""

_FIELD: Mapping[str, str] = {
    "name_mismatch": "name",
    "number_mismatch": "id_number",
    "address_mismatch": "address",
}
"""Reason codes that need a field corrected; the reason's own field, when usable, is better."""


_STEP: Mapping[str, Step] = {
    "not_reported_lost": "report",
    "card_mismatch": "card",
    "no_such_card": "card",
    "old_account_open": "again",
}
"""Reason codes that send a person back to a step: report the card lost, name the card, or do
something elsewhere first and hand it in again."""


def mending_of(reason: Mapping[str, Any] | None, paper: str = ID_CARD) -> Mending:
    """What a reason asks for of somebody with this paper (`knowledge.identities`). What neither a
    picture nor a field can mend is HR's."""
    reason = reason or {}
    code = str(reason.get("code") or "other")
    named = str(reason.get("field") or "").rsplit(".", 1)[-1]
    message = str(reason.get("message") or "")
    if code in _AGAIN:
        return Mending(_pictures(_AGAIN[code], named, paper), None, code, message, "employee")
    if code in transfers.rules().returns:
        return Mending((), None, code, message, "employee", "move")
    if code in _STEP:
        return Mending((), None, code, message, "employee", _STEP[code])
    if code == "employer_mismatch" or named in ("unit_number", "credit_code", "employer"):
        return Mending((), None, code, message, "officer")
    field = named if kind_of(named, paper) else _FIELD.get(code)
    if field is not None:
        return Mending((), field, code, message, "employee")
    if named in FIELDS or named == "portrait":
        return Mending((named,), None, code, message, "employee")
    return Mending((), None, code, message, "officer")


def _pictures(kinds: tuple[str, ...], named: str, paper: str) -> tuple[str, ...]:
    """The pictures to send again: the ID card's sides stand for another paper's."""
    own = papers()[paper].kinds
    if named in own:
        return (named,)
    usual = papers()[ID_CARD].kinds
    return own if paper != ID_CARD and set(kinds) & set(usual) else kinds


def kind_of(field: str, paper: str = ID_CARD) -> str | None:
    """The kind of document of a paper that prints a field."""
    kinds = papers()[paper].kinds
    number = papers()[paper].number
    wanted = number if field == "id_number" else field
    return next((kind for kind in kinds if wanted in FIELDS.get(kind, {})), None)


async def current_mending(session: AsyncSession, row: Application) -> Mending | None:
    """What a returned application (or one being mended) was returned for."""
    reason = await last_return(session, row)
    return None if reason is None else mending_of(reason, paper_of(row))


async def last_return(session: AsyncSession, row: Application) -> Mapping[str, Any] | None:
    """The reason of the newest return."""
    for event in reversed(await rows.events(session, row.id or 0)):
        if event.status in ("returned", "rejected"):
            reason = dict(event.reason or {"code": "other"})
            return {name: reason.get(name) for name in ("code", "field", "message")}
    return None


async def reopen_for_mending(session: AsyncSession, application_id: int, now: datetime) -> Mending:
    """Open a returned application for what must be mended; the rest stays confirmed.

    A second press gives the same answer. The next submission is revision + 1 of the same number
    (or the first again, when the bureau never took it).

    Raises:
        NotAllowed: `not_returned`.
    """
    row = await rows.locked(session, application_id)
    mending = await current_mending(session, row)
    if row.status is ApplicationStatus.DRAFT and mending is not None:
        return mending
    if row.status is not ApplicationStatus.RETURNED or mending is None:
        raise NotAllowed("not_returned")
    row.status, row.checked_at, row.updated_at = ApplicationStatus.DRAFT, None, now
    if row.reference is not None:
        row.revision += 1
    for document in await rows.documents(session, application_id):
        if document.status is not DocumentStatus.CONFIRMED:
            continue
        if document.kind in mending.kinds:
            document.status = DocumentStatus.REPLACED
        elif mending.field is not None and document.kind == kind_of(mending.field, paper_of(row)):
            document.status, document.confirmed_at = DocumentStatus.OFFERED, None
    await _back_to(session, row, mending, now)
    await rows.note(session, row, "reopened", now)
    await reminders.arrange(session, row, now)
    return mending


async def _back_to(
    session: AsyncSession, row: Application, mending: Mending, now: datetime
) -> None:
    """Forget what the bureau does not have as we believed it."""
    if mending.step == "card":
        put_details(row, card=None)
    if mending.step == "report":
        key = matter_of(row).key(row)
        if key is not None:
            await cards.mark(session, row.person_id, key, CardStatus.NORMAL, now)
            await choosing.let_lapse(session, row.person_id, key, now)
