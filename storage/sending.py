"""Claiming messages to send: in order within a chat, within the limits of chat and bot.

The limits are GCRA buckets in rows, so that every process shares them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import bindparam, exists, or_, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import aliased
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from storage.models import DeliveryDoubt, OnDoubt, OutboxMessage, OutboxStatus, RateBucket
from storage.queue import is_sqlite

OPEN = (OutboxStatus.PENDING, OutboxStatus.SENDING)

# Put together once: every sender asks it at every wake-up.
_OLDER, _BEFORE = aliased(OutboxMessage), aliased(OutboxMessage)
_NEXT_MESSAGE = (
    select(OutboxMessage)
    .where(
        col(OutboxMessage.status) == OutboxStatus.PENDING,
        or_(
            col(OutboxMessage.not_before).is_(None),
            col(OutboxMessage.not_before) <= bindparam("tick"),
        ),
        ~exists().where(
            col(_OLDER.chat) == col(OutboxMessage.chat),
            col(_OLDER.status).in_(OPEN),
            col(_OLDER.id) < col(OutboxMessage.id),
        ),
        ~exists().where(
            col(_BEFORE.id) == col(OutboxMessage.depends_on), col(_BEFORE.status).in_(OPEN)
        ),
    )
    .order_by(col(OutboxMessage.id))
    .limit(1)
    .with_for_update(skip_locked=True)
)


@dataclass(frozen=True)
class Limit:
    """One message every `interval`, after a burst of `burst` messages."""

    key: str
    interval: timedelta
    burst: int


async def claim_message(
    session: AsyncSession, tick: datetime, lease: timedelta
) -> OutboxMessage | None:
    """The next message that may be tried: the oldest open one of its chat, not waiting."""
    message = (await session.execute(_NEXT_MESSAGE, {"tick": tick})).scalar_one_or_none()
    if message is not None:
        message.status = OutboxStatus.SENDING
        message.claimed_until = tick + lease
        message.attempts += 1
    return message


async def wait_for_limits(
    session: AsyncSession, limits: list[Limit], tick: datetime
) -> datetime | None:
    """Take one permit of every limit; or, when one is exhausted, none and the time to wait for."""
    buckets = [(limit, await _bucket(session, limit.key, tick)) for limit in limits]
    starts = [(limit, row, max(row.arrival, tick)) for limit, row in buckets]
    ready = max(start - limit.interval * (limit.burst - 1) for limit, _, start in starts)
    if ready > tick:
        return ready
    for limit, row, start in starts:
        row.arrival = start + limit.interval
    return None


async def _bucket(session: AsyncSession, key: str, tick: datetime) -> RateBucket:
    insert = sqlite.insert if is_sqlite(session) else postgresql.insert
    await session.execute(insert(RateBucket).values(key=key, arrival=tick).on_conflict_do_nothing())
    statement = select(RateBucket).where(col(RateBucket.key) == key).with_for_update()
    bucket: RateBucket = (await session.execute(statement)).scalar_one()
    return bucket


async def doubt(session: AsyncSession, message: OutboxMessage, reason: str, at: datetime) -> bool:
    """Record that nobody knows whether this attempt arrived; True when it is sent once more."""
    resend = message.on_doubt == OnDoubt.RESEND
    assert message.id is not None
    session.add(
        DeliveryDoubt(
            outbox_id=message.id,
            attempt=message.attempts,
            reason=reason,
            at=at,
            resolution="resend" if resend else "park",
        )
    )
    message.status = OutboxStatus.PENDING if resend else OutboxStatus.IN_DOUBT
    message.claimed_until = None
    return resend


async def abandoned(session: AsyncSession, tick: datetime, limit: int = 50) -> list[OutboxMessage]:
    """Messages whose sender died between claim and mark."""
    statement = (
        select(OutboxMessage)
        .where(
            col(OutboxMessage.status) == OutboxStatus.SENDING,
            col(OutboxMessage.claimed_until) < tick,
        )
        .order_by(col(OutboxMessage.id))
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    return list((await session.execute(statement)).scalars().all())
