"""Lines of a shaken or unfocused picture, sharpened by the blur that explains them best.

The blur is not known. A few are tried on the least certain line: a straight streak in some
direction (a hand that moved) or a soft spot (focus), each in shares of the letters' height. The one
with which the recogniser is surest of all lines is taken, when that is clearly better than the
picture as it is. Sharpening is a Wiener filter, the least-squares inverse for a known blur and an
assumed noise.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

import cv2
import numpy as np
from numpy.typing import NDArray

from services.documents.ocr import Line, Ocr, Pixels, cut

_NOISE = 0.01  # noise power / signal power that the filter assumes
_ROOM = 0.5  # cut around a line, in its heights: what the blur carried over its edge
_KEPT = 0.08  # what is left of it for reading
_STREAKS = (0.1, 0.17, 0.27, 0.4)  # lengths tried first, in heights of a line
_FINER = (0.8, 0.9, 1.12, 1.25)  # of the best one's length
_SPOTS = (0.025, 0.05)  # standard deviations, in heights of a line
_DIRECTIONS = 8
_LEAST_STREAK_PX = 3.0
_FINALISTS = 2
_GAIN = 0.1  # mean rise of log probability from which a blur explains the lines


@dataclass(frozen=True)
class Blur:
    """A streak of ``length`` in a direction (degrees), or a spot when there is no direction."""

    length: float
    direction: float | None

    def kernel(self, height: float) -> NDArray[np.float32]:
        """The blur of a line of that height in pixels; its sum is 1."""
        if self.direction is None:
            sigma = max(self.length * height, 0.6)
            row = cv2.getGaussianKernel(2 * math.ceil(3 * sigma) + 1, sigma)
            return np.asarray(row @ row.T, np.float32)
        length = max(self.length * height, _LEAST_STREAK_PX)
        half = math.ceil(length / 2)
        turn = math.radians(self.direction)
        step = np.array([math.cos(turn), math.sin(turn)]) * (length - 1) / 2
        kernel = np.zeros((2 * half + 1, 2 * half + 1), np.float32)
        ends = [tuple(round(half + sign * value) for value in step) for sign in (-1, 1)]
        cv2.line(kernel, ends[0], ends[1], 1.0, 1, cv2.LINE_AA)
        return np.asarray(kernel / kernel.sum(), np.float32)


def sharpened(strip: Pixels, kernel: NDArray[np.float32]) -> Pixels:
    """A strip freed from a blur, same size."""
    edge = max(kernel.shape)
    framed = cv2.copyMakeBorder(strip, edge, edge, edge, edge, cv2.BORDER_REFLECT)
    size = framed.shape[:2]
    spread = np.zeros(size, np.float32)
    spread[: kernel.shape[0], : kernel.shape[1]] = kernel
    middle = (-(kernel.shape[0] // 2), -(kernel.shape[1] // 2))
    blur = np.fft.rfft2(np.roll(spread, middle, (0, 1)))
    inverse = np.conj(blur) / (np.abs(blur) ** 2 + _NOISE)
    colours = [
        np.fft.irfft2(np.fft.rfft2(framed[..., one].astype(np.float32)) * inverse, s=size)
        for one in range(3)
    ]
    inner = np.stack(colours, -1)[edge : -edge or None, edge : -edge or None]
    return np.asarray(inner.clip(0, 255), np.uint8)


def deblurred(ocr: Ocr, picture: Pixels, lines: Sequence[Line]) -> list[Line] | None:
    """The lines read again in a sharpened picture; None when no blur explains them."""
    strips = [cut(picture, line.box, _ROOM) for line in lines]
    weakest = min(range(len(lines)), key=lambda index: min(lines[index].sure, default=0.0))
    first = [Blur(length, None) for length in _SPOTS]
    turns = [180 * step / _DIRECTIONS for step in range(_DIRECTIONS)]
    first += [Blur(length, turn) for length, turn in product(_STREAKS, turns)]

    def on_weakest(blur: Blur) -> float:
        return _certainty([_read(ocr, lines[weakest], strips[weakest], blur)])

    tried = {blur: on_weakest(blur) for blur in first}
    best = max(tried, key=tried.__getitem__)
    tried |= {blur: on_weakest(blur) for blur in _near(best)}
    finalists = sorted(tried, key=tried.__getitem__, reverse=True)[:_FINALISTS]
    plain = _certainty([_read(ocr, *pair, None) for pair in zip(lines, strips, strict=True)])
    read = [
        [_read(ocr, *pair, blur) for pair in zip(lines, strips, strict=True)] for blur in finalists
    ]
    chosen = max(read, key=_certainty)
    return chosen if _certainty(chosen) > plain + _GAIN else None


def _near(blur: Blur) -> list[Blur]:
    lengths = [blur.length * share for share in _FINER]
    if blur.direction is None:
        return [Blur(length, None) for length in lengths]
    half = 90 / _DIRECTIONS
    aside = [Blur(blur.length, blur.direction + turn) for turn in (-half, half)]
    return [*aside, *(Blur(length, blur.direction) for length in lengths)]


def _read(ocr: Ocr, line: Line, strip: Pixels, blur: Blur | None) -> Line:
    height = strip.shape[0] / (1 + 2 * _ROOM / 3)  # cut() grows a box by a third of it across
    clear = strip if blur is None else sharpened(strip, blur.kernel(height))
    along, across = (round((_ROOM - _KEPT) * height / share) for share in (1, 3))
    inner = clear[across : clear.shape[0] - across, along : clear.shape[1] - along]
    text, sure, centres = ocr.read_strip(np.ascontiguousarray(inner))
    return Line(line.box, text, sure, centres)


def _certainty(lines: Sequence[Line]) -> float:
    """Mean of the logarithms of each line's least probable character."""
    return float(np.mean([math.log(max(min(line.sure, default=0.0), 1e-3)) for line in lines]))
