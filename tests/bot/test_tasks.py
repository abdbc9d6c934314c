"""Tasks: leases, deaths of workers, one result, and waits in domain time."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from sqlmodel.ext.asyncio.session import AsyncSession

from bot.tasks import Job, LaterError, Result, TaskRunner, Work
from storage import queue
from storage.models import InboxEvent, StateValue, Task, TaskStatus
from tests.bot.conftest import Build
from tests.bot.house import House

DAY = timedelta(days=1)


async def add(house: House, name: str = "work", **values: Any) -> int:
    """Ask for a task; its id."""
    async with house.database.transaction() as session:
        found = await queue.add_task(
            session, name, mailbox="5", payload={"n": 1}, at=house.clock.tick(), **values
        )
    assert found is not None
    return found


async def task(house: House) -> Task:
    """The only task."""
    (found,) = await house.rows(Task)
    assert isinstance(found, Task)
    return found


async def results(house: House) -> list[tuple[str, str, Any]]:
    """Key, kind and payload of every event."""
    return [(row.key, row.kind, row.payload) for row in await house.rows(InboxEvent)]


def runner(house: House, work: Work) -> TaskRunner:
    """A worker that knows one kind of work."""
    return TaskRunner(house.runtime, {"work": work})


async def succeed(job: Job) -> Result:
    """The payload back, with a row of its own."""

    async def complete(session: AsyncSession, payload: dict[str, Any]) -> None:
        session.add(StateValue(name=f"done {job.id}", value="1"))
        payload["found"] = 7

    return Result({"given": job.payload["n"]}, complete)


async def test_a_result_is_written_with_the_completion(build: Build) -> None:
    house = build()
    number = await add(house)
    assert await runner(house, succeed).run_one()
    done = await task(house)
    assert (done.status, done.payload, done.attempts) == (TaskStatus.DONE, None, 1)
    assert await results(house) == [(f"task:{number}", "work.done", {"given": 1, "found": 7})]
    assert len(await house.rows(StateValue)) == 1
    assert not await runner(house, succeed).run_one()


async def test_no_result_is_no_event(build: Build) -> None:
    async def nothing(_job: Job) -> None:
        return None

    house = build()
    await add(house)
    await runner(house, nothing).run_one()
    assert (await task(house)).status == TaskStatus.DONE
    assert await results(house) == []


async def test_a_completion_that_breaks_is_tried_again_as_a_whole(build: Build) -> None:
    calls: list[int] = []

    async def work(job: Job) -> Result:
        async def complete(session: AsyncSession, payload: dict[str, Any]) -> None:
            session.add(StateValue(name=f"done {job.id}", value="1"))
            await session.flush()
            calls.append(1)
            if len(calls) == 1:
                raise RuntimeError("half-way")

        return Result({}, complete)

    house = build()
    await add(house)
    with pytest.raises(RuntimeError):  # the loop logs it; the lease brings the task back
        await runner(house, work).run_one()
    assert await house.rows(StateValue) == []
    house.clock.advance(timedelta(seconds=61))
    await runner(house, work).run_one()
    assert len(await house.rows(StateValue)) == 1
    assert len(await results(house)) == 1


async def test_a_worker_that_dies_leaves_the_task_to_another(build: Build) -> None:
    house, started = build(), asyncio.Event()
    await add(house)

    async def hang(_job: Job) -> None:
        started.set()
        await asyncio.Event().wait()

    dying = asyncio.create_task(runner(house, hang).run_one())
    await started.wait()
    dying.cancel()
    await asyncio.gather(dying, return_exceptions=True)
    assert (await task(house)).status == TaskStatus.RUNNING
    assert not await runner(house, succeed).run_one()  # the lease holds still
    house.clock.advance(timedelta(seconds=61))
    assert await runner(house, succeed).run_one()
    assert ((await task(house)).status, (await task(house)).attempts) == (TaskStatus.DONE, 2)
    assert len(await results(house)) == 1


async def test_long_work_renews_its_lease(build: Build) -> None:
    house = build(runner={"task_lease_seconds": 0.3})
    number, others = await add(house), 0

    async def long(job: Job) -> Result:
        nonlocal others
        for _ in range(5):  # each longer than the lease by the clock, which the renewal follows
            house.clock.advance(timedelta(seconds=0.2))
            await asyncio.sleep(0.25)
            others += await runner(house, succeed).run_one()
        return await succeed(job)

    await runner(house, long).run_one()
    assert others == 0
    assert [key for key, _, _ in await results(house)] == [f"task:{number}"]


async def test_two_workers_that_both_finish_report_once(build: Build) -> None:
    """The first was too slow for its lease; what it found is not written over the second's."""
    house, go, started = build(), asyncio.Event(), asyncio.Event()
    number = await add(house)

    async def slow(_job: Job) -> Result:
        started.set()
        await go.wait()
        return Result({"who": "first"})

    async def quick(_job: Job) -> Result:
        return Result({"who": "second"})

    first = asyncio.create_task(runner(house, slow).run_one())
    await started.wait()
    house.clock.advance(timedelta(seconds=61))
    assert await runner(house, quick).run_one()
    go.set()
    await first
    assert await results(house) == [(f"task:{number}", "work.done", {"who": "second"})]


