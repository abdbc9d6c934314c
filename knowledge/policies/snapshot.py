"""A policy base as plain values and back: what a store keeps, and what is made of it again."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from knowledge.facts import Fact, load_facts
from knowledge.policies.base import PolicyBase, load_policies
from knowledge.policies.moves import MOVES_FILE, MOVES_NAME, MoveRules, check_moves, read_moves
from knowledge.policies.schema import Policy, PolicyError
from knowledge.topics import topics


def dump(base: PolicyBase) -> dict[str, dict[str, Any]]:
    """`{"policy": {id: entry}, "fact": {id: fact}, "moves": {name: rules}}`, JSON types only."""
    return {
        "moves": {MOVES_NAME: base.moves.model_dump(mode="json")},
        "policy": {name: p.model_dump(mode="json") for name, p in sorted(base.policies.items())},
        "fact": {name: f.model_dump(mode="json") for name, f in sorted(base.facts.items())},
    }


def restore(policies: Iterable[Any], facts: Iterable[Any], moves: Iterable[Any] = ()) -> PolicyBase:
    """The base behind dumped entries, facts and rules of the guide.

    Raises:
        PolicyError: they are of another form than this version reads.
    """
    try:
        known = {fact.id: fact for fact in map(Fact.model_validate, facts)}
        rules = next(map(MoveRules.model_validate, moves), None)
        return PolicyBase([Policy.model_validate(raw) for raw in policies], known, rules)
    except ValidationError as error:
        raise PolicyError(f"{error.title}: {error.errors()[0]['msg']}") from None


def read_folder(folder: Path) -> PolicyBase:
    """A base from a folder with `policies/`, `facts/` and maybe `move_rules.yaml`, read whole and
    checked.

    Raises:
        PolicyError: a file that can't be read, an entry of another form, an unknown topic.
    """
    try:
        facts = load_facts.__wrapped__(folder / "facts")  # its cache is for the product's own
        moves = None
        if (folder / MOVES_FILE).exists():
            moves = read_moves(folder / MOVES_FILE)
            check_moves(moves, facts, MOVES_FILE)
        base = load_policies(folder / "policies", facts, moves)
    except PolicyError:
        raise
    except ValidationError as error:
        raise PolicyError(f"facts: {error.errors()[0]['msg']}") from None
    except Exception as error:  # YAML of any other shape; its text may hold anything
        raise PolicyError(f"not readable: {type(error).__name__}") from None
    check_topics(base)
    return base


def check_topics(base: PolicyBase) -> None:
    """Every entry answers topics that there are, and every topic still has a rule to fall back on.

    Raises:
        PolicyError: an unknown topic, or one that no rule of the country answers any more.
    """
    for policy in base.policies.values():
        unknown = set(policy.topics) - topics().keys()
        if unknown:
            raise PolicyError(f"{policy.id}: unknown topics {', '.join(sorted(unknown))}")
    bare = [topic for topic in topics() if base.find(topic) is None]
    if bare:
        raise PolicyError(f"no national rule for {', '.join(bare)}")


def in_force(base: PolicyBase, today: date) -> PolicyBase:
    """The base without entries that no longer hold, or do not hold yet, on a day in China."""
    held = [p for p in base.policies.values() if holds(p, today)]
    return base if len(held) == len(base.policies) else PolicyBase(held, base.facts, base.moves)


def holds(policy: Policy, today: date) -> bool:
    """Whether an entry is in force on a day; an unknown bound does not bound."""
    return (policy.valid_from or today) <= today <= (policy.valid_to or today)


def turning_days(base: PolicyBase) -> tuple[date, ...]:
    """Days on which what is in force changes by itself: first days, and days after last ones."""
    starts = {p.valid_from for p in base.policies.values() if p.valid_from}
    ends = {
        date.fromordinal(p.valid_to.toordinal() + 1) for p in base.policies.values() if p.valid_to
    }
    return tuple(sorted(starts | ends))


def newest_check(base: PolicyBase) -> date:
    """The latest day on which any entry was compared with its source."""
    return max(policy.checked for policy in base.policies.values())
