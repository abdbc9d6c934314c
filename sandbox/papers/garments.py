"""Clothes drawn under a head: a jacket over a shirt, a round-necked jumper, or a polo shirt."""

from __future__ import annotations

from random import Random

import cv2
import numpy as np

from sandbox.papers.arrays import blend, floats, noise
from sandbox.papers.model import Floats

_DARK = ((32, 36, 48), (24, 24, 28), (45, 40, 44), (28, 44, 66), (60, 30, 36), (36, 52, 44))
_SHIRTS = ((236, 238, 242), (196, 212, 232), (222, 214, 226))
_SKIN_SHADOW = 0.72

Neck = tuple[float, float, float]
Colour = tuple[int, int, int]


def dress(
    rng: Random, rgb: Floats, alpha: Floats, neck: Neck, scale: float
) -> tuple[Floats, Floats]:
    """Draws shoulders and a garment under the head; gives the new picture and outline.

    ``neck`` is (left, right, lower end) on the canvas; the garment covers its lower end.
    """
    style = rng.choice(("jacket", "jacket", "jumper", "polo"))
    colour = rng.choice(_DARK)
    body = _body(rng, alpha.shape, neck, scale)
    cloth = _cloth(rng, alpha.shape, colour)
    out = blend(blend(rgb, cloth, body), rgb, alpha)
    _shade_neck(out, alpha, neck, scale)
    parts = {"jacket": _jacket, "jumper": _jumper, "polo": _polo}[style](neck, scale)
    shirt = rng.choice(_SHIRTS)
    for outline, is_shirt, light in parts:
        mask = _filled(alpha.shape, outline)
        tone = _cloth(rng, alpha.shape, shirt if is_shirt else colour) * light
        out = blend(out, tone, mask)
        body = floats(np.maximum(body, mask))
    return floats(np.clip(out, 0, 255)), floats(np.maximum(alpha, body))


def _filled(shape: tuple[int, ...], points: list[tuple[float, float]]) -> Floats:
    """A polygon as a soft-edged mask."""
    mask = np.zeros(shape[:2], np.uint8)
    fixed = np.round(np.array(points, np.float32) * 16).astype(np.int32)
    cv2.fillPoly(mask, [fixed], 255, cv2.LINE_AA, shift=4)
    return floats(floats(cv2.GaussianBlur(mask, (0, 0), 1.0)) / 255)


def _body(rng: Random, shape: tuple[int, ...], neck: Neck, scale: float) -> Floats:
    """The shoulders: a curve from the neck to both sides and down out of the picture."""
    left, right, low = neck
    middle, drop = (left + right) / 2, rng.uniform(26, 44) * scale
    reach = rng.uniform(170, 190) * scale
    start = low - 16 * scale
    points = [(middle - reach - 200, float(shape[0] + 40))]
    steps = np.linspace(0, 1, 24)
    half = (right - left) / 2 + 3 * scale
    side = [
        (half + (reach - half) * t, start + drop * (t**0.62) + 34 * scale * t**5) for t in steps
    ]
    points += [(middle - reach - 60, float(shape[0]))]
    points += [(middle - x, y) for x, y in reversed(side)]
    points += [(middle + x, y) for x, y in side]
    points += [(middle + reach + 60, float(shape[0])), (middle + reach + 200, float(shape[0] + 40))]
    return _filled(shape, points)


def _cloth(rng: Random, shape: tuple[int, ...], colour: Colour) -> Floats:
    """Woven stuff: the colour with folds and a fine grain."""
    height, width = shape[:2]
    coarse = noise(rng, (height // 40 + 2, width // 40 + 2))
    folds = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC) * 0.07
    grain = cv2.GaussianBlur(noise(rng, (height, width)), (0, 0), 0.8)
    light = (1 + folds + grain * 0.05)[..., None]
    return floats(np.array(colour, np.float32) * light)


def _shade_neck(out: Floats, alpha: Floats, neck: Neck, scale: float) -> None:
    """The collar's shadow on the lower end of the neck."""
    rows = np.arange(alpha.shape[0], dtype=np.float32)[:, None]
    near = np.clip((rows - (neck[2] - 26 * scale)) / (26 * scale), 0, 1)
    out *= 1 - (1 - _SKIN_SHADOW) * (near * alpha)[..., None]


Part = tuple[list[tuple[float, float]], bool, float]


def _jacket(neck: Neck, scale: float) -> list[Part]:
    left, right, low = neck
    middle, s = (left + right) / 2, scale
    top = low - 22 * s
    vee = [(left - 4 * s, top), (middle, low + 10 * s), (right + 4 * s, top)]
    shirt = [
        *vee,
        (right + 2 * s, low + 4 * s),
        (middle + 14 * s, low + 120 * s),
        (middle - 14 * s, low + 120 * s),
        (left - 2 * s, low + 4 * s),
    ]
    flaps: list[Part] = []
    for sign, edge in ((-1, left), (1, right)):
        collar = [
            (edge + sign * 7 * s, top - 4 * s),
            (edge - sign * 6 * s, top + 2 * s),
            (middle + sign * 3 * s, low + 12 * s),
            (middle + sign * 26 * s, low + 40 * s),
            (edge + sign * 14 * s, low + 14 * s),
        ]
        lapel = [
            (edge + sign * 12 * s, low - 6 * s),
            (middle + sign * 44 * s, low + 24 * s),
            (middle + sign * 6 * s, low + 130 * s),
            (middle + sign * 60 * s, low + 130 * s),
            (edge + sign * 26 * s, low + 22 * s),
        ]
        flaps += [(lapel, False, 1.28), (collar, True, 1.03)]
    return [(shirt, True, 0.94), *flaps]


def _jumper(neck: Neck, scale: float) -> list[Part]:
    left, right, low = neck
    middle, s = (left + right) / 2, scale
    half = (right - left) / 2 + 10 * s
    angles = np.linspace(0, np.pi, 30)
    outer = [(middle + half * np.cos(a), low - 18 * s + 34 * s * np.sin(a)) for a in angles]
    inner = [
        (middle + (half - 9 * s) * np.cos(a), low - 20 * s + 22 * s * np.sin(a)) for a in angles
    ]
    full = [(middle + half, low - 18 * s), *outer]
    under = [*inner, (left, low + 40 * s), (right, low + 40 * s)]
    return [(under, False, 1.0), ([*full, *reversed(inner)], False, 1.35)]


def _polo(neck: Neck, scale: float) -> list[Part]:
    left, right, low = neck
    middle, s = (left + right) / 2, scale
    top = low - 20 * s
    under = [
        (left, top + 2 * s),
        (middle, low + 4 * s),
        (right, top + 2 * s),
        (right, low + 30 * s),
        (left, low + 30 * s),
    ]
    parts: list[Part] = [(under, False, 0.85)]
    for sign, edge in ((-1, left), (1, right)):
        collar = [
            (edge + sign * 9 * s, top - 4 * s),
            (edge - sign * 3 * s, top + 2 * s),
            (middle + sign * 2 * s, low + 8 * s),
            (middle + sign * 30 * s, low + 36 * s),
            (edge + sign * 18 * s, low + 12 * s),
        ]
        parts.append((collar, False, 1.4))
    return parts
