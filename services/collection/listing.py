"""What lies with HR, and what is uncollected before it is sealed."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from services.applications.settings import rules
from services.collection import rows
from services.collection.views import HeldCard
from services.console.reach import Reach
from storage.models import Application, Handover

_OPEN = (col(Handover.handed_at).is_(None), col(Handover.returned_at).is_(None))


async def held(session: AsyncSession, reach: Reach, *, over: bool = False) -> list[HeldCard]:
    """Cards within reach: those that lie with HR, the next to be sealed first; or, with `over`,
    those that were handed out or given back."""
    within = reach.condition(col(Application.region_code), col(Application.employer_id))
    ended = col(Handover.handed_at).is_not(None) | col(Handover.returned_at).is_not(None)
    return list(await rows.cards(session, within, *((ended,) if over else _OPEN)))


def pressing(cards: Iterable[HeldCard], today: date) -> list[HeldCard]:
    """Those that HR must hear of today: one of the days before the seal, or past it."""
    days = (*rules().seal_before_days, 0)
    left = ((card, card.days_left(today)) for card in cards)
    return [card for card, rest in left if rest is not None and (rest in days or rest < 0)]


async def of_application(session: AsyncSession, application_id: int) -> HeldCard | None:
    """The card of an application, when it came to HR."""
    return await rows.card(session, application_id)
