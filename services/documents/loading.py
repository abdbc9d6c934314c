"""From bytes that anybody may have sent to upright RGB pictures without metadata.

The content decides, never a name or a claimed type. Limits are checked before decoding. Run it in a
worker process: a decoder that fails must not take anybody else along.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from typing import Any

import numpy as np
import pillow_heif
from numpy.typing import NDArray
from PIL import Image, ImageOps

from services.documents.pdf import pdf_pages
from services.documents.problems import DocumentError
from services.documents.settings import LoadingSettings

Pixels = NDArray[np.uint8]
"""Height x width x 3, RGB."""

Image.MAX_IMAGE_PIXELS = None  # our own limit is checked on the header, before a decoder runs
pillow_heif.register_heif_opener(thumbnails=False)

_HEIC_STILL = (b"heic", b"heix", b"heim", b"heis", b"mif1", b"mif2")
_HEIC_MOVING = (b"hevc", b"hevx", b"hevm", b"hevs", b"msf1")
_ORIENTATION = 0x0112  # EXIF tag
_QUARTER_TURNED = (5, 6, 7, 8)
_PIL_FORMATS = {"jpeg": "JPEG", "png": "PNG", "webp": "WEBP", "heic": "HEIF"}


def sniff(data: bytes) -> str:
    """The format by magic bytes: jpeg, png, webp, heic or pdf. Raises ``DocumentError``."""
    if not data:
        raise DocumentError("file_empty")
    if data.startswith(b"\xff\xd8\xff"):
        return "jpeg"
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "png"
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "webp"
    if data[4:8] == b"ftyp":
        if data[8:12] in _HEIC_MOVING:
            raise DocumentError("animated")
        if data[8:12] in _HEIC_STILL:
            return "heic"
    if re.match(rb"(?:\xef\xbb\xbf)?\s{0,8}%PDF-", data):
        return "pdf"
    if data[:6] in (b"GIF87a", b"GIF89a"):
        raise DocumentError("animated")
    raise DocumentError("not_a_picture")


def load_pages(data: bytes, settings: LoadingSettings | None = None) -> Iterator[Pixels]:
    """Each page as upright RGB pixels, the longer side at most ``working_side_px``.

    Raises :class:`DocumentError` with a code of ``findings.yaml`` and nothing else.
    """
    settings = settings or LoadingSettings()
    _check_size(data, settings)
    if sniff(data) == "pdf":
        yield from pdf_pages(data, settings)
    else:
        yield np.asarray(load_picture(data, settings, settings.working_side_px))


def load_picture(data: bytes, settings: LoadingSettings, side_px: int | None = None) -> Image.Image:
    """A still picture, RGB, EXIF orientation applied once, shrunk to ``side_px`` if larger.

    Raises :class:`DocumentError`.
    """
    _check_size(data, settings)
    kind = sniff(data)
    if kind == "pdf":
        raise DocumentError("not_a_picture")
    try:
        with Image.open(io.BytesIO(data), formats=(_PIL_FORMATS[kind],)) as picture:
            _check_header(picture, kind, settings)
            if side_px is not None:
                picture.draft("RGB", (side_px, side_px))  # JPEG only: decodes at 1/2, 1/4, 1/8
            picture.load()
            upright = _plain_rgb(ImageOps.exif_transpose(picture))
    except DocumentError:
        raise
    except (MemoryError, Image.DecompressionBombError):
        raise DocumentError("too_many_pixels", limit=_limit(settings)) from None
    except Exception as error:  # decoders raise whatever they like, and their texts may hold data
        raise DocumentError(_reason(error)) from None
    if side_px is not None and max(upright.size) > side_px:
        upright.thumbnail((side_px, side_px), Image.Resampling.LANCZOS, reducing_gap=2.0)
    return upright


def declared_dpi(data: bytes) -> float | None:
    """The resolution a picture's header names, dots per inch; None when it names none."""
    try:
        with Image.open(io.BytesIO(data), formats=tuple(_PIL_FORMATS.values())) as picture:
            dpi: Any = picture.info.get("dpi")
            return None if dpi is None else round(float(dpi[0]), 1)
    except Exception:  # same as above: only the answer matters
        return None


