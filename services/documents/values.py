"""A value that was read, with what is needed to doubt it, and how several readings settle."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from services.documents.layout import Token
from services.documents.ocr import Line
from services.documents.text import half_width, simplified

_PLACES = ("address", "authority")


@dataclass(frozen=True, eq=False)
class Value:
    """A value, the lowest probability of its characters and the lines it stands in."""

    text: str
    sure: float
    lines: tuple[Line, ...] = ()


def value_of(text: str, parts: Sequence[Token]) -> Value:
    """A value made from tokens."""
    sure = min((part.sure for part in parts), default=0.0)
    return Value(text, sure, tuple(part.line for part in parts))


def most_probable(
    looks: Sequence[Mapping[str, Value]], by_votes: Sequence[str] = ()
) -> dict[str, Value]:
    """For each name the most probable value of several looks; of some names by all looks' votes."""
    best: dict[str, Value] = {}
    for look in looks:
        for name, value in look.items():
            if name not in best or value.sure > best[name].sure:
                best[name] = value
    for name in by_votes:
        read = [look[name] for look in looks if name in look]
        if len(read) > 1:
            best[name] = voted(read)
    return best


def voted(read: Sequence[Value], clean: Callable[[str], str] = str) -> Value:
    """Several looks' value of one field: each line, and in it each character, is what they hold for
    likeliest together. ``clean`` makes a line's text what it is in a value.

    Looks that have a line of another length have no say in its characters; where no look has them
    all, the value is as sure as its least sure winner.
    """
    counts = {len(value.lines) for value in read}
    lines = [[_line_value(line, clean) for line in value.lines] for value in read]
    told = ["".join(line.text for line in these) for these in lines]
    if counts in ({0}, {1}) or len(counts) != 1 or told != [value.text for value in read]:
        return _voted(read)
    best = [_voted(these) for these in zip(*lines, strict=True)]
    text = "".join(line.text for line in best)
    same = [value for value in read if value.text == text]
    if same:
        return max(same, key=lambda value: value.sure)
    kept = tuple(line for value in best for line in value.lines)
    return Value(text, min(value.sure for value in best), kept)


def _line_value(line: Line, clean: Callable[[str], str]) -> Value:
    return Value(clean(line.text), min(line.sure, default=0.0), (line,))


def _voted(read: Sequence[Value]) -> Value:
    weights: defaultdict[str, float] = defaultdict(float)
    for value in read:
        weights[value.text] += value.sure
    best = max(read, key=lambda value: (weights[value.text], value.sure))
    peers = [value for value in read if len(value.text) == len(best.text)]
    spelt = [letters for value in peers if (letters := _letters(value)) is not None]
    if len(spelt) < 2:
        return best
    text, sure = "", 1.0
    for place in zip(*spelt, strict=True):
        votes: defaultdict[str, float] = defaultdict(float)
        for letter, chance in place:
            votes[letter] += chance
        winner = max(votes, key=votes.__getitem__)
        text += winner
        sure = min(sure, max(chance for letter, chance in place if letter == winner))
    same = [value for value in peers if value.text == text]
    if same:
        return max(same, key=lambda value: value.sure)
    return replace(max(peers, key=lambda value: _shared(value.text, text)), text=text, sure=sure)


def least_sure(looks: Sequence[Mapping[str, Value]], name: str) -> Value:
    """The least probable value of a name that some look has."""
    return min((look[name] for look in looks if name in look), key=lambda value: value.sure)


def _shared(one: str, two: str) -> int:
    return sum(left == right for left, right in zip(one, two, strict=True))


def _letters(value: Value) -> list[tuple[str, float]] | None:
    """A value's characters with their probabilities; None when it is not spelt as it was read."""
    read: Iterable[tuple[str, float]] = (
        pair for line in value.lines for pair in zip(line.text, line.sure, strict=True)
    )
    letters = []
    rest = iter(read)
    for letter in value.text:
        sign = re.fullmatch(r"\W", letter) is not None
        for printed, chance in rest:
            plain = simplified(half_width(printed)).replace("後", "后")
            if plain == letter or (sign and re.fullmatch(r"\W|一", plain)):
                letters.append((letter, chance))
                break
        else:
            return None
    return letters


def contested(looks: Sequence[Mapping[str, Value]], name: str, chosen: Value) -> bool:
    """Whether another look read something else and was not much less certain. A place that only
    lost its end says nothing else."""
    others = [look[name] for look in looks if name in look]
    if name in _PLACES:
        others = [other for other in others if not chosen.text.startswith(other.text)]
    return any(
        other.text != chosen.text and other.sure > 0.75 * chosen.sure - 0.05 for other in others
    )


def doubtful_names(
    looks: Sequence[Mapping[str, Value]], best: Mapping[str, Value], least: float
) -> set[str]:
    """Names of values that are improbable, contested or put together from several looks."""
    return {
        name
        for name, value in best.items()
        if value.sure < least
        or contested(looks, name, value)
        or all(name not in look or look[name].text != value.text for look in looks)
    }
