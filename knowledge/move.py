"""注销还是转移: what to do with card and insurances between two places, each step with its source.

The rules are data (``data/move_rules.yaml``, or those of a loaded bundle); this module only picks
those whose conditions hold.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from typing import Any

from knowledge import regions
from knowledge.facts import Fact, load_facts
from knowledge.policies.base import PolicyBase
from knowledge.policies.moves import CardDecision, MoveStep, When, packaged_moves
from knowledge.policies.schema import Source, source_of
from knowledge.regions.table import NATION, Level, Region, Relation

__all__ = [
    "INSURANCE_ABOUT",
    "About",
    "CardDecision",
    "Case",
    "Guide",
    "Step",
    "case_of",
    "guide",
    "holds",
]

OUTSIDE = frozenset({"810000", "820000", "710000"})
"""Hong Kong, Macao and Taiwan have systems of their own."""
CARD_ABOUT = frozenset({"card", "close"})
INSURANCE_ABOUT = frozenset({"pension", "medical", "unemployment", "other"})


class About(StrEnum):
    """What the asker means; ``None`` in :func:`guide` means that it isn't known yet."""

    CARD = "card"
    INSURANCE = "insurance"
    BOTH = "both"


@dataclass(frozen=True, slots=True)
class Step:
    """One sentence: who does it (employee, hr), what it is about, whose rule it is.

    ``caveat``: some fact behind it is undated, older or doubtful (以当地12333为准).
    ``cancels``: the step advises cancelling a card. ``sources``: one for each fact.
    """

    who: str
    about: str
    text: str
    fact_ids: tuple[str, ...]
    region: str
    caveat: bool
    cancels: bool
    sources: tuple[Source, ...]


@dataclass(frozen=True, slots=True)
class Guide:
    """The advice for one pair. ``covered``: some rule of the places themselves, and not only of
    the levels above, stands behind it; ``questions``: what would still change it (at most two);
    ``about``, ``drawing_pension`` and ``hmt``: what it was asked with."""

    origin: Region
    destination: Region
    relation: Relation
    decision: CardDecision
    decision_facts: tuple[str, ...]
    questions: tuple[str, ...]
    steps: tuple[Step, ...]
    covered: bool
    answered_from: str
    action: str | None
    about: About | None = None
    drawing_pension: bool | None = None
    hmt: bool = False

    def as_dict(self) -> dict[str, Any]:
        """For ``move A B --json``: plain values, with the sources of every step."""
        steps = [
            {
                **asdict(step),
                "fact_ids": list(step.fact_ids),
                "sources": [source.model_dump(mode="json") for source in step.sources],
            }
            for step in self.steps
        ]
        return {
            "origin": {"code": self.origin.code, "name": self.origin.name},
            "destination": {"code": self.destination.code, "name": self.destination.name},
            "relation": self.relation.value,
            "decision": self.decision.value,
            "decision_facts": list(self.decision_facts),
            "questions": list(self.questions),
            "steps": steps,
            "covered": self.covered,
            "answered_from": self.answered_from,
            "action": self.action,
        }


@dataclass(frozen=True, slots=True)
class Case:
    """What is known of a move. `leaving` and `arriving` are each side's code and those above it."""

    relation: str
    leaving: frozenset[str]
    arriving: frozenset[str]
    drawing: bool | str
    hmt: bool
    decision: str = ""

    @property
    def mainland(self) -> bool:
        return not (self.leaving | self.arriving) & OUTSIDE


def case_of(origin: str, destination: str, drawing: bool | None = None, hmt: bool = False) -> Case:
    """A move between two codes. Raises :class:`knowledge.regions.UnknownRegionError`."""
    return Case(
        regions.relation(origin, destination).value,
        frozenset(regions.ancestors(origin)) - {NATION},
        frozenset(regions.ancestors(destination)) - {NATION},
        "unknown" if drawing is None else drawing,
        hmt,
    )


