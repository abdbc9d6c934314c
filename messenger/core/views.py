"""A stored message as the bot reads it, and as people's pages read it."""

from __future__ import annotations

from typing import Any

from sqlmodel import col, select

from messenger.core.chats import chat_json, sender_json
from messenger.core.unit import Unit
from messenger.models import Chat, Message


async def bot_message(unit: Unit, message: Message, *, nested: bool = False) -> dict[str, Any]:
    """The Bot API's Message. A reply's original is nested once, not further."""
    chat = await unit.session.get_one(Chat, message.chat_id)
    described: dict[str, Any] = {
        "message_id": message.message_id,
        "from": await sender_json(unit, message.sender_id),
        "chat": await chat_json(unit, chat),
        "date": int(message.sent_at.timestamp()),
        **message.content,
    }
    if message.edited_at is not None:
        described["edit_date"] = int(message.edited_at.timestamp())
    if message.media_group_id is not None:
        described["media_group_id"] = message.media_group_id
    if message.thread_id:
        described |= {"message_thread_id": message.thread_id, "is_topic_message": True}
    if message.reply_to is not None and not nested:
        original = await _original(unit, message)
        if original is not None:
            described["reply_to_message"] = await bot_message(unit, original, nested=True)
    return described


async def client_message(unit: Unit, message: Message, viewer_id: int) -> dict[str, Any]:
    """The same for a person's page: names made plain, callback data left out."""
    described = await bot_message(unit, message)
    sender = described["from"]
    described["from"] = {
        "id": sender["id"],
        "name": sender["first_name"],
        "is_bot": sender["is_bot"],
    }
    described["chat_id"] = described.pop("chat")["id"]
    described["mine"] = message.sender_id == viewer_id
    described.pop("is_topic_message", None)
    if "reply_markup" in described:
        described["reply_markup"] = _public_markup(described["reply_markup"])
    original = described.get("reply_to_message")
    if original is not None:
        described["reply_to_message"] = {
            "message_id": original["message_id"],
            "from": {"name": original["from"]["first_name"]},
            "text": original.get("text") or original.get("caption") or "",
        }
    return described


def _public_markup(markup: dict[str, Any]) -> dict[str, Any]:
    kept = ("text", "url", "copy_text", "style")
    return {
        "inline_keyboard": [
            [{key: button[key] for key in kept if key in button} for button in row]
            for row in markup["inline_keyboard"]
        ]
    }


async def _original(unit: Unit, message: Message) -> Message | None:
    query = select(Message).where(
        Message.chat_id == message.chat_id,
        Message.message_id == message.reply_to,
        col(Message.deleted_at).is_(None),
    )
    return (await unit.session.exec(query)).first()
