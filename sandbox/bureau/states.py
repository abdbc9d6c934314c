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
    "sealed": (),
    "withdrawn": (),
}
OPEN: Final = ("reviewing", "returned", "making", "collectable")
BLOCKING_CARD: Final = ("normal", "making", "collectable")
WITHDRAWABLE: Final = ("reviewing", "returned")


def choices(status: Status, past: Collection[str]) -> tuple[Status, ...]:
    """States that may follow now. A function that was switched on once isn't again."""
    functions = ("social_enabled", "financial_activated")
    return tuple(
        state for state in FOLLOWS[status] if not (state in functions and state in set(past))
    )


def natural_next(status: Status, past: Collection[str], faulty: bool) -> Status | None:
    """What follows by itself: a faulty application is returned by the review."""
    if status == "reviewing":
        return "returned" if faulty else "making"
    if status == "returned":
        return None
    return next(iter(choices(status, past)), None)
