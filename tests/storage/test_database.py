"""Sessions and the signals that wake workers."""

from __future__ import annotations

import asyncio
import random
import subprocess
import sys
from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from storage.crypto import Keyring
from storage.database import Database, async_url, keyring_of, sync_url
from storage.models import InboxEvent, StateValue
from tests.storage.helpers import accept, handle_all

FOREVER = 3600.0


async def settle() -> None:
    """Let every task run that can."""
    for _ in range(20):
        await asyncio.sleep(0)


async def test_a_block_that_raises_leaves_nothing(database: Database) -> None:
    async def fail() -> None:
        async with database.transaction() as session:
            session.add(StateValue(name="a", value="1"))
            await session.flush()
            raise RuntimeError("no")

    with pytest.raises(RuntimeError, match="no"):
        await fail()
    async with database.reading() as session:
        assert (await session.execute(select(StateValue))).first() is None


async def test_reading_changes_nothing(database: Database) -> None:
    async with database.reading() as session:
        session.add(StateValue(name="a", value="1"))
        await session.flush()
    async with database.reading() as session:
        assert (await session.execute(select(StateValue))).first() is None


async def test_a_commit_wakes_and_a_rollback_does_not(database: Database) -> None:
    async def fail() -> None:
        async with database.transaction() as session:
            database.signal(session, "tasks")
            raise RuntimeError("no")

    waiter = asyncio.create_task(database.wait("tasks", FOREVER))
    await settle()
    with pytest.raises(RuntimeError, match="no"):
        await fail()
    await settle()
    assert not waiter.done()
    async with database.transaction() as session:
        database.signal(session, "tasks")
    async with asyncio.timeout(20):
        await waiter


async def test_the_slow_poll_returns_without_a_signal(database: Database) -> None:
    await database.wait("nothing", 0.01)


async def test_a_commit_wakes_another_process(postgres_url: str, keyring: Keyring) -> None:
    here, there = Database(postgres_url, keyring), Database(postgres_url, keyring)
    try:
        await there.start()
        waiter = asyncio.create_task(there.wait("inbox", FOREVER))
        async with asyncio.timeout(30):
            number = 0
            while not waiter.done():  # until the listener is connected
                number += 1
                await accept(here, f"tg:{number}")
                await asyncio.sleep(0.05)
    finally:
        await here.dispose()
        await there.dispose()


async def test_read_modify_write_loses_nothing(database: Database, keyring: Keyring) -> None:
    """SQLite's `BEGIN IMMEDIATE`, PostgreSQL's row lock."""
    other = Database(database.url, keyring)
    async with database.transaction() as session:
        session.add(StateValue(name="counter", value="0"))

    async def add(mine: Database) -> None:
        async with mine.transaction() as session:
            row = await session.get_one(StateValue, "counter", with_for_update=True)
            value = int(row.value)
            await asyncio.sleep(0)
            row.value = str(value + 1)

    try:
        await asyncio.gather(*(add(mine) for mine in (database, other) * 15))
    finally:
        await other.dispose()
    async with database.reading() as session:
        assert (await session.get_one(StateValue, "counter")).value == "30"


async def test_cancelled_work_locks_nobody_out(database: Database) -> None:
    """A dropped SQLite connection would keep the write lock until the garbage is collected."""
    chance = random.Random(5)
    for number in range(40):
        task = asyncio.create_task(accept(database, f"cancelled:{number}"))
        await asyncio.sleep(chance.random() * 0.006)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        async with asyncio.timeout(15):
            assert await accept(database, f"after:{number}")
    handled = await handle_all(database)
    assert len(handled) == len(set(handled))
    assert {f"after:{number}" for number in range(40)} <= set(handled)


async def test_a_timeout_around_a_transaction_is_still_a_timeout(database: Database) -> None:
    async def dawdle() -> None:
        async with asyncio.timeout(0.01), database.transaction() as session:
            await session.execute(text("select 1"))
            await asyncio.sleep(FOREVER)

    with pytest.raises(TimeoutError):
        await dawdle()
    assert await accept(database, "after")


async def test_an_error_does_not_repeat_the_values(database: Database, now: datetime) -> None:
    """A driver's message would carry names into logs."""
    canary = "CANARY-" + "9" * 200

    def event() -> InboxEvent:
        payload = {"t": canary}
        return InboxEvent(
            key="same", mailbox=canary[:64], kind="x", payload=payload, received_at=now
        )

    async def twice() -> None:
        async with database.transaction() as session:
            session.add_all([event(), event()])

    with pytest.raises(DBAPIError) as caught:
        await twice()
    assert canary[:20] not in str(caught.value)


async def test_the_session_knows_its_keyring(database: Database, keyring: Keyring) -> None:
    async with database.reading() as session:
        assert keyring_of(session) is keyring


def test_drivers_are_chosen_here() -> None:
    assert async_url("sqlite:///a/b.db") == "sqlite+aiosqlite:///a/b.db"
    assert sync_url("sqlite+aiosqlite:///a/b.db") == "sqlite:///a/b.db"
    assert async_url("postgresql://u:p%40@h/d") == "postgresql+psycopg://u:p%40@h/d"
    with pytest.raises(ValueError, match="sqlite:///"):
        async_url("mysql://h/d")


async def test_what_was_read_stays_readable(database: Database) -> None:
    await accept(database, "tg:1", payload={"text": "您好"})
    async with database.reading() as session:
        event = (await session.execute(select(InboxEvent))).scalar_one()
    assert (event.key, event.payload) == ("tg:1", {"text": "您好"})


_DURABLE = """
import asyncio, pathlib, sys
from sqlalchemy import text
from sandbox.store import Store
from storage.crypto import Keyring, generate_key
from storage.database import Database

async def main(folder):
    database = Database(f"sqlite:///{folder}/bot.db", Keyring.from_text(generate_key()))
    async with database.transaction() as session:
        print((await session.execute(text("pragma synchronous"))).scalar())
    await database.dispose()
    store = Store(folder / "sandbox.db")
    print(await store.run(lambda db: db.execute("pragma synchronous").fetchone()[0]))
    store.close()

asyncio.run(main(pathlib.Path(sys.argv[1])))
"""


def test_a_commit_outlasts_a_power_cut_outside_the_tests(tmp_path: Path) -> None:
    """This process leaves it out (`tests/conftest.py`); a program's own does not."""
    done = subprocess.run(
        [sys.executable, "-c", _DURABLE, str(tmp_path)], capture_output=True, check=True, text=True
    )
    assert done.stdout.split() == ["2", "2"]  # FULL
