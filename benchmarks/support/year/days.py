"""Time that jumps from event to event: lives wait for a day, one runs at a time, in order."""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import Awaitable, Callable, Coroutine
from datetime import date
from typing import Any

Life = Callable[[], Coroutine[Any, Any, None]]


class Over(Exception):
    """Somebody waits for a day after the last one."""


class Days:
    """A calendar in which lives are begun and wait.

    Args:
        last: the last simulated day.
        begins: called before the first event of each day.
    """

    def __init__(self, last: date, begins: Callable[[date], Awaitable[None]]) -> None:
        self.today, self.last = date.min, last
        self._begins = begins
        self._heap: list[tuple[date, int, Life | asyncio.Future[None]]] = []
        self._order = 0
        self._parked = asyncio.Event()
        self._trouble: BaseException | None = None
        self._running: set[asyncio.Task[None]] = set()

    def begin(self, day: date, life: Life) -> None:
        """Start a life on a day."""
        self._push(day, life)

    async def until(self, day: date) -> None:
        """Wait for a day; one that has come already is no wait.

        Raises:
            Over: it lies beyond the last day.
        """
        if day <= self.today:
            return
        if day > self.last:
            raise Over
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._push(day, future)
        self._parked.set()
        await future

    async def run(self, step: Callable[[date], None]) -> None:
        """Everything, to the last day; `step` hears of each new day."""
        while self._heap:
            day, _, waiting = heapq.heappop(self._heap)
            if day > self.today:
                self.today = day
                await self._begins(day)
                step(day)
            self._parked.clear()
            if isinstance(waiting, asyncio.Future):
                waiting.set_result(None)
            else:
                task = asyncio.create_task(self._live(waiting))
                self._running.add(task)
                task.add_done_callback(self._running.discard)
            await self._parked.wait()
            if self._trouble is not None:
                raise self._trouble

    async def _live(self, life: Life) -> None:
        try:
            await life()
        except Over:
            pass
        except BaseException as error:
            self._trouble = error
        finally:
            self._parked.set()

    def _push(self, day: date, what: Life | asyncio.Future[None]) -> None:
        self._order += 1
        heapq.heappush(self._heap, (day, self._order, what))
