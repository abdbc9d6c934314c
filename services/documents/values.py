"""A value that was read, with what is needed to doubt it, and how several readings settle."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from services.documents.layout import Token
from services.documents.ocr import Line

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


def most_probable(looks: Sequence[Mapping[str, Value]]) -> dict[str, Value]:
    """For each name the most probable value of several looks."""
    best: dict[str, Value] = {}
    for look in looks:
        for name, value in look.items():
            if name not in best or value.sure > best[name].sure:
                best[name] = value
    return best


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
    """Names of values that are improbable or contested."""
    return {
        name for name, value in best.items() if value.sure < least or contested(looks, name, value)
    }
