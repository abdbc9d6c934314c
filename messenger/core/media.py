"""Files: stored once, reachable under an id per chat, described as the Bot API describes them."""

from __future__ import annotations

import asyncio
import mimetypes
import secrets
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from sqlmodel import col, select

from messenger.core.images import NotAPictureError, PictureSizeError, photo_sizes
from messenger.core.unit import Messenger, Unit
from messenger.errors import bad_request
from messenger.models import File

MEGABYTE = 1024 * 1024
_NAME_LENGTH = 120
_UNKNOWN_TYPE = "application/octet-stream"


@dataclass(frozen=True)
class Upload:
    """A file part of a request, in memory."""

    name: str
    media_type: str
    content: bytes


@dataclass(frozen=True)
class Variant:
    """Stored bytes with what the Bot API says about them."""

    stored: str
    size: int
    details: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Staged:
    """A file in the store that no chat has yet. An orphan, if its message is never posted."""

    kind: str
    name: str | None
    media_type: str
    unique: str
    variants: list[Variant]


def clean_name(name: str | None) -> str:
    """A file's name without folders or control characters.

    aiohttp's clients (aiogram) percent-encode names; one with letters beyond ASCII is decoded.
    """
    decoded = unquote(name or "", errors="replace")
    if (name or "").isascii() and not decoded.isascii() and "\ufffd" not in decoded:
        name = decoded
    last = (name or "").replace("\\", "/").rsplit("/", 1)[-1]
    printable = "".join(c for c in last if c.isprintable()).strip(". ")
    return printable[-_NAME_LENGTH:] or "file"


async def stage(messenger: Messenger, upload: Upload, kind: str) -> Staged:
    """Put an upload into the store, before the transaction that posts it.

    Raises:
        ApiError: `kind` is photo and the bytes aren't one.
    """
    if not upload.content:
        raise bad_request("file must be non-empty")
    unique = secrets.token_urlsafe(9)
    if kind == "photo":
        try:
            sizes = await asyncio.to_thread(photo_sizes, upload.content)
        except NotAPictureError:
            raise bad_request("IMAGE_PROCESS_FAILED") from None
        except PictureSizeError:
            raise bad_request("PHOTO_INVALID_DIMENSIONS") from None
        variants = [
            Variant(
                await messenger.files.write(size.content),
                len(size.content),
                {"width": size.width, "height": size.height},
            )
            for size in sizes
        ]
        return Staged("photo", None, "image/jpeg", unique, variants)
    name = clean_name(upload.name)
    media_type = mimetypes.guess_type(name)[0] or upload.media_type or _UNKNOWN_TYPE
    if kind == "voice":
        media_type = upload.media_type or "audio/ogg"
    variant = Variant(await messenger.files.write(upload.content), len(upload.content))
    return Staged(kind, name, media_type[:128], unique, [variant])


def attach(unit: Unit, chat_id: int, staged: Staged) -> tuple[dict[str, Any], list[File]]:
    """Give a staged file ids in a chat; returns the message's content and the new rows."""
    set_id = secrets.token_urlsafe(12)
    rows = [
        File(
            id=f"{staged.kind[:1].upper()}Q{secrets.token_urlsafe(30)}",
            unique_id=f"{staged.unique}{number}",
            set_id=set_id,
            kind=staged.kind,
            stored=variant.stored,
            chat_id=chat_id,
            name=staged.name,
            media_type=staged.media_type,
            size=variant.size,
            details=variant.details,
            created_at=unit.now,
        )
        for number, variant in enumerate(staged.variants)
    ]
    unit.session.add_all(rows)
    return describe(rows), rows


async def reuse(
    unit: Unit, chat_id: int, file_id: str, kind: str
) -> tuple[dict[str, Any], list[File]]:
    """Send a known file again, maybe to another chat, under new ids.

    Raises:
        ApiError: unknown id, or the file is of another kind.
    """
    known = await unit.session.get(File, file_id)
    if known is None:
        raise bad_request("wrong file identifier/HTTP URL specified")
    if known.kind != kind:
        raise bad_request(
            f"can't use file of type {known.kind.capitalize()} as {kind.capitalize()}"
        )
    query = select(File).where(File.set_id == known.set_id).order_by(col(File.size))
    siblings = list(await unit.session.exec(query))
    staged = Staged(
        kind,
        known.name,
        known.media_type,
        known.unique_id[:-1],
        [Variant(row.stored, row.size, row.details) for row in siblings],
    )
    return attach(unit, chat_id, staged)


def describe(rows: list[File]) -> dict[str, Any]:
    """The Bot API field of a message with these files."""
    kind = rows[0].kind
    if kind == "photo":
        return {"photo": [_describe_one(row) for row in rows]}
    described = _describe_one(rows[0])
    described["mime_type"] = rows[0].media_type
    if kind == "voice":
        described["duration"] = 0
    if kind == "document":
        described["file_name"] = rows[0].name
    return {kind: described}


def _describe_one(row: File) -> dict[str, Any]:
    return {
        "file_id": row.id,
        "file_unique_id": row.unique_id,
        "file_size": row.size,
        **row.details,
    }
