"""Stopping lets current work end; what is cut off comes again. And the janitor's rounds."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from sqlmodel import col, select
from sqlmodel.sql.expression import SelectOfScalar

from bot.compose import _finish
from bot.janitor import Janitor
from bot.tasks import Job, Result, TaskRunner
from bot.turns import TurnRunner
from handlers.steps import ANYONE, Flow, text
from handlers.turn import Turn
from storage import queue
from storage.models import (
    EventStatus,
    InboxEvent,
    OutboxMessage,
    OutboxStatus,
    RateBucket,
    Task,
    TaskStatus,
)
from tests.bot.conftest import Build
from tests.bot.house import House
from tests.storage.helpers import Outbox


def start(house: House, *steps: tuple[str, object]) -> list[asyncio.Task[None]]:
    """Loops as the program has them."""
    runtime = house.runtime
    return [
        asyncio.create_task(runtime.loop(topic, step), name=topic)  # type: ignore[arg-type]
        for topic, step in steps
    ]


async def test_a_turn_and_a_task_under_way_are_finished(build: Build) -> None:
    begun, flow = [asyncio.Event(), asyncio.Event()], Flow("slow", ANYONE)

    @flow.on(text)
    async def slowly(turn: Turn) -> None:
        begun[0].set()
        await asyncio.sleep(0.3)
        turn.say("done")

    async def work(_job: Job) -> Result:
        begun[1].set()
        await asyncio.sleep(0.3)
        return Result({})

    house = build(flow)
    await house.says(5, "x")
    async with house.database.transaction() as session:
        await queue.add_task(session, "work", mailbox="6", payload={}, at=house.clock.tick())
    loops = start(house, (queue.INBOX, TurnRunner(house.runtime).run_one))
    await begun[0].wait()
    tasks = TaskRunner(house.runtime, {"work": work})
    loops += start(house, (queue.TASKS, tasks.run_one))
    await begun[1].wait()
    await _finish(house.runtime, loops)
    assert await house.said() == ["done"]
    (task,) = await house.rows(Task)
    assert task.status == TaskStatus.DONE
    assert all(loop.done() and not loop.cancelled() for loop in loops)


async def test_who_waits_is_woken_to_stop(build: Build) -> None:
    house = build(runner={"poll_seconds": 600})
    loops = start(house, (queue.INBOX, TurnRunner(house.runtime).run_one))
    async with asyncio.timeout(5):
        await asyncio.sleep(0.2)
        await _finish(house.runtime, loops)
    assert not loops[0].cancelled()


async def test_who_looks_for_work_while_others_are_woken_stops_too(build: Build) -> None:
    house = build(runner={"poll_seconds": 600, "stop_seconds": 600})
    looking, found_nothing = asyncio.Event(), asyncio.Event()

    async def look() -> bool:
        looking.set()
        await found_nothing.wait()
        return False

    async def idle() -> bool:
        return False

    loops = start(house, (queue.INBOX, look), (queue.INBOX, idle))
    async with asyncio.timeout(60):
        await looking.wait()
        ending = asyncio.create_task(_finish(house.runtime, loops))
        await asyncio.wait({loops[1]})  # woken, and the signal is gone
        found_nothing.set()
        await ending
    assert not loops[0].cancelled()


async def test_what_takes_too_long_is_cut_off_and_comes_again(build: Build) -> None:
    begun, flow = asyncio.Event(), Flow("stuck", ANYONE)
    stuck = [True]

    @flow.on(text)
    async def wait(turn: Turn) -> None:
        turn.say("half")
        await turn.session.flush()
        begun.set()
        if stuck:
            await asyncio.Event().wait()

    house = build(flow, runner={"stop_seconds": 0.2})
    await house.says(5, "x")
    loops = start(house, (queue.INBOX, TurnRunner(house.runtime).run_one))
    await begun.wait()
    await _finish(house.runtime, loops)
    assert await house.said() == []
    (event,) = await house.rows(InboxEvent)
    assert event.status == EventStatus.PENDING
    stuck.clear()
    house.clock.advance(timedelta(seconds=6))
    await house.turns()
    assert await house.said() == ["half"]  # the database takes new work: nothing hangs


async def test_the_janitor_forgets_what_is_old_and_handled(build: Build) -> None:
    house = build()
    for words in ("old", "dead"):
        await house.says(5, words)
    async with house.database.transaction() as session:
        outbox = Outbox(session)
        first = await outbox.add("5", status=OutboxStatus.SENT)
        await outbox.add("6", status=OutboxStatus.PENDING, depends_on=first.id)
        await outbox.add("7", status=OutboxStatus.SENT)
        for name in (TaskStatus.DONE, TaskStatus.DEAD, TaskStatus.PENDING):
            session.add(
                Task(
                    name="x",
                    mailbox="5",
                    status=name,
                    created_at=house.clock.tick(),
                    done_at=None if name == TaskStatus.PENDING else house.clock.tick(),
                )
            )
        session.add(RateBucket(key="chat:5", arrival=house.clock.tick()))
        (old, _) = (await session.exec(_updates())).all()
        old.status = EventStatus.DONE
    house.clock.advance(timedelta(days=15))
    await house.says(5, "new")
    janitor = Janitor(house.runtime)
    await janitor.sweep_once()
    await janitor.sweep_once()
    texts = [
        (event.payload or {})["message"]["text"]
        for event in await house.rows(InboxEvent, col(InboxEvent.kind) == "update")
    ]
    assert texts == ["dead", "new"]  # still pending, both
    # What another message waits for stays, or its row could not go either.
    assert [row.chat for row in await house.rows(OutboxMessage)] == ["5", "6"]
    assert [row.status for row in await house.rows(Task)] == [TaskStatus.PENDING]
    assert await house.rows(RateBucket) == []


def _updates() -> SelectOfScalar[InboxEvent]:
    return select(InboxEvent).where(InboxEvent.kind == "update").order_by(col(InboxEvent.id))


async def test_cancelling_inside_a_transaction_leaves_the_database_free(build: Build) -> None:
    """Whatever moment a loop is cut off at, the next transaction begins."""
    house = build()

    async def write(number: int) -> None:
        async with house.database.transaction() as session:
            for step in range(20):
                await queue.accept(
                    session,
                    key=f"{number}:{step}",
                    mailbox="5",
                    kind="x",
                    payload={},
                    at=house.clock.tick(),
                )

    for number in range(10):
        task = asyncio.create_task(write(number))
        await asyncio.sleep(0.002 * number)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        async with asyncio.timeout(10):
            await write(100 + number)
    keys = [event.key for event in await house.rows(InboxEvent)]
    counts = {n: sum(key.startswith(f"{n}:") for key in keys) for n in range(10)}
    assert set(counts.values()) <= {0, 20}  # each as a whole, or not at all