def holds(when: When, case: Case) -> bool:
    """Whether every condition is met."""
    checks = (
        when.relation is None or case.relation in when.relation,
        when.decision is None or case.decision in when.decision,
        when.leaving is None or bool(case.leaving & set(when.leaving)),
        when.arriving is None or bool(case.arriving & set(when.arriving)),
        not case.leaving & set(when.unless_leaving),
        not case.arriving & set(when.unless_arriving),
        when.drawing is None or case.drawing in when.drawing,
        when.mainland is None or case.mainland is when.mainland,
        when.hmt is None or case.hmt is when.hmt,
    )
    return all(checks)


def guide(
    origin: str,
    destination: str,
    *,
    about: About | str | None = About.BOTH,
    drawing_pension: bool | None = None,
    hmt: bool = False,
    base: PolicyBase | None = None,
) -> Guide:
    """The guide between two codes. ``hmt``: a Hong Kong, Macao or Taiwan resident; ``base``: the
    policies whose rules it follows, by default those of the program.

    Raises :class:`knowledge.regions.UnknownRegionError` for an unknown code and ``ValueError``
    for an unknown ``about``.
    """
    wanted = None if about is None else About(about)
    here, there = regions.get(origin), regions.get(destination)
    relation = regions.relation(here.code, there.code)
    case = case_of(here.code, there.code, drawing_pension, hmt)
    rules = base.moves if base else packaged_moves()
    # Rules that an older bundle lacks come from the program, and so do their facts.
    facts = {**load_facts(), **base.facts} if base else load_facts()
    verdict = next(v for v in rules.decisions if holds(v.when, case))
    case = replace(case, decision=verdict.decision.value)
    steps = tuple(_step(rule, facts) for rule in rules.steps if holds(rule.when, case))
    steps = tuple(step for step in steps if _wanted(step, wanted))
    near = {code for code in case.leaving | case.arriving}
    covered = any(name[:6] in near for step in steps for name in step.fact_ids)
    return Guide(
        here,
        there,
        relation,
        verdict.decision,
        verdict.facts,
        _questions(wanted, drawing_pension, relation, case.mainland),
        steps,
        covered,
        _level(steps, near),
        _action(verdict.decision, wanted),
        wanted,
        drawing_pension,
        hmt,
    )


def _step(rule: MoveStep, facts: Mapping[str, Fact]) -> Step:
    names = rule.text.facts
    places = [n[:6] for n in names if n[:6] != NATION]
    return Step(
        rule.who,
        rule.about,
        rule.text.text,
        names,
        places[0] if places else NATION,
        caveat=not all(facts[n].plain for n in names),
        cancels=rule.cancels,
        sources=tuple(source_of(facts[n]) for n in names),
    )


def _wanted(step: Step, about: About | None) -> bool:
    if about is About.CARD:
        return step.about not in INSURANCE_ABOUT
    if about is About.INSURANCE:
        return step.about not in CARD_ABOUT
    return True


def _questions(
    about: About | None, drawing: bool | None, relation: Relation, mainland: bool
) -> tuple[str, ...]:
    """Only what would change the advice, and never more than two."""
    open_questions = []
    far = relation in {Relation.SAME_PROVINCE, Relation.CROSS_PROVINCE}
    if about is None and far:
        open_questions.append("about")
    if drawing is None and far and mainland and about is not About.CARD:
        open_questions.append("drawing_pension")
    return tuple(open_questions)


def _level(steps: tuple[Step, ...], near: set[str]) -> str:
    """The nearest level that any step's rule comes from."""
    own = [regions.get(s.region) for s in steps if s.region in near]
    if not own:
        return NATION
    order = (Level.COUNTY, Level.CITY, Level.PROVINCE)
    return min(own, key=lambda region: order.index(region.level)).code


def _action(decision: CardDecision, about: About | None) -> str | None:
    """The flow that one button starts."""
    if about is About.INSURANCE:
        return "transfer"
    return {
        CardDecision.REPLACE_THEN_CLOSE: "apply_first",
        CardDecision.APPLY_FIRST: "apply_first",
        CardDecision.ENABLE: "enable_help",
        CardDecision.ASK_LOCAL: "find_officer",
    }.get(decision)
