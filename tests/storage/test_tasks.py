"""Tasks and timers: leases, two kinds of time, once each."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from sqlalchemy import select
from sqlmodel import col

from storage import queue
from storage.crypto import Keyring
from storage.database import Database
from storage.models import InboxEvent, Task, TaskStatus, Timer
from tests.support.clock import ManualClock

LEASE = timedelta(seconds=60)
DAY = timedelta(days=1)


async def add(database: Database, clock: ManualClock, **values: object) -> int | None:
    """Ask for a task."""
    given: dict[str, object] = {"mailbox": "1", "payload": {}, "at": clock.tick()}
    async with database.transaction() as session:
        return await queue.add_task(session, "read", **(given | values))  # type: ignore[arg-type]


async def take(database: Database, clock: ManualClock) -> int | None:
    """Claim a task as a worker does; its id."""
    async with database.transaction() as session:
        task = await queue.claim_task(session, clock.now(), clock.tick())
        if task is None:
            return None
        task.status, task.lease_until = TaskStatus.RUNNING, clock.tick() + LEASE
        task.attempts += 1
        return task.id


async def timer(
    database: Database, clock: ManualClock, key: str = "remind:1", after: timedelta = DAY
) -> None:
    """Set a timer."""
    async with database.transaction() as session:
        await queue.set_timer(
            session, key, mailbox="1", kind="remind", due_at=clock.now() + after, payload={"n": 1}
        )


async def fire(database: Database, clock: ManualClock) -> int:
    """Fire what is due."""
    async with database.transaction() as session:
        return await queue.fire_due_timers(session, clock.now())


async def test_a_leased_task_is_for_one_worker_until_the_lease_ends(
    database: Database, clock: ManualClock
) -> None:
    task = await add(database, clock)
    assert await take(database, clock) == task
    assert await take(database, clock) is None
    clock.jump(DAY)  # the demo's day must not end a lease
    assert await take(database, clock) is None
    clock.advance(LEASE + timedelta(seconds=1))
    assert await take(database, clock) == task


async def test_a_task_waits_in_domain_time(database: Database, clock: ManualClock) -> None:
    task = await add(database, clock, not_before=clock.now() + DAY)
    assert await take(database, clock) is None
    clock.jump(DAY)
    assert await take(database, clock) == task


async def test_each_task_is_claimed_once(
    database: Database, keyring: Keyring, clock: ManualClock
) -> None:
    wanted = {await add(database, clock) for _ in range(24)}
    other = Database(database.url, keyring)

    async def work(mine: Database) -> list[int]:
        found = []
        while (task := await take(mine, clock)) is not None:
            found.append(task)
        return found

    try:
        # SKIP LOCKED may show a worker nothing while others hold what is left: one more round.
        rounds = await asyncio.gather(*(work(mine) for mine in (database, other) * 3))
        last = await work(database)
    finally:
        await other.dispose()
    taken = [task for found in rounds for task in found] + last
    assert sorted(taken) == sorted(task for task in wanted if task is not None)
    assert len(taken) == 24


async def test_a_keyed_task_exists_once(
    database: Database, keyring: Keyring, clock: ManualClock
) -> None:
    other = Database(database.url, keyring)
    try:
        made = await asyncio.gather(
            *(add(mine, clock, key="read:42") for mine in (database, other) * 5)
        )
    finally:
        await other.dispose()
    assert len([task for task in made if task is not None]) == 1


async def test_a_timer_fires_once_and_in_domain_time(
    database: Database, clock: ManualClock
) -> None:
    await timer(database, clock)
    assert await fire(database, clock) == 0
    clock.jump(DAY)
    fired = await asyncio.gather(*(fire(database, clock) for _ in range(5)))
    assert sum(fired) == 1
    async with database.reading() as session:
        event = (await session.execute(select(InboxEvent))).scalar_one()
        assert (event.kind, event.mailbox, event.actor) == ("remind", "1", "timer")
        assert event.payload == {"n": 1}


async def test_a_timer_set_again_moves(database: Database, clock: ManualClock) -> None:
    await timer(database, clock, after=DAY)
    await timer(database, clock, after=3 * DAY)
    clock.jump(2 * DAY)
    assert await fire(database, clock) == 0
    clock.jump(DAY)
    assert await fire(database, clock) == 1


async def test_a_cancelled_timer_is_silent(database: Database, clock: ManualClock) -> None:
    await timer(database, clock)
    async with database.transaction() as session:
        await queue.cancel_timers(session, "remind:1", "never-set")
    clock.jump(DAY)
    assert await fire(database, clock) == 0


async def test_the_same_timer_again_is_another_event(
    database: Database, clock: ManualClock
) -> None:
    """A used id must not come back: `timer:<id>` would be taken for a redelivery."""
    for _ in range(3):
        await timer(database, clock, after=timedelta(0))
        assert await fire(database, clock) == 1
    async with database.reading() as session:
        keys = (await session.execute(select(col(InboxEvent.key)))).scalars().all()
        assert len(set(keys)) == 3
        assert (await session.execute(select(Timer))).first() is None


async def test_task_ids_are_not_used_again(database: Database, clock: ManualClock) -> None:
    first = await add(database, clock)
    async with database.transaction() as session:
        await session.delete(await session.get_one(Task, first))
    second = await add(database, clock)
    assert first is not None
    assert second is not None
    assert second > first
