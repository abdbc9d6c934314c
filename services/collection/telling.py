"""Word to the owner of a card, in their own chat, and to the officer who asked."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from sqlmodel.ext.asyncio.session import AsyncSession

from services.applications import rows as applications
from services.applications.settings import rules
from services.collection.views import HeldCard
from services.desk import desk_mailbox
from services.people import audit, mailbox_of
from storage.clock import SHANGHAI, local_date
from storage.models import Application, Handover
from storage.queue import accept, set_timer, timer_due

EVENT = "collection"
WATCH = "collection.watch"
_KINDS = {"given_back": "application.tell"}
"""What is told as a state of the application is."""


async def tell(
    session: AsyncSession, row: Application, what: str, now: datetime, *, once: Handover
) -> None:
    """Something happened to a card in HR's keeping: its owner hears of it, once."""
    await session.flush()
    since = once.asked_at if what == "asked" and once.asked_at else once.received_at
    await accept(
        session,
        key=f"{EVENT}:{what}:{once.id}:{since.timestamp()}",
        mailbox=await applications.mailbox(session, row),
        kind=_KINDS.get(what, f"{EVENT}.{what}"),
        payload={"application_id": row.id},
        at=now,
    )


async def tell_officer(
    session: AsyncSession, row: Application, what: str, now: datetime, *, officer: str | None
) -> None:
    """The owner has answered: who asked them hears of it."""
    kind, _, person = (officer or "").partition(":")
    home = await mailbox_of(session, int(person)) if kind == "person" else None
    if home is not None:
        await accept(
            session,
            key=f"{EVENT}:{what}:{row.id}:{now.timestamp()}",
            mailbox=home,
            kind=f"{EVENT}.{what}",
            payload={"card": row.id},
            at=now,
        )


async def watch(session: AsyncSession, now: datetime) -> None:
    """HR's group hears every morning of cards that are soon to be sealed, while any lies here."""
    desk = await desk_mailbox(session)
    if desk is None or await timer_due(session, WATCH) is not None:
        return
    morning = datetime.combine(local_date(now) + timedelta(days=1), rules().remind_at, SHANGHAI)
    await set_timer(session, WATCH, mailbox=desk, kind=WATCH, due_at=morning.astimezone(UTC))


async def remind(
    session: AsyncSession, cards: Sequence[HeldCard], now: datetime, *, actor: str
) -> list[HeldCard]:
    """Remind the owners of uncollected cards; once a day each, however often it is asked for.

    Returns:
        Those who are reminded now. Who has no chat must be told another way.
    """
    reminded = []
    for card in cards:
        home = await mailbox_of(session, card.person_id)
        if not card.open or home is None:
            continue
        key = f"{EVENT}:remind:{card.application_id}:{local_date(now).isoformat()}"
        payload = {"application_id": card.application_id}
        if await accept(
            session, key=key, mailbox=home, kind=f"{EVENT}.remind", payload=payload, at=now
        ):
            subject = f"application:{card.application_id}"
            await audit.record(session, actor, "card.reminded", subject, now)
            reminded.append(card)
    return reminded
