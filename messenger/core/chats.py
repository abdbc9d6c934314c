"""Chats, their members and topics."""

from __future__ import annotations

from typing import Any

from sqlmodel import col, select

from messenger.core.unit import Unit, random_id
from messenger.errors import ApiError, bad_request
from messenger.models import Account, Chat, ChatType, Member, Topic

_GROUP_PREFIX = 10**15
TITLE_LENGTH = 128


async def chat_by_id(unit: Unit, chat_id: int) -> Chat:
    """The chat.

    Raises:
        ApiError: 400, there is none.
    """
    chat = await unit.session.get(Chat, chat_id)
    if chat is None:
        raise bad_request("chat not found")
    return chat


async def writable_chat(unit: Unit, chat_id: int) -> Chat:
    """The chat, if the bot may write there.

    Raises:
        ApiError: 400 unknown; 403 the person stopped the bot.
    """
    chat = await chat_by_id(unit, chat_id)
    if chat.type is ChatType.PRIVATE:
        member = await unit.session.get(Member, (chat_id, chat_id))
        if member is not None and member.blocked:
            raise ApiError(403, "Forbidden: bot was blocked by the user")
    return chat


async def open_private(unit: Unit, account: Account) -> Chat:
    """A new account's chat with the bot."""
    chat = Chat(id=account.id, type=ChatType.PRIVATE, created_at=unit.now)
    unit.session.add(chat)
    await unit.session.flush()
    unit.session.add(Member(chat_id=chat.id, account_id=account.id, joined_at=unit.now))
    return chat


async def create_group(unit: Unit, title: str, *, is_forum: bool) -> Chat:
    """A group with the bot as its administrator; the bot hears of it by `my_chat_member`."""
    title = title.strip()
    if not 1 <= len(title) <= TITLE_LENGTH:
        raise bad_request("chat title must be 1 to 128 characters long")
    chat = Chat(
        id=-(_GROUP_PREFIX + random_id()),
        type=ChatType.SUPERGROUP,
        title=title,
        is_forum=is_forum,
        created_at=unit.now,
    )
    unit.session.add(chat)
    await unit.session.flush()
    await tell_membership(unit, chat, None, "left", "administrator")
    return chat


async def members(unit: Unit, chat_id: int) -> list[Member]:
    """The people of a chat."""
    return list(await unit.session.exec(select(Member).where(Member.chat_id == chat_id)))


async def topic_by_id(unit: Unit, chat: Chat, thread_id: int) -> Topic:
    """The topic.

    Raises:
        ApiError: 400, none here.
    """
    topic = await unit.session.get(Topic, (chat.id, thread_id)) if chat.is_forum else None
    if topic is None:
        raise bad_request("message thread not found")
    return topic


async def topics(unit: Unit, chat_id: int) -> list[Topic]:
    """The group's topics, oldest first."""
    query = select(Topic).where(Topic.chat_id == chat_id).order_by(col(Topic.id))
    return list(await unit.session.exec(query))


def user_json(account: Account) -> dict[str, Any]:
    """A person as the Bot API's User."""
    return {
        "id": account.id,
        "is_bot": False,
        "first_name": account.name,
        "language_code": "en" if account.language == "en" else "zh-hans",
    }


async def bot_json(unit: Unit) -> dict[str, Any]:
    """The bot as a User."""
    profile = (await unit.bot()).profile or {}
    return {
        "id": unit.bot_id,
        "is_bot": True,
        "first_name": profile.get("name") or unit.messenger.settings.bot_name,
        "username": unit.messenger.settings.bot_username,
    }


async def sender_json(unit: Unit, sender_id: int) -> dict[str, Any]:
    """The User behind an id; an erased account keeps its id alone."""
    if sender_id == unit.bot_id:
        return await bot_json(unit)
    account = await unit.session.get(Account, sender_id)
    if account is None:
        return {"id": sender_id, "is_bot": False, "first_name": "—"}
    return user_json(account)


async def chat_json(unit: Unit, chat: Chat) -> dict[str, Any]:
    """The Bot API's Chat."""
    if chat.type is ChatType.PRIVATE:
        person = await sender_json(unit, chat.id)
        return {"id": chat.id, "type": "private", "first_name": person["first_name"]}
    described: dict[str, Any] = {"id": chat.id, "type": "supergroup", "title": chat.title}
    if chat.is_forum:
        described["is_forum"] = True
    return described


def bot_member_json(user: dict[str, Any], status: str) -> dict[str, Any]:
    """The bot as a ChatMember with this status."""
    member: dict[str, Any] = {"user": user, "status": status}
    if status == "administrator":
        member |= dict.fromkeys(_RIGHTS, True) | {"can_be_edited": False, "is_anonymous": False}
    elif status == "kicked":
        member["until_date"] = 0
    return member


_RIGHTS = (
    "can_manage_chat", "can_delete_messages", "can_manage_video_chats", "can_restrict_members",
    "can_promote_members", "can_change_info", "can_invite_users", "can_post_stories",
    "can_edit_stories", "can_delete_stories", "can_pin_messages", "can_manage_topics",
    "can_send_welcome_messages",
)  # fmt: skip


async def tell_membership(unit: Unit, chat: Chat, actor: int | None, old: str, new: str) -> None:
    """A `my_chat_member` update: the bot was added, blocked or unblocked."""
    bot = await bot_json(unit)
    await unit.update(
        "my_chat_member",
        chat.id,
        {
            "chat": await chat_json(unit, chat),
            "from": await sender_json(unit, actor) if actor is not None else bot,
            "date": int(unit.now.timestamp()),
            "old_chat_member": bot_member_json(bot, old),
            "new_chat_member": bot_member_json(bot, new),
        },
    )
