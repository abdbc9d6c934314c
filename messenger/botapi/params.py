"""A request's parameters: from the query, a form, JSON or multipart, read as the type asked for."""

from __future__ import annotations

import json
from typing import Any

from aiohttp import BodyPartReader, web

from messenger.core.media import MEGABYTE, Upload
from messenger.errors import ApiError, bad_request

_FIELD_LIMIT = MEGABYTE
_CHUNK = 256 * 1024


class Params:
    """Parameters by name; a missing one reads as None."""

    def __init__(self, values: dict[str, Any], uploads: dict[str, Upload] | None = None) -> None:
        self.values = values
        self.uploads = uploads or {}
        #: Filled before the transaction by the methods that take files.
        self.staged: dict[str, Any] = {}

    def text(self, name: str) -> str | None:
        """A string; numbers are taken as their text."""
        value = self.values.get(name)
        if value is None or isinstance(value, str):
            return value
        if isinstance(value, (dict, list)):
            raise bad_request(f'parameter "{name}" must be a string')
        return str(value)

    def required_text(self, name: str, empty: str) -> str:
        """A string that isn't blank; `empty` is the error's text."""
        value = self.text(name)
        if value is None or not value.strip():
            raise bad_request(empty)
        return value

    def integer(self, name: str) -> int | None:
        """A 64-bit integer."""
        value = self.values.get(name)
        if value is None or value == "":
            return None
        try:
            number = int(value)
        except (TypeError, ValueError):
            raise bad_request(f'parameter "{name}" must be an integer') from None
        if not -(2**63) <= number < 2**63:
            raise bad_request(f'parameter "{name}" is out of range')
        return number

    def flag(self, name: str, default: bool = False) -> bool:
        """A boolean in any of the ways that libraries write it."""
        value = self.values.get(name)
        if value is None:
            return default
        return str(value).lower() in ("true", "1", "yes")

    def json(self, name: str) -> Any:
        """A JSON value, which form bodies carry as text."""
        value = self.values.get(name)
        if not isinstance(value, str):
            return value
        if not value:
            return None
        try:
            return json.loads(value)
        except ValueError:
            raise bad_request(f"can't parse {name} JSON object") from None

    def chat_id(self) -> int:
        """The chat. Public @names don't exist here."""
        value = self.values.get("chat_id")
        if value is None or value == "":
            raise bad_request("chat_id is empty")
        if isinstance(value, str) and value.startswith("@"):
            raise bad_request("chat not found")
        number = self.integer("chat_id")
        assert number is not None
        return number


async def read_params(request: web.Request, upload_limit: int) -> Params:
    """Parameters of a request; the body's win over the query's.

    Args:
        upload_limit: bytes that one file may have.

    Raises:
        ApiError: 400 unreadable; 413 too large.
    """
    values: dict[str, Any] = dict(request.query)
    uploads: dict[str, Upload] = {}
    try:
        if request.content_type == "application/json":
            body = await request.json()
            if not isinstance(body, dict):
                raise bad_request("can't parse JSON object")
            values |= body
        elif request.content_type.startswith("multipart/"):
            await _read_parts(request, values, uploads, upload_limit)
        elif request.can_read_body:
            values |= dict(await request.post())
    except web.HTTPRequestEntityTooLarge:
        raise ApiError(413, "Request Entity Too Large") from None
    except (ValueError, AssertionError):
        raise bad_request("can't parse the request") from None
    return Params(values, uploads)


async def _read_parts(
    request: web.Request, values: dict[str, Any], uploads: dict[str, Upload], limit: int
) -> None:
    """Into memory, never into a temporary file: parts may hold personal documents."""
    async for part in await request.multipart():
        if not isinstance(part, BodyPartReader) or part.name is None:
            continue
        if part.filename is None:
            values[part.name] = (await read_part(part, _FIELD_LIMIT)).decode()
        else:
            content = await read_part(part, limit)
            media_type = part.headers.get("Content-Type", "")
            uploads[part.name] = Upload(part.filename, media_type, content)


async def read_part(part: BodyPartReader, limit: int) -> bytes:
    """A part's bytes.

    Raises:
        HTTPRequestEntityTooLarge: more than `limit` bytes.
    """
    content = bytearray()
    while chunk := await part.read_chunk(_CHUNK):
        content += chunk
        if len(content) > limit:
            raise web.HTTPRequestEntityTooLarge(max_size=limit, actual_size=len(content))
    return bytes(content)
