"""Reading a person's upload: some fields, then one file or an album, in memory only."""

from __future__ import annotations

from dataclasses import dataclass, field

from aiohttp import BodyPartReader, web

from messenger.botapi.params import read_part
from messenger.core import media
from messenger.core.unit import Messenger
from messenger.errors import ApiError, ClientError

#: Types that a browser may show; everything else is only downloaded.
INLINE_TYPES = frozenset({"image/jpeg", "image/png", "image/gif", "image/webp"})
_KINDS = frozenset({"photo", "document", "voice"})
_ALBUM = 10
_FIELD_BYTES = 16 * 1024


@dataclass
class FileUpload:
    """What came with the files."""

    kind: str = "document"
    caption: str = ""
    thread: int = 0
    reply_to: int | None = None
    client_key: str | None = None
    files: list[media.Upload] = field(default_factory=list)


async def read_upload(request: web.Request, limit: int) -> FileUpload:
    """The parts of a multipart request.

    Args:
        limit: bytes of all files together.

    Raises:
        ClientError: 413 too large, 422 not as documented.
    """
    if not request.content_type.startswith("multipart/"):
        raise ClientError(422, "invalid")
    upload = FileUpload()
    left = limit
    try:
        async for part in await request.multipart():
            if not isinstance(part, BodyPartReader):
                raise ClientError(422, "invalid")
            if part.filename is None:
                _set(upload, part.name or "", (await read_part(part, _FIELD_BYTES)).decode())
                continue
            content = await read_part(part, left)
            left -= len(content)
            media_type = part.headers.get("Content-Type", "")
            upload.files.append(media.Upload(part.filename, media_type, content))
            if len(upload.files) > _ALBUM:
                raise ClientError(422, "too_many_files")
    except web.HTTPRequestEntityTooLarge:
        raise ClientError(413, "too_large") from None
    except (ValueError, AssertionError):
        raise ClientError(422, "invalid") from None
    if not upload.files or upload.kind not in _KINDS:
        raise ClientError(422, "invalid")
    return upload


def _set(upload: FileUpload, name: str, value: str) -> None:
    match name:
        case "kind":
            upload.kind = value
        case "caption":
            upload.caption = value
        case "client_key":
            upload.client_key = value[:48]
        case "thread":
            upload.thread = int(value or 0)
        case "reply_to":
            upload.reply_to = int(value) if value else None


async def stage_all(messenger: Messenger, upload: FileUpload) -> list[media.Staged]:
    """Store the files.

    Raises:
        ClientError: 422, a photo isn't a picture (it can be sent as a file), or a file is empty.
    """
    staged = []
    for one in upload.files:
        try:
            staged.append(await media.stage(messenger, one, upload.kind))
        except ApiError:
            code = "empty_file" if not one.content else "not_a_picture"
            raise ClientError(422, code) from None
    return staged
