"""What the bot said last, and on which rules: an officer begins where the bot stopped."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import takewhile

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from storage.models import AnswerGiven, AnswerRecord, ButtonToken, OutboxMessage, PolicyRecord

# Only what repeats rules and states: pictures' readings hold ID numbers, and stay where they are.
_TOLD = ("ask.", "status.", "state.", "move.", "common.broken")
_TAG = re.compile(r"<[^>]+>")
_SINCE = timedelta(hours=2)
_LAST, _LONGEST = 3, 1000
_MISSED = ("refuse",)


@dataclass(frozen=True)
class BotSaid:
    """A message of the bot and the policies under it."""

    text: str = field(repr=False)
    rules: tuple[str, ...]
    at: datetime


async def last_said(session: AsyncSession, mailbox: str) -> tuple[BotSaid, ...]:
    """The bot's last few answers of the latest talk in a chat, oldest first."""
    query = (
        select(OutboxMessage)
        .where(
            col(OutboxMessage.chat) == mailbox.partition(":")[0],
            col(OutboxMessage.method) == "sendMessage",
        )
        .order_by(col(OutboxMessage.id).desc())
        .limit(20)
    )
    found: list[BotSaid] = []
    sent = (await session.exec(query)).all()
    for row in sent:
        if row.created_at < sent[0].created_at - _SINCE:
            break
        if row.payload and (row.note or "").startswith(_TOLD) and len(found) < _LAST:
            text = html.unescape(_TAG.sub("", row.payload.get("text", "")))
            rules = await _rules(session, row.payload.get("reply_markup") or {})
            found.append(BotSaid(text[:_LONGEST], rules, row.created_at))
    return tuple(reversed(found))


async def _rules(session: AsyncSession, markup: dict[str, object]) -> tuple[str, ...]:
    """Names of the policies behind an answer: the button 解决了 under it knows which it was."""
    keyboard = markup.get("inline_keyboard")
    for row in keyboard if isinstance(keyboard, list) else []:
        for button in row:
            token = await session.get(ButtonToken, button.get("callback_data", ""))
            if token is not None and token.action == "solved" and (token.ref or "").isdecimal():
                query = (
                    select(PolicyRecord.name)
                    .join(AnswerRecord, col(AnswerRecord.record_id) == col(PolicyRecord.id))
                    .where(
                        col(AnswerRecord.answer_id) == int(token.ref or 0),
                        col(PolicyRecord.kind) == "policy",
                    )
                    .order_by(col(PolicyRecord.name))
                )
                return tuple((await session.exec(query)).all())
    return ()


async def missed_in_a_row(session: AsyncSession, person_id: int, now: datetime) -> int:
    """How many of a person's last questions, one after the other, the bot could not answer."""
    query = (
        select(AnswerGiven.outcome)
        .where(col(AnswerGiven.person_id) == person_id, col(AnswerGiven.at) >= now - _SINCE)
        .order_by(col(AnswerGiven.id).desc())
        .limit(_LAST * 3)
    )
    found = (await session.exec(query)).all()
    return len(list(takewhile(lambda outcome: outcome in _MISSED, found)))
