"""The states of an application and what may follow what."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from sandbox.bureau.models import Status

FOLLOWS: Final[dict[Status, tuple[Status, ...]]] = {
    "reviewing": ("making", "returned", "withdrawn"),
    "returned": ("withdrawn",),  # back to reviewing only by a mended submission
    "making": ("collectable", "returned"),
    "collectable": ("collected", "sealed"),
    "collected": ("social_enabled", "financial_activated"),
    "social_enabled": ("financial_activated",),
    "financial_activated": ("social_enabled",),
    "reported": ("done", "lapsed", "withdrawn"),
    "lapsed": (),
    "done": (),
    "sealed": (),
    "withdrawn": (),
}
# What ends with a review, and makes no card.
_NO_CARD: Final[dict[Status, tuple[Status, ...]]] = {
    "reviewing": ("done", "returned", "withdrawn"),
}
_MAKES_NO_CARD: Final = ("cancellation", "transfer", "merge")
OPEN: Final = ("reviewing", "returned", "making", "collectable")
BLOCKING_CARD: Final = ("normal", "making", "collectable")
WITHDRAWABLE: Final = ("reviewing", "returned", "reported")


def choices(status: Status, past: Collection[str], kind: str = "first") -> tuple[Status, ...]:
    """States that may follow now. A function that was switched on once isn't again."""
    functions = ("social_enabled", "financial_activated")
    own = _NO_CARD if kind in _MAKES_NO_CARD else {}
    following = own.get(status, FOLLOWS[status])
    return tuple(state for state in following if not (state in functions and state in set(past)))


def natural_next(
    status: Status, past: Collection[str], faulty: bool, kind: str = "first"
) -> Status | None:
    """What follows by itself: a faulty application is returned by the review."""
    if status == "reviewing" and faulty:
        return "returned"
    if status in ("returned", "reported"):
        return None
    return next(iter(choices(status, past, kind)), None)
