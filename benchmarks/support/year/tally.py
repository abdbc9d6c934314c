"""What became of every wish, and what is counted of it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

UNDER_WAY = "under way at the end"


@dataclass
class Wish:
    """One matter that somebody wanted done: a card, or one insurance moved.

    Args:
        region_crossed: it is a mover's.
        paper: returned at least once for a picture or a field.
        moved: returned at least once for a reason of the move itself.
        unseen: returned at least once for anything else.
        refused: the counter did not take it.
        bureau_days: workdays of review and making, as they were drawn.
        touches: times an officer had to act, by kind.
    """

    kind: Literal["card", "transfer"]
    wished: date
    region_crossed: bool
    fate: str = UNDER_WAY
    handed_in: bool = False
    paper: bool = False
    moved: bool = False
    unseen: bool = False
    refused: bool = False
    done: date | None = None
    bureau_days: int = 0
    asked: int = 0
    reminders: int = 0
    touches: Counter[str] = field(default_factory=Counter)


@dataclass
class Result:
    """One run: with the bot's checks, or without."""

    checks: bool
    wishes: list[Wish] = field(default_factory=list)
    second_cards: int = 0
    cards_made: int = 0
    bad_desk_days: int = 0
    verbs: int = 0
    seconds: float = 0.0

    @property
    def touches(self) -> Counter[str]:
        """Of all wishes."""
        total: Counter[str] = Counter()
        for wish in self.wishes:
            total += wish.touches
        return total

    def count(self, what: str, kind: str | None = None) -> int:
        """Wishes of which something is true."""
        return sum(bool(getattr(w, what)) for w in self.wishes if kind in (None, w.kind))
