"""Text lines in a picture: found, turned upright and read, with a probability per character.

RapidOCR's detector, direction classifier and recogniser are used one by one, because a page turns
as a whole: short labels take their direction from the long lines beside them.
"""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from services.documents.settings import OcrSettings

Pixels = NDArray[np.uint8]
Corners = NDArray[np.float32]
"""4 x 2 (x, y), in reading order: top left, top right, bottom right, bottom left of the text."""

_LONG = 2.2  # length / height of a box that shows its own direction
_INPUT_HEIGHT = 48  # the recogniser's input
_MIN_INPUT_WIDTH = 320
_MAX_INPUT_WIDTH = 2400
_LIKELIEST = 8
_INKED_COLUMN = 0.08  # share of a column's pixels that are dark where something is printed
_CHARACTER_REACH = 0.75  # how far from its middle a character's ink can lie, in line heights
_LATIN = re.compile(r"[A-Za-z,]")  # a space is kept after these only: Chinese has none


@dataclass(frozen=True, eq=False)  # arrays don't compare to one truth
class Line:
    """One line of text. ``centres`` are the characters' middles as shares of its length."""

    box: Corners
    text: str
    sure: tuple[float, ...]
    centres: tuple[float, ...]

    @property
    def mean(self) -> float:
        """Mean probability of the characters."""
        return sum(self.sure) / len(self.sure) if self.sure else 0.0

    def part(self, start: int, stop: int) -> Line:
        """The characters from start to stop, with their part of the box."""
        if start <= 0 and stop >= len(self.text):
            return self
        edges = _edges(self.centres)
        left, right = edges[start], edges[stop]
        top, bottom = self.box[1] - self.box[0], self.box[2] - self.box[3]
        box = np.stack(
            [
                self.box[0] + top * left,
                self.box[0] + top * right,
                self.box[3] + bottom * right,
                self.box[3] + bottom * left,
            ]
        ).astype(np.float32)
        width = max(right - left, 1e-6)
        centres = tuple((centre - left) / width for centre in self.centres[start:stop])
        return Line(box, self.text[start:stop], self.sure[start:stop], centres)

    def shifted(self, matrix: NDArray[np.float64]) -> Line:
        """The same line in another picture: the box goes through a 3 x 3 homography."""
        box = cv2.perspectiveTransform(self.box[None].astype(np.float32), matrix)[0]
        return replace(self, box=box.astype(np.float32))


def _edges(centres: Sequence[float]) -> list[float]:
    """Borders between characters, halfway between their middles; the ends are 0 and 1."""
    middles = [(one + two) / 2 for one, two in itertools.pairwise(centres)]
    return [0.0, *middles, 1.0]


