"""The bot's queue of updates: kept until confirmed, and again when told to repeat."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func
from sqlalchemy import update as sql_update
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from messenger.models import Bot, Update

#: Kinds that Telegram withholds unless they are asked for by name.
_OPT_IN = frozenset({"chat_member", "message_reaction", "message_reaction_count"})


def wanted(bot: Bot, kind: str) -> bool:
    """Whether the bot's `allowed_updates` lets this kind through."""
    allowed: list[str] = json.loads(bot.allowed_updates) if bot.allowed_updates else []
    return kind in allowed if allowed else kind not in _OPT_IN


async def enqueue(
    session: AsyncSession,
    bot: Bot,
    kind: str,
    chat_id: int,
    payload: dict[str, Any],
    *,
    copies: int,
    now: datetime,
) -> bool:
    """Queue an update under the next id; False if the bot doesn't want its kind."""
    if not wanted(bot, kind):
        return False
    bot.last_update_id += 1
    session.add(bot)
    session.add(
        Update(
            id=bot.last_update_id,
            kind=kind,
            chat_id=chat_id,
            payload=payload,
            copies=copies,
            created_at=now,
        )
    )
    return True


async def pending(
    session: AsyncSession,
    *,
    now: datetime,
    retention: timedelta,
    limit: int,
) -> list[Update]:
    """The oldest unconfirmed updates, in the order of their ids."""
    query = select(Update).where(
        col(Update.confirmed_at).is_(None), col(Update.created_at) > now - retention
    )
    return list(await session.exec(query.order_by(col(Update.id)).limit(limit)))


async def count_pending(session: AsyncSession, now: datetime, retention: timedelta) -> int:
    """How many updates wait for confirmation."""
    query = (
        select(func.count())
        .select_from(Update)
        .where(col(Update.confirmed_at).is_(None), col(Update.created_at) > now - retention)
    )
    return (await session.exec(query)).one()


async def confirm_below(session: AsyncSession, offset: int, now: datetime) -> None:
    """Confirm what is older than `offset`, but keep an update whose copies aren't all delivered."""
    done = (col(Update.copies) <= 1) | (col(Update.deliveries) >= col(Update.copies))
    await session.exec(
        sql_update(Update)
        .where(col(Update.id) < offset, col(Update.confirmed_at).is_(None), done)
        .values(confirmed_at=now, payload=None)
        .execution_options(synchronize_session=False)
    )


async def confirm(session: AsyncSession, update_id: int, now: datetime) -> None:
    """Confirm one update, delivered by webhook; its payload is forgotten."""
    await session.exec(
        sql_update(Update)
        .where(col(Update.id) == update_id)
        .values(confirmed_at=now, payload=None)
        .execution_options(synchronize_session=False)
    )


async def count_deliveries(session: AsyncSession, ids: list[int]) -> None:
    """Note that these are about to be handed out once more."""
    await session.exec(
        sql_update(Update)
        .where(col(Update.id).in_(ids))
        .values(deliveries=col(Update.deliveries) + 1)
        .execution_options(synchronize_session=False)
    )


async def drop_all(session: AsyncSession, now: datetime) -> None:
    """Confirm everything: `drop_pending_updates`."""
    await session.exec(
        sql_update(Update)
        .where(col(Update.confirmed_at).is_(None))
        .values(confirmed_at=now, payload=None)
        .execution_options(synchronize_session=False)
    )


async def last_ids(session: AsyncSession, count: int) -> list[int]:
    """The ids of the newest `count` unconfirmed updates (a negative `offset`)."""
    query = (
        select(Update.id)
        .where(col(Update.confirmed_at).is_(None))
        .order_by(col(Update.id).desc())
        .limit(count)
    )
    return list(await session.exec(query))


def wire(update: Update) -> dict[str, Any]:
    """The update as the bot reads it."""
    return {"update_id": update.id, update.kind: update.payload}
