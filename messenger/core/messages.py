"""Posting, editing and deleting messages; each change reaches the bot and the browsers."""

from __future__ import annotations

from typing import Any

from sqlmodel import col, select

from messenger.core import markup as markups
from messenger.core.chats import topic_by_id
from messenger.core.unit import Unit
from messenger.core.views import bot_message
from messenger.errors import bad_request
from messenger.models import Account, Chat, ChatType, File, Member, Message

TEXT_LENGTH = 4096
CAPTION_LENGTH = 1024


async def find(unit: Unit, chat_id: int, message_id: int) -> Message | None:
    """A message that is still there."""
    query = select(Message).where(
        Message.chat_id == chat_id,
        Message.message_id == message_id,
        col(Message.deleted_at).is_(None),
    )
    return (await unit.session.exec(query)).first()


async def post(
    unit: Unit,
    chat: Chat,
    sender_id: int,
    content: dict[str, Any],
    *,
    thread_id: int = 0,
    reply_to: int | None = None,
    media_group_id: str | None = None,
    client_key: str | None = None,
    files: list[File] | None = None,
) -> Message:
    """Add a message to a chat under its next id, and tell the bot of other people's.

    Raises:
        ApiError: the topic or the message replied to isn't there.
    """
    if chat.type is ChatType.PRIVATE or not chat.is_forum:
        thread_id = 0
    elif thread_id:
        await topic_by_id(unit, chat, thread_id)
    if reply_to is not None and await find(unit, chat.id, reply_to) is None:
        raise bad_request("message to be replied not found")
    message = _next_message(unit, chat, sender_id, content)
    message.thread_id = thread_id
    message.reply_to = reply_to
    message.media_group_id = media_group_id
    message.client_key = client_key
    unit.session.add(message)
    for file in files or []:
        file.message_id = message.message_id
        unit.session.add(file)
    await unit.session.flush()
    unit.event("message", chat.id, message_id=message.message_id)
    if sender_id != unit.bot_id:
        await unit.update("message", chat.id, await bot_message(unit, message))
    return message


async def announce(unit: Unit, chat: Chat, account: Account, content: dict[str, Any]) -> Message:
    """A service message about a person (joined, left)."""
    return await post(unit, chat, account.id, content)


def _next_message(unit: Unit, chat: Chat, sender_id: int, content: dict[str, Any]) -> Message:
    chat.last_message_id += 1
    unit.session.add(chat)
    return Message(
        chat_id=chat.id,
        message_id=chat.last_message_id,
        sender_id=sender_id,
        content=content,
        sent_at=unit.now,
    )


async def change(unit: Unit, message: Message, content: dict[str, Any]) -> None:
    """Give a message new content. A changed keyboard alone leaves no edit mark, as in Telegram."""
    before = {k: v for k, v in message.content.items() if k != "reply_markup"}
    after = {k: v for k, v in content.items() if k != "reply_markup"}
    message.content = content
    if before != after:
        message.edited_at = unit.now
    unit.session.add(message)
    await unit.session.flush()
    unit.event("edited", message.chat_id, message_id=message.message_id)
    if message.sender_id != unit.bot_id:
        await unit.update("edited_message", message.chat_id, await bot_message(unit, message))


async def remove(unit: Unit, message: Message) -> None:
    """Delete a message: its content is forgotten at once, its files with the next sweep."""
    message.content = {}
    message.deleted_at = unit.now
    unit.session.add(message)
    unit.event("deleted", message.chat_id, message_id=message.message_id)


async def apply_keyboard(unit: Unit, chat: Chat, markup: dict[str, Any] | None) -> None:
    """Show or take away the chat's reply keyboard."""
    if markup is None or markups.is_inline(markup) or "force_reply" in markup:
        return
    chat.reply_keyboard = None if markup.get("remove_keyboard") else markup
    unit.session.add(chat)
    unit.event("chat", chat.id)


async def membership(unit: Unit, chat_id: int, account_id: int) -> Member | None:
    """The person's membership of a chat."""
    return await unit.session.get(Member, (chat_id, account_id))
