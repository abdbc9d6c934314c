"""One clock of a promise: time that counts, with the pauses in which we wait for somebody else."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

_NOTHING = timedelta(0)


class Hours(Protocol):
    """What counts as time: a business calendar, or `AllHours`."""

    def between(self, start: datetime, end: datetime) -> timedelta:
        """Counted time between two moments."""
        ...

    def after(self, start: datetime, amount: timedelta) -> datetime:
        """When so much has been counted."""
        ...


class AllHours:
    """Every minute counts."""

    def between(self, start: datetime, end: datetime) -> timedelta:
        """The time between; nothing when `end` is not later."""
        return max(end - start, _NOTHING)

    def after(self, start: datetime, amount: timedelta) -> datetime:
        """So much later."""
        return start + amount


@dataclass(frozen=True)
class Pause:
    """A time that does not count; `until` None: it goes on."""

    since: datetime
    until: datetime | None = None


def elapsed(hours: Hours, start: datetime, end: datetime, pauses: Iterable[Pause]) -> timedelta:
    """Counted time from `start` to `end` outside every pause."""
    total = _NOTHING
    for begins, ends in _running(start, pauses):
        stop = end if ends is None else min(ends, end)
        if stop > begins:
            total += hours.between(begins, stop)
    return total


def due(
    hours: Hours, start: datetime, target: timedelta, pauses: Iterable[Pause]
) -> datetime | None:
    """When `target` will have been counted; None while a pause without an end stops the clock.

    A clock that runs out before that pause began is due at that earlier moment.
    """
    left = target
    for begins, ends in _running(start, pauses):
        if ends is None:
            return hours.after(begins, left)
        counted = hours.between(begins, ends)
        if counted >= left:
            return hours.after(begins, left)
        left -= counted
    return None


def _running(
    start: datetime, pauses: Iterable[Pause]
) -> Iterator[tuple[datetime, datetime | None]]:
    """The stretches from `start` on in which the clock runs; the last may have no end."""
    at = start
    for pause in sorted(pauses, key=lambda each: each.since):
        if pause.until is not None and pause.until <= at:
            continue
        if pause.since > at:
            yield at, pause.since
        if pause.until is None:
            return
        at = max(at, pause.until)
    yield at, None
