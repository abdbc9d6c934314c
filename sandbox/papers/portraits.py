"""Portraits on every background, good ones and faulty ones, with their true outline."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

import cv2
import numpy as np

from sandbox.company.dice import dice
from sandbox.papers.arrays import blend, floats, noise, pixels
from sandbox.papers.backgrounds import make_background
from sandbox.papers.faces import Head, make_head
from sandbox.papers.garments import dress
from sandbox.papers.model import Floats, Pixels

# Everything is composed on this canvas (proportion 358 : 441) and then brought to size.
_CANVAS = (716, 882)


@dataclass(frozen=True, slots=True)
class Bust:
    """Head and shoulders on the canvas, without a background."""

    rgb: Floats
    alpha: Floats
    eyes: tuple[tuple[float, float], tuple[float, float]]
    source: str


def make_bust(
    seed: int, sex: str, *, scale: float = 1.9, top: float = 48.0, shift: float = 0.0
) -> Bust:
    """A dressed bust on a canvas of 716 × 882; ``scale`` is relative to the cut-out, ``top`` the
    free space over the hair and ``shift`` the distance from the middle, both in pixels."""
    head = make_head(seed, sex)
    width = _CANVAS[0]
    middle = (head.neck[0] + head.neck[1]) / 2
    move_x = width / 2 + shift - middle * scale
    move_y = top - head.crown * scale
    place = np.array([[scale, 0, move_x], [0, scale, move_y]], np.float32)
    rgb = cv2.warpAffine(
        head.rgb, place, _CANVAS, flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE
    )
    alpha = cv2.warpAffine(head.alpha, place, _CANVAS, flags=cv2.INTER_LINEAR)
    neck = tuple(
        value * scale + move
        for value, move in zip(head.neck, (move_x, move_x, move_y), strict=True)
    )
    rgb, alpha = dress(
        dice("garment", seed),
        floats(np.clip(rgb, 0, 255)),
        floats(alpha),
        (neck[0], neck[1], neck[2]),
        scale,
    )
    return Bust(rgb, alpha, _moved_eyes(head, scale, move_x, move_y), head.source)


def _moved_eyes(
    head: Head, scale: float, move_x: float, move_y: float
) -> tuple[tuple[float, float], tuple[float, float]]:
    first, second = ((point[0] * scale + move_x, point[1] * scale + move_y) for point in head.eyes)
    return first, second


def plain_portrait(seed: int, sex: str, background: str, size: tuple[int, int]) -> Pixels:
    """A portrait without faults, as the ones that are printed on cards."""
    pixels, _ = compose(make_bust(seed, sex), background, dice("plain", seed), size)
    return pixels


def compose(
    bust: Bust, background: str, rng: Random, size: tuple[int, int]
) -> tuple[Pixels, Floats]:
    """The bust before a background at ``size`` (width, height), and its outline (0 to 1)."""
    picture = blend(make_background(background, rng, _CANVAS), bust.rgb, bust.alpha)
    left, width, height = _part(size)
    method = cv2.INTER_AREA if size[0] < width else cv2.INTER_CUBIC
    part, mask = (layer[:height, left : left + width] for layer in (picture, bust.alpha))
    small = floats(cv2.resize(part, size, interpolation=method))
    outline = floats(np.clip(cv2.resize(mask, size, interpolation=method), 0, 1))
    return finish(small, outline, rng), outline


def _part(size: tuple[int, int]) -> tuple[int, int, int]:
    """The largest part of the canvas with the proportion of ``size``: left, width, height."""
    ratio = size[0] / size[1]
    width = min(_CANVAS[0], round(_CANVAS[1] * ratio))
    return (_CANVAS[0] - width) // 2, width, min(_CANVAS[1], round(width / ratio))


def finish(picture: Floats, outline: Floats, rng: Random) -> Pixels:
    """What a camera adds: sharpening and grain on the person; a plain wall stays as it is."""
    reach = max(1.1, picture.shape[1] / _CANVAS[0] * 1.6)
    soft = cv2.GaussianBlur(picture, (0, 0), reach)
    sharp = picture + 0.9 * (picture - soft)
    return pixels(blend(picture, sharp + 1.6 * noise(rng, picture.shape), outline))