class Ocr:
    """One engine of a worker (about 300 MB); not for several threads at once."""

    def __init__(self, settings: OcrSettings | None = None) -> None:
        # Only the workers need the engine: the bot's own process starts without its 100 MB.
        from rapidocr import RapidOCR

        self.settings = settings or OcrSettings()
        engine: Any = RapidOCR(
            params={
                "Global.log_level": "critical",
                "Det.limit_type": "max",
                "Det.limit_side_len": self.settings.detect_side_px,
                "Rec.rec_batch_num": 1,
                "EngineConfig.onnxruntime.intra_op_num_threads": self.settings.threads,
            }
        )
        self._detector: Any = engine._load_det_model()
        self._director: Any = engine._load_cls_model()
        self._recogniser: Any = engine._load_rec_model()
        self._characters: list[str] = self._recogniser.postprocess_op.character

    def read(self, picture: Pixels, side_px: int | None = None) -> list[Line]:
        """All lines of an RGB picture, in no order; blank and hopeless ones are left out."""
        boxes = self.find(picture, side_px)
        lines = [self.read_box(picture, box) for box in self.direct(picture, boxes)]
        return [line for line in lines if line.text and line.mean >= self.settings.blank]

    def find(self, picture: Pixels, side_px: int | None = None) -> list[Corners]:
        """Boxes of text, corners clockwise from the picture's top left."""
        self._detector.limit_side_len = side_px or self.settings.detect_side_px
        found = self._detector(cv2.cvtColor(picture, cv2.COLOR_RGB2BGR))
        return (
            []
            if found.boxes is None
            else [np.asarray(box, dtype=np.float32) for box in found.boxes]
        )

    def direct(self, picture: Pixels, boxes: list[Corners]) -> list[Corners]:
        """The boxes with their corners in reading order."""
        if not boxes:
            return []
        page = _page_angle(boxes)
        along = [_aligned(box, page) for box in boxes]
        votes = [self._upside_down(picture, box) for box in along if _shape(box) >= _LONG]
        turned = [vote for vote in votes if vote is not None]
        if turned and sum(turned) > 0:
            along = [np.roll(box, -2, axis=0) for box in along]
        return along

    def read_box(self, picture: Pixels, box: Corners) -> Line:
        """One line's text in a box whose corners stand in reading order."""
        text, sure, centres = self.read_strip(cut(picture, box))
        return Line(box, text, sure, centres)

    def read_strip(self, strip: Pixels) -> tuple[str, tuple[float, ...], tuple[float, ...]]:
        """Text, probabilities and places (shares of the width) of an upright strip."""
        probabilities, share = self._run(strip)
        best = probabilities.argmax(axis=1)
        return self._decode(best, probabilities.max(axis=1), share)

    def read_alphabet(self, strip: Pixels, alphabet: str) -> tuple[str, tuple[float, ...]]:
        """The same when only some characters can stand there (digits of a number)."""
        probabilities, share = self._run(strip)
        columns = [0, *(self._characters.index(character) for character in alphabet)]
        allowed = probabilities[:, columns]
        best = np.asarray(columns)[allowed.argmax(axis=1)]
        text, sure, _ = self._decode(best, allowed.max(axis=1), share)
        return text, sure

    def rivals(self, strip: Pixels, told: str) -> str:
        """Where the strip reads a character: that and the few that come next in likelihood."""
        if told not in self._characters:
            return ""
        probabilities, _ = self._run(strip)
        places = probabilities[probabilities.argmax(axis=1) == self._characters.index(told)]
        best = np.argsort(-places, axis=1)[:, :_LIKELIEST]
        return "".join(self._characters[index] for index in best.ravel() if index)

    def _run(self, strip: Pixels) -> tuple[NDArray[np.float32], float]:
        height, width = strip.shape[:2]
        wanted = min(max(math.ceil(_INPUT_HEIGHT * width / max(height, 1)), 1), _MAX_INPUT_WIDTH)
        total = max(wanted, _MIN_INPUT_WIDTH)
        resized = cv2.resize(strip, (wanted, _INPUT_HEIGHT)).astype(np.float32)
        padded = np.zeros((1, 3, _INPUT_HEIGHT, total), np.float32)
        padded[0, :, :, :wanted] = resized[..., ::-1].transpose(2, 0, 1) / 127.5 - 1
        return np.asarray(self._recogniser.session(padded))[0], wanted / total

    def _decode(
        self, best: NDArray[np.intp], chance: NDArray[np.float32], share: float
    ) -> tuple[str, tuple[float, ...], tuple[float, ...]]:
        """Greedy CTC: repeated indices collapse (their highest probability counts), 0 is blank."""
        text, sure, centres = "", [], []
        start = 0
        for end in range(1, len(best) + 1):
            if end < len(best) and best[end] == best[start]:
                continue
            character = "" if best[start] == 0 else self._characters[best[start]]
            character = " " if character.isspace() else character
            if character and (character != " " or _LATIN.fullmatch(text[-1:])):
                text += character
                sure.append(float(chance[start:end].max()))
                centres.append(min((start + end) / 2 / (len(best) * share), 1.0))
            start = end
        if text.endswith(" "):
            text, sure, centres = text[:-1], sure[:-1], centres[:-1]
        return text, tuple(sure), tuple(centres)

    def _upside_down(self, picture: Pixels, box: Corners) -> float | None:
        """A vote: above 0 for upside down, weighted by length; None where it can't be told."""
        strip = cut(picture, box)
        batch = self._director.resize_norm_img(strip[..., ::-1])[None].astype(np.float32)
        upright, turned = (float(value) for value in np.asarray(self._director.session(batch))[0])
        return (turned - upright) * min(_shape(box), 12.0)