async def test_work_that_says_later_waits_in_domain_time_and_that_is_no_failure(
    build: Build,
) -> None:
    house, runs = build(), 0
    await add(house)

    async def wait(_job: Job) -> None:
        nonlocal runs
        runs += 1
        raise LaterError(house.clock.now() + DAY)

    for day in range(5):
        assert await runner(house, wait).run_one()
        assert not await runner(house, wait).run_one()
        found = await task(house)
        assert (found.status, found.attempts) == (TaskStatus.PENDING, 0), day
        house.clock.jump(DAY)
    assert runs == 5
    assert await results(house) == []


async def test_a_task_waits_for_its_day(build: Build) -> None:
    house = build()
    await add(house, not_before=house.clock.now() + DAY)
    assert not await runner(house, succeed).run_one()
    house.clock.jump(DAY)
    assert await runner(house, succeed).run_one()


async def test_what_always_fails_dies_and_its_mailbox_hears_of_it(build: Build) -> None:
    house = build()
    number = await add(house)

    async def fail(_job: Job) -> None:
        raise ValueError("样本姓名")

    waits = []
    for _ in range(3):
        assert await runner(house, fail).run_one()
        waits.append((await task(house)).not_before)
        house.clock.advance(timedelta(minutes=10))
    assert not await runner(house, fail).run_one()
    dead = await task(house)
    assert (dead.status, dead.attempts, dead.payload) == (TaskStatus.DEAD, 3, None)
    assert "ValueError" in (dead.error or "")
    assert "样本" not in (dead.error or "")
    assert await results(house) == [(f"task:{number}", "work.failed", {"n": 1})]
    first, second, last = waits
    assert first is not None
    assert second is not None
    assert first < second
    assert last == second  # a dead task waits for nothing more


async def test_a_task_that_nobody_knows_dies(build: Build) -> None:
    house = build()
    await add(house, "forgotten")
    for _ in range(3):
        await runner(house, succeed).run_one()
        house.clock.advance(timedelta(minutes=10))
    assert (await task(house)).status == TaskStatus.DEAD


async def test_a_task_that_kills_every_worker_dies(build: Build) -> None:
    house = build()
    number = await add(house)
    for _ in range(3):
        assert await runner(house, succeed)._claim("lease") is not None  # and then SIGKILL
        house.clock.advance(timedelta(seconds=61))
    assert not await runner(house, succeed).run_one()
    assert (await task(house)).status == TaskStatus.DEAD
    assert await results(house) == [(f"task:{number}", "work.failed", {"n": 1})]


async def test_a_result_follows_a_person_who_moved_meanwhile(build: Build) -> None:
    house = build()

    async def work(job: Job) -> Result:
        async with house.database.transaction() as session:
            await queue.move_mailbox(session, job.mailbox, "6")
        return Result({})

    number = await add(house)
    await runner(house, work).run_one()
    assert (await house.event(f"task:{number}")).mailbox == "6"
