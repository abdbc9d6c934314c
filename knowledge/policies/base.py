"""The policy base: all entries of a bundle, found by topic and region with inheritance."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import Any

import yaml
from pydantic import ValidationError

from knowledge import regions
from knowledge.facts import DATA, Fact, load_facts
from knowledge.policies.moves import MoveRules, packaged_moves
from knowledge.policies.schema import (
    LISTS,
    OWN,
    PARTS,
    Grade,
    Policy,
    PolicyError,
    Source,
    Statement,
    grade_of,
    parse_statement,
    source_of,
)
from knowledge.regions.table import NATION

FOLDER = DATA.parent / "policies"
HEAD = ("region", "keeper", "checked", "checked_by")
WORST = (Grade.D, Grade.C, Grade.B, Grade.A)


@dataclass(frozen=True)
class Answerable:
    """What the base says on one topic in one region: each part from the nearest level that has it.

    ``said_by`` names the region each part came from; ``policies`` are the entries used.
    """

    topic: str
    region: str
    rule: Statement
    steps: tuple[Statement, ...]
    single: Mapping[str, Statement]
    notes: tuple[Statement, ...]
    said_by: Mapping[str, str]
    policies: tuple[Policy, ...]

    @property
    def statements(self) -> tuple[Statement, ...]:
        """Every sentence that is shown."""
        return (self.rule, *self.steps, *self.single.values(), *self.notes)


class PolicyBase:
    """An immutable set of entries with the facts behind them, and the rules of the guide."""

    def __init__(
        self, policies: Iterable[Policy], facts: Mapping[str, Fact], moves: MoveRules | None = None
    ) -> None:
        self.moves = moves or packaged_moves()
        self.policies: Mapping[str, Policy] = MappingProxyType({p.id: p for p in policies})
        self.facts = facts
        self._by_place: dict[tuple[str, str], list[Policy]] = {}
        for policy in self.policies.values():
            for topic in policy.topics:
                self._by_place.setdefault((topic, policy.region), []).append(policy)

    @cached_property
    def regions(self) -> frozenset[str]:
        """Regions that have entries of their own."""
        return frozenset(p.region for p in self.policies.values())

    def own_entries(self, topic: str, region: str) -> tuple[Policy, ...]:
        """Entries of exactly this region on a topic."""
        return tuple(self._by_place.get((topic, region), ()))

    def find(self, topic: str, region: str | None = None, most_notes: int = 3) -> Answerable | None:
        """What applies to a topic in a region, or ``None``.

        A part that the region lacks comes from the province, then the country; steps of a region
        come before those of the level above, notes are gathered up to ``most_notes``.
        """
        levels = regions.ancestors(region) if region and region != NATION else (NATION,)
        entries = [p for level in levels for p in self.own_entries(topic, level)]
        ruled = next((p for p in entries if p.rule), None)
        if ruled is None or ruled.rule is None:
            return None
        single: dict[str, Statement] = {}
        said_by = {"rule": ruled.region}
        for part in PARTS[1:]:
            found = next((p for p in entries if getattr(p, part)), None)
            if found:
                single[part] = getattr(found, part)
                said_by[part] = found.region
        steps, said_by["steps"] = _steps(entries)
        notes = [n for p in entries for n in p.notes]
        return Answerable(
            topic,
            levels[0],
            ruled.rule,
            steps,
            MappingProxyType(single),
            tuple(notes[:most_notes]),
            MappingProxyType(said_by),
            tuple(entries),
        )

    def sources(self, statements: Iterable[Statement]) -> tuple[Source, ...]:
        """The sources behind sentences, each document once, in order of use."""
        found: dict[tuple[str, str | None], Source] = {}
        for name in (n for s in statements for n in s.facts if n != OWN):
            source = source_of(self.facts[name])
            found.setdefault((source.title, source.url), source)
        return tuple(found.values())

    def plain(self, statement: Statement) -> bool:
        """Whether a sentence may be said without 以当地12333为准."""
        return all(self.facts[n].plain for n in statement.facts if n != OWN)

    def grade(self, statement: Statement) -> Grade:
        """The weakest grade among a sentence's facts."""
        if statement.own:
            return Grade.OWN
        grades = [grade_of(self.facts[n]) for n in statement.facts if n != OWN]
        return min(grades, key=WORST.index)


def _steps(entries: list[Policy]) -> tuple[tuple[Statement, ...], str]:
    """Steps of the nearest level, then those of the next one (they are mostly additions)."""
    levels = [p for p in entries if p.steps]
    if not levels:
        return (), NATION
    steps = [s for p in levels[:2] for s in p.steps]
    return tuple(steps), levels[0].region


def load_policies(
    folder: Path = FOLDER,
    facts: Mapping[str, Fact] | None = None,
    moves: MoveRules | None = None,
) -> PolicyBase:
    """Read every ``*.yaml`` below a folder. Raises :class:`PolicyError` on the first fault."""
    known = load_facts() if facts is None else facts
    found: dict[str, Policy] = {}
    for path in sorted(folder.rglob("*.yaml")):
        for policy in _read(path):
            if policy.id in found:
                raise PolicyError(f"{path.name}: two entries have the id {policy.id}")
            missing = [name for name in policy.fact_ids if name not in known]
            if missing:
                raise PolicyError(f"{policy.id}: unknown facts {', '.join(missing)}")
            found[policy.id] = policy
    return PolicyBase(found.values(), known, moves)


def _read(path: Path) -> list[Policy]:
    content = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    if not isinstance(content, dict) or not isinstance(content.get("entries"), list):
        raise PolicyError(f"{path.name}: needs a region and a list of entries")
    head = {key: content.get(key) for key in HEAD}
    return [_entry({**head, **raw}, path.name) for raw in content["entries"]]


def _entry(raw: dict[str, Any], where: str) -> Policy:
    name = f"{where} {raw.get('id', '?')}"
    for part in PARTS:
        if raw.get(part):
            raw[part] = parse_statement(raw[part], name)
    for part in LISTS:
        raw[part] = tuple(parse_statement(text, name) for text in raw.get(part, ()))
    try:
        policy = Policy.model_validate(raw)
    except ValidationError as error:
        raise PolicyError(
            f"{name}: {error.errors()[0]['msg']} ({error.errors()[0]['loc']})"
        ) from None
    if regions.find(policy.region) is None and policy.region != NATION:
        raise PolicyError(f"{name}: unknown region {policy.region}")
    if not policy.statements:
        raise PolicyError(f"{name}: says nothing")
    return policy
