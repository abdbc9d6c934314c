"""What would have a transfer returned, said before it is asked for. Pure functions over answers.

Answers are kept by insurance and check: True where nothing stands in the way, False where something
does; what is missing is not known yet.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Literal

from knowledge import transfers
from knowledge.transfers import Check

Answers = Mapping[str, Mapping[str, Any]]
Fate = Literal["ready", "held", "dropped"]
"""`held`: somebody does something first; `dropped`: it is not moved at all."""
_DROPS: frozenset[str] = frozenset({"drawing", "household"})


def next_check(
    chosen: Sequence[str], answers: Answers, *, temporary: bool
) -> tuple[Check, tuple[str, ...]] | None:
    """The next question and the insurances that it is about; None when all is known.

    Args:
        temporary: whether age and places make the household's place matter (see
            `knowledge.transfers.only_temporary`).
    """
    order: list[Check] = ["drawing", "household", "started", "stopped"]
    for check in order:
        about = tuple(
            name
            for name in chosen
            if check in transfers.insurances()[name].checks
            and check not in answers.get(name, {})
            and fails(name, answers)[0] != "dropped"
            and (check != "household" or temporary)
        )
        if about:
            return check, about
    return None


def settle(answers: Answers, about: Sequence[str], check: str, good: bool) -> dict[str, Any]:
    """The answers with one more, for every insurance that the question was about."""
    found = {name: dict(each) for name, each in answers.items()}
    for name in about:
        found.setdefault(name, {})[check] = good
    return found


def fails(insurance: str, answers: Answers) -> tuple[Fate, str | None]:
    """What becomes of an insurance, and by which check; `moved` where the agency has nothing left
    at the origin."""
    own = answers.get(insurance, {})
    if own.get("moved"):
        return "dropped", "moved"
    for check in transfers.insurances()[insurance].checks:
        if own.get(check) is False:
            return ("dropped" if check in _DROPS else "held"), check
    return "ready", None


def temporary(sex: str | None, birth: date | None, today: date, origin: str, there: str) -> bool:
    """`knowledge.transfers.only_temporary`; False where sex or birth is not known."""
    if sex is None or birth is None:
        return False
    return transfers.only_temporary(sex, birth, today, origin, there)
