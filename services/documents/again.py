"""Lines of a value read once more: what may be wrong although the looks agree."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from services.documents import text as texts
from services.documents.ocr import Ocr, Pixels, cut, grown, ink, unread
from services.documents.places import Slip
from services.documents.values import Value

_FEWEST_TO_COMPARE = 3
_SEEN = 0.8  # probability from which an end was seen, not made up
_ENDINGS = "号室户栋幢楼组院"
_STEPS_DOWN = (1.15, 1.3, 1.45, 1.6)  # from line to line, in heights of a line's box
_ROOM = 0.1
_FURTHER = 0.7  # heights of a line: a digit is half as wide as it is high


@dataclass(frozen=True)
class Again:
    """Lines read once more, in the picture that each was first read from."""

    ocr: Ocr
    looks: Sequence[tuple[Mapping[str, Value], Pixels]]

    def _source(self, value: Value) -> Pixels:
        lines = {id(line) for line in value.lines}
        for values, picture in self.looks:
            if any(lines & {id(line) for line in one.lines} for one in values.values()):
                return picture
        return self.looks[-1][1]

    def _strips(self, value: Value, grow: float) -> list[Pixels]:
        source = self._source(value)
        return [cut(source, line.box, grow) for line in value.lines]

    def shaky(self, value: Value) -> bool:
        """Whether a value that no rule checks may be wrong: see below for the three signs."""
        return self.mixed(value) or self.partial(value) or self.unstable(value)

    def unstable(self, value: Value) -> bool:
        """Whether a value that no rule checks reads differently when cut a bit larger.

        Only values with a character below ``steady`` are tried: it costs a few hundredths of a
        second.
        """
        if value.sure >= self.ocr.settings.steady:
            return False
        for grow in (0.1, 0.3):
            for line, strip in zip(value.lines, self._strips(value, grow), strict=True):
                text, _, _ = self.ocr.read_strip(strip)
                if texts.simplified(line.text) not in texts.simplified(text):
                    return True
        return False

    def mixed(self, value: Value) -> bool:
        """Whether some characters are printed much fainter than the others: perhaps a watermark
        that was read as part of the value."""
        contrasts: list[float] = []
        for line, strip in zip(value.lines, self._strips(value, 0.0), strict=True):
            contrasts += ink(strip, line.centres)
        if len(contrasts) < _FEWEST_TO_COMPARE:
            return False
        return min(contrasts) < self.ocr.settings.faint * float(np.median(contrasts))

    def partial(self, value: Value) -> bool:
        """Whether something is printed in a line where no character was read."""
        strips = zip(value.lines, self._strips(value, 0.0), strict=True)
        limit = self.ocr.settings.unread
        return any(unread(strip, line.centres) > limit for line, strip in strips)

    def lone_end(self, value: Value) -> str:
        """The one character that a wrapped address may have alone on its next line: the detector
        passes over it. Empty when two cuts below the last line don't agree on one."""
        source, box = self._source(value), value.lines[-1].box
        down, right = box[3] - box[0], (box[1] - box[0]) / max(len(value.lines[-1].text), 1)
        seen: list[str] = []
        for step in _STEPS_DOWN:
            top, foot = box[0] + step * down, box[3] + step * down
            corners = np.stack([top, top + 2 * right, foot + 2 * right, foot]).astype(np.float32)
            text, sure, _ = self.ocr.read_strip(cut(source, corners, _ROOM))
            if text in _ENDINGS and len(text) == 1 and sure[0] >= _SEEN:
                seen.append(text)
        return seen[0] if len(seen) > 1 and len(set(seen)) == 1 else ""

    def cut_digits(self, value: Value) -> str | None:
        """The lines' text with the digits that the detector's box cut off before a line's end
        (新村1 | 号楼 for 新村14 | 号楼): each line that ends with one is read a bit further. None
        when that shows no more."""
        source, found = self._source(value), False
        printed = []
        for place, line in enumerate(value.lines):
            text = line.text
            if text[-1:].isdecimal() and place + 1 < len(value.lines):
                further, sure, _ = self.ocr.read_strip(cut(source, grown(line.box, _FURTHER, 0.0)))
                rest = further.partition(text)[2]  # a label may stand before it
                if rest.isdecimal() and min(sure[-len(rest) :]) >= _SEEN:
                    text, found = text + rest, True
            printed.append(text)
        return "".join(printed) if found else None

    def likely(self, value: Value, slip: Slip) -> list[str]:
        """The names near a slip whose character the recogniser itself holds for possible."""
        strips = self._strips(value, 0.0)
        rivals: dict[str, str] = {}
        found = []
        for name in slip.near:
            pairs = zip(slip.told, name, strict=True)
            told, meant = next(pair for pair in pairs if pair[0] != pair[1])
            if told not in rivals:
                rivals[told] = "".join(self.ocr.rivals(strip, told) for strip in strips)
            if meant in rivals[told]:
                found.append(name)
        return found
