"""Timers that are due, files that are over, rows that are old."""

from __future__ import annotations

from datetime import timedelta

import structlog
from sqlalchemy import delete, select
from sqlmodel import col

from bot.logs import describe_error
from bot.runtime import Runtime
from services import cases
from services.console.signing import forget_old
from services.policies import answers
from services.privacy import sweep
from storage import queue
from storage.models import (
    ButtonToken,
    DeliveryDoubt,
    EventStatus,
    InboxEvent,
    OutboxMessage,
    OutboxStatus,
    RateBucket,
    Task,
    TaskStatus,
)

log = structlog.get_logger(__name__)


class Janitor:
    """Keeps the house."""

    def __init__(self, runtime: Runtime) -> None:
        self.runtime = runtime

    async def fire_timers(self) -> bool:
        """Due timers become events."""
        async with self.runtime.database.transaction() as session:
            return bool(await queue.fire_due_timers(session, self.runtime.clock.now()))

    async def run(self) -> None:
        """Sweep now and then, until the program stops."""
        while not self.runtime.stopping.is_set():
            try:
                await self.sweep_once()
            except Exception as error:
                log.error("janitor.failed", cause=describe_error(error))
            await self.runtime.pause(self.runtime.settings.runner.janitor_minutes * 60)

    async def sweep_once(self) -> None:
        """One round: files, then rows."""
        runtime = self.runtime
        async with runtime.database.transaction() as session:
            await sweep.sweep(session, runtime.files, runtime.clock.now(), runtime.settings.people)
        async with runtime.database.transaction() as session:
            await cases.rescue(session, runtime.clock.now())
            days = runtime.settings.policies.question_days
            await answers.forget_old(session, runtime.clock.now(), days)
        await self._forget_rows()

    async def _forget_rows(self) -> None:
        tick = self.runtime.clock.tick()
        runner = self.runtime.settings.runner
        old = tick - timedelta(days=runner.inbox_days)
        async with self.runtime.database.transaction() as session:
            await forget_old(session, tick)
            doubtful = select(col(DeliveryDoubt.outbox_id))
            waited_for = select(col(OutboxMessage.depends_on)).where(
                col(OutboxMessage.depends_on).is_not(None)
            )
            await session.execute(
                delete(OutboxMessage).where(
                    col(OutboxMessage.status).in_((OutboxStatus.SENT, OutboxStatus.FAILED)),
                    col(OutboxMessage.created_at) < old,
                    col(OutboxMessage.id).not_in(doubtful),
                    col(OutboxMessage.id).not_in(waited_for),
                )
            )
            await session.execute(
                delete(InboxEvent).where(
                    col(InboxEvent.status) == EventStatus.DONE,
                    col(InboxEvent.received_at) < old,
                    col(InboxEvent.id).not_in(select(col(OutboxMessage.event_id))),
                )
            )
            await session.execute(
                delete(Task).where(
                    col(Task.status).in_((TaskStatus.DONE, TaskStatus.DEAD)),
                    col(Task.done_at) < old,
                )
            )
            await session.execute(
                delete(RateBucket).where(col(RateBucket.arrival) < tick - timedelta(days=1))
            )
            await session.execute(
                delete(ButtonToken).where(
                    col(ButtonToken.created_at)
                    < self.runtime.clock.now() - timedelta(days=runner.button_days)
                )
            )
