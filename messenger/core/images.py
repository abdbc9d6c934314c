"""Pictures as Telegram sends them on: upright JPEG in a few sizes, without their metadata."""

from __future__ import annotations

import io
from dataclasses import dataclass

import pillow_heif
from PIL import Image, ImageOps, UnidentifiedImageError

pillow_heif.register_heif_opener()

#: Longest sides of the sizes in pixels, smallest first; the largest is Telegram's HD photo.
SIDES = (320, 800, 2560)
_QUALITY = 90
_MAX_PIXELS = 100_000_000
_MAX_WIDTH_PLUS_HEIGHT = 20_000
_MAX_RATIO = 20


class NotAPictureError(ValueError):
    """The bytes are no picture that we can read."""


class PictureSizeError(ValueError):
    """The picture is too large or too narrow."""


@dataclass(frozen=True)
class Size:
    """One size of a photo: JPEG bytes and pixels."""

    content: bytes
    width: int
    height: int


def photo_sizes(content: bytes) -> list[Size]:
    """The sizes of a picture, smallest first. Slow: call it in a thread.

    Raises:
        NotAPictureError: not a picture, or broken.
        PictureSizeError: over 100 megapixels or narrower than 1:20.
    """
    try:
        with Image.open(io.BytesIO(content)) as source:
            width, height = source.size
            if (
                width * height > _MAX_PIXELS
                or width + height > _MAX_WIDTH_PLUS_HEIGHT
                or max(width, height) > _MAX_RATIO * min(width, height)
            ):
                raise PictureSizeError
            picture = _on_white(ImageOps.exif_transpose(source))
    except PictureSizeError:
        raise
    except (UnidentifiedImageError, Image.DecompressionBombError, OSError, SyntaxError, ValueError):
        raise NotAPictureError from None
    longest = max(picture.size)
    sides = [side for side in SIDES if side < longest][: len(SIDES) - 1]
    return [_jpeg(picture, side) for side in [*sides, min(longest, SIDES[-1])]]


def _on_white(picture: Image.Image) -> Image.Image:
    """RGB, with transparent parts over white."""
    if picture.mode in ("RGBA", "LA", "PA") or "transparency" in picture.info:
        layer = picture.convert("RGBA")
        ground = Image.new("RGBA", layer.size, "white")
        return Image.alpha_composite(ground, layer).convert("RGB")
    return picture.convert("RGB")


def _jpeg(picture: Image.Image, side: int) -> Size:
    scaled = picture.copy()
    scaled.thumbnail((side, side), Image.Resampling.LANCZOS)
    buffer = io.BytesIO()
    scaled.save(buffer, "JPEG", quality=_QUALITY)
    return Size(buffer.getvalue(), scaled.width, scaled.height)


def sticker_picture() -> bytes:
    """A blank 512×512 WEBP: our stickers are an emoji, but clients may download the file."""
    buffer = io.BytesIO()
    Image.new("RGBA", (512, 512), (0, 0, 0, 0)).save(buffer, "WEBP")
    return buffer.getvalue()
