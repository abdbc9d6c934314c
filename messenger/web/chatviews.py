"""Chats as a person's page shows them: titles, topics, unread counts, keyboards."""

from __future__ import annotations

from typing import Any

from sqlalchemy import and_, func
from sqlmodel import col, select

from messenger.core.chats import bot_json, topics
from messenger.core.unit import Unit
from messenger.core.views import client_message
from messenger.models import Account, Chat, ChatType, Member, Message, ReadMark


async def client_chats(unit: Unit, account_id: int) -> list[dict[str, Any]]:
    """Every chat of a person, the newest talk first."""
    query = select(Chat, Member).where(Chat.id == Member.chat_id, Member.account_id == account_id)
    chats = [
        await client_chat(unit, chat, member) for chat, member in await unit.session.exec(query)
    ]
    return sorted(
        chats, key=lambda c: c["last_message"]["date"] if c["last_message"] else 0, reverse=True
    )


async def client_chat(unit: Unit, chat: Chat, member: Member) -> dict[str, Any]:
    """One chat."""
    unread = await _unread(unit, chat.id, member.account_id)
    title = (await bot_json(unit))["first_name"] if chat.type is ChatType.PRIVATE else chat.title
    return {
        "id": chat.id,
        "type": chat.type.value,
        "title": title,
        "is_forum": chat.is_forum,
        "unread": sum(unread.values()),
        "started": member.started,
        "start_pending": member.start_parameter is not None,
        "blocked": member.blocked,
        "reply_keyboard": chat.reply_keyboard,
        "last_message": await _last(unit, chat.id, member.account_id),
        "topics": [
            {
                "id": topic.id,
                "name": topic.name,
                "color": topic.icon_color,
                "closed": topic.closed,
                "unread": unread.get(topic.id, 0),
            }
            for topic in await topics(unit, chat.id)
        ],
        "general_unread": unread.get(0, 0),
    }


async def _unread(unit: Unit, chat_id: int, account_id: int) -> dict[int, int]:
    """Unread messages of others, by topic."""
    mark = and_(
        col(ReadMark.chat_id) == col(Message.chat_id),
        col(ReadMark.thread_id) == col(Message.thread_id),
        col(ReadMark.account_id) == account_id,
    )
    query = (
        select(Message.thread_id, func.count())
        .outerjoin(ReadMark, mark)
        .where(
            Message.chat_id == chat_id,
            Message.sender_id != account_id,
            col(Message.deleted_at).is_(None),
            col(Message.message_id) > func.coalesce(ReadMark.message_id, 0),
        )
        .group_by(col(Message.thread_id))
    )
    return dict((await unit.session.exec(query)).all())


async def _last(unit: Unit, chat_id: int, account_id: int) -> dict[str, Any] | None:
    query = (
        select(Message)
        .where(Message.chat_id == chat_id, col(Message.deleted_at).is_(None))
        .order_by(col(Message.message_id).desc())
        .limit(1)
    )
    message = (await unit.session.exec(query)).first()
    return None if message is None else await client_message(unit, message, account_id)


async def history(
    unit: Unit,
    chat_id: int,
    account_id: int,
    *,
    thread: int | None,
    before: int | None,
    after: int | None,
    limit: int,
) -> tuple[list[dict[str, Any]], bool]:
    """A page of messages, oldest first, and whether there are more in that direction."""
    query = select(Message).where(Message.chat_id == chat_id, col(Message.deleted_at).is_(None))
    if thread is not None:
        query = query.where(Message.thread_id == thread)
    if before is not None:
        query = query.where(Message.message_id < before)
    if after is not None:
        query = query.where(Message.message_id > after).order_by(col(Message.message_id))
    else:
        query = query.order_by(col(Message.message_id).desc())
    rows = list(await unit.session.exec(query.limit(limit + 1)))
    more = len(rows) > limit
    page = sorted(rows[:limit], key=lambda row: row.message_id)
    return [await client_message(unit, row, account_id) for row in page], more


async def me(unit: Unit, account_id: int) -> dict[str, Any]:
    """The page's first data."""
    account = await unit.session.get_one(Account, account_id)
    bot = await bot_json(unit)
    profile = (await unit.bot()).profile or {}
    code = "en" if account.language == "en" else "zh"
    return {
        "account": {
            "id": account.id,
            "name": account.name,
            "language": account.language,
            "phone": _masked(account.phone),
        },
        "bot": {"id": bot["id"], "name": bot["first_name"], "username": bot["username"]},
        "commands": profile.get(f"commands:{code}") or profile.get("commands:") or [],
        "chats": await client_chats(unit, account_id),
    }


def _masked(phone: str | None) -> str | None:
    if phone is None or len(phone) < 7:
        return phone and "****"
    return f"{phone[:3]}****{phone[-4:]}"
