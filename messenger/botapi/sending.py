"""sendMessage, sendPhoto, sendDocument, sendMediaGroup and their kin."""

from __future__ import annotations

import secrets
from typing import Any

from messenger.botapi.content import caption_content, read_markup, reply_target, text_content
from messenger.botapi.params import Params
from messenger.botapi.registry import Stage, method
from messenger.core import markup as markups
from messenger.core import media
from messenger.core.chats import sender_json, writable_chat
from messenger.core.messages import apply_keyboard, find, post
from messenger.core.unit import Messenger, Unit
from messenger.core.views import bot_message
from messenger.errors import bad_request
from messenger.models import File, Message

_GROUP_SIZE = range(2, 11)
#: Kinds of file that a bot may send, by the parameter that carries it.
KINDS = ("photo", "document", "voice")


async def _send(
    unit: Unit, params: Params, content: dict[str, Any], files: list[File] | None = None
) -> dict[str, Any]:
    chat = await writable_chat(unit, params.chat_id())
    markup = read_markup(params)
    if markups.is_inline(markup):
        content = {**content, "reply_markup": markup}
    message = await post(
        unit,
        chat,
        unit.bot_id,
        content,
        thread_id=params.integer("message_thread_id") or 0,
        reply_to=await reply_target(unit, params, chat.id),
        files=files,
    )
    await apply_keyboard(unit, chat, markup)
    return await bot_message(unit, message)


@method("sendMessage")
async def send_message(unit: Unit, params: Params) -> dict[str, Any]:
    return await _send(unit, params, text_content(params))


def _stage_one(kind: str) -> Stage:
    async def stage(messenger: Messenger, params: Params) -> None:
        upload = _upload_of(params, params.text(kind), kind)
        if upload is not None:
            params.staged[kind] = await media.stage(messenger, upload, kind)

    return stage


def _upload_of(params: Params, source: str | None, field: str) -> media.Upload | None:
    """The upload that a file parameter points to; None when it names a file id."""
    if field in params.uploads:
        return params.uploads[field]
    if source is not None and source.startswith("attach://"):
        upload = params.uploads.get(source.removeprefix("attach://"))
        if upload is None:
            raise bad_request("can't find the attached file")
        return upload
    return None


async def _file(
    unit: Unit, chat_id: int, staged: media.Staged | None, source: str | None, kind: str
) -> tuple[dict[str, Any], list[File]]:
    if staged is not None:
        return media.attach(unit, chat_id, staged)
    if not source:
        raise bad_request(f"there is no {kind} in the request")
    if source.startswith(("http://", "https://")):
        # Fetching addresses on a bot's word would open the inner network to it.
        raise bad_request("wrong type of the web page content")
    return await media.reuse(unit, chat_id, source, kind)


async def _send_file(unit: Unit, params: Params, kind: str) -> dict[str, Any]:
    chat = await writable_chat(unit, params.chat_id())
    content, files = await _file(unit, chat.id, params.staged.get(kind), params.text(kind), kind)
    return await _send(unit, params, {**content, **caption_content(params)}, files)


@method("sendPhoto", stage=_stage_one("photo"))
async def send_photo(unit: Unit, params: Params) -> dict[str, Any]:
    return await _send_file(unit, params, "photo")


@method("sendDocument", stage=_stage_one("document"))
async def send_document(unit: Unit, params: Params) -> dict[str, Any]:
    return await _send_file(unit, params, "document")


@method("sendVoice", stage=_stage_one("voice"))
async def send_voice(unit: Unit, params: Params) -> dict[str, Any]:
    return await _send_file(unit, params, "voice")


def media_items(params: Params) -> list[Params]:
    """The entries of a `media` parameter (one object or a list), each as parameters."""
    given = params.json("media")
    items = given if isinstance(given, list) else [given]
    for item in items:
        if not isinstance(item, dict) or item.get("type") not in KINDS:
            raise bad_request("can't parse InputMedia: type must be photo or document")
    return [Params(item, params.uploads) for item in items]


async def stage_media(messenger: Messenger, params: Params) -> None:
    """Store the uploads of a `media` parameter."""
    for number, item in enumerate(media_items(params)):
        kind = item.values["type"]
        upload = _upload_of(item, item.text("media"), "media")
        if upload is not None:
            params.staged[str(number)] = await media.stage(messenger, upload, kind)


