"""One outbox row as one Bot API call."""

from __future__ import annotations

import io
from collections.abc import Awaitable, Callable
from typing import Any

from sqlalchemy import select
from sqlmodel import col
from telegram import InlineKeyboardMarkup, Message, ReplyKeyboardMarkup, TelegramObject
from telegram.constants import ParseMode

from bot.application import bot_of
from bot.runtime import Runtime
from storage.models import OutboxMessage, StoredFile

Call = Callable[[Runtime, OutboxMessage, dict[str, Any]], Awaitable[int | None]]
Markup = InlineKeyboardMarkup | ReplyKeyboardMarkup | None


async def deliver(runtime: Runtime, message: OutboxMessage) -> int | None:
    """Make the call; the new message's id, where there is one.

    Raises:
        telegram.error.TelegramError: as PTB says.
    """
    payload: dict[str, Any] = message.payload or {}
    return await _CALLS[message.method](runtime, message, payload)


def _target(message: OutboxMessage) -> dict[str, Any]:
    chat, _, thread = message.mailbox.partition(":")
    return {"chat_id": int(chat), "message_thread_id": int(thread) if thread else None}


def _markup(payload: dict[str, Any]) -> Markup:
    raw = payload.get("reply_markup")
    if raw is None:
        return None
    kind: type[TelegramObject] = (
        InlineKeyboardMarkup if "inline_keyboard" in raw else ReplyKeyboardMarkup
    )
    return kind.de_json(raw, None)  # type: ignore[return-value]


def _id(sent: object) -> int | None:
    return sent.message_id if isinstance(sent, Message) else None


async def _text(runtime: Runtime, message: OutboxMessage, payload: dict[str, Any]) -> int | None:
    sent = await bot_of(runtime.application).send_message(
        text=payload["text"],
        parse_mode=ParseMode.HTML,
        reply_markup=_markup(payload),
        **_target(message),
    )
    return _id(sent)


async def _photo(runtime: Runtime, message: OutboxMessage, payload: dict[str, Any]) -> int | None:
    content, _ = await _stored(runtime, payload["file"])
    sent = await bot_of(runtime.application).send_photo(
        photo=content,
        filename="picture.jpg",
        caption=payload["text"],
        parse_mode=ParseMode.HTML,
        reply_markup=_markup(payload),
        **_target(message),
    )
    return _id(sent)


async def _document(
    runtime: Runtime, message: OutboxMessage, payload: dict[str, Any]
) -> int | None:
    content, _ = await _stored(runtime, payload["file"])
    sent = await bot_of(runtime.application).send_document(
        document=io.BytesIO(content),
        filename=payload["file_name"],
        caption=payload["text"],
        parse_mode=ParseMode.HTML,
        reply_markup=_markup(payload),
        **_target(message),
    )
    return _id(sent)


async def _edit(runtime: Runtime, message: OutboxMessage, payload: dict[str, Any]) -> int | None:
    markup = _markup(payload)
    await bot_of(runtime.application).edit_message_text(
        text=payload["text"],
        chat_id=_target(message)["chat_id"],
        message_id=payload["message_id"],
        parse_mode=ParseMode.HTML,
        reply_markup=markup if isinstance(markup, InlineKeyboardMarkup) else None,
    )
    return None


async def _edit_caption(
    runtime: Runtime, message: OutboxMessage, payload: dict[str, Any]
) -> int | None:
    await bot_of(runtime.application).edit_message_caption(
        caption=payload["text"],
        chat_id=_target(message)["chat_id"],
        message_id=payload["message_id"],
        parse_mode=ParseMode.HTML,
    )
    return None


async def _delete(runtime: Runtime, message: OutboxMessage, payload: dict[str, Any]) -> int | None:
    await bot_of(runtime.application).delete_message(
        chat_id=_target(message)["chat_id"], message_id=payload["message_id"]
    )
    return None


async def _open_topic(
    runtime: Runtime, message: OutboxMessage, payload: dict[str, Any]
) -> int | None:
    topic = await bot_of(runtime.application).create_forum_topic(
        chat_id=_target(message)["chat_id"], name=payload["name"]
    )
    return topic.message_thread_id


async def _close_topic(
    runtime: Runtime, message: OutboxMessage, _payload: dict[str, Any]
) -> int | None:
    await bot_of(runtime.application).close_forum_topic(**_target(message))
    return None


async def _reopen_topic(
    runtime: Runtime, message: OutboxMessage, _payload: dict[str, Any]
) -> int | None:
    await bot_of(runtime.application).reopen_forum_topic(**_target(message))
    return None


async def _edit_markup(
    runtime: Runtime, message: OutboxMessage, payload: dict[str, Any]
) -> int | None:
    await bot_of(runtime.application).edit_message_reply_markup(
        chat_id=_target(message)["chat_id"], message_id=payload["message_id"], reply_markup=None
    )
    return None


async def _answer(runtime: Runtime, _message: OutboxMessage, payload: dict[str, Any]) -> int | None:
    await bot_of(runtime.application).answer_callback_query(
        payload["query_id"], text=payload.get("text"), show_alert=bool(payload.get("alert"))
    )
    return None


async def _action(runtime: Runtime, message: OutboxMessage, payload: dict[str, Any]) -> int | None:
    await bot_of(runtime.application).send_chat_action(action=payload["action"], **_target(message))
    return None


async def _stored(runtime: Runtime, file_id: int) -> tuple[bytes, str]:
    async with runtime.database.reading() as session:
        statement = select(StoredFile).where(col(StoredFile.id) == file_id)
        row = (await session.execute(statement)).scalar_one()
    return await runtime.files.read(row.name), row.media_type


_CALLS: dict[str, Call] = {
    "sendMessage": _text,
    "sendPhoto": _photo,
    "sendDocument": _document,
    "editMessageText": _edit,
    "editMessageReplyMarkup": _edit_markup,
    "editMessageCaption": _edit_caption,
    "deleteMessage": _delete,
    "createForumTopic": _open_topic,
    "closeForumTopic": _close_topic,
    "reopenForumTopic": _reopen_topic,
    "answerCallbackQuery": _answer,
    "sendChatAction": _action,
}