def cut(picture: Pixels, box: Corners, grow: float = 0.0) -> Pixels:
    """The strip inside a box, upright; ``grow`` widens it by shares of its height."""
    if grow:
        box = grown(box, grow, grow / 3)
    width = max(_length(box[0], box[1]), _length(box[3], box[2]), 1.0)
    height = max(_length(box[0], box[3]), _length(box[1], box[2]), 1.0)
    target = np.array([[0, 0], [width, 0], [width, height], [0, height]], dtype=np.float32)
    matrix = cv2.getPerspectiveTransform(box, target)
    size = (max(round(width), 1), max(round(height), 1))
    strip = cv2.warpPerspective(
        picture, matrix, size, flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE
    )
    return np.asarray(strip, dtype=np.uint8)


def ink(strip: Pixels, centres: Sequence[float]) -> list[float]:
    """How much darker than its paper each character is printed, in grey levels; their middles are
    given as shares of the strip's width."""
    grey = cv2.cvtColor(strip, cv2.COLOR_RGB2GRAY)
    width = grey.shape[1]
    half = max(0.4 * width / max(len(centres), 1), 2.0)
    contrasts = []
    for centre in centres:
        left, right = int(centre * width - half), int(centre * width + half) + 1
        window = grey[:, max(left, 0) : max(right, 1)]
        dark, light = (float(level) for level in np.percentile(window, (4, 85)))
        contrasts.append(light - dark)
    return contrasts


def unread(strip: Pixels, centres: Sequence[float]) -> float:
    """The width of printed columns where no character was read, in heights of the strip.

    A character that the recogniser does not know leaves no trace in the text, but its ink stays.
    ``centres`` are the read characters' middles as shares of the strip's width.
    """
    grey = cv2.cvtColor(strip, cv2.COLOR_RGB2GRAY).astype(np.float32)
    height, width = grey.shape
    dark, light = (float(level) for level in np.percentile(grey, (4, 85)))
    inked = (grey < (dark + light) / 2).sum(axis=0) >= _INKED_COLUMN * height
    columns = np.flatnonzero(inked)
    if not len(columns) or not centres:
        return 0.0
    middles = np.asarray(centres) * width
    distance = np.abs(columns[:, None] - middles[None]).min(axis=1)
    return float((distance > _CHARACTER_REACH * height).sum() / height)


def grown(box: Corners, along: float, across: float) -> Corners:
    """A box made longer and higher on both sides, in shares of its height."""
    height = max(_length(box[0], box[3]), 1.0)
    right = (box[1] - box[0]) / max(_length(box[0], box[1]), 1.0) * height * along
    down = (box[3] - box[0]) / height * height * across
    steps = np.stack([-right - down, right - down, right + down, -right + down])
    return np.asarray(box + steps, dtype=np.float32)


def angle(box: Corners) -> float:
    """Reading direction in degrees, clockwise on the screen, -180 to 180."""
    along = (box[1] - box[0]) + (box[2] - box[3])
    return math.degrees(math.atan2(float(along[1]), float(along[0])))


def _length(one: NDArray[np.float32], two: NDArray[np.float32]) -> float:
    return float(np.linalg.norm(one - two))


def _shape(box: Corners) -> float:
    return _length(box[0], box[1]) / max(_length(box[0], box[3]), 1.0)


def _page_angle(boxes: list[Corners]) -> float:
    """The commonest direction of long boxes, 0 to 180 degrees (a line has no head yet)."""
    doubled = 0j
    for box in boxes:
        sides = (box[1] - box[0], box[3] - box[0])
        lengths = [float(np.linalg.norm(side)) for side in sides]
        longer = sides[0] if lengths[0] >= lengths[1] else sides[1]
        if max(lengths) < _LONG * min(lengths):
            continue
        turn = math.atan2(float(longer[1]), float(longer[0]))
        doubled += max(lengths) * complex(math.cos(2 * turn), math.sin(2 * turn))
    return math.degrees(math.atan2(doubled.imag, doubled.real)) / 2 if doubled else 0.0


def _aligned(box: Corners, page: float) -> Corners:
    """Corners rolled so that the first edge runs along the text, pointing right or down."""
    lengths = (_length(box[0], box[1]), _length(box[0], box[3]))
    turns = [np.roll(box, -step, axis=0) for step in range(4)]
    if max(lengths) >= _LONG * min(lengths):
        turns = [turn for turn in turns if _shape(turn) >= 1]
    return min(turns, key=lambda turn: abs((angle(turn) - page + 180) % 360 - 180))


@cache
def shared_ocr(settings: OcrSettings) -> Ocr:
    """One engine per process and setting."""
    return Ocr(settings)