async def media_content(
    unit: Unit, params: Params, item: Params, number: int, chat_id: int
) -> tuple[dict[str, Any], list[File]]:
    """The content of one entry of `media`."""
    staged = params.staged.get(str(number))
    content, files = await _file(unit, chat_id, staged, item.text("media"), item.values["type"])
    return {**content, **caption_content(item)}, files


@method("sendMediaGroup", stage=stage_media)
async def send_media_group(unit: Unit, params: Params) -> list[dict[str, Any]]:
    chat = await writable_chat(unit, params.chat_id())
    items = media_items(params)
    if len(items) not in _GROUP_SIZE:
        raise bad_request("wrong number of items in the media group, must be 2 to 10")
    if len({item.values["type"] for item in items}) > 1:
        raise bad_request("documents can't be mixed with other media types")
    group = str(secrets.randbelow(10**17))
    reply_to = await reply_target(unit, params, chat.id)
    posted: list[Message] = []
    for number, item in enumerate(items):
        content, files = await media_content(unit, params, item, number, chat.id)
        posted.append(
            await post(
                unit,
                chat,
                unit.bot_id,
                content,
                thread_id=params.integer("message_thread_id") or 0,
                reply_to=reply_to,
                media_group_id=group,
                files=files,
            )
        )
    return [await bot_message(unit, message) for message in posted]


@method("sendContact")
async def send_contact(unit: Unit, params: Params) -> dict[str, Any]:
    contact = {
        "phone_number": params.required_text("phone_number", "phone number is empty"),
        "first_name": params.required_text("first_name", "first name is empty"),
    }
    return await _send(unit, params, {"contact": contact})


@method("sendLocation")
async def send_location(unit: Unit, params: Params) -> dict[str, Any]:
    try:
        place = {name: float(params.values[name]) for name in ("latitude", "longitude")}
    except (KeyError, TypeError, ValueError):
        raise bad_request("can't parse location") from None
    return await _send(unit, params, {"location": place})


async def _copied(unit: Unit, params: Params) -> tuple[Message, dict[str, Any]]:
    source_chat = params.integer("from_chat_id")
    number = params.integer("message_id")
    if source_chat is None or number is None:
        raise bad_request("message identifier is not specified")
    source = await find(unit, source_chat, number)
    if source is None:
        raise bad_request("message to copy not found")
    return source, {k: v for k, v in source.content.items() if k != "reply_markup"}


async def carried_over(
    unit: Unit, chat_id: int, content: dict[str, Any]
) -> tuple[dict[str, Any], list[File]]:
    """Content for another chat, with file ids of its own there."""
    for kind in KINDS:
        if kind in content:
            sizes = content[kind] if kind == "photo" else [content[kind]]
            described, files = await media.reuse(unit, chat_id, sizes[-1]["file_id"], kind)
            return {**content, **described}, files
    if "sticker" in content:
        described, files = await media.reuse(
            unit, chat_id, content["sticker"]["file_id"], "sticker"
        )
        described["sticker"].pop("mime_type")
        return {**content, "sticker": content["sticker"] | described["sticker"]}, files
    return content, []


@method("copyMessage")
async def copy_message(unit: Unit, params: Params) -> dict[str, Any]:
    _, content = await _copied(unit, params)
    chat = await writable_chat(unit, params.chat_id())
    content, files = await carried_over(unit, chat.id, content)
    sent = await _send(unit, params, content, files)
    return {"message_id": sent["message_id"]}


@method("forwardMessage")
async def forward_message(unit: Unit, params: Params) -> dict[str, Any]:
    source, content = await _copied(unit, params)
    chat = await writable_chat(unit, params.chat_id())
    content, files = await carried_over(unit, chat.id, content)
    return await _send(unit, params, {**content, **await forward_origin(unit, source)}, files)


async def forward_origin(unit: Unit, source: Message) -> dict[str, Any]:
    """The field that says where a forwarded message comes from."""
    if "forward_origin" in source.content:
        return {"forward_origin": source.content["forward_origin"]}
    origin = {
        "type": "user",
        "date": int(source.sent_at.timestamp()),
        "sender_user": await sender_json(unit, source.sender_id),
    }
    return {"forward_origin": origin}


@method("sendChatAction")
async def send_chat_action(unit: Unit, params: Params) -> bool:
    chat = await writable_chat(unit, params.chat_id())
    action = params.required_text("action", "wrong parameter action in request")
    unit.messenger.hub.broadcast(
        {
            "chat_id": chat.id,
            "thread_id": params.integer("message_thread_id") or 0,
            "action": action,
        }
    )
    return True
