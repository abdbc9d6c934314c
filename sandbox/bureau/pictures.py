"""The bureau's own look at pictures: plain measurements with Pillow and NumPy, no recognition."""

from __future__ import annotations

import io
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np
import yaml
from numpy.typing import NDArray
from PIL import Image

from sandbox.bureau.models import Reason, ReasonCode

_MAX_PIXELS = 60_000_000
_DRAFT = (640, 640)
Pixels = NDArray[np.uint8]


@cache
def _rules() -> dict[str, Any]:
    text = files("sandbox.bureau").joinpath("photo_rules.yaml").read_text("utf-8")
    loaded: dict[str, Any] = yaml.safe_load(text)
    return loaded


def photo_rule(region: str) -> dict[str, int]:
    """Width, height (pixels), min_kb and max_kb for a region: its longest known prefix."""
    rules = _rules()
    found = [prefix for prefix in rules["regions"] if region.startswith(prefix)]
    rule: dict[str, int] = rules["default"] | rules["regions"].get(
        max(found, key=len, default=""), {}
    )
    return rule


def judge_portrait(content: bytes, region: str) -> Reason | None:
    """The first fault of a portrait by the region's rule, or None."""
    rule = photo_rule(region)
    pixels = _decode(content)
    if pixels is None:
        return _reason("photo_blurred", "照片文件无法打开")
    height, width = pixels.shape[:2]
    if (width, height) != (rule["width"], rule["height"]):
        wanted = f"{rule['width']}×{rule['height']}"
        return _reason("photo_size", f"照片应为{wanted}像素，收到{width}×{height}")
    kilobytes = len(content) / 1024
    if not rule["min_kb"] <= kilobytes <= rule["max_kb"]:
        wanted = f"{rule['min_kb']}至{rule['max_kb']}KB"
        return _reason("photo_size", f"照片文件应为{wanted}，收到{kilobytes:.0f}KB")
    if _white_share(_border(pixels)) < _rules()["background"]["min_share"]:
        return _reason("photo_background", "照片背景不是白色")
    subject = _rules()["subject"]
    middle = pixels[height // 5 : height * 4 // 5, width // 4 : width * 3 // 4]
    if 1 - _white_share(middle) < subject["min_share"]:
        return _reason("photo_face", "照片中没有看到人像")
    if _sharpness(pixels) < subject["min_sharpness"]:
        return _reason("photo_blurred", "照片不清晰")
    return None


def judge_identity_card(content: bytes, side: str) -> Reason | None:
    """Whether a side of an identity card, or another paper, can be made out at all."""
    rule = _rules()["identity_card"]
    side_length, contrast = _measure(content)
    if side_length >= rule["min_side"] and contrast >= rule["min_contrast"]:
        return None
    if side in ("id_back", "hmt_back"):
        return Reason(code="id_back_unreadable", field=side, message="证件背面（国徽面）看不清")
    return Reason(code="id_front_unreadable", field=side, message="证件人像面看不清")


def _decode(content: bytes) -> Pixels | None:
    """RGB pixels (height, width, 3), or None when it is no picture or an absurdly large one."""
    try:
        with Image.open(io.BytesIO(content), formats=("JPEG", "PNG")) as picture:
            if picture.width * picture.height > _MAX_PIXELS:
                return None
            return np.asarray(picture.convert("RGB"))
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return None


def _measure(content: bytes) -> tuple[int, float]:
    """Shorter side in pixels and standard deviation of grey levels; zeros when it is no picture.
    Large JPEGs are decoded at a fraction of their size: contrast doesn't need more."""
    try:
        with Image.open(io.BytesIO(content), formats=("JPEG", "PNG")) as picture:
            shorter = min(picture.size)
            if picture.width * picture.height > _MAX_PIXELS:
                return 0, 0.0
            picture.draft("L", _DRAFT)
            return shorter, float(np.asarray(picture.convert("L")).std())
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return 0, 0.0


def _border(pixels: Pixels) -> Pixels:
    """Pixels (n, 3) of the top strip and of both sides' upper halves: shoulders reach the rest."""
    height, width = pixels.shape[:2]
    strip = max(1, round(width * _rules()["background"]["strip"]))
    upper = pixels[: height // 2]
    parts = (pixels[:strip], upper[:, :strip], upper[:, -strip:])
    return np.concatenate([part.reshape(-1, 3) for part in parts])


def _white_share(pixels: Pixels) -> float:
    level = _rules()["background"]["min_level"]
    return float((pixels.reshape(-1, 3).min(axis=1) >= level).mean())


def _sharpness(pixels: Pixels) -> float:
    grey = np.asarray(Image.fromarray(pixels).convert("L"), np.float32)
    middle = grey[1:-1, 1:-1]
    around = grey[:-2, 1:-1] + grey[2:, 1:-1] + grey[1:-1, :-2] + grey[1:-1, 2:]
    return float((around - 4 * middle).var())


def _reason(code: ReasonCode, message: str) -> Reason:
    return Reason(code=code, field="portrait", message=message)
