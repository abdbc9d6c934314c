"""Heads for portraits: public pictures that packages ship, made different by a seed.

The cut-outs in data/faces were made from pictures named in SOURCES.md. A seed changes the shape
of the face a little, the hair's colour and length, the skin's tone, and which way it looks, so
that the people of a company are not all the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from random import Random

import cv2
import numpy as np

from sandbox.company.dice import dice
from sandbox.papers.arrays import blend, floats
from sandbox.papers.model import Floats, Point

_SOURCE = "astronaut"
# Landmarks of the cut-out, in its own pixels.
_EYES: tuple[Point, Point] = ((125, 180), (214, 183))
_CHIN: Point = (172, 331)
_NECK = (92.0, 230.0, 350.0)  # left, right, lower end
_BROWS = (
    ((98, 163), (112, 156), (132, 157), (150, 165)),
    ((190, 166), (206, 160), (226, 159), (242, 166)),
)
_GLASSES = 0.15  # share of people who wear some
_FRAMES = ((26, 24, 26), (70, 44, 30), (128, 128, 134), (120, 92, 40))
_HAIR_COLOURS = ((40, 34, 33), (30, 28, 30), (46, 38, 36), (58, 44, 38), (66, 66, 70))


@dataclass(frozen=True, slots=True)
class Head:
    """A head with its neck: RGB, outline (0 to 1) and landmarks in its own pixels."""

    rgb: Floats
    alpha: Floats
    eyes: tuple[Point, Point]
    chin: Point
    crown: float
    neck: tuple[float, float, float]
    source: str


def make_head(seed: int, sex: str) -> Head:
    """The head that belongs to a seed: always the same one for a person."""
    rng = dice("face", seed)
    rgb, alpha, hair = (layer.copy() for layer in _cutout())
    rgb = _tint(rng, rgb, hair)
    if sex == "男":
        alpha = _crop_hair(rng, alpha, hair)
        rgb = _darken_brows(rgb)
    rgb, alpha = _reshape(rng, rgb, alpha)
    if rng.random() < _GLASSES:
        rgb = _wear_glasses(rng, rgb)
    eyes, chin, neck = _EYES, _CHIN, _NECK
    if rng.random() < 0.5:
        width = float(alpha.shape[1] - 1)
        rgb, alpha = rgb[:, ::-1].copy(), alpha[:, ::-1].copy()
        eyes = ((width - eyes[1][0], eyes[1][1]), (width - eyes[0][0], eyes[0][1]))
        chin = (width - chin[0], chin[1])
        neck = (width - neck[1], width - neck[0], neck[2])
    crown = float(np.argmax(alpha.max(axis=1) > 0.5))
    return Head(rgb, alpha, eyes, chin, crown, neck, _SOURCE)


@cache
def _cutout() -> tuple[Floats, Floats, Floats]:
    """Colours, outline and hair of the cut-out."""
    picture = floats(_layer(f"{_SOURCE}.webp"))
    hair = floats(_layer(f"{_SOURCE}-hair.webp")) / 255
    return picture[..., 2::-1].copy(), floats(picture[..., 3] / 255), floats(hair)


def _layer(name: str) -> Floats:
    data = files("sandbox.papers").joinpath(f"data/faces/{name}").read_bytes()
    decoded = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    if decoded is None:
        raise ValueError(f"not a picture: {name}")
    return floats(decoded[..., 0] if decoded.shape[-1] == 3 else decoded)


def _tint(rng: Random, rgb: Floats, hair: Floats) -> Floats:
    """Another hair colour and a slightly different skin."""
    light = rgb.mean(axis=2, keepdims=True) / 110.0
    colour = np.array(rng.choice(_HAIR_COLOURS), np.float32)
    tinted = np.clip(light**1.15 * colour * rng.uniform(0.85, 1.25), 0, 255)
    skin = np.array([rng.uniform(0.95, 1.02), rng.uniform(0.93, 1.0), rng.uniform(0.9, 1.02)])
    return blend(rgb * skin, tinted, hair)


def _crop_hair(rng: Random, alpha: Floats, hair: Floats) -> Floats:
    """A short cut: hair beyond an oval around the skull is left away, and all below the ears."""
    height, width = alpha.shape
    rows, columns = np.mgrid[0:height, 0:width].astype(np.float32)
    half, tall = rng.uniform(106, 114), rng.uniform(156, 166)
    # Narrower towards the ears, as a short cut is.
    half = half - 16 * np.clip((rows - 120) / 110, 0, 1)
    reach = np.hypot((columns - 171) / half, np.minimum(rows - 176, 0) / tall)
    keep = np.clip((1.0 - reach) * 40 + 0.5, 0, 1)
    keep *= 1 - np.clip((rows - 222) / 16, 0, 1)
    keep = cv2.GaussianBlur(keep, (0, 0), 1.4)
    strict = np.clip((hair - 0.35) / 0.3, 0, 1)
    return floats(alpha * (1 - strict * (1 - keep)))


def _darken_brows(rgb: Floats) -> Floats:
    """Heavier eyebrows."""
    mask = np.zeros(rgb.shape[:2], np.uint8)
    for points in _BROWS:
        line = np.array(points, np.int32).reshape(-1, 1, 2)
        cv2.polylines(mask, [line], False, 255, 5, cv2.LINE_AA)
    soft = floats(cv2.GaussianBlur(mask, (0, 0), 2.4)) / 510
    return blend(rgb, np.array([46, 36, 32]), floats(soft))


def _wear_glasses(rng: Random, rgb: Floats) -> Floats:
    """Clear spectacles with a thin frame, as a bureau allows them: no tint, no reflection."""
    mask = np.zeros(rgb.shape[:2], np.uint8)
    wide, tall = rng.randint(34, 37), rng.randint(24, 31)
    (x0, y0), (x1, y1) = ((round(x), round(y + 5)) for x, y in _EYES)
    strong = rng.choice((2, 2, 3))
    for x, y in ((x0, y0), (x1, y1)):
        cv2.ellipse(mask, (x, y), (wide, tall), 0, 0, 360, 255, strong, cv2.LINE_AA)
    cv2.line(mask, (x0 + wide, y0 - 4), (x1 - wide, y1 - 4), 255, strong, cv2.LINE_AA)
    cv2.line(mask, (x0 - wide, y0 - 5), (70, y0 - 9), 255, strong, cv2.LINE_AA)
    cv2.line(mask, (x1 + wide, y1 - 5), (268, y1 - 9), 255, strong, cv2.LINE_AA)
    soft = floats(cv2.GaussianBlur(mask, (0, 0), 0.7)) / 255
    return blend(rgb, np.array(rng.choice(_FRAMES)), floats(soft))


def _reshape(rng: Random, rgb: Floats, alpha: Floats) -> tuple[Floats, Floats]:
    """Widens or narrows jaw, cheeks and forehead smoothly; the eyes stay where they are."""
    height, width = alpha.shape
    rows, columns = np.mgrid[0:height, 0:width].astype(np.float32)
    pull = np.zeros_like(rows)
    for level, spread in ((110.0, 50.0), (235.0, 40.0), (300.0, 45.0)):
        pull += rng.uniform(-0.06, 0.05) * np.exp(-(((rows - level) / spread) ** 2))
    source_x = floats(_CHIN[0] + (columns - _CHIN[0]) * (1 + pull))
    lift = rng.uniform(-5, 5) * np.exp(-(((rows - 265) / 40) ** 2))
    source_y = floats(rows + lift * np.exp(-(((columns - _CHIN[0]) / 60) ** 2)))
    moved = cv2.remap(rgb, source_x, source_y, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    outline = cv2.remap(alpha, source_x, source_y, cv2.INTER_LINEAR)
    return floats(np.clip(moved, 0, 255)), floats(outline)
