"""editMessage*, deleteMessage(s) and answerCallbackQuery."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from messenger.botapi.content import caption_content, read_markup, text_content
from messenger.botapi.params import Params
from messenger.botapi.registry import method
from messenger.botapi.sending import KINDS, media_content, media_items, stage_media
from messenger.core import markup as markups
from messenger.core.chats import chat_by_id, writable_chat
from messenger.core.messages import change, find, remove
from messenger.core.unit import Unit
from messenger.core.views import bot_message
from messenger.errors import bad_request
from messenger.models import CallbackQuery, ChatType, Message

_DELETE_LIMIT = timedelta(hours=48)
_ANSWER_LENGTH = 200
_UNCHANGED = (
    "message is not modified: specified new message content and reply markup are exactly the "
    "same as a current content and reply markup of the message"
)


async def _editable(unit: Unit, params: Params) -> Message:
    chat = await writable_chat(unit, params.chat_id())
    number = params.integer("message_id")
    if number is None:
        raise bad_request("message identifier is not specified")
    message = await find(unit, chat.id, number)
    if message is None:
        raise bad_request("message to edit not found")
    if message.sender_id != unit.bot_id:
        raise bad_request("message can't be edited")
    return message


async def _edit(
    unit: Unit, params: Params, message: Message, content: dict[str, Any]
) -> dict[str, Any]:
    """Replace the content; an edit without a keyboard takes the old one away."""
    markup = read_markup(params)
    if markup is not None:
        if not markups.is_inline(markup):
            raise bad_request("inline keyboard expected")
        if markup["inline_keyboard"]:
            content = {**content, "reply_markup": markup}
    if content == message.content:
        raise bad_request(_UNCHANGED)
    await change(unit, message, content)
    return await bot_message(unit, message)


@method("editMessageText")
async def edit_text(unit: Unit, params: Params) -> dict[str, Any]:
    message = await _editable(unit, params)
    if "text" not in message.content:
        raise bad_request("there is no text in the message to edit")
    return await _edit(unit, params, message, text_content(params))


@method("editMessageCaption")
async def edit_caption(unit: Unit, params: Params) -> dict[str, Any]:
    message = await _editable(unit, params)
    kept = {kind: message.content[kind] for kind in KINDS if kind in message.content}
    if not kept:
        raise bad_request("there is no caption in the message to edit")
    return await _edit(unit, params, message, {**kept, **caption_content(params)})


@method("editMessageReplyMarkup")
async def edit_markup(unit: Unit, params: Params) -> dict[str, Any]:
    message = await _editable(unit, params)
    kept = {k: v for k, v in message.content.items() if k != "reply_markup"}
    return await _edit(unit, params, message, kept)


@method("editMessageMedia", stage=stage_media)
async def edit_media(unit: Unit, params: Params) -> dict[str, Any]:
    message = await _editable(unit, params)
    content, files = await media_content(unit, params, media_items(params)[0], 0, message.chat_id)
    for file in files:
        file.message_id = message.message_id
    return await _edit(unit, params, message, content)


@method("deleteMessage")
async def delete_message(unit: Unit, params: Params) -> bool:
    number = params.integer("message_id")
    if number is None:
        raise bad_request("message identifier is not specified")
    await _delete(unit, params.chat_id(), number)
    return True


@method("deleteMessages")
async def delete_messages(unit: Unit, params: Params) -> bool:
    numbers = params.json("message_ids")
    if not isinstance(numbers, list) or not 1 <= len(numbers) <= 100:
        raise bad_request("message identifiers are not specified")
    for number in numbers:
        if await find(unit, params.chat_id(), int(number)) is not None:
            await _delete(unit, params.chat_id(), int(number))
    return True


async def _delete(unit: Unit, chat_id: int, number: int) -> None:
    """A bot deletes its own messages for 48 hours, and as an administrator any in a group."""
    chat = await chat_by_id(unit, chat_id)
    message = await find(unit, chat.id, number)
    if message is None:
        raise bad_request("message to delete not found")
    if chat.type is ChatType.PRIVATE and message.sent_at < unit.now - _DELETE_LIMIT:
        raise bad_request("message can't be deleted for everyone")
    await remove(unit, message)


@method("answerCallbackQuery")
async def answer_callback_query(unit: Unit, params: Params) -> bool:
    query_id = params.required_text("callback_query_id", "query_id_invalid")
    text = params.text("text") or ""
    if len(text) > _ANSWER_LENGTH:
        raise bad_request("MESSAGE_TOO_LONG")
    query = await unit.session.get(CallbackQuery, query_id)
    life = timedelta(seconds=unit.messenger.settings.callback_seconds)
    if query is None or query.answered_at is not None or query.created_at < unit.now - life:
        raise bad_request("query is too old and response timeout expired or query ID is invalid")
    query.answered_at = unit.now
    unit.session.add(query)
    unit.event(
        "callback_answer",
        query.chat_id,
        account_id=query.account_id,
        payload={
            "callback_query_id": query.id,
            "text": text,
            "show_alert": params.flag("show_alert"),
            "url": params.text("url"),
        },
    )
    return True
