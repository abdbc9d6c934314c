"""Sends what turns left in the outbox: claim (commit) → call → mark (commit).

`sendMessage` has no idempotency key. When the process dies, or the answer is lost, between call
and mark, nobody knows whether the person has the message: that is a recorded state, and the kind
of message decides whether it is sent again or parked for an operator.
"""

from __future__ import annotations

from datetime import timedelta

import structlog
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolExhausted
from sqlmodel.ext.asyncio.session import AsyncSession
from telegram.error import (
    BadRequest,
    Conflict,
    Forbidden,
    InvalidToken,
    NetworkError,
    RetryAfter,
    TelegramError,
)

from bot import metrics
from bot.delivery import deliver
from bot.events import SENT, UNSENT
from bot.logs import describe_error
from bot.outbox import REPEATABLE
from bot.runtime import Runtime
from storage import queue, sending
from storage.models import OutboxMessage, OutboxStatus

log = structlog.get_logger(__name__)
_UNCOUNTED = frozenset({"answerCallbackQuery", "sendChatAction", "editMessageReplyMarkup"})
# The database is away; the token is refused; somebody else is told to be the bot.
_NOT_NOW = (OperationalError, InterfaceError, PoolExhausted, InvalidToken, Conflict)


class Sender:
    """One worker that sends; several may run, also in other processes."""

    def __init__(self, runtime: Runtime) -> None:
        self.runtime = runtime
        self.runner = runtime.settings.runner

    async def send_one(self) -> bool:
        """Send one message; False when nothing may be sent now."""
        claimed = await self._claim()
        if claimed is None:
            return False
        message, ready = claimed
        if not ready:  # its chat must wait; another chat may not
            return True
        log.debug("send.begin", outbox_id=message.id, method=message.method)
        try:
            message_id = await deliver(self.runtime, message)
        except Exception as error:
            await self._not_sent(message, error)
        else:
            await self._sent(message, message_id)
        log.debug("send.end", outbox_id=message.id, method=message.method)
        return True

    async def _not_sent(self, message: OutboxMessage, error: Exception) -> None:
        if isinstance(error, RetryAfter):
            wait = error.retry_after
            seconds = wait if isinstance(wait, timedelta) else timedelta(seconds=wait)
            await self._later(message, seconds, "retry_after")
        elif isinstance(error, BadRequest):  # a NetworkError to PTB, so it comes first
            await self._refused(message, error)
        elif certainly_unsent(error):
            await self._later(message, self._patience(message), "unsent")
        elif isinstance(error, NetworkError) or type(error) is TelegramError:
            await self._lost(message, error)
        else:  # blocked by the person, a file that is gone, a payload that no call can take
            await self._give_up(message, error)

    async def sweep(self) -> bool:
        """Messages whose sender died are in doubt: resend or park them."""
        tick = self.runtime.clock.tick()
        async with self.runtime.database.transaction() as session:
            rows = await sending.abandoned(session, tick)
            for row in rows:
                await self._doubt(session, row, "sender_died")
        for row in rows:
            metrics.SENT.labels(row.method, "in_doubt").inc()
        return False

    async def _claim(self) -> tuple[OutboxMessage, bool] | None:
        tick = self.runtime.clock.tick()
        lease = timedelta(seconds=self.runner.send_lease_seconds)
        async with self.runtime.database.transaction() as session:
            message = await sending.claim_message(session, tick, lease)
            if message is None:
                return None
            if message.method not in _UNCOUNTED:
                ready = await sending.wait_for_limits(session, self._limits(message), tick)
                if ready is not None:
                    message.status, message.claimed_until = OutboxStatus.PENDING, None
                    message.attempts -= 1
                    message.not_before = ready
                    return message, False
            return message, True

    def _limits(self, message: OutboxMessage) -> list[sending.Limit]:
        runner = self.runner
        bot = sending.Limit("bot", timedelta(seconds=1 / runner.bot_rate_per_second), 30)
        if message.chat.startswith("-"):
            interval = timedelta(minutes=1 / runner.group_rate_per_minute)
            return [bot, sending.Limit(f"chat:{message.chat}", interval, 20)]
        interval = timedelta(seconds=1 / runner.chat_rate_per_second)
        return [bot, sending.Limit(f"chat:{message.chat}", interval, runner.chat_burst)]

    async def _mine(
        self, session: AsyncSession, message: OutboxMessage, *more: OutboxStatus
    ) -> OutboxMessage | None:
        """The row, locked, while this claim holds: a sender slower than its lease may be too late.

        `more`: it may also stand in these states, as long as nobody has claimed it again.
        """
        row = await session.get(OutboxMessage, message.id, with_for_update=True)
        if row is None or row.attempts != message.attempts:
            return None
        return row if row.status in (OutboxStatus.SENDING, *more) else None

    async def _sent(self, message: OutboxMessage, message_id: int | None) -> None:
        tick = self.runtime.clock.tick()
        async with self.runtime.database.transaction() as session:
            # It arrived after all: good also when it is in doubt, unless somebody resends it now.
            row = await self._mine(session, message, OutboxStatus.PENDING, OutboxStatus.IN_DOUBT)
            if row is None:
                return
            row.status, row.sent_at, row.message_id = OutboxStatus.SENT, tick, message_id
            row.claimed_until = row.error = None
            queue.wake(session, queue.OUTBOX)
            if row.ref:
                await queue.accept(
                    session,
                    key=f"sent:{row.id}",
                    mailbox=row.mailbox,
                    kind=SENT,
                    payload={"ref": row.ref, "message_id": message_id},
                    at=tick,
                    actor="sender",
                )
        metrics.SENT.labels(message.method, "sent").inc()

    def _patience(self, message: OutboxMessage) -> timedelta:
        """Before a message that never left is tried again: the longer it waits, the rarer."""
        runner = self.runner
        waited = (self.runtime.clock.tick() - message.created_at).total_seconds()
        seconds = min(max(waited / 4, runner.backoff_seconds), runner.backoff_limit_seconds)
        return timedelta(seconds=seconds)

    async def _later(self, message: OutboxMessage, wait: timedelta, why: str) -> None:
        """It never arrived, so that try does not count: an outage, however long, loses nothing."""
        async with self.runtime.database.transaction() as session:
            row = await self._mine(session, message)
            if row is not None:
                row.status, row.claimed_until = OutboxStatus.PENDING, None
                row.attempts -= 1
                row.not_before = self.runtime.clock.tick() + wait
                row.error = why
        metrics.SENT.labels(message.method, why).inc()

    async def _lost(self, message: OutboxMessage, error: TelegramError) -> None:
        """No answer, or one that says nothing: the person may have it or not."""
        async with self.runtime.database.transaction() as session:
            row = await self._mine(session, message)
            if row is not None:
                await self._doubt(session, row, "answer_lost")
                row.not_before = self.runtime.backoff(row.attempts)
                row.error = type(error).__name__
        metrics.SENT.labels(message.method, "in_doubt").inc()

    async def _doubt(self, session: AsyncSession, row: OutboxMessage, reason: str) -> None:
        """Resend or park; what has been tried too often has failed, so that its chat goes on."""
        if row.method in REPEATABLE:
            row.status, row.claimed_until = OutboxStatus.PENDING, None
        else:
            resend = await sending.doubt(session, row, reason, self.runtime.clock.tick())
            log.warning("send.in_doubt", outbox_id=row.id, note=row.note, resend=resend)
        if row.status == OutboxStatus.PENDING and row.attempts >= self.runner.send_attempts:
            row.status = OutboxStatus.FAILED
            log.error("send.failed", outbox_id=row.id, cause=reason)
            await self._tell_unsent(session, row, blocked=False)
        queue.wake(session, queue.OUTBOX)

    async def _refused(self, message: OutboxMessage, error: BadRequest) -> None:
        """An edit of what is gone, or of what is the same already, is done; the rest has failed."""
        if message.method in REPEATABLE:
            await self._sent(message, None)
        else:
            await self._give_up(message, error)

    async def _give_up(self, message: OutboxMessage, error: Exception) -> None:
        async with self.runtime.database.transaction() as session:
            row = await self._mine(session, message)
            if row is not None:
                row.status, row.error = OutboxStatus.FAILED, type(error).__name__
                row.claimed_until = None
                queue.wake(session, queue.OUTBOX)
                await self._tell_unsent(session, row, blocked=isinstance(error, Forbidden))
        log.warning("send.failed", outbox_id=message.id, cause=describe_error(error))
        metrics.SENT.labels(message.method, "failed").inc()

    async def _tell_unsent(
        self, session: AsyncSession, row: OutboxMessage, *, blocked: bool
    ) -> None:
        """A message that somebody waits to hear of has failed; `blocked`: by its reader."""
        if row.ref:
            await queue.accept(
                session,
                key=f"unsent:{row.id}",
                mailbox=row.mailbox,
                kind=UNSENT,
                payload={"ref": row.ref, "blocked": blocked},
                at=self.runtime.clock.tick(),
                actor="sender",
            )


def certainly_unsent(error: BaseException) -> bool:
    """Whether the call never reached a bot's chat: it may be made again without a doubt.

    No connection was made, our own database failed before the call, the token is refused (a
    rotation under way), or somebody else is told to be the bot.
    """
    if isinstance(
        error, OperationalError | InterfaceError | PoolExhausted | InvalidToken | Conflict
    ):
        return True
    cause = error.__cause__ if isinstance(error, NetworkError) else None
    name = type(cause).__name__ if cause else ""
    return name in ("ConnectError", "ConnectTimeout", "PoolTimeout")
