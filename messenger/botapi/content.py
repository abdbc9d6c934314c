"""Reading what a bot wants to say: text, caption, entities, markup, topic and reply."""

from __future__ import annotations

from typing import Any

from messenger.botapi.params import Params
from messenger.core import markup as markups
from messenger.core.formatting import Entity, parse_html, trimmed, utf16_length, with_found
from messenger.core.messages import CAPTION_LENGTH, TEXT_LENGTH, find
from messenger.core.unit import Unit
from messenger.errors import bad_request

_ENTITY_KINDS = frozenset({
    "bold", "italic", "underline", "strikethrough", "spoiler", "blockquote",
    "expandable_blockquote", "code", "pre", "text_link", "custom_emoji", "mention", "hashtag",
    "cashtag", "bot_command", "url", "email", "phone_number", "text_mention",
})  # fmt: skip


def formatted(params: Params, name: str, entities_name: str) -> tuple[str, list[Entity]]:
    """A text parameter as plain text and entities."""
    source = params.text(name) or ""
    if "\x00" in source:
        raise bad_request("text must be encoded in UTF-8")
    mode = (params.text("parse_mode") or "").lower()
    if mode == "html":
        text, entities = parse_html(source)
    elif mode:
        raise bad_request("unsupported parse_mode")
    else:
        text, entities = source, _given(params.json(entities_name), source)
    text, entities = trimmed(text, entities)
    return text, with_found(text, entities)


def _given(entities: Any, text: str) -> list[Entity]:
    """Entities that the bot computed; those outside of the text are dropped."""
    if not entities:
        return []
    if not isinstance(entities, list):
        raise bad_request("can't parse entities JSON object")
    size = utf16_length(text)
    try:
        return [
            entity
            for entity in entities
            if entity["type"] in _ENTITY_KINDS
            and int(entity["length"]) > 0
            and 0 <= int(entity["offset"]) <= size - int(entity["length"])
        ]
    except (KeyError, TypeError, ValueError):
        raise bad_request("can't parse entities JSON object") from None


def text_content(params: Params) -> dict[str, Any]:
    """The content of a text message."""
    text, entities = formatted(params, "text", "entities")
    if not text:
        raise bad_request("message text is empty")
    if utf16_length(text) > TEXT_LENGTH:
        raise bad_request("message is too long")
    return {"text": text, **({"entities": entities} if entities else {})}


def caption_content(params: Params) -> dict[str, Any]:
    """The caption fields of a file's message; empty without a caption."""
    text, entities = formatted(params, "caption", "caption_entities")
    if utf16_length(text) > CAPTION_LENGTH:
        raise bad_request("message caption is too long")
    if not text:
        return {}
    return {"caption": text, **({"caption_entities": entities} if entities else {})}


def read_markup(params: Params) -> dict[str, Any] | None:
    """The checked reply markup."""
    return markups.check(params.json("reply_markup"))


async def reply_target(unit: Unit, params: Params, chat_id: int) -> int | None:
    """The message replied to, from `reply_parameters` or the older parameter."""
    given = params.json("reply_parameters") or {}
    if not isinstance(given, dict):
        raise bad_request("can't parse reply parameters JSON object")
    target = given.get("message_id") or params.integer("reply_to_message_id")
    if target is None:
        return None
    if await find(unit, chat_id, int(target)) is None:
        optional = given.get("allow_sending_without_reply")
        if optional or params.flag("allow_sending_without_reply"):
            return None
        raise bad_request("message to be replied not found")
    return int(target)
