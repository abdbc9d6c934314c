"""The one clock. Stored times are UTC; rules think in Asia/Shanghai."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

SHANGHAI = ZoneInfo("Asia/Shanghai")


class Clock(Protocol):
    """Two readings of time, both timezone-aware UTC."""

    def now(self) -> datetime:
        """Domain time: what day it is for people and rules. May be moved in the demo."""
        ...

    def tick(self) -> datetime:
        """Real time, for leases and back-off between processes. Never moved."""
        ...


class SystemClock:
    """The machine's clock, with an offset that the demo and the tests may move forward."""

    def __init__(self, offset: timedelta = timedelta(0)) -> None:
        self.offset = offset

    def now(self) -> datetime:
        return datetime.now(UTC) + self.offset

    def tick(self) -> datetime:
        return datetime.now(UTC)


def local_date(moment: datetime) -> date:
    """The calendar day in China of a UTC moment."""
    return moment.astimezone(SHANGHAI).date()
