"""Runs tasks: claim (commit) → work without a transaction → complete and report (commit).

A task's result is the event `task:<id>` in its mailbox, written in the transaction that completes
it. A worker that dies leaves a lease that runs out; the task then runs again, so every task is
written to be repeatable.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlmodel.ext.asyncio.session import AsyncSession

from bot import metrics
from bot.logs import describe_error
from bot.runtime import Runtime
from storage import queue
from storage.models import Task, TaskStatus

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Result:
    """What a task found: the payload of its event, and rows to write with its completion."""

    payload: dict[str, Any]
    complete: Callable[[AsyncSession, dict[str, Any]], Awaitable[None]] | None = None


class LaterError(Exception):
    """Not now: run again at `when` (domain time)."""

    def __init__(self, when: datetime) -> None:
        super().__init__("later")
        self.when = when


class GivenUpError(Exception):
    """Trying again would not help: the mailbox hears `<task>.failed` at once."""


@dataclass(frozen=True)
class Job:
    """One run of a task."""

    id: int
    mailbox: str
    payload: dict[str, Any]
    attempt: int
    runtime: Runtime


Work = Callable[[Job], Awaitable[Result | None]]


class TaskRunner:
    """One worker of tasks. `works` maps a task's name to its function."""

    def __init__(self, runtime: Runtime, works: dict[str, Work]) -> None:
        self.runtime, self.works = runtime, works
        self.lease = timedelta(seconds=runtime.settings.runner.task_lease_seconds)

    async def run_one(self) -> bool:
        """Run one task; False when none is due."""
        lease = secrets.token_hex(8)
        task = await self._claim(lease)
        if task is None or task.id is None:
            return False
        log.debug("task.begin", task_id=task.id, task=task.name, attempt=task.attempts)
        job = Job(task.id, task.mailbox, task.payload or {}, task.attempts, self.runtime)
        renewal = asyncio.create_task(self._renew(task.id, lease))
        try:
            with metrics.TASK_SECONDS.labels(task.name).time():
                result = await self.works[task.name](job)
        except LaterError as later:
            await self._again(task.id, lease, later.when, "later", counted=False)
        except Exception as error:
            await self._failed(task, lease, error)
        else:
            await self._complete(task, lease, result)
        finally:
            renewal.cancel()
            with suppress(asyncio.CancelledError):
                await renewal
        log.debug("task.end", task_id=task.id, task=task.name)
        return True

    async def _claim(self, lease: str) -> Task | None:
        clock = self.runtime.clock
        async with self.runtime.database.transaction() as session:
            task = await queue.claim_task(session, clock.now(), clock.tick())
            if task is None:
                return None
            task.status, task.lease = TaskStatus.RUNNING, lease
            task.lease_until = clock.tick() + self.lease
            task.attempts += 1
            if task.attempts > self.runtime.settings.runner.task_attempts:
                # Every worker that took it died of it: no other shall.
                await self._die(session, task, "workers_died")
                return None
            return task

    async def _renew(self, task_id: int, lease: str) -> None:
        while True:
            await asyncio.sleep(self.lease.total_seconds() / 3)
            try:
                async with self.runtime.database.transaction() as session:
                    task = await self._mine(session, task_id, lease)
                    if task is None:
                        return
                    task.lease_until = self.runtime.clock.tick() + self.lease
            except Exception as error:  # the database is away: try again while the lease holds
                log.warning("task.not_renewed", task_id=task_id, cause=describe_error(error))

    async def _mine(self, session: AsyncSession, task_id: int, lease: str) -> Task | None:
        """The task, locked, while this run still holds it."""
        task = await session.get(Task, task_id, with_for_update=True)
        held = task and task.status == TaskStatus.RUNNING and task.lease == lease
        return task if held else None

    async def _complete(self, task: Task, lease: str, result: Result | None) -> None:
        async with self.runtime.database.transaction() as session:
            row = await self._mine(session, task.id or 0, lease)
            if row is None:
                return
            tick = self.runtime.clock.tick()
            row.status, row.done_at, row.payload, row.error = TaskStatus.DONE, tick, None, None
            if result is None:
                return
            payload = dict(result.payload)
            if result.complete:
                await result.complete(session, payload)
            await self._report(session, row, f"{row.name}.done", payload)
        metrics.TASKS.labels(task.name, "done").inc()

    async def _report(
        self, session: AsyncSession, row: Task, kind: str, payload: dict[str, Any]
    ) -> None:
        await queue.accept(
            session,
            key=f"task:{row.id}",
            mailbox=row.mailbox,
            kind=kind,
            payload=payload,
            at=self.runtime.clock.tick(),
            actor="task",
        )

    async def _again(
        self, task_id: int, lease: str, when: datetime, why: str, *, counted: bool = True
    ) -> None:
        async with self.runtime.database.transaction() as session:
            row = await self._mine(session, task_id, lease)
            if row is not None:
                row.status, row.lease, row.lease_until = TaskStatus.PENDING, None, None
                row.not_before, row.error = when, why
                row.attempts -= 0 if counted else 1

    async def _failed(self, task: Task, lease: str, error: Exception) -> None:
        cause = describe_error(error)
        most = self.runtime.settings.runner.task_attempts
        dead = task.attempts >= most or isinstance(error, GivenUpError)
        log.error("task.failed", task_id=task.id, task=task.name, dead=dead, cause=cause)
        metrics.TASKS.labels(task.name, "dead" if dead else "failed").inc()
        wait = self.runtime.backoff(task.attempts) - self.runtime.clock.tick()
        if not dead:
            when = self.runtime.clock.now() + wait
            await self._again(task.id or 0, lease, when, cause[:128])
            return
        async with self.runtime.database.transaction() as session:
            row = await self._mine(session, task.id or 0, lease)
            if row is not None:
                await self._die(session, row, cause[:128])

    async def _die(self, session: AsyncSession, row: Task, cause: str) -> None:
        """No more tries; its mailbox hears of it."""
        given = row.payload or {}
        row.status, row.error, row.payload = TaskStatus.DEAD, cause, None
        row.done_at, row.lease = self.runtime.clock.tick(), None
        await self._report(session, row, f"{row.name}.failed", given)
