"""Asking anew which cards a person holds, outside any application."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel.ext.asyncio.session import AsyncSession

from services import cards
from services.applications.answers import BUREAU, Answer
from services.applications.asking import LookUpRequest
from services.applications.decisions import merged
from services.people import mailbox_of
from storage.models import Person
from storage.queue import add_task, lock

TASK = "cards.refresh"


@dataclass(frozen=True)
class Refreshed:
    """What a look-up brought.

    Args:
        asked: the bureau of the person's region answered; False where it has no interface.
        waiting_for: `bureau` or bank codes that gave no usable answer.
        cards: every card we now know of.
    """

    asked: bool
    waiting_for: tuple[str, ...]
    cards: tuple[cards.CardView, ...]


async def refresh(
    session: AsyncSession, person_id: int, now: datetime, *, mailbox: str | None = None
) -> None:
    """Have the registry and the banks asked; the answer is the event `cards.refresh.done`.

    Args:
        mailbox: of the officer who asks for somebody; None: the person's own.
    """
    mailbox = mailbox or await mailbox_of(session, person_id) or f"person:{person_id}"
    await add_task(session, TASK, mailbox=mailbox, payload={"person_id": person_id}, at=now)


async def refresh_request(session: AsyncSession, person_id: int) -> LookUpRequest | None:
    """What the task asks; None when the person's number is not known."""
    person = await session.get(Person, person_id)
    if person is None or person.id_number is None:
        return None
    return LookUpRequest(person.region_code, None, person.id_number, person.name)


async def record_refresh(
    session: AsyncSession, person_id: int, answers: Sequence[Answer], now: datetime
) -> Refreshed:
    """Bring our records in step with what bureau and banks answered."""
    await lock(session, f"cards:{person_id}")
    asked = any(each.source == BUREAU and each.outcome == "answered" for each in answers)
    failed = tuple(answer.source for answer in answers if answer.failed)
    await cards.record_cards(session, person_id, merged(answers), complete=asked and not failed)
    return Refreshed(asked, failed, tuple(await cards.cards_of(session, person_id)))
