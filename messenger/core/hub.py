"""Wakes waiting long polls, streams and deliveries of this process, without losing a wake-up."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import Any

UPDATES = "updates"
EVENTS = "events"
CLOSING = "closing"

#: Seconds after which a waiter looks at the database anyway.
SLOW_POLL = 5.0


class Hub:
    """Counts commits per topic: whoever reads the count first, then the rows, misses nothing."""

    def __init__(self) -> None:
        self._counts: dict[str, int] = defaultdict(int)
        self._waiting: dict[str, set[asyncio.Future[None]]] = defaultdict(set)
        self._touched: dict[int, int] = {}
        self._listeners: set[Callable[[dict[str, Any]], None]] = set()
        self.closing = False

    def count(self, topic: str) -> int:
        """The number to pass to `wait` after looking at the rows."""
        return self._counts[topic]

    def wake(self, topic: str) -> None:
        """Something of this topic was committed."""
        self._counts[topic] += 1
        for future in self._waiting.pop(topic, set()):
            if not future.done():
                future.set_result(None)

    def wake_chats(self, chats: set[int]) -> None:
        """Events of these chats were committed."""
        for chat_id in chats:
            self._touched[chat_id] = self._counts[EVENTS] + 1
        self.wake(EVENTS)

    def touched_since(self, chats: Iterable[int], seen: int) -> bool:
        """Whether one of the chats has had an event since the count was `seen`."""
        return any(self._touched.get(chat_id, 0) > seen for chat_id in chats)

    async def wait(self, topic: str, seen: int, timeout: float) -> None:
        """Return when the count has moved on from `seen`, at close, or after `timeout` seconds."""
        if self._counts[topic] != seen or self.closing or timeout <= 0:
            return
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting[topic].add(future)
        try:
            await asyncio.wait_for(future, timeout)
        except TimeoutError:
            pass
        finally:
            self._waiting[topic].discard(future)

    def close(self) -> None:
        """Let every waiter go; used at shutdown."""
        self.closing = True
        for topic in (UPDATES, EVENTS, CLOSING):
            self.wake(topic)

    async def sleep(self, seconds: float) -> None:
        """Sleep, but not past the close."""
        await self.wait(CLOSING, 0, seconds)

    def subscribe(self, listener: Callable[[dict[str, Any]], None]) -> Callable[[], None]:
        """Receive what is never stored (typing); returns the way to stop."""
        self._listeners.add(listener)
        return lambda: self._listeners.discard(listener)

    def broadcast(self, notice: dict[str, Any]) -> None:
        """Tell every subscriber of a passing notice."""
        for listener in tuple(self._listeners):
            listener(notice)
        self.wake(EVENTS)
