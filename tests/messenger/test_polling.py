"""getUpdates: a real long poll, confirmation by offset, one poller, and duplicates on demand."""

from __future__ import annotations

import asyncio
import time
from contextlib import AsyncExitStack

from messenger.client import MessengerClient
from messenger.settings import MessengerSettings
from tests.messenger.conftest import Person, Running, serve


async def test_waits_until_something_comes(running: Running, person: Person) -> None:
    employee = await person()
    began = time.monotonic()
    poll = asyncio.create_task(running.call("getUpdates", timeout=30))
    await asyncio.sleep(0.4)
    assert not poll.done()
    await employee.say("在吗")
    [update] = await poll
    assert update["message"]["text"] == "在吗"
    assert 0.4 <= time.monotonic() - began < 25


async def test_empty_after_the_timeout(running: Running) -> None:
    assert await running.call("getUpdates", timeout=1) == []


async def test_redelivered_until_confirmed(running: Running, person: Person) -> None:
    employee = await person()
    await employee.say("一")
    await employee.say("二")
    first = await running.call("getUpdates")
    assert [u["message"]["text"] for u in first] == ["一", "二"]
    assert await running.call("getUpdates") == first
    rest = await running.call("getUpdates", offset=first[0]["update_id"] + 1)
    assert rest == first[1:]
    assert await running.call("getUpdates", offset=first[1]["update_id"] + 1) == []
    assert await running.call("getUpdates") == []


async def test_survives_a_restart(settings: MessengerSettings) -> None:
    async with AsyncExitStack() as stack:
        running = await serve(settings, stack)
        async with MessengerClient(running.url) as employee:
            await employee.sign_in(await running.invite(), listen=False)
            await employee.say("重启前")
            before = await running.call("getUpdates")
    async with AsyncExitStack() as stack:
        running = await serve(settings, stack)
        assert await running.call("getUpdates") == before


async def test_negative_offset_forgets_the_older(running: Running, person: Person) -> None:
    employee = await person()
    for text in "一二三":
        await employee.say(text)
    [last] = await running.call("getUpdates", offset=-1)
    assert last["message"]["text"] == "三"
    assert await running.call("getUpdates") == [last]


async def test_allowed_updates(running: Running, person: Person) -> None:
    employee = await person()
    await running.call("getUpdates", allowed_updates=["callback_query"])
    await employee.say("不要")
    assert await running.call("getUpdates") == []
    await running.call("getUpdates", allowed_updates=[])
    await employee.say("要")
    [update] = await running.call("getUpdates")
    assert update["message"]["text"] == "要"


async def test_a_second_poller_ends_the_first(running: Running) -> None:
    first = asyncio.create_task(running.raw("getUpdates", timeout=30))
    await asyncio.sleep(0.3)
    second = asyncio.create_task(running.raw("getUpdates", timeout=1))
    status, body = await first
    assert status == 409
    assert "terminated by other getUpdates" in body["description"]
    assert (await second)[0] == 200


async def test_no_polling_beside_a_webhook(running: Running) -> None:
    await running.call("setWebhook", url="http://127.0.0.1:9/x")
    status, body = await running.raw("getUpdates")
    assert status == 409
    assert "webhook is active" in body["description"]


async def test_duplicates_on_demand(running: Running, person: Person) -> None:
    employee = await person()
    await running.fault("duplicate_updates", probability=1.0, times=1)
    await employee.say("两次")
    await employee.say("一次")
    seen: list[str] = []
    offset = 0
    for _ in range(4):
        for update in await running.call("getUpdates", offset=offset):
            seen.append(update["message"]["text"])
            offset = update["update_id"] + 1
    assert sorted(seen) == ["一次", "两次", "两次"]
    stats = (await running.admin("GET", "stats"))["updates"]
    assert stats == {
        "created": 2, "confirmed": 2, "pending": 0, "deliveries": 3, "redelivered": 1,
    }  # fmt: skip


async def test_a_lost_answer_to_a_poll_loses_nothing(running: Running, person: Person) -> None:
    employee = await person()
    await employee.say("还在")
    await running.fault("lost_answer", method="getUpdates", times=1)
    lost = await asyncio.gather(running.raw("getUpdates"), return_exceptions=True)
    assert isinstance(lost[0], Exception)
    [update] = await running.call("getUpdates")
    assert update["message"]["text"] == "还在"