def pixel_size(data: bytes) -> tuple[int, int]:
    """Width and height as shown (EXIF orientation applied). Raises :class:`DocumentError`."""
    try:
        with Image.open(io.BytesIO(data), formats=tuple(_PIL_FORMATS.values())) as picture:
            turned = picture.getexif().get(_ORIENTATION, 1) in _QUARTER_TURNED
            width, height = picture.size
    except Exception as error:
        raise DocumentError(_reason(error)) from None
    return (height, width) if turned else (width, height)


def clean(data: bytes, settings: LoadingSettings | None = None) -> bytes:
    """The first page as a new JPEG: upright, full size, no EXIF, GPS, comment or trailing bytes.

    Raises :class:`DocumentError`.
    """
    settings = settings or LoadingSettings()
    _check_size(data, settings)
    if sniff(data) == "pdf":
        return encode_jpeg(next(iter(pdf_pages(data, settings))), settings.jpeg_quality)
    picture = load_picture(data, settings)
    return encode_jpeg(np.asarray(picture), settings.jpeg_quality)


def encode_jpeg(
    pixels: Pixels, quality: int, dpi: int | None = None, *, full_colour: bool = False
) -> bytes:
    """RGB pixels as a baseline JPEG that carries a resolution at most.

    ``full_colour`` keeps the colours of every pixel (4:4:4), which makes a larger file.
    """
    stream = io.BytesIO()
    extra: dict[str, Any] = {} if dpi is None else {"dpi": (dpi, dpi)}
    if full_colour:
        extra["subsampling"] = 0
    Image.fromarray(pixels).save(stream, "JPEG", quality=quality, optimize=True, **extra)
    return stream.getvalue()


def _check_size(data: bytes, settings: LoadingSettings) -> None:
    if len(data) > settings.max_bytes:
        raise DocumentError("file_too_big", limit=str(settings.max_bytes // (1024 * 1024)))


def _check_header(picture: Image.Image, kind: str, settings: LoadingSettings) -> None:
    width, height = picture.size
    if width * height > settings.max_pixels:
        raise DocumentError("too_many_pixels", limit=_limit(settings))
    if min(width, height) < settings.min_side_px:
        raise DocumentError("too_small")
    if max(width, height) > settings.max_aspect * min(width, height):
        raise DocumentError("odd_shape")
    # A phone's JPEG may carry a second picture (depth, HDR gain map): the first one is the photo.
    if kind in ("png", "webp") and getattr(picture, "is_animated", False):
        raise DocumentError("animated")


def _plain_rgb(picture: Image.Image) -> Image.Image:
    if picture.mode.startswith("I") or picture.mode == "F":  # 16 bits a channel
        levels = np.asarray(picture, dtype=np.float32)
        scale = 257.0 if levels.max(initial=0) > 255 else 1.0
        picture = Image.fromarray((levels / scale).clip(0, 255).astype(np.uint8))
    if picture.mode in ("RGBA", "LA", "PA") or "transparency" in picture.info:
        layer = picture.convert("RGBA")
        paper = Image.new("RGB", layer.size, "white")
        paper.paste(layer, mask=layer.getchannel("A"))
        return paper
    plain = picture.convert("RGB")
    return Image.frombytes("RGB", plain.size, plain.tobytes())  # leaves every info key behind


def _limit(settings: LoadingSettings) -> str:
    return str(settings.max_pixels // 10_000)


def _reason(error: Exception) -> str:
    text = str(error).lower()
    if any(sign in text for sign in ("truncated", "end of file", "premature", "too short")):
        return "truncated"
    return "broken"
