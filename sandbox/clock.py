"""The sandbox's clock: real time plus an offset that the panel moves and the store keeps."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import aiohttp
import structlog

from sandbox.store import Store, get_value, put_value, rows

log = structlog.get_logger(__name__)
SHANGHAI = ZoneInfo("Asia/Shanghai")
CLOCK_HEADER = "X-Sandbox-Secret"
_ANNOUNCE_PAUSES = (0.0, 0.5, 1.0, 2.0, 4.0, 8.0)  # real seconds before each attempt


class SandboxClock:
    """`now()` is the bureau's and the banks' time. Everything that must really wait (redelivery,
    slow answers) uses real time instead."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._offset = 0.0
        self._announcing: set[asyncio.Task[None]] = set()

    @property
    def offset_seconds(self) -> float:
        """How far the clock is ahead of real time, in seconds."""
        return self._offset

    def now(self) -> datetime:
        """Aware UTC time of the sandbox."""
        return datetime.fromtimestamp(time.time() + self._offset, UTC)

    def today(self) -> date:
        """The calendar day in Asia/Shanghai, by which the bureau's rules go."""
        return self.now().astimezone(SHANGHAI).date()

    async def load(self) -> None:
        """Takes up the kept offset and tells the listeners, who may have started anew too."""
        self._offset = float(await self._store.run(get_value, "clock_offset", 0.0))
        await self.announce()

    async def set_offset(self, seconds: float) -> None:
        """Moves the clock, keeps the offset and tells every listener."""
        await self._store.run(put_value, "clock_offset", seconds)
        self._offset = seconds
        await self.announce()

    async def add_listener(self, url: str, secret: str) -> None:
        """Registers a URL that gets POST {"offset_seconds"} now and at every move."""
        await self._store.run(_add_listener, url, secret)
        await self.announce()

    async def announce(self) -> None:
        """Starts telling the listeners, each on its own, so that a dead one holds up nobody."""
        for listener in await self._store.run(rows, "SELECT url, secret FROM clock_listeners"):
            task = asyncio.create_task(self._tell(listener["url"], listener["secret"]))
            self._announcing.add(task)
            task.add_done_callback(self._announcing.discard)

    async def stop(self) -> None:
        """Ends announcements under way."""
        for task in list(self._announcing):
            task.cancel()
        await asyncio.gather(*self._announcing, return_exceptions=True)

    async def _tell(self, url: str, secret: str) -> None:
        timeout = aiohttp.ClientTimeout(total=5)
        for pause in _ANNOUNCE_PAUSES:
            await asyncio.sleep(pause)
            try:
                async with (
                    aiohttp.ClientSession(timeout=timeout) as session,
                    # the newest offset, not the one of the moment this attempt was planned
                    session.post(
                        url,
                        json={"offset_seconds": self._offset},
                        headers={CLOCK_HEADER: secret},
                    ) as answer,
                ):
                    if answer.status < 300:
                        return
            except (aiohttp.ClientError, TimeoutError):
                continue
        log.warning("clock_listener_unreachable", url=url)


def _add_listener(db: sqlite3.Connection, url: str, secret: str) -> None:
    db.execute(
        "INSERT INTO clock_listeners VALUES (?, ?) "
        "ON CONFLICT (url) DO UPDATE SET secret = excluded.secret",
        (url, secret),
    )


def to_text(moment: datetime) -> str:
    """RFC 3339 in UTC with microseconds: one width, so that text order is time order."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def from_text(text: str) -> datetime:
    """The inverse of `to_text`."""
    return datetime.fromisoformat(text)


def later(text: str, seconds: float) -> str:
    """A time text, moved by seconds."""
    return to_text(from_text(text) + timedelta(seconds=seconds))
