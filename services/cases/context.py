"""What the bot said last, and on which rules: an officer begins where the bot stopped."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from storage.models import ButtonToken, OutboxMessage

# Only what repeats rules and states: pictures' readings hold ID numbers, and stay where they are.
_TOLD = ("ask.", "status.", "state.", "move.", "common.broken")
_TAG = re.compile(r"<[^>]+>")
_SINCE = timedelta(hours=2)
_LAST, _LONGEST = 3, 1000


@dataclass(frozen=True)
class BotSaid:
    """A message of the bot and the policies under it."""

    text: str = field(repr=False)
    rules: tuple[str, ...]
    at: datetime


async def last_said(session: AsyncSession, mailbox: str, tick: datetime) -> tuple[BotSaid, ...]:
    """The bot's last few answers in a chat, oldest first."""
    query = (
        select(OutboxMessage)
        .where(
            col(OutboxMessage.chat) == mailbox.partition(":")[0],
            col(OutboxMessage.method) == "sendMessage",
            col(OutboxMessage.created_at) >= tick - _SINCE,
        )
        .order_by(col(OutboxMessage.id).desc())
        .limit(20)
    )
    found: list[BotSaid] = []
    for row in (await session.exec(query)).all():
        if row.payload and (row.note or "").startswith(_TOLD) and len(found) < _LAST:
            text = html.unescape(_TAG.sub("", row.payload.get("text", "")))
            rules = await _rules(session, row.payload.get("reply_markup") or {})
            found.append(BotSaid(text[:_LONGEST], rules, row.created_at))
    return tuple(reversed(found))


async def _rules(session: AsyncSession, markup: dict[str, object]) -> tuple[str, ...]:
    """Policy ids: the reference of the button 解决了 under an answer."""
    keyboard = markup.get("inline_keyboard")
    for row in keyboard if isinstance(keyboard, list) else []:
        for button in row:
            token = await session.get(ButtonToken, button.get("callback_data", ""))
            if token is not None and token.action == "solved" and token.ref:
                return tuple(token.ref.split(","))
    return ()
