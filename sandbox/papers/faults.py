"""Portraits to upload: good ones, and each thing that can be wrong with one."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any

import cv2
import numpy as np

from sandbox.company.dice import dice
from sandbox.company.model import Person
from sandbox.papers.arrays import pixels as to_pixels
from sandbox.papers.backgrounds import make_background
from sandbox.papers.encode import encode
from sandbox.papers.model import Floats, Paper, Pixels
from sandbox.papers.portraits import Bust, compose, make_bust

Size = tuple[int, int]
_SMALL: Size = (150, 185)
# What a machine can put right without inventing anything.
MENDABLE = frozenset(
    {"background_blue", "background_red", "background_grey", "tilted", "sideways", "too_large"}
)


def make_portrait(
    person: Person,
    seed: int,
    *,
    background: str = "white",
    fault: str | None = None,
    size: Size = (358, 441),
    dpi: int = 350,
) -> Paper:
    """A portrait; ``fault`` is None or one of FAULTS. Raises ValueError for an unknown one."""
    if fault is not None and fault not in FAULTS:
        raise ValueError(f"no such fault: {fault}")
    rng = dice("portrait", seed, person.face, background, fault, size)
    pixels, outline, source = _picture(person, rng, background, fault, size)
    faults = [fault] if fault else []
    if background != "white":
        faults.append(f"background_{background}")
    labels: dict[str, Any] = {
        "documents": [
            {
                "kind": "portrait" if fault != "no_face" else "other",
                "side": None,
                "fields": {},
                "printed": {},
                "quad": [],
                "background": background,
                "faults": faults,
                "mendable": bool(faults) and set(faults) <= MENDABLE,
                "source": source,
            }
        ],
        "grade": "clean",
        "rotation": 90 if fault == "sideways" else 0,
        "style": {},
    }
    quality = 12 if fault == "compressed" else 93
    matte = encode((outline * 255).astype(np.uint8), media_type="image/png")
    image = encode(pixels, quality=quality, dpi=dpi)
    return Paper("portrait", image, "image/jpeg", labels, "clean", seed, matte)


def _picture(
    person: Person, rng: Random, background: str, fault: str | None, size: Size
) -> tuple[Pixels, Floats, str]:
    if fault == "no_face":
        empty = make_background("cluttered", rng, size)
        return empty.astype(np.uint8), np.zeros(empty.shape[:2], np.float32), "none"
    if fault == "two_faces":
        return _two(person, rng, background, size)
    bust = _posed(person, rng, fault)
    small = _SMALL if fault == "small" else size
    pixels, outline = compose(bust, background, rng, small)
    if fault is not None:
        pixels = FAULTS[fault](pixels, rng)
    if fault == "sideways":
        pixels, outline = np.rot90(pixels, -1).copy(), np.rot90(outline, -1).copy()
    return pixels, outline, bust.source


def _posed(person: Person, rng: Random, fault: str | None) -> Bust:
    """The person as they stand before the camera, with the faults of posture and dress."""
    scale, top, shift = rng.uniform(1.8, 1.95), rng.uniform(34, 66), rng.uniform(-8, 8)
    if fault == "face_too_small":
        scale, top = 0.8, 300.0
    elif fault == "off_centre":
        shift = rng.choice((-1, 1)) * 190.0
    elif fault == "cut_off":
        top = -170.0
    bust = make_bust(person.face, person.sex, scale=scale, top=top, shift=shift)
    if fault == "sunglasses":
        return _sunglasses(bust)
    if fault == "hat":
        return _hat(bust, scale)
    return _tilted(bust, rng) if fault == "tilted" else bust


def _two(person: Person, rng: Random, background: str, size: Size) -> tuple[Pixels, Floats, str]:
    """Two people side by side."""
    left = make_bust(person.face, person.sex, scale=1.05, top=250, shift=-165)
    right = make_bust(person.face + 1, rng.choice(("男", "女")), scale=1.05, top=230, shift=165)
    mask = left.alpha[..., None]
    both = Bust(
        left.rgb * mask + right.rgb * (1 - mask),
        np.maximum(left.alpha, right.alpha),
        left.eyes,
        left.source,
    )
    pixels, outline = compose(both, background, rng, size)
    return pixels, outline, left.source


def _tilted(bust: Bust, rng: Random) -> Bust:
    """The head leans: the whole person is turned around the chest."""
    height, width = bust.alpha.shape
    angle = rng.uniform(11, 18) * rng.choice((-1, 1))
    matrix = cv2.getRotationMatrix2D((width / 2, height * 0.8), angle, 1.0)
    edge = cv2.BORDER_REPLICATE
    rgb = cv2.warpAffine(bust.rgb, matrix, (width, height), borderMode=edge)
    alpha = cv2.warpAffine(bust.alpha, matrix, (width, height), borderMode=edge)
    return Bust(rgb.astype(np.float32), alpha.astype(np.float32), bust.eyes, bust.source)


def _sunglasses(bust: Bust) -> Bust:
    rgb = bust.rgb.copy()
    (x0, y0), (x1, y1) = bust.eyes
    span = x1 - x0
    for x, y in bust.eyes:
        centre = (round(x), round(y + span * 0.05))
        axes = (round(span * 0.4), round(span * 0.3))
        cv2.ellipse(rgb, centre, axes, 0, 0, 360, (18, 18, 22), -1, cv2.LINE_AA)
    cv2.line(rgb, (round(x0), round(y0)), (round(x1), round(y1)), (18, 18, 22), 10, cv2.LINE_AA)
    return Bust(rgb, bust.alpha, bust.eyes, bust.source)


def _hat(bust: Bust, scale: float) -> Bust:
    """A knitted cap down to the eyebrows."""
    rgb, alpha = bust.rgb.copy(), bust.alpha.copy()
    (x0, y0), (x1, y1) = bust.eyes
    middle, brow = (x0 + x1) / 2, (y0 + y1) / 2 - 34 * scale
    mask = np.zeros(alpha.shape, np.float32)
    axes = (round(128 * scale), round(150 * scale))
    cv2.ellipse(mask, (round(middle), round(brow)), axes, 0, 180, 360, 1.0, -1, cv2.LINE_AA)
    cv2.rectangle(
        mask,
        (round(middle - axes[0]), round(brow - 24 * scale)),
        (round(middle + axes[0]), round(brow + 12 * scale)),
        1.0,
        -1,
    )
    rows = np.arange(alpha.shape[0], dtype=np.float32)[:, None, None]
    knit = np.array([150, 40, 46], np.float32) * (1 + 0.15 * np.sin(rows / 3.0))
    rgb = rgb * (1 - mask[..., None]) + knit * mask[..., None]
    return Bust(rgb.astype(np.float32), np.maximum(alpha, mask), bust.eyes, bust.source)


def _blurred(pixels: Pixels, rng: Random) -> Pixels:
    sigma = pixels.shape[1] / 358 * rng.uniform(2.6, 4.0)
    return to_pixels(cv2.GaussianBlur(pixels, (0, 0), sigma))


def _dark(pixels: Pixels, rng: Random) -> Pixels:
    return to_pixels(pixels * rng.uniform(0.22, 0.32))


def _overexposed(pixels: Pixels, rng: Random) -> Pixels:
    return to_pixels(pixels * rng.uniform(1.9, 2.3) + 30)


def _same(pixels: Pixels, rng: Random) -> Pixels:
    return pixels


FAULTS: dict[str, Callable[[Pixels, Random], Pixels]] = {
    "small": _same,
    "two_faces": _same,
    "tilted": _same,
    "sideways": _same,
    "blurred": _blurred,
    "dark": _dark,
    "overexposed": _overexposed,
    "no_face": _same,
    "face_too_small": _same,
    "off_centre": _same,
    "cut_off": _same,
    "sunglasses": _same,
    "hat": _same,
    "compressed": _same,
}
