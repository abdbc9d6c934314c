"""Whose a private mailbox is, and where its events go when its person has moved.

Tasks, timers, callbacks and HR name a mailbox when they begin; by the time their event comes, the
person may have bound another account. The event then goes on to the new one, so that the old
account hears nothing more and the new one misses nothing.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from bot.events import DEAD, SENT, UNSENT, UPDATE
from services.people.people import Employee, by_id, mailbox_of
from storage import queue
from storage.models import ChannelAccount, InboxEvent

# What is said to an account as such, not to its person.
_STAYS = frozenset({UPDATE, SENT, UNSENT, DEAD, "account.moved"})


async def owner(session: AsyncSession, mailbox: str) -> Employee | None:
    """The person of a private mailbox now; None for a group and for an account that has ended."""
    if mailbox.startswith("-"):
        return None
    if mailbox.startswith("person:"):
        return await by_id(session, int(mailbox.partition(":")[2]))
    statement = select(col(ChannelAccount.person_id)).where(
        col(ChannelAccount.mailbox) == mailbox, col(ChannelAccount.ended_at).is_(None)
    )
    person_id = (await session.execute(statement)).scalars().first()
    return await by_id(session, person_id) if person_id else None


async def forwarded(session: AsyncSession, event: InboxEvent, tick: datetime) -> bool:
    """Send an event on to its person's living account; False when it is at home."""
    if event.kind in _STAYS or event.mailbox.startswith("-"):
        return False
    person_id = await _person_who_left(session, event.mailbox)
    home = await mailbox_of(session, person_id) if person_id else None
    if home is None or home == event.mailbox:
        return False
    await queue.accept(
        session,
        key=f"moved:{event.id}",
        mailbox=home,
        kind=event.kind,
        payload=event.payload,
        at=tick,
        actor=event.actor,
    )
    return True


async def _person_who_left(session: AsyncSession, mailbox: str) -> int | None:
    if mailbox.startswith("person:"):
        return int(mailbox.partition(":")[2])
    statement = (
        select(col(ChannelAccount.person_id), col(ChannelAccount.ended_at))
        .where(col(ChannelAccount.mailbox) == mailbox)
        .order_by(col(ChannelAccount.id).desc())
    )
    accounts = (await session.execute(statement)).all()
    if not accounts or any(ended_at is None for _, ended_at in accounts):
        return None
    found: int = accounts[0][0]
    return found
