"""持卡库: which cards a person holds, and how we know."""

from __future__ import annotations

from services.cards.registry import (
    BLOCKING,
    cards_of,
    follow,
    known_blocking,
    mark,
    record_cards,
)
from services.cards.views import CardKey, CardView, FoundCard

__all__ = [
    "BLOCKING",
    "CardKey",
    "CardView",
    "FoundCard",
    "cards_of",
    "follow",
    "known_blocking",
    "mark",
    "record_cards",
]
