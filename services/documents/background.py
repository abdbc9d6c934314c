"""The colour of the wall behind a portrait, named as a person would."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from services.documents.ocr import Pixels
from services.documents.settings import PortraitSettings

_HUES = (
    (48.0, "red"),
    (68.0, "brown"),
    (110.0, "yellow"),
    (185.0, "green"),
    (300.0, "blue"),
    (335.0, "purple"),
    (360.0, "red"),
)
"""Upper end of each hue in CIE Lab degrees."""

_LEAST_PIXELS = 200
_SMALL_PX = 200
_DARK_WALL = 50.0  # CIE L


@dataclass(frozen=True)
class Background:
    """``colour`` is a word of ``findings.yaml``; plain, gradient and cluttered exclude each other.

    ``spread`` is how far the wall's colour changes from end to end, ``rough`` how far pixels lie
    from that smooth change (both in CIE Lab units).
    """

    colour: str
    shape: str
    level: float
    chroma: float
    spread: float
    rough: float

    @property
    def plain(self) -> bool:
        """One colour all over."""
        return self.shape == "plain"


def judge_background(
    picture: Pixels,
    person: NDArray[np.float32],
    settings: PortraitSettings,
    gain: float = 1.0,
) -> Background | None:
    """The background of a portrait with its person mask; None when nothing of it shows.

    ``gain`` tells how much darker (CIE L) than in good light the picture was taken: a dark wall is
    named by the colour that it would have there.
    """
    shrink = min(1.0, _SMALL_PX / min(picture.shape[:2]))
    small = cv2.resize(picture, None, fx=shrink, fy=shrink, interpolation=cv2.INTER_AREA)
    mask = cv2.resize(person, (small.shape[1], small.shape[0]), interpolation=cv2.INTER_AREA)
    reach = max(3, small.shape[0] // 22)
    covered = cv2.dilate((mask > 0.25).astype(np.uint8), np.ones((reach, reach), np.uint8))
    rows, columns = np.nonzero(covered == 0)
    if len(rows) < _LEAST_PIXELS:
        return None
    smooth = cv2.medianBlur(np.asarray(small, dtype=np.uint8), 3)
    lab = cv2.cvtColor(smooth.astype(np.float32) / 255, cv2.COLOR_RGB2LAB)[rows, columns]
    median = np.median(lab, axis=0)
    if gain > 1 and median[0] < _DARK_WALL:
        median = median * gain
    spread, rough = _spreads(lab, rows / small.shape[0], columns / small.shape[1])
    level, chroma = float(median[0]), float(np.hypot(median[1], median[2]))
    if rough > settings.max_flat_spread:
        shape = "cluttered"
    elif spread > settings.max_slope and not _still_white(lab, settings):
        shape = "gradient"
    else:
        shape = "plain"
    return Background(_name(median, settings), shape, level, chroma, spread, rough)


def _spreads(lab: NDArray[Any], y: NDArray[Any], x: NDArray[Any]) -> tuple[float, float]:
    """How far a quadratic fit ranges over the wall, and how far pixels lie from it (Lab units)."""
    terms = np.stack([np.ones_like(x), x, y, x * y, x * x, y * y], axis=1)
    weights, *_ = np.linalg.lstsq(terms, lab, rcond=None)
    errors = np.linalg.norm(lab - terms @ weights, axis=1)
    kept = errors <= np.percentile(errors, 80)  # an elbow that the segmenter missed is no clutter
    weights, *_ = np.linalg.lstsq(terms[kept], lab[kept], rcond=None)
    smooth = (terms @ weights)[kept]
    low, high = np.percentile(smooth, (3, 97), axis=0)
    rough = float(np.percentile(np.linalg.norm(lab - terms @ weights, axis=1), 88))
    return float(np.linalg.norm(high - low)), rough


def _still_white(lab: NDArray[Any], settings: PortraitSettings) -> bool:
    """Whether even the darkest part of the wall passes as white."""
    dark = float(np.percentile(lab[:, 0], 8))
    tinted = float(np.percentile(np.hypot(lab[:, 1], lab[:, 2]), 92))
    return dark >= settings.white_level and tinted <= settings.white_chroma


def _name(median: NDArray[np.float32], settings: PortraitSettings) -> str:
    level, red_green, yellow_blue = (float(value) for value in median)
    chroma = math.hypot(red_green, yellow_blue)
    if level >= settings.white_level and chroma <= settings.white_chroma:
        return "white"
    if level < 18 and chroma < 20:
        return "black"
    if chroma < settings.grey_chroma:
        return "grey"
    hue = math.degrees(math.atan2(yellow_blue, red_green)) % 360
    name = next(word for end, word in _HUES if hue <= end)
    if name == "brown" and chroma > 60:
        return "yellow"
    if name == "red" and level > 65:
        return "pink"
    return "yellow" if name == "brown" and level > 70 else name
