"""The bureau at work: the counter's transactions, the passage of time and the callbacks."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from typing import Any

import structlog

from sandbox.bureau import book, steps
from sandbox.bureau.callbacks import CallbackSender
from sandbox.bureau.models import LookupQuery, Reason, Status, Submission
from sandbox.bureau.rules import judge_content
from sandbox.clock import SandboxClock, later, to_text
from sandbox.faults import FaultBoard
from sandbox.settings import Delays, SandboxSettings
from sandbox.store import Store, get_value, put_value, rows

log = structlog.get_logger(__name__)
_DELAYS = "delays"


class Bureau:
    """Holds no state of its own but the delays, which the store keeps too."""

    def __init__(
        self,
        store: Store,
        clock: SandboxClock,
        faults: FaultBoard,
        settings: SandboxSettings,
        callback_secret: str,
    ) -> None:
        self._store, self._clock, self._faults = store, clock, faults
        self._settings = settings
        self._delays = settings.delays
        self._woken = asyncio.Event()
        self.sender = CallbackSender(
            store, faults, settings.callbacks, callback_secret, settings.poll_seconds
        )

    @property
    def delays(self) -> Delays:
        """Seconds per state until the next one comes by itself; 0 = by hand."""
        return self._delays

    async def load(self) -> None:
        """Takes up delays that were set before a restart."""
        kept = await self._store.run(get_value, _DELAYS)
        if kept is not None:
            self._delays = Delays.model_validate(kept)

    async def set_delays(self, delays: Delays) -> None:
        """Changes the delays, also for applications that are waiting already."""
        self._delays = delays
        await self._store.run(_keep_delays, delays)
        self.wake()

    def wake(self) -> None:
        """The clock or a delay has moved: look at once."""
        self._woken.set()

    async def look_up(self, query: LookupQuery) -> dict[str, Any]:
        """Registry look-up."""
        now = self._now()
        return await self._store.run(book.look_up, query.id_number, query.name, now)

    async def submit(self, submission: Submission, key: str) -> book.Receipt:
        """Judges the pictures outside, everything else inside the one transaction."""
        fault = await asyncio.to_thread(judge_content, submission, self._clock.today())
        receipt = await self._store.run(
            book.submit,
            self._rules(),
            submission,
            key=key,
            content_fault=fault,
            now=self._now(),
        )
        self.wake()
        return receipt

    async def status(self, reference: str) -> dict[str, Any]:
        """An application's state and history."""
        return await self._store.run(book.status, reference)

    async def withdraw(self, reference: str) -> dict[str, Any]:
        """Ends an application at its owner's wish."""
        return await self._store.run(book.withdraw, self._rules(), reference, self._now())

    async def step(
        self, reference: str, to: Status | None = None, reason: Reason | None = None
    ) -> Status:
        """Moves an application by hand."""
        entered = await self._store.run(
            steps.step, self._rules(), reference, at=self._now(), to=to, reason=reason
        )
        self.sender.wake()
        return entered

    async def run(self) -> None:
        """Lets time pass until cancelled."""
        while True:
            try:
                moved = await self._store.run(steps.step_due, self._rules(), self._now())
            except sqlite3.Error as error:  # a step that can't be written must not end all others
                log.error("bureau_step_failed", kind=type(error).__name__)
                moved = 0
            if moved:
                self.sender.wake()
                continue
            self._woken.clear()
            try:
                await asyncio.wait_for(self._woken.wait(), self._settings.poll_seconds)
            except TimeoutError:
                continue

    def _now(self) -> str:
        return to_text(self._clock.now())

    def _rules(self) -> steps.Rules:
        return steps.Rules(
            settings=self._settings,
            delays=self._delays.model_dump(),
            callbacks=self._faults.of("bureau").callbacks,
            real_now=time.time(),
        )


def _keep_delays(db: sqlite3.Connection, delays: Delays) -> None:
    put_value(db, _DELAYS, delays.model_dump())
    for status, delay in delays.model_dump().items():
        waiting = rows(db, "SELECT reference, status_at FROM applications WHERE status = ?", status)
        for row in waiting:
            due = later(row["status_at"], delay) if delay else None
            db.execute(
                "UPDATE applications SET next_at = ? WHERE reference = ?", (due, row["reference"])
            )
