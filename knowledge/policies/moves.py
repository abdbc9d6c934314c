"""The rules of the guide 注销还是转移 as data: which decision, and which steps, hold in which case.

They are part of a base, and so of a signed bundle (``move_rules.yaml``): a rule that HR changes
there changes the guide of every running bot. A bundle without that file takes the program's own.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from knowledge.facts import DATA, Fact
from knowledge.policies.schema import PolicyError, Statement, parse_statement

MOVES_FILE = "move_rules.yaml"
MOVES_NAME = "move_rules"
"""The file in a bundle, and the name under which ``policies show`` and the history know it."""


class CardDecision(StrEnum):
    """What happens to the card."""

    NOTHING = "nothing"
    KEEP = "keep"
    ENABLE = "enable"
    REPLACE_THEN_CLOSE = "replace_then_close"
    ASK_LOCAL = "ask_local"
    APPLY_FIRST = "apply_first"
    OUTSIDE = "outside"


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class When(_Frozen):
    """Conditions under which a rule holds; the head of move_rules.yaml explains them."""

    relation: tuple[str, ...] | None = None
    decision: tuple[str, ...] | None = None
    leaving: tuple[str, ...] | None = None
    arriving: tuple[str, ...] | None = None
    unless_leaving: tuple[str, ...] = ()
    unless_arriving: tuple[str, ...] = ()
    drawing: tuple[bool | str, ...] | None = None
    mainland: bool | None = None
    hmt: bool | None = None


class MoveStep(_Frozen):
    """One sentence of the guide: about what, said to whom, and when it holds."""

    about: str
    who: str
    when: When
    text: Statement
    cancels: bool = False


class Verdict(_Frozen):
    """A decision about the card and the facts behind it."""

    when: When
    decision: CardDecision
    facts: tuple[str, ...]


class MoveRules(_Frozen):
    """All of them; the first decision that matches counts, steps keep their order."""

    decisions: tuple[Verdict, ...]
    steps: tuple[MoveStep, ...]

    @property
    def fact_ids(self) -> frozenset[str]:
        """Every fact that some decision or step rests on."""
        behind = [*(v.facts for v in self.decisions), *(s.text.facts for s in self.steps)]
        return frozenset(name for names in behind for name in names)


def read_moves(path: Path) -> MoveRules:
    """The rules in a file. Raises :class:`PolicyError`."""
    raw = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    return parse_moves(raw, path.name)


def parse_moves(raw: Any, where: str) -> MoveRules:
    """Rules as the file holds them, each sentence with its facts.

    Raises:
        PolicyError: another form, a sentence without source, or a case that no decision meets.
    """
    try:
        steps = [
            {**row, "text": parse_statement(row["text"], f"{where} step {number}")}
            for number, row in enumerate(raw["steps"], 1)
        ]
        rules = MoveRules.model_validate({"decisions": raw["decisions"], "steps": steps})
    except ValidationError as error:
        raise PolicyError(f"{where}: {error.errors()[0]['msg']}") from None
    except (KeyError, TypeError, AttributeError):
        raise PolicyError(f"{where}: needs decisions and steps") from None
    met = {name for v in rules.decisions if _only(v.when) for name in v.when.relation or ()}
    bare = {"same", "same_city", "same_province", "cross_province"} - met
    if bare:
        raise PolicyError(f"{where}: no decision for every move that is {', '.join(sorted(bare))}")
    return rules


def _only(when: When) -> bool:
    """Whether a rule asks for nothing but how the places stand to each other."""
    return when == When(relation=when.relation)


def check_moves(rules: MoveRules, facts: Mapping[str, Fact], where: str) -> None:
    """Every fact behind a rule is there. Raises :class:`PolicyError`."""
    missing = sorted(rules.fact_ids - facts.keys())
    if missing:
        raise PolicyError(f"{where}: unknown facts {', '.join(missing)}")


@cache
def packaged_moves() -> MoveRules:
    """The rules that came with the program."""
    return read_moves(DATA / MOVES_FILE)
