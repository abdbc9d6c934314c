"""What the running parts share: one object, made once per process."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, Protocol, TypeVar

import structlog

from bot.application import BotApplication
from bot.logs import describe_error
from bot.settings import Settings
from handlers.steps import Registry
from handlers.toolbox import Toolbox
from handlers.turn import Renderer
from services.documents.document import ReadDocument
from services.documents.profile import PortraitProfile
from services.gateways import Gateways
from storage.clock import Clock
from storage.database import Database
from storage.files import FileStore

log = structlog.get_logger(__name__)
T = TypeVar("T")


class Reader(Protocol):
    """What reads uploads: `services.documents.reader.DocumentReader`."""

    async def start(self) -> None: ...

    async def read(
        self,
        data: bytes,
        *,
        kind: str | None = None,
        profile: PortraitProfile | None = None,
        today: date,
    ) -> list[ReadDocument]: ...

    async def close(self) -> None: ...


@dataclass
class Runtime:
    """Database, clients and tools of one process. `name` tells processes apart in leases."""

    settings: Settings
    database: Database
    clock: Clock
    files: FileStore
    application: BotApplication
    registry: Registry
    renderer: Renderer
    reader: Reader
    gateways: Gateways
    tools: Toolbox
    name: str = field(default_factory=lambda: secrets.token_hex(8))
    stopping: asyncio.Event = field(default_factory=asyncio.Event)

    def backoff(self, attempts: int) -> datetime:
        """When to try again, in real time: doubling, bounded."""
        runner = self.settings.runner
        seconds = min(runner.backoff_seconds * 2 ** min(attempts, 20), runner.backoff_limit_seconds)
        return self.clock.tick() + timedelta(seconds=seconds)

    async def loop(
        self, topic: str, step: Callable[[], Awaitable[bool]], *, rounds: float = 1
    ) -> None:
        """Run `step` while it finds work; then wait for a signal or the slow poll.

        `rounds` stretches the poll: of several loops of one topic, one looks at every poll.
        """
        seconds = self.settings.runner.poll_seconds * rounds
        while not self.stopping.is_set():
            try:
                # A stop during the step has woken the others of this topic, who took the signal.
                if await step() or self.stopping.is_set():
                    continue
            except Exception as error:
                log.error("loop.failed", topic=topic, cause=describe_error(error))
                await self.pause(seconds)
                continue
            await self.database.wait(topic, seconds)

    async def pause(self, seconds: float) -> None:
        """Wait, or until the program stops."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self.stopping.wait(), seconds)

    async def unless_stopping(self, work: Coroutine[Any, Any, T]) -> T | None:
        """The result of a call that may be given up; None when the program stops first."""
        call, stop = asyncio.ensure_future(work), asyncio.ensure_future(self.stopping.wait())
        try:
            await asyncio.wait({call, stop}, return_when=asyncio.FIRST_COMPLETED)
            return call.result() if call.done() else None
        finally:
            for waiting in (call, stop):
                waiting.cancel()
            await asyncio.gather(call, stop, return_exceptions=True)

    def stop(self) -> None:
        """Let every loop end after what it is doing now."""
        self.stopping.set()
        self.database.wake_all()
