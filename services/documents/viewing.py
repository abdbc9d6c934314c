"""A stored file as pictures for a person's eyes, with who looks at it and when drawn into them.

What was uploaded may be hostile, so it is opened in a process of its own: empty environment,
bounded memory, no files, a time limit. `python -m services.documents.viewing` is that process.
"""

from __future__ import annotations

import asyncio
import base64
import io
import json
import resource
import sys
from collections.abc import Iterator
from functools import cache
from importlib.resources import files

from PIL import Image, ImageDraw, ImageFont

from services.documents.frames import packed, receive
from services.documents.loading import load_pages
from services.documents.problems import DocumentError
from services.documents.reader import bare_environment
from services.documents.settings import LoadingSettings

_SECONDS = 30
_MEMORY = 2 * 1024**3
_SIDE_PX = 1600
_QUALITY = 82
_PAGES = 8
_SIMPLIFIED = 2
"""The place of the Simplified Chinese face in the collection."""


class NotViewable(Exception):
    """The file is no picture and no PDF that can be opened."""


async def view_pages(data: bytes, mark: str) -> list[bytes]:
    """Each page as a JPEG with `mark` drawn across it, the longer side at most 1600 pixels.

    Raises:
        NotViewable: it can't be opened within its limits.
    """
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "services.documents.viewing",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        env=bare_environment(),
    )
    try:
        async with asyncio.timeout(_SECONDS):
            said, _ = await process.communicate(packed({"mark": mark}, data))
    except TimeoutError:
        raise NotViewable("time") from None
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    try:
        pages = [base64.b64decode(page) for page in json.loads(said)["pages"]]
    except (ValueError, KeyError, TypeError):
        raise NotViewable("process") from None
    if not pages:
        raise NotViewable("content")
    return pages


def marked(data: bytes, mark: str) -> Iterator[bytes]:
    """The same, in this process. Raises `DocumentError`."""
    for number, pixels in enumerate(load_pages(data, LoadingSettings())):
        if number >= _PAGES:
            return
        page = Image.fromarray(pixels).convert("RGB")
        page.thumbnail((_SIDE_PX, _SIDE_PX))
        stream = io.BytesIO()
        _draw(page, mark).save(stream, "JPEG", quality=_QUALITY)
        yield stream.getvalue()


def _draw(page: Image.Image, mark: str) -> Image.Image:
    """Across the whole page, so that no part of it can be cut out without the mark."""
    size = max(14, min(page.size) // 26)
    font = _font(size)
    width = int(font.getlength(mark)) + 3 * size
    side = int((page.width**2 + page.height**2) ** 0.5)
    layer = Image.new("L", (side, side), 0)
    pen = ImageDraw.Draw(layer)
    for line, top in enumerate(range(0, side, 5 * size)):
        for left in range(-(line % 2) * width // 2, side, width):
            pen.text((left, top), mark, fill=96, font=font)
    layer = layer.rotate(28, resample=Image.Resampling.BICUBIC)
    left, top = (side - page.width) // 2, (side - page.height) // 2
    mask = layer.crop((left, top, left + page.width, top + page.height))
    light = Image.new("RGB", page.size, "#ffffff")
    # A light edge under dark letters: legible on white paper and on a dark desk.
    page.paste(light, (1, 1), mask)
    page.paste(Image.new("RGB", page.size, "#7a1f1f"), (0, 0), mask)
    return page


@cache
def _font(size: int) -> ImageFont.FreeTypeFont:
    path = files("noto_cjk_sans_otc") / "NotoSansCJK-Regular.ttc"
    return ImageFont.truetype(str(path), size, index=_SIMPLIFIED)


def _main() -> int:
    message = receive(sys.stdin.buffer)
    if message is None:
        return 1
    head, data = message
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    try:
        pages = [base64.b64encode(page).decode() for page in marked(data, str(head["mark"]))]
    except DocumentError:
        pages = []
    sys.stdout.write(json.dumps({"pages": pages}))
    return 0


if __name__ == "__main__":
    sys.exit(_main())
