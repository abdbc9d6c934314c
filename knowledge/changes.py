"""What changed between two answers to the same question, in the words that people were shown."""

from __future__ import annotations

from dataclasses import dataclass

from knowledge.answers import AnswerPart, strongest
from knowledge.move import Guide
from knowledge.policies.schema import LISTS, PARTS, Source

ORDER = (*PARTS, *LISTS)


@dataclass(frozen=True, slots=True)
class Difference:
    """One part of an answer (rule, steps, bring, …): lines that are gone and lines that are new."""

    part: str
    old: tuple[str, ...]
    new: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Backing:
    """The sources behind the lines of a guide that are new, and whether one needs the caveat."""

    sources: tuple[Source, ...]
    caveat: bool

    @property
    def main(self) -> tuple[Source, ...]:
        """The strongest of them."""
        return strongest(self.sources, self.sources)


def guide_differences(old: Guide, new: Guide) -> tuple[Difference, ...]:
    """Steps of the guide that are gone and that are new; sources and dates alone are none."""
    before, after = [s.text for s in old.steps], [s.text for s in new.steps]
    gone = tuple(line for line in before if line not in after)
    fresh = tuple(line for line in after if line not in before)
    return (Difference("steps", gone, fresh),) if gone or fresh else ()


def backing(old: Guide, new: Guide) -> Backing:
    """What stands behind the steps that are new; behind the whole guide where none is."""
    known = {step.text for step in old.steps}
    steps = [step for step in new.steps if step.text not in known] or list(new.steps)
    named = {(one.title, one.url): one for step in steps for one in step.sources}
    return Backing(tuple(named.values()), any(step.caveat for step in steps))


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
