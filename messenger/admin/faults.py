"""Faults on demand. They live in memory: a restart is free of them."""

from __future__ import annotations

import itertools
import random
from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field


class FaultKind(StrEnum):
    """What goes wrong."""

    RETRY_AFTER = "retry_after"
    ERROR = "error"
    SLOW = "slow"
    BLOCKED = "blocked"
    LOST_ANSWER = "lost_answer"
    LOST_REQUEST = "lost_request"
    DUPLICATE_UPDATES = "duplicate_updates"


class FaultRule(BaseModel):
    """When a fault strikes, and how."""

    model_config = ConfigDict(extra="forbid")

    kind: FaultKind
    method: str = "*"
    chat_id: int | None = None
    probability: float = Field(default=1.0, ge=0, le=1)
    times: int | None = Field(default=None, ge=1, description="strikes left; unset: no end")
    seed: int | None = Field(default=None, description="makes the strikes repeatable")
    retry_after: int = Field(default=3, ge=1, description="seconds told with a 429")
    status: int = Field(default=502, ge=400, le=599)
    description: str = "Bad Gateway"
    seconds: float = Field(default=2.0, ge=0, le=300, description="delay of a slow answer")
    copies: int = Field(default=1, ge=1, le=10, description="extra deliveries of an update")


class FaultBook:
    """The rules in force, by id."""

    def __init__(self) -> None:
        self._rules: dict[int, tuple[FaultRule, random.Random]] = {}
        self._numbers = itertools.count(1)

    def add(self, rule: FaultRule) -> int:
        """Put a rule in force; returns its id."""
        number = next(self._numbers)
        self._rules[number] = (rule.model_copy(), random.Random(rule.seed))  # noqa: S311 (dice, no secret)
        return number

    def remove(self, number: int | None = None) -> None:
        """End one rule, or all."""
        if number is None:
            self._rules.clear()
        else:
            self._rules.pop(number, None)

    def listed(self) -> dict[int, FaultRule]:
        """The rules by id."""
        return {number: rule for number, (rule, _) in self._rules.items()}

    def strike(self, method: str, chat_id: int | None) -> FaultRule | None:
        """The fault that hits this request, if any."""
        for number, (rule, dice) in list(self._rules.items()):
            if rule.kind is FaultKind.DUPLICATE_UPDATES:
                continue
            if rule.method != "*" and rule.method.lower() != method.lower():
                continue
            if rule.chat_id is not None and rule.chat_id != chat_id:
                continue
            if self._hits(number, rule, dice):
                return rule
        return None

    def extra_copies(self) -> int:
        """How many more times a new update is to be delivered."""
        for number, (rule, dice) in list(self._rules.items()):
            if rule.kind is FaultKind.DUPLICATE_UPDATES and self._hits(number, rule, dice):
                return rule.copies
        return 0

    def _hits(self, number: int, rule: FaultRule, dice: random.Random) -> bool:
        if dice.random() >= rule.probability:
            return False
        if rule.times is not None:
            rule.times -= 1
            if rule.times == 0:
                self._rules.pop(number, None)
            # `times` counts down on the kept rule; the last strike still counts.
        return True
