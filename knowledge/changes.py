"""What changed between two answers to the same question, in the words that people were shown."""

from __future__ import annotations

from dataclasses import dataclass

from knowledge.answers import AnswerPart
from knowledge.policies.schema import LISTS, PARTS

ORDER = (*PARTS, *LISTS)


@dataclass(frozen=True, slots=True)
class Difference:
    """One part of an answer (rule, steps, bring, …): lines that are gone and lines that are new."""

    part: str
    old: tuple[str, ...]
    new: tuple[str, ...]


def differences(old: AnswerPart | None, new: AnswerPart | None) -> tuple[Difference, ...]:
    """Every part that reads otherwise; sources and dates alone are no change of a rule."""
    before, after = _said(old), _said(new)
    found = []
    for part in ORDER:
        gone = tuple(line for line in before[part] if line not in after[part])
        fresh = tuple(line for line in after[part] if line not in before[part])
        if gone or fresh:
            found.append(Difference(part, gone, fresh))
    return tuple(found)


def _said(part: AnswerPart | None) -> dict[str, tuple[str, ...]]:
    if part is None:
        return {name: () for name in ORDER}
    single = {name: getattr(part, name) for name in PARTS}
    lists = {name: tuple(line.text for line in getattr(part, name)) for name in LISTS}
    return {name: (line.text,) if line else () for name, line in single.items()} | lists
