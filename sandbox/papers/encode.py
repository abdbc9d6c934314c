"""Writes pictures to bytes."""

from __future__ import annotations

import io
from dataclasses import replace
from typing import Any

import numpy as np
import pillow_heif
from PIL import Image

from sandbox.papers.model import Paper, Pixels

_ORIENTATION = 0x0112
_GPS = 0x8825
# The EXIF value that makes a viewer undo that many quarter turns clockwise.
_UNDO = {0: 1, 1: 8, 2: 3, 3: 6}


def encode(
    pixels: Pixels,
    *,
    quality: int = 90,
    dpi: int | None = None,
    exif_turns: int = 0,
    media_type: str = "image/jpeg",
) -> bytes:
    """A JPEG or PNG file. ``exif_turns`` notes that the camera was held turned."""
    image = Image.fromarray(np.ascontiguousarray(pixels))
    out = io.BytesIO()
    if media_type == "image/png":
        image.save(out, "PNG", dpi=(dpi, dpi) if dpi else (96, 96))
        return out.getvalue()
    exif = Image.Exif()
    if exif_turns:
        exif[_ORIENTATION] = _UNDO[exif_turns % 4]
        # A place in the open sea, so that a test can see that it is taken out.
        exif[_GPS] = {1: "N", 2: (0.0, 0.0, 0.0), 3: "E", 4: (0.0, 0.0, 0.0)}
    resolution = (dpi, dpi) if dpi else (72, 72)
    image.save(out, "JPEG", quality=quality, dpi=resolution, exif=exif.tobytes())
    return out.getvalue()


def convert(paper: Paper, media_type: str) -> Paper:
    """The same picture in another format that phones and scanners make: image/png, image/webp,
    image/heic or application/pdf (one page). Raises ValueError for any other."""
    formats = {"image/png": "PNG", "image/webp": "WEBP", "image/heic": "HEIF"}
    formats["application/pdf"] = "PDF"
    if media_type not in formats:
        raise ValueError(f"no such format: {media_type}")
    pillow_heif.register_heif_opener()
    image = Image.open(io.BytesIO(paper.image)).convert("RGB")
    out = io.BytesIO()
    options: dict[str, Any] = {"resolution": 200.0} if media_type.endswith("pdf") else {}
    if media_type in ("image/webp", "image/heic"):
        options["quality"] = 88
    image.save(out, formats[media_type], **options)
    return replace(paper, image=out.getvalue(), media_type=media_type)
