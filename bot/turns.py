"""Runs turns: claim an event, load the conversation, run the handlers, write everything back.

One transaction; its row lock on the event is the lease. Attempts are counted in a transaction of
their own before it, so that an event that kills its worker is counted too.
"""

from __future__ import annotations

import copy
from datetime import datetime, timedelta

import structlog
from sqlalchemy import select
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession
from telegram import Update

from bot import metrics
from bot.events import DEAD, UPDATE, InternalEvent
from bot.homes import forwarded, owner
from bot.inputs import read_actor, read_input
from bot.logs import describe_error
from bot.outbox import flush
from bot.presses import acknowledge, meaning
from bot.runtime import Runtime
from handlers.inputs import Actor, Happened, Input, Press
from handlers.turn import State, Turn, set_current
from services.cases import talking
from services.people.consents import has
from services.people.people import by_account
from storage import queue
from storage.guard import turn_running
from storage.models import (
    ConsentKind,
    Conversation,
    EventStatus,
    InboxEvent,
)

log = structlog.get_logger(__name__)
_GRACE = timedelta(seconds=5)


class TurnRunner:
    """One worker of turns."""

    def __init__(self, runtime: Runtime) -> None:
        self.runtime = runtime

    async def run_one(self) -> bool:
        """Handle one event; False when nothing is due."""
        claimed = await self._count_attempt()
        if claimed is None:
            return False
        event_id, attempts = claimed
        try:
            await self._run(event_id)
        except Exception as error:
            await self._failed(event_id, attempts, error)
        return True

    async def _count_attempt(self) -> tuple[int, int] | None:
        async with self.runtime.database.transaction() as session:
            tick = self.runtime.clock.tick()
            event = await queue.claim_event(session, tick)
            if event is None or event.id is None:
                return None
            event.attempts += 1
            # Keeps other workers from counting it too before our row lock is back.
            event.not_before = tick + _GRACE
            return event.id, event.attempts

    async def _run(self, event_id: int) -> None:
        async with self.runtime.database.transaction() as session:
            statement = (
                select(InboxEvent)
                .where(
                    col(InboxEvent.id) == event_id,
                    col(InboxEvent.status) == EventStatus.PENDING,
                )
                .with_for_update(skip_locked=True)
            )
            event = (await session.execute(statement)).scalar_one_or_none()
            if event is None:  # another worker was faster
                return
            log.debug("turn.begin", event_id=event_id, kind=event.kind)
            if not await forwarded(session, event, self.runtime.clock.tick()):
                await self._turn(session, event)
            event.status = EventStatus.DONE
            event.done_at = self.runtime.clock.tick()
            event.error = None
            event.payload = None  # handled: what the person wrote lives on only where it is used
        log.debug("turn.end", event_id=event_id, kind=event.kind)
        metrics.TURNS.labels("done").inc()

    async def _turn(self, session: AsyncSession, event: InboxEvent) -> None:
        now = self.runtime.clock.now()
        conversation = await _conversation(session, event.mailbox, now)
        turn = await self._build(session, event, conversation, now)
        set_current(turn)
        try:
            with turn_running():
                await self.runtime.application.process_update(self._object(event))
        finally:
            set_current(None)
        if isinstance(turn.input, Press):
            acknowledge(turn, turn.input, conversation)
        _save(conversation, turn, now)
        await flush(turn, self.runtime.clock.tick())

    def _object(self, event: InboxEvent) -> object:
        if event.kind == UPDATE:
            return Update.de_json(event.payload, self.runtime.application.bot)
        return InternalEvent(
            event.kind, event.version, event.mailbox, event.actor, event.payload or {}
        )

    async def _build(
        self, session: AsyncSession, event: InboxEvent, conversation: Conversation, now: datetime
    ) -> Turn:
        actor, given = self._read(event)
        employee = None
        if actor.user_id is not None:
            employee = await by_account(session, actor.user_id)
        else:
            employee = await owner(session, event.mailbox)
        if isinstance(given, Press):
            given = await meaning(session, given, conversation, employee.id if employee else None)
        state = State(
            mailbox=conversation.mailbox,
            flow=conversation.flow,
            step=conversation.step,
            # A copy to the bottom: a value changed in place would not look changed.
            data=copy.deepcopy(conversation.data or {}),
            language=conversation.language,
            version=conversation.version,
            memory=copy.deepcopy(conversation.memory or {}),
        )
        assert event.id is not None
        runtime = self.runtime
        noticed = employee is not None and await has(session, employee.id, ConsentKind.NOTICE)
        return Turn(
            event_id=event.id,
            input=given,
            actor=actor,
            state=state,
            session=session,
            now=now,
            employee=employee,
            renderer=runtime.renderer,
            registry=runtime.registry,
            tools=runtime.tools,
            noticed=noticed,
            case=await talking(session, employee.id) if employee else None,
        )

    def _read(self, event: InboxEvent) -> tuple[Actor, Input]:
        if event.kind == UPDATE:
            update = Update.de_json(event.payload, self.runtime.application.bot)
            return read_actor(update), read_input(update)
        chat = event.mailbox.partition(":")[0]
        chat_id = int(chat) if chat.lstrip("-").isdigit() else None
        group = chat_id is not None and chat_id < 0
        return Actor(None, chat_id, is_group=group), Happened(event.kind, event.payload or {})

    async def _failed(self, event_id: int, attempts: int, error: Exception) -> None:
        dead = attempts >= self.runtime.settings.runner.max_attempts
        cause = describe_error(error)
        log.error("turn.failed", event_id=event_id, attempts=attempts, dead=dead, cause=cause)
        metrics.TURNS.labels("dead" if dead else "failed").inc()
        async with self.runtime.database.transaction() as session:
            event = await session.get(InboxEvent, event_id)
            if event is None or event.status != EventStatus.PENDING:
                return
            event.error = cause[:128]
            event.not_before = self.runtime.backoff(attempts)
            if dead:
                event.status = EventStatus.DEAD
                await self._mourn(session, event)

    async def _mourn(self, session: AsyncSession, event: InboxEvent) -> None:
        """The chat goes on: an apology with a case number is an event of its own."""
        if event.kind == DEAD:
            return
        await queue.accept(
            session,
            key=f"dead:{event.id}",
            mailbox=event.mailbox,
            kind=DEAD,
            payload={"event": event.id, "kind": event.kind},
            at=self.runtime.clock.tick(),
            actor="runner",
        )


async def _conversation(session: AsyncSession, mailbox: str, now: datetime) -> Conversation:
    conversation = await session.get(Conversation, mailbox)
    if conversation is None:
        conversation = Conversation(mailbox=mailbox, updated_at=now)
        session.add(conversation)
        await session.flush()
    return conversation


def _save(conversation: Conversation, turn: Turn, now: datetime) -> None:
    conversation.flow, conversation.step = turn.state.flow, turn.state.step
    conversation.data = turn.state.data
    conversation.memory = turn.state.memory or None
    conversation.language, conversation.version = turn.state.language, turn.state.version
    conversation.person_id = turn.employee.id if turn.employee else conversation.person_id
    conversation.updated_at = now
