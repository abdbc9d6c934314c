"""Reading a form. Uploads stay in memory: nothing that people send lies on a disk in the clear."""

from __future__ import annotations

from dataclasses import dataclass, field

from aiohttp import BodyPartReader, web

_TEXT = 64 * 1024
_FIELDS = 200
_FILES = 10


@dataclass(frozen=True)
class Upload:
    """A file of a form; `name` is what the browser calls it."""

    name: str = field(repr=False)
    content: bytes = field(repr=False)


@dataclass(frozen=True)
class Form:
    """A form's texts (the last of a name), all values of a name, and its files."""

    texts: dict[str, list[str]] = field(repr=False, default_factory=dict)
    files: tuple[Upload, ...] = ()

    def text(self, name: str) -> str:
        """A field without surrounding white space; empty when it is missing."""
        return self.texts.get(name, [""])[-1].strip()

    def all(self, name: str) -> tuple[str, ...]:
        """Every value of a name: ticked boxes."""
        return tuple(self.texts.get(name, ()))


async def read_form(request: web.Request, *, files: bool, largest: int) -> Form:
    """The body of a POST.

    Raises:
        web.HTTPRequestEntityTooLarge: a file or a field is too big, or there are too many.
        web.HTTPUnsupportedMediaType: not a form, or files where none are taken.
        web.HTTPBadRequest: the body is broken.
    """
    try:
        if request.content_type == "application/x-www-form-urlencoded":
            return await _plain(request)
        if request.content_type == "multipart/form-data" and files:
            return await _parts(request, largest)
    except (ValueError, AssertionError, RuntimeError):
        raise web.HTTPBadRequest from None
    raise web.HTTPUnsupportedMediaType


async def _plain(request: web.Request) -> Form:
    found: dict[str, list[str]] = {}
    for name, value in (await request.post()).items():
        if not isinstance(value, str) or len(found) > _FIELDS:
            raise web.HTTPBadRequest
        found.setdefault(name, []).append(value)
    return Form(found)


async def _parts(request: web.Request, largest: int) -> Form:
    texts: dict[str, list[str]] = {}
    uploads: list[Upload] = []
    async for part in await request.multipart():
        if not isinstance(part, BodyPartReader) or part.name is None:
            raise web.HTTPBadRequest
        if part.filename is None:
            text = (await _read(part, _TEXT)).decode("utf-8")
            texts.setdefault(part.name, []).append(text)
        else:
            content = await _read(part, largest)
            if content:
                uploads.append(Upload(part.filename, content))
        if len(texts) > _FIELDS or len(uploads) > _FILES:
            raise web.HTTPRequestEntityTooLarge(_FIELDS, len(texts))
    return Form(texts, tuple(uploads))


async def _read(part: BodyPartReader, largest: int) -> bytes:
    content = bytearray()
    while chunk := await part.read_chunk(65536):
        content += chunk
        if len(content) > largest:
            raise web.HTTPRequestEntityTooLarge(largest, len(content))
    return bytes(content)
