"""Telegram's HTML to plain text with entities, and the entities that it finds by itself.

Offsets and lengths are in UTF-16 code units, as the Bot API counts. Text is only ever sent to
browsers together with entities, never as markup, so that nothing has to be escaped there.
"""

from __future__ import annotations

import html
import re
from typing import Any

from messenger.errors import bad_request

Entity = dict[str, Any]

_TAG = re.compile(
    r"<(/?)([A-Za-z][A-Za-z0-9-]*)((?:\s+[^<>\s=]+(?:\s*=\s*(?:\"[^\"]*\"|'[^']*'|[^\s\"'<>]+))?)*)\s*>"
)
_ATTRIBUTE = re.compile(r"([^\s=]+)(?:\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|(\S+)))?")
_KINDS = {
    "b": "bold", "strong": "bold", "i": "italic", "em": "italic", "u": "underline",
    "ins": "underline", "s": "strikethrough", "strike": "strikethrough", "del": "strikethrough",
    "code": "code", "pre": "pre", "blockquote": "blockquote", "tg-spoiler": "spoiler",
    "span": "spoiler", "a": "text_link", "tg-emoji": "custom_emoji",
}  # fmt: skip
_SAFE_LINK = re.compile(r"(?:https?://|tel:|mailto:|tg://user\?id=\d+$)\S+", re.IGNORECASE)
_COMMAND = re.compile(r"(?<![\w/])/[A-Za-z0-9_]{1,32}(?:@[A-Za-z0-9_]{3,32})?(?![\w/])", re.ASCII)
_FOUND = (
    ("url", re.compile(r"https?://[^\s<>\"'“”‘’，。！？；：、（）【】《》]+", re.IGNORECASE)),
    ("email", re.compile(r"(?<![\w.+-])[\w.+-]+@[\w-]+(?:\.[\w-]+)+", re.ASCII)),
    ("bot_command", _COMMAND),
    ("mention", re.compile(r"(?<![\w@.])@[A-Za-z][A-Za-z0-9_]{3,31}", re.ASCII)),
)


def utf16_length(text: str) -> int:
    """The length as the Bot API counts it."""
    return len(text.encode("utf-16-le")) // 2


def parse_html(source: str) -> tuple[str, list[Entity]]:
    """Plain text and entities of Telegram's HTML.

    Raises:
        ApiError: an unknown, unclosed or wrongly nested tag, as Telegram refuses it.
    """
    parser = _Parser()
    position = 0
    while (start := source.find("<", position)) >= 0:
        parser.text(source[position:start])
        match = _TAG.match(source, start)
        if match is None:
            raise _parse_error("Unsupported start tag", "", source, start)
        closing, name, attributes = match.groups()
        if name.lower() not in _KINDS:
            raise _parse_error("Unsupported start tag", f' "{name.lower()}"', source, start)
        if closing:
            parser.close(name.lower(), source, start)
        else:
            parser.open(name.lower(), _attributes(attributes), source, start)
        position = match.end()
    parser.text(source[position:])
    return parser.finish()


def with_found(text: str, entities: list[Entity]) -> list[Entity]:
    """The entities together with the links, commands and mentions that stand in the text."""
    taken = [
        (e["offset"], e["offset"] + e["length"])
        for e in entities
        if e["type"] in ("code", "pre", "text_link")
    ]
    found = list(entities)
    for kind, pattern in _FOUND:
        for match in pattern.finditer(text):
            value = match.group().rstrip(".,;:!?)") if kind == "url" else match.group()
            offset, length = utf16_length(text[: match.start()]), utf16_length(value)
            if any(start < offset + length and offset < end for start, end in taken):
                continue
            taken.append((offset, offset + length))
            found.append({"type": kind, "offset": offset, "length": length})
    return sorted(found, key=lambda e: (e["offset"], -e["length"]))


def trimmed(text: str, entities: list[Entity]) -> tuple[str, list[Entity]]:
    """Without white space at either end, as Telegram stores it."""
    kept = text.strip()
    lead = utf16_length(text[: len(text) - len(text.lstrip())])
    size = utf16_length(kept)
    result = []
    for entity in entities:
        start = max(0, entity["offset"] - lead)
        end = min(size, entity["offset"] - lead + entity["length"])
        if end > start:
            result.append({**entity, "offset": start, "length": end - start})
    return kept, result


def _attributes(source: str) -> dict[str, str]:
    return {
        name.lower(): html.unescape(double or single or bare or "")
        for name, double, single, bare in _ATTRIBUTE.findall(source)
    }


def _parse_error(what: str, detail: str, source: str, position: int) -> Exception:
    offset = len(source[:position].encode())
    return bad_request(f"can't parse entities: {what}{detail} at byte offset {offset}")


class _Parser:
    def __init__(self) -> None:
        self.parts: list[str] = []
        self.offset = 0
        self.open_tags: list[tuple[str, Entity | None]] = []
        self.entities: list[Entity] = []

    def text(self, raw: str) -> None:
        plain = html.unescape(raw)
        self.parts.append(plain)
        self.offset += utf16_length(plain)

    def open(self, name: str, attributes: dict[str, str], source: str, position: int) -> None:
        self.open_tags.append((name, self._entity(name, attributes, source, position)))

    def _entity(
        self, name: str, attributes: dict[str, str], source: str, position: int
    ) -> Entity | None:
        entity: Entity = {"type": _KINDS[name], "offset": self.offset, "length": 0}
        if name == "a":
            if not _SAFE_LINK.fullmatch(attributes.get("href", "")):
                return None
            entity["url"] = attributes["href"]
        elif name == "span" and attributes.get("class") != "tg-spoiler":
            raise _parse_error('Tag "span" must have class "tg-spoiler"', "", source, position)
        elif name == "blockquote" and "expandable" in attributes:
            entity["type"] = "expandable_blockquote"
        elif name == "tg-emoji":
            entity["custom_emoji_id"] = attributes.get("emoji-id", "")
        elif name == "code" and self.open_tags and self.open_tags[-1][0] == "pre":
            outer = self.open_tags[-1][1]
            language = attributes.get("class", "").removeprefix("language-")
            if outer is not None and language:
                outer["language"] = language
            return None
        return entity

    def close(self, name: str, source: str, position: int) -> None:
        if not self.open_tags or self.open_tags[-1][0] != name:
            raise _parse_error("Unmatched end tag", f', found "</{name}>"', source, position)
        entity = self.open_tags.pop()[1]
        if entity is not None and self.offset > entity["offset"]:
            entity["length"] = self.offset - entity["offset"]
            self.entities.append(entity)

    def finish(self) -> tuple[str, list[Entity]]:
        if self.open_tags:
            name = self.open_tags[-1][0]
            raise bad_request(
                f"can't parse entities: Can't find end tag corresponding to start tag \"{name}\""
            )
        entities = sorted(self.entities, key=lambda e: (e["offset"], -e["length"]))
        return "".join(self.parts), entities
