"""The outbox: order, dependence, leases, doubt, and limits that all processes share."""

from __future__ import annotations

import asyncio
import random
from datetime import datetime, timedelta

from sqlalchemy import select

from storage import sending
from storage.crypto import Keyring
from storage.database import Database
from storage.models import DeliveryDoubt, OnDoubt, OutboxMessage, OutboxStatus
from storage.sending import Limit
from tests.storage.helpers import Outbox
from tests.support.clock import ManualClock

LEASE = timedelta(seconds=30)


async def claim(database: Database, tick: datetime) -> int | None:
    """What a sender may try now."""
    async with database.transaction() as session:
        message = await sending.claim_message(session, tick, LEASE)
        return message.id if message else None


async def mark(database: Database, message_id: int | None, status: OutboxStatus) -> None:
    """The result of a try."""
    async with database.transaction() as session:
        (await session.get_one(OutboxMessage, message_id)).status = status


async def made(database: Database, *chats: str, **values: object) -> list[int]:
    """Messages to chats, in order; their ids."""
    async with database.transaction() as session:
        outbox = Outbox(session)
        rows = [await outbox.add(chat, **values) for chat in chats]
        return [row.id for row in rows if row.id is not None]


async def test_a_chat_has_one_message_under_way_and_others_go_on(
    database: Database, now: datetime
) -> None:
    first, second, other = await made(database, "1", "1", "2")
    assert await claim(database, now) == first
    assert await claim(database, now) == other
    assert await claim(database, now) is None
    await mark(database, first, OutboxStatus.SENT)
    assert await claim(database, now) == second


async def test_a_message_waits_for_the_one_it_depends_on(database: Database, now: datetime) -> None:
    async with database.transaction() as session:
        outbox = Outbox(session)
        topic = await outbox.add("-100")
        greeting = await outbox.add("7", depends_on=topic.id)
    assert await claim(database, now) == topic.id
    assert await claim(database, now) is None
    await mark(database, topic.id, OutboxStatus.SENT)
    assert await claim(database, now) == greeting.id


async def test_a_message_told_to_wait_holds_its_chat(
    database: Database, clock: ManualClock
) -> None:
    first, second = await made(database, "1", "1")
    async with database.transaction() as session:
        row = await session.get_one(OutboxMessage, first)
        row.not_before = clock.tick() + timedelta(seconds=9)
    assert await claim(database, clock.tick()) is None
    clock.advance(timedelta(seconds=9))
    assert await claim(database, clock.tick()) == first
    await mark(database, first, OutboxStatus.FAILED)
    assert await claim(database, clock.tick()) == second


async def test_every_message_is_claimed_once(
    database: Database, keyring: Keyring, now: datetime
) -> None:
    wanted = await made(database, *(f"{n}" for n in range(20)))
    other = Database(database.url, keyring)

    async def work(mine: Database) -> list[int]:
        found = []
        while (message := await claim(mine, now)) is not None:
            found.append(message)
        return found

    try:
        rounds = await asyncio.gather(*(work(mine) for mine in (database, other) * 3))
        last = await work(database)
    finally:
        await other.dispose()
    assert sorted(sum(rounds, last)) == wanted


async def test_who_dies_while_sending_leaves_a_doubt(
    database: Database, clock: ManualClock
) -> None:
    ready, notice, after = await made(database, "1", "2", "2")
    async with database.transaction() as session:
        (await session.get_one(OutboxMessage, notice)).on_doubt = OnDoubt.PARK
    assert await claim(database, clock.tick()) == ready
    assert await claim(database, clock.tick()) == notice
    async with database.transaction() as session:
        assert await sending.abandoned(session, clock.tick()) == []
    clock.advance(LEASE + timedelta(seconds=1))
    async with database.transaction() as session:
        rows = await sending.abandoned(session, clock.tick())
        again = [await sending.doubt(session, row, "sender_died", clock.tick()) for row in rows]
    assert again == [True, False]
    assert await claim(database, clock.tick()) == ready  # sent once more
    assert await claim(database, clock.tick()) == after  # the parked one does not block its chat
    async with database.reading() as session:
        doubts = (await session.execute(select(DeliveryDoubt))).scalars().all()
        parked = await session.get_one(OutboxMessage, notice)
        found = {(d.outbox_id, d.resolution) for d in doubts}
        assert found == {(ready, "resend"), (notice, "park")}
        assert parked.status == OutboxStatus.IN_DOUBT


async def take(database: Database, limits: list[Limit], tick: datetime) -> datetime | None:
    """None when permitted."""
    async with database.transaction() as session:
        return await sending.wait_for_limits(session, limits, tick)


async def test_limits_hold_in_every_window(database: Database, clock: ManualClock) -> None:
    limit = Limit("chat:1", timedelta(seconds=1), burst=5)
    chance = random.Random(7)
    permitted: list[datetime] = []
    for _ in range(120):
        ready = await take(database, [limit], clock.tick())
        if ready is None:
            permitted.append(clock.tick())
        else:
            assert ready > clock.tick()
        clock.advance(timedelta(seconds=chance.choice([0, 0.1, 0.3, 1, 4])))
    for index, start in enumerate(permitted):
        for seconds in (0, 1, 2, 5):
            end = start + timedelta(seconds=seconds)
            inside = [moment for moment in permitted[index:] if moment <= end]
            assert len(inside) <= limit.burst + seconds
    assert len(permitted) > 60  # and it does let messages through


async def test_the_told_moment_is_the_right_one(database: Database, clock: ManualClock) -> None:
    limit = Limit("chat:1", timedelta(seconds=2), burst=2)
    answers = [await take(database, [limit], clock.tick()) for _ in range(3)]
    assert answers == [None, None, clock.tick() + timedelta(seconds=2)]
    assert await take(database, [limit], clock.tick() + timedelta(seconds=1.9)) is not None
    assert await take(database, [limit], clock.tick() + timedelta(seconds=2)) is None


async def test_processes_share_the_limit(
    database: Database, keyring: Keyring, now: datetime
) -> None:
    limits = [Limit("bot", timedelta(seconds=1), burst=5)]
    other = Database(database.url, keyring)
    try:
        answers = await asyncio.gather(
            *(take(mine, limits, now) for mine in (database, other) * 10)
        )
    finally:
        await other.dispose()
    assert answers.count(None) == 5


async def test_a_full_chat_does_not_use_up_the_bots_permits(
    database: Database, now: datetime
) -> None:
    bot = Limit("bot", timedelta(seconds=1), burst=3)
    full = Limit("chat:1", timedelta(seconds=1), burst=1)
    answers = [await take(database, [bot, full], now) for _ in range(6)]
    assert answers.count(None) == 1
    free = [await take(database, [bot, Limit(f"chat:{n}", full.interval, 1)], now) for n in (2, 3)]
    assert free == [None, None]
