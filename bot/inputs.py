"""From a Bot API update to what a person did (handlers/inputs.py), and to its mailbox."""

from __future__ import annotations

from typing import Any

from telegram import ChatMemberUpdated, Message, Update
from telegram.constants import ChatMemberStatus, ChatType

from handlers.inputs import Actor, Command, Contact, FileRef, Input, Other, Press, Text, Upload

_CONTENT = (
    "sticker",
    "voice",
    "video",
    "audio",
    "location",
    "animation",
    "video_note",
    "contact",
    "venue",
    "poll",
    "dice",
    "story",
    "game",
    "checklist",
    "paid_media",
)


def mailbox_of_update(raw: dict[str, Any]) -> str:
    """`chat[:thread]` of an update as received; `bot` for what belongs to no chat."""
    for name, value in raw.items():
        if not isinstance(value, dict):
            continue
        message = value.get("message") if name == "callback_query" else value
        if not isinstance(message, dict):
            continue
        chat = message.get("chat")
        if isinstance(chat, dict) and "id" in chat:
            thread = message.get("message_thread_id")
            topic = message.get("is_topic_message")
            return f"{chat['id']}:{thread}" if thread and topic else f"{chat['id']}"
    return "bot"


def read_actor(update: Update) -> Actor:
    """Who speaks, and where."""
    user, chat, message = update.effective_user, update.effective_chat, update.effective_message
    return Actor(
        user_id=user.id if user else None,
        chat_id=chat.id if chat else None,
        thread_id=message.message_thread_id if message else None,
        is_group=bool(chat and chat.type != ChatType.PRIVATE),
        name=user.full_name if user else "",
        message_id=message.message_id if message else None,
    )


def read_input(update: Update) -> Input:
    """What was done. A button's meaning is filled in by the runner, which knows the tokens."""
    if update.callback_query:
        query = update.callback_query
        message_id = query.message.message_id if query.message else None
        return Press(query.data or "", None, True, query.id, message_id)
    if update.message:
        return _read_message(update.message)
    if update.edited_message:
        edited = update.edited_message
        return Text(edited.text or edited.caption or "", edited=True)
    if update.my_chat_member and _let_in(update.my_chat_member):
        return Other("unblocked")
    return Other("service")


def _let_in(change: ChatMemberUpdated) -> bool:
    """Whether somebody who had stopped the bot lets it in again."""
    was, now = change.old_chat_member.status, change.new_chat_member.status
    private = change.chat.type == ChatType.PRIVATE
    return private and was == ChatMemberStatus.BANNED and now == ChatMemberStatus.MEMBER


def _read_message(message: Message) -> Input:
    if message.contact and message.from_user:
        own = message.contact.user_id == message.from_user.id
        return Contact(message.contact.phone_number, own)
    file = _file_of(message)
    if file:
        reply_to = message.reply_to_message.message_id if message.reply_to_message else None
        return Upload(file, message.caption, message.media_group_id, reply_to)
    if message.text:
        return _read_text(message)
    for kind in _CONTENT:
        if getattr(message, kind, None):
            return Other(kind)
    return Other("service")


def _read_text(message: Message) -> Input:
    words = message.text or ""
    if words.startswith("/"):
        name, _, argument = words[1:].partition(" ")
        return Command(name.partition("@")[0].lower(), argument.strip())
    reply_to = message.reply_to_message.message_id if message.reply_to_message else None
    return Text(words, reply_to)


def _file_of(message: Message) -> FileRef | None:
    if message.photo:
        best = max(message.photo, key=lambda size: size.width * size.height)
        return FileRef(best.file_id, best.file_unique_id, best.file_size, "image/jpeg", True)
    document = message.document
    if document:
        return FileRef(
            document.file_id,
            document.file_unique_id,
            document.file_size,
            document.mime_type,
            name=document.file_name,
        )
    return None
