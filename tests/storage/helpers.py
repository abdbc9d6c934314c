"""Short ways to fill and empty the queue."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlmodel.ext.asyncio.session import AsyncSession

from storage import queue
from storage.database import Database
from storage.models import EventStatus, InboxEvent, OutboxMessage
from tests.support.clock import MORNING


async def accept(
    database: Database, key: str, mailbox: str = "1", payload: Any = None, at: datetime = MORNING
) -> bool:
    """Write one event in a transaction of its own."""
    async with database.transaction() as session:
        return await queue.accept(
            session, key=key, mailbox=mailbox, kind="update", payload=payload or {}, at=at
        )


async def handle_one(database: Database, now: datetime = MORNING) -> str | None:
    """Claim and finish one event; its key."""
    async with database.transaction() as session:
        event = await queue.claim_event(session, now)
        if event is None:
            return None
        event.status = EventStatus.DONE
        return event.key


async def handle_all(database: Database, now: datetime = MORNING) -> list[str]:
    """Keys in the order in which one worker handles what is due."""
    keys = []
    while (key := await handle_one(database, now)) is not None:
        keys.append(key)
    return keys


class Outbox:
    """Makes outbox rows; every row needs the event that caused it."""

    def __init__(self, session: AsyncSession) -> None:
        self.session = session
        self._seq = 0
        self._event: int | None = None

    async def add(self, chat: str, **values: Any) -> OutboxMessage:
        """One message to a chat."""
        if self._event is None:
            event = InboxEvent(
                key=f"made:{id(self)}", mailbox=chat, kind="x", payload={}, received_at=MORNING
            )
            self.session.add(event)
            await self.session.flush()
            self._event = event.id
        self._seq += 1
        given = {
            "event_id": self._event,
            "seq": self._seq,
            "mailbox": chat,
            "chat": chat,
            "method": "sendMessage",
            "payload": {"text": f"第{self._seq}条"},
            "created_at": MORNING,
        }
        row = OutboxMessage(**(given | values))
        self.session.add(row)
        await self.session.flush()
        return row
