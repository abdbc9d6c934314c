"""``policies show ID``: an entry with every fact behind it."""

from __future__ import annotations

from typing import Any

from knowledge.policies.base import PolicyBase
from knowledge.policies.moves import MOVES_NAME
from knowledge.policies.schema import OWN, PolicyError, source_of


def show(base: PolicyBase, name: str) -> dict[str, Any]:
    """A policy by its id, or a fact by its id with the entries that use it.

    Raises :class:`PolicyError` when neither has this id.
    """
    if name in base.facts:
        used = [p.id for p in base.policies.values() if name in p.fact_ids]
        return {"fact": base.facts[name].model_dump(mode="json"), "used_by": used}
    if name == MOVES_NAME:
        return {MOVES_NAME: base.moves.model_dump(mode="json")}
    policy = base.policies.get(name)
    if policy is None:
        raise PolicyError(f"no entry and no fact has the id {name}")
    return {
        "policy": policy.model_dump(mode="json"),
        "statements": [
            {
                "text": s.text,
                "grade": base.grade(s).value,
                "plain": base.plain(s),
                "sources": [
                    source_of(base.facts[n]).model_dump(mode="json") for n in s.facts if n != OWN
                ],
            }
            for s in policy.statements
        ],
    }
