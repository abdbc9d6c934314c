"""Lines laid out as a reader sees them: upright coordinates, labels and what stands beside them."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from services.documents.ocr import Line, angle

_MOST_ASKEW = 12.0  # degrees; perspective turns a paper's own lines less


@dataclass(frozen=True, eq=False)
class Token:
    """A piece of a line in upright coordinates: left, right, middle height and letter height."""

    line: Line
    left: float
    right: float
    middle: float
    height: float

    @property
    def text(self) -> str:
        """The characters."""
        return self.line.text

    @property
    def sure(self) -> float:
        """The lowest probability of a character."""
        return min(self.line.sure, default=0.0)


def right_of(token: Token, edge: float) -> Token | None:
    """The characters whose middles stand right of an edge; None when none does."""
    width = token.right - token.left
    places = [token.left + centre * width for centre in token.line.centres]
    first = next((index for index, place in enumerate(places) if place > edge), None)
    if first is None or not first:
        return None if first is None else token
    left = (places[first - 1] + places[first]) / 2
    line = token.line.part(first, len(token.text))
    return replace(token, line=line, left=left)


def page_angle(lines: Sequence[Line]) -> float:
    """Reading direction of a page in degrees, each line weighted by its length."""
    total = 0j
    for line in lines:
        turn = math.radians(angle(line.box))
        length = float(np.linalg.norm(line.box[1] - line.box[0]))
        total += length * complex(math.cos(turn), math.sin(turn))
    return math.degrees(math.atan2(total.imag, total.real)) if total else 0.0


def own_angle(lines: Sequence[Line], own: Sequence[Line]) -> float:
    """The direction of a paper by its own words, then by all lines that run nearly so: other
    papers on the table may lie askew."""
    if not own:
        return page_angle(lines)
    rough = page_angle(own)
    return page_angle([line for line in lines if not askew(line, rough)] or own)


def askew(line: Line, degrees: float) -> bool:
    """Whether a long line runs across the paper's own: a watermark, another paper."""
    sides = line.box[1] - line.box[0], line.box[3] - line.box[0]
    along, across = (float(np.linalg.norm(side)) for side in sides)
    off = (angle(line.box) - degrees + 180) % 360 - 180
    return along > 2 * across and abs(off) > _MOST_ASKEW


def tokens(lines: Iterable[Line], degrees: float) -> list[Token]:
    """The lines turned upright by the page's reading direction, top to bottom."""
    turn = math.radians(degrees)
    right = np.array([math.cos(turn), math.sin(turn)])
    down = np.array([-math.sin(turn), math.cos(turn)])
    laid = []
    for line in lines:
        across, along = line.box @ right, line.box @ down
        height = float(np.linalg.norm(line.box[3] - line.box[0]))
        left, end = (across[0] + across[3]) / 2, (across[1] + across[2]) / 2
        laid.append(Token(line, float(left), float(end), float(along.mean()), height))
    return sorted(laid, key=lambda token: token.middle)


def split(line: Line, pattern: re.Pattern[str]) -> list[tuple[str | None, Line]]:
    """A line cut at labels: (name of the matching group, or None for text between, its part)."""
    parts: list[tuple[str | None, Line]] = []
    end = 0
    for hit in pattern.finditer(line.text):
        if hit.start() > end:
            parts.append((None, line.part(end, hit.start())))
        parts.append((hit.lastgroup, line.part(hit.start(), hit.end())))
        end = hit.end()
    if end < len(line.text):
        parts.append((None, line.part(end, len(line.text))))
    return parts


def beside(label: Token, candidates: Iterable[Token], reach: float = 12.0) -> list[Token]:
    """What stands right of a label in its row, left to right; ``reach`` in label heights."""
    found = [
        token
        for token in candidates
        if abs(token.middle - label.middle) < 0.62 * max(label.height, token.height)
        and token.left > label.right - 0.8 * label.height
        and token.left < label.right + reach * label.height
    ]
    return sorted(found, key=lambda token: token.left)


def rows(candidates: Iterable[Token]) -> list[list[Token]]:
    """Tokens grouped into rows, top to bottom, each left to right."""
    grouped: list[list[Token]] = []
    for token in sorted(candidates, key=lambda one: one.middle):
        last = grouped[-1] if grouped else None
        if last and token.middle - last[0].middle < 0.55 * max(token.height, last[0].height):
            last.append(token)
        else:
            grouped.append([token])
    return [sorted(row, key=lambda token: token.left) for row in grouped]


def joined(row: Iterable[Token]) -> str:
    """A row's text without gaps."""
    return "".join(token.text for token in row)
