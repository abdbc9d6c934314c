"""A clock that a test moves by hand."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

#: Tuesday, 24 November 2026, ten in the morning in China: an ordinary workday.
MORNING = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)


class ManualClock:
    """Stands still until it is told otherwise."""

    def __init__(self, start: datetime = MORNING) -> None:
        self._tick = start
        self._ahead = timedelta(0)

    def now(self) -> datetime:
        """Domain time."""
        return self._tick + self._ahead

    def tick(self) -> datetime:
        """Real time."""
        return self._tick

    def advance(self, by: timedelta) -> None:
        """Time passes: both readings move."""
        self._tick += by

    def jump(self, by: timedelta) -> None:
        """The demo's "let a day pass": domain time moves, real time does not."""
        self._ahead += by
