"""The messenger's parts, and the unit of work in which its rows change."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from messenger.core.hub import UPDATES, Hub
from messenger.core.updates import enqueue
from messenger.models import Bot, Event
from messenger.settings import MessengerSettings
from storage.clock import Clock, SystemClock
from storage.crypto import Keyring
from storage.database import Database
from storage.files import FileStore, FolderStore

#: Writers queue on this PostgreSQL lock, so that ids are seen in the order of commits.
_WRITE_LOCK = 0x5348_4542_414F_4D53
#: Telegram's ids fit into 52 bits; ours keep clear of the small numbers.
_ID_FLOOR, _ID_SPAN = 10**9, 2**51 - 10**9


def random_id() -> int:
    """A new account's id."""
    return _ID_FLOOR + secrets.randbelow(_ID_SPAN)


def digest(secret: str) -> str:
    """The SHA-256 under which a random token is kept."""
    return hashlib.sha256(secret.encode()).hexdigest()


class Messenger:
    """Everything that the routes share."""

    def __init__(self, settings: MessengerSettings, clock: Clock | None = None) -> None:
        self.settings = settings
        self.clock: Clock = clock or SystemClock()
        self.keyring = Keyring.from_text(settings.key_text())
        self.db = Database(settings.database_url, self.keyring)
        self.files: FileStore = FolderStore(settings.files_dir, self.keyring)
        self.hub = Hub()
        # One more copy of each new update, at random: set by the duplicate_updates fault.
        self.extra_copies = _no_copies

    @asynccontextmanager
    async def write(self) -> AsyncIterator[Unit]:
        """A unit of work: commits at the end, then wakes whoever waits for its rows."""
        async with self.db.transaction() as session:
            if not self.db.is_sqlite:
                connection = await session.connection()
                await connection.execute(
                    text("select pg_advisory_xact_lock(:key)"), {"key": _WRITE_LOCK}
                )
            unit = Unit(self, session, self.clock.now())
            yield unit
        for topic in unit.woken:
            self.hub.wake(topic)
        if unit.touched:
            self.hub.wake_chats(unit.touched)

    @asynccontextmanager
    async def read(self) -> AsyncIterator[Unit]:
        """A unit that only looks."""
        async with self.db.reading() as session:
            yield Unit(self, session, self.clock.now())
            # Rows stay readable after the rollback that ends a reading session.
            session.expunge_all()

    async def prepare(self) -> None:
        """Make the bot's row; called once at start."""
        token_hash = digest(self.settings.bot_token.get_secret_value())
        async with self.write() as unit:
            bot = await unit.session.get(Bot, self.settings.bot_id)
            if bot is None:
                # A random start: a bot's inbox that outlives this database never takes a new
                # update for one that it has seen.
                start = 10**8 + secrets.randbelow(10**9)
                unit.session.add(
                    Bot(id=self.settings.bot_id, token_hash=token_hash, last_update_id=start)
                )
            else:
                bot.token_hash = token_hash


def _no_copies() -> int:
    return 0


@dataclass
class Unit:
    """One transaction: its session, its time and whom to wake after the commit."""

    messenger: Messenger
    session: AsyncSession
    now: datetime
    woken: set[str] = field(default_factory=set)
    touched: set[int] = field(default_factory=set)

    @property
    def bot_id(self) -> int:
        return self.messenger.settings.bot_id

    async def bot(self) -> Bot:
        """The bot's row."""
        return await self.session.get_one(Bot, self.bot_id)

    def event(
        self,
        kind: str,
        chat_id: int,
        *,
        message_id: int | None = None,
        account_id: int | None = None,
        payload: dict[str, Any] | None = None,
    ) -> None:
        """Add a line to the streams of the chat's members (or of one of them)."""
        self.session.add(
            Event(
                kind=kind,
                chat_id=chat_id,
                message_id=message_id,
                account_id=account_id,
                payload=payload,
                created_at=self.now,
            )
        )
        self.touched.add(chat_id)

    async def update(self, kind: str, chat_id: int, payload: dict[str, Any]) -> None:
        """Queue an update for the bot, unless it asked not to get this kind."""
        if await enqueue(
            self.session,
            await self.bot(),
            kind,
            chat_id,
            payload,
            copies=1 + self.messenger.extra_copies(),
            now=self.now,
        ):
            self.woken.add(UPDATES)
