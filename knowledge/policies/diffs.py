"""``policies diff OLD NEW``: what an update changes, in the words that people were told."""

from __future__ import annotations

from dataclasses import dataclass

from knowledge.policies.base import PolicyBase
from knowledge.policies.moves import MOVES_NAME, MoveRules, When
from knowledge.policies.schema import LISTS, PARTS, Policy, Statement
from knowledge.regions.table import NATION

WHICH_WAY = "cancel-or-transfer"
COMPARED = (*PARTS, *LISTS)


@dataclass(frozen=True, slots=True)
class Change:
    """One difference: ``kind`` is added, removed or changed; texts are ``None`` where absent."""

    kind: str
    policy_id: str
    region: str
    topics: tuple[str, ...]
    part: str | None
    old: str | None
    new: str | None


def diff(old: PolicyBase, new: PolicyBase) -> list[Change]:
    """Differences in a fixed order. Checked dates and keepers alone are no change of a rule."""
    changes: list[Change] = []
    for name in sorted(old.policies.keys() | new.policies.keys()):
        before, after = old.policies.get(name), new.policies.get(name)
        if before is None and after is not None:
            changes.append(
                Change("added", name, after.region, after.topics, None, None, _rule(after))
            )
        elif after is None and before is not None:
            changes.append(
                Change("removed", name, before.region, before.topics, None, _rule(before), None)
            )
        elif before is not None and after is not None:
            changes += _between(before, after)
    return [*changes, *_moves(old.moves, new.moves)]


def _moves(old: MoveRules, new: MoveRules) -> list[Change]:
    """What the guide says otherwise: sentences, and when and to whom each is said."""
    changes = []
    for part, before, after in (
        ("decisions", _verdicts(old), _verdicts(new)),
        ("steps", _steps(old), _steps(new)),
    ):
        gone = [line for line in before if line not in after]
        fresh = [line for line in after if line not in before]
        if before != after:
            told, tells = "\n".join(gone) or None, "\n".join(fresh) or None
            changes.append(Change("changed", MOVES_NAME, NATION, (WHICH_WAY,), part, told, tells))
    return changes


def _verdicts(rules: MoveRules) -> list[str]:
    return [f"{v.decision}{_when(v.when)}（{'、'.join(v.facts)}）" for v in rules.decisions]


def _steps(rules: MoveRules) -> list[str]:
    return [
        f"{s.who} {s.about}{_when(s.when)}: {s.text.text}（{'、'.join(s.text.facts)}）"
        for s in rules.steps
    ]


def _when(when: When) -> str:
    return f" {when.model_dump(mode='json', exclude_defaults=True)}"


def _between(before: Policy, after: Policy) -> list[Change]:
    changes = []
    for part in COMPARED:
        told, tells = _text(getattr(before, part)), _text(getattr(after, part))
        if told != tells:
            changes.append(
                Change("changed", after.id, after.region, after.topics, part, told, tells)
            )
    for part in ("topics", "valid_from", "valid_to", "region"):
        if getattr(before, part) != getattr(after, part):
            told, tells = str(getattr(before, part)), str(getattr(after, part))
            changes.append(
                Change("changed", after.id, after.region, after.topics, part, told, tells)
            )
    return changes


def _text(value: Statement | tuple[Statement, ...] | None) -> str | None:
    if value is None or value == ():
        return None
    rows = value if isinstance(value, tuple) else (value,)
    return "\n".join(f"{s.text}（{'、'.join(s.facts)}）" for s in rows)


def _rule(policy: Policy) -> str | None:
    return policy.statements[0].text if policy.statements else None
