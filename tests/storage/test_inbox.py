"""The inbox: an event once, a mailbox in order, a claim for one worker, on both databases."""

from __future__ import annotations

import asyncio
import random
from collections import defaultdict
from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select

from storage import queue
from storage.crypto import Keyring
from storage.database import Database
from storage.models import EventStatus, InboxEvent
from tests.storage.helpers import accept, handle_all, handle_one
from tests.support.clock import ManualClock


async def test_an_event_is_accepted_once(database: Database) -> None:
    assert await accept(database, "tg:7", payload={"text": "办社保卡"})
    assert not await accept(database, "tg:7", payload={"text": "again"})
    async with database.reading() as session:
        event = (await session.execute(select(InboxEvent))).scalar_one()
        assert event.payload == {"text": "办社保卡"}


async def test_a_redelivery_to_every_process_at_once_is_one_event(
    database: Database, keyring: Keyring
) -> None:
    other = Database(database.url, keyring)
    try:
        new = await asyncio.gather(*(accept(d, "tg:1") for d in (database, other) * 10))
    finally:
        await other.dispose()
    assert sorted(new) == [False] * 19 + [True]


async def test_dedupe_is_by_equality_not_by_size(database: Database) -> None:
    assert await accept(database, "tg:900")
    assert await accept(database, "tg:5")
    assert await handle_all(database) == ["tg:900", "tg:5"]


async def test_an_event_that_waits_holds_its_mailbox_and_no_other(
    database: Database, clock: ManualClock
) -> None:
    for key, mailbox in (("a1", "a"), ("a2", "a"), ("b1", "b")):
        await accept(database, key, mailbox)
    async with database.transaction() as session:
        event = await queue.claim_event(session, clock.tick())
        assert event is not None
        event.not_before = clock.tick() + timedelta(seconds=30)
    assert await handle_all(database, clock.tick()) == ["b1"]
    clock.advance(timedelta(seconds=30))
    assert await handle_all(database, clock.tick()) == ["a1", "a2"]


async def test_a_dead_event_lets_the_next_one_pass(database: Database, now: datetime) -> None:
    await accept(database, "poison")
    await accept(database, "next")
    async with database.transaction() as session:
        event = await queue.claim_event(session, now)
        assert event is not None
        event.status = EventStatus.DEAD
    assert await handle_all(database) == ["next"]


async def test_a_claim_ends_with_its_transaction(database: Database, now: datetime) -> None:
    async def die() -> None:
        async with database.transaction() as session:
            event = await queue.claim_event(session, now)
            assert event is not None
            event.status = EventStatus.DONE
            raise RuntimeError("killed")

    await accept(database, "tg:1")
    with pytest.raises(RuntimeError, match="killed"):
        await die()
    assert await handle_all(database) == ["tg:1"]


async def test_while_one_worker_holds_an_event_others_take_other_mailboxes(
    postgres_url: str, keyring: Keyring, now: datetime
) -> None:
    database = Database(postgres_url, keyring)
    try:
        for key, mailbox in (("a1", "a"), ("a2", "a"), ("b1", "b")):
            await accept(database, key, mailbox)
        async with database.transaction() as session:
            held = await queue.claim_event(session, now)
            assert held is not None
            assert held.key == "a1"
            assert await handle_one(database) == "b1"
            assert await handle_one(database) is None
    finally:
        await database.dispose()


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_order_under_concurrent_accepts_and_workers(
    database: Database, keyring: Keyring, now: datetime, seed: int
) -> None:
    """Two processes accept and work at once: each mailbox sees each source's events in order."""
    chance = random.Random(seed)
    other = Database(database.url, keyring)
    both = (database, other)
    mailboxes = [f"m{n}" for n in range(4)]
    sources, each = 4, 12
    handled: dict[str, list[tuple[int, int]]] = defaultdict(list)
    ids: dict[str, list[int]] = defaultdict(list)
    busy: set[str] = set()

    async def produce(source: int) -> None:
        for number in range(each):
            mailbox = chance.choice(mailboxes)
            payload = {"source": source, "number": number}
            await accept(both[source % 2], f"{source}:{number}", mailbox, payload, at=now)

    async def work(worker: int) -> None:
        while sum(map(len, handled.values())) < sources * each:
            async with both[worker % 2].transaction() as session:
                event = await queue.claim_event(session, now)
                if event is not None:
                    assert event.mailbox not in busy
                    assert event.id is not None
                    busy.add(event.mailbox)
                    await asyncio.sleep(0)
                    event.status = EventStatus.DONE
                    await session.flush()
                    busy.discard(event.mailbox)
                    handled[event.mailbox].append(
                        (event.payload["source"], event.payload["number"])
                    )
                    ids[event.mailbox].append(event.id)
            await asyncio.sleep(0.001)

    try:
        async with asyncio.timeout(60):
            await asyncio.gather(*map(produce, range(sources)), *map(work, range(4)))
    finally:
        await other.dispose()
    assert sum(map(len, handled.values())) == sources * each
    for mailbox in mailboxes:
        assert ids[mailbox] == sorted(ids[mailbox])
        for source in range(sources):
            numbers = [number for who, number in handled[mailbox] if who == source]
            assert numbers == sorted(numbers)


async def test_depth_counts_what_is_open(database: Database, now: datetime) -> None:
    await accept(database, "1")
    await accept(database, "2")
    async with database.transaction() as session:
        await queue.add_task(session, "read", mailbox="1", payload={}, at=now)
    await handle_one(database)
    async with database.reading() as session:
        assert await queue.depth(session) == {"inbox": 1, "tasks": 1}
        assert (await session.execute(select(func.count()).select_from(InboxEvent))).scalar() == 2
