"""One engine factory for SQLite and PostgreSQL: the only place where the two differ.

SQLite: one writer connection with `BEGIN IMMEDIATE` (reads that lead to a write never race), WAL,
`synchronous=FULL`, and a second engine for reading. PostgreSQL: psycopg 3, read committed.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from functools import partial
from typing import Any

import psycopg
import structlog
from sqlalchemy import event, text
from sqlalchemy.engine import Connection, make_url
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlmodel.ext.asyncio.session import AsyncSession

import storage.changes  # noqa: F401 - notes what measures must look at again
from storage.crypto import Keyring
from storage.steady import steady_connect

CHANNEL = "shebao"
SYNCHRONOUS = "FULL"
"""What SQLite writes through to the disk: with FULL, a commit outlasts a power cut."""
_NOTIFY = text("select pg_notify(:channel, :topic)")
log = structlog.get_logger(__name__)


class Database:
    """Sessions, and signals that wake the workers of every process.

    Args:
        url: `sqlite:///path` or `postgresql://…`; drivers are chosen here.
        keyring: encrypts the encrypted columns.
        pool_size: connections kept on PostgreSQL; one running turn holds one.
    """

    def __init__(self, url: str, keyring: Keyring, *, pool_size: int = 10) -> None:
        self.url = async_url(url)
        self.keyring = keyring
        self.is_sqlite = self.url.startswith("sqlite")
        options: dict[str, Any] = {
            "json_serializer": partial(json.dumps, ensure_ascii=False),
            # A driver's error would otherwise repeat the bound values: names in logs.
            "hide_parameters": True,
        }
        if self.is_sqlite:
            self.writer = _sqlite_engine(self.url, "IMMEDIATE", pool_size=1, **options)
            self.reader = _sqlite_engine(self.url, "DEFERRED", pool_size=4, **options)
        else:
            self.writer = self.reader = create_async_engine(
                self.url,
                pool_size=pool_size,
                max_overflow=pool_size,
                pool_pre_ping=True,
                connect_args={"options": "-c plan_cache_mode=force_custom_plan -c timezone=UTC"},
                **options,
            )
        for engine in (self.writer, self.reader):
            engine.dialect.keyring = keyring  # type: ignore[attr-defined]
        self._events: dict[str, asyncio.Event] = {}
        self._listener: asyncio.Task[None] | None = None

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncSession]:
        """A session that commits at the end, or rolls back when the block raises."""
        async with AsyncSession(self.writer, expire_on_commit=False) as session:
            async with session.begin():
                yield session
                topics: set[str] = session.info.get("signals", set())
                if topics and not self.is_sqlite:
                    for topic in sorted(topics):
                        await session.execute(
                            text("select pg_notify(:c, :t)"), {"c": CHANNEL, "t": topic}
                        )
            for topic in topics:
                self._event(topic).set()

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncSession]:
        """A session for queries. It never commits; rows stay readable after it."""
        async with AsyncSession(self.reader, expire_on_commit=False) as session:
            yield session

    def signal(self, session: AsyncSession, topic: str) -> None:
        """Wake who waits for `topic`, in any process, when this transaction commits."""
        session.info.setdefault("signals", set()).add(topic)

    async def wait(self, topic: str, timeout: float) -> None:
        """Return at the next signal of `topic`, or after `timeout` seconds: the slow poll."""
        signal = self._event(topic)
        with suppress(TimeoutError):
            await asyncio.wait_for(signal.wait(), timeout)
        signal.clear()

    def wake_all(self) -> None:
        """Wake everybody who waits in this process, whatever for."""
        for signal in self._events.values():
            signal.set()

    async def start(self) -> None:
        """Listen for the signals of other processes (PostgreSQL only)."""
        if not self.is_sqlite and self._listener is None:
            self._listener = asyncio.create_task(self._listen(), name="database-listen")

    async def dispose(self) -> None:
        """Close every connection."""
        if self._listener:
            self._listener.cancel()
            await asyncio.gather(self._listener, return_exceptions=True)
            self._listener = None
        await self.writer.dispose()
        if self.reader is not self.writer:
            await self.reader.dispose()

    def _event(self, topic: str) -> asyncio.Event:
        return self._events.setdefault(topic, asyncio.Event())

    async def _listen(self) -> None:
        url = self.url.replace("postgresql+psycopg", "postgresql", 1)
        while True:
            try:
                async with await psycopg.AsyncConnection.connect(
                    url, autocommit=True
                ) as connection:
                    await connection.execute(f"LISTEN {CHANNEL}")
                    async for notice in connection.notifies():
                        self._event(notice.payload).set()
            except psycopg.Error:
                # The slow poll goes on without us; try again soon.
                log.warning("database.listen_lost")
            await asyncio.sleep(1)


def async_url(url: str) -> str:
    """The URL with the driver that we use for its database.

    Raises:
        ValueError: neither SQLite nor PostgreSQL.
    """
    parsed = make_url(url)
    backend = parsed.get_backend_name()
    if backend == "sqlite":
        return parsed.set(drivername="sqlite+aiosqlite").render_as_string(hide_password=False)
    if backend in ("postgresql", "postgres"):
        return parsed.set(drivername="postgresql+psycopg").render_as_string(hide_password=False)
    raise ValueError("the database URL must begin with sqlite:/// or postgresql://")


def sync_url(url: str) -> str:
    """The same for Alembic, which runs synchronously."""
    return async_url(url).replace("sqlite+aiosqlite", "sqlite", 1)


def _sqlite_engine(url: str, mode: str, **options: Any) -> AsyncEngine:
    engine = create_async_engine(
        url, max_overflow=0, connect_args={"async_creator_fn": steady_connect}, **options
    )

    @event.listens_for(engine.sync_engine, "connect")
    def _connect(raw: Any, _record: Any) -> None:
        raw.isolation_level = None  # we say BEGIN ourselves
        cursor = raw.cursor()
        for pragma in (
            "busy_timeout=30000",
            "journal_mode=WAL",
            f"synchronous={SYNCHRONOUS}",
            "foreign_keys=ON",
            "secure_delete=ON",
        ):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine.sync_engine, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql(f"BEGIN {mode}")

    return engine


def keyring_of(session: AsyncSession) -> Keyring:
    """The keyring of the engine behind a session, for blind look-ups."""
    ring: Keyring = session.sync_session.get_bind().dialect.keyring  # type: ignore[attr-defined]
    return ring
