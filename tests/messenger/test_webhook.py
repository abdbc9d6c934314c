"""Webhook delivery: the secret, retries, order within a chat, replies, duplicates."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import web

from messenger.client import MessengerClient
from tests.messenger.conftest import Person, Running


class Receiver:
    """A bot's web server."""

    def __init__(self) -> None:
        self.url = ""
        self.got: list[dict[str, Any]] = []
        self.secrets: list[str | None] = []
        self.statuses: list[int] = []
        self.reply: dict[str, Any] | None = None
        self.news = asyncio.Event()
        self.open = 0
        self.most_open = 0
        self.delay = 0.0

    async def handle(self, request: web.Request) -> web.Response:
        self.open += 1
        self.most_open = max(self.most_open, self.open)
        await asyncio.sleep(self.delay)
        self.got.append(await request.json())
        self.secrets.append(request.headers.get("X-Telegram-Bot-Api-Secret-Token"))
        status = self.statuses.pop(0) if self.statuses else 200
        self.open -= 1
        self.news.set()
        if self.reply and status == 200:
            reply, self.reply = self.reply, None
            return web.json_response(reply)
        return web.Response(status=status)

    async def wait(self, count: int) -> list[str]:
        """The texts received, once there are so many."""
        async with asyncio.timeout(15):
            while len(self.got) < count:
                self.news.clear()
                await self.news.wait()
        return [update["message"]["text"] for update in self.got]


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    made = Receiver()
    app = web.Application()
    app.router.add_post("/hook", made.handle)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    made.url = f"http://127.0.0.1:{runner.addresses[0][1]}/hook"
    yield made
    await runner.cleanup()


async def test_secret_and_confirmation(
    running: Running, person: Person, receiver: Receiver
) -> None:
    employee = await person()
    await running.call("setWebhook", url=receiver.url, secret_token="s3cret_-")
    await employee.say("你好")
    assert await receiver.wait(1) == ["你好"]
    assert receiver.secrets == ["s3cret_-"]
    await employee.say("再见")
    # The second is only sent once the first is confirmed.
    assert await receiver.wait(2) == ["你好", "再见"]
    assert (await running.call("getWebhookInfo"))["pending_update_count"] <= 1


async def test_retried_until_two_hundred(
    running: Running, person: Person, receiver: Receiver
) -> None:
    employee = await person()
    receiver.statuses = [500, 503]
    await running.call("setWebhook", url=receiver.url)
    await employee.say("一")
    await employee.say("二")
    assert await receiver.wait(4) == ["一", "一", "一", "二"]
    info = await running.call("getWebhookInfo")
    assert info["last_error_message"].startswith("Wrong response from the webhook: 503")


async def test_pending_ones_wait_for_a_dead_bot(
    running: Running, person: Person, receiver: Receiver
) -> None:
    employee = await person()
    await running.call("setWebhook", url="http://127.0.0.1:9/hook")
    await employee.say("没人收")
    await asyncio.sleep(0.2)
    await running.call("setWebhook", url=receiver.url)
    assert await receiver.wait(1) == ["没人收"]


async def test_chats_side_by_side_but_each_in_order(
    running: Running, person: Person, receiver: Receiver
) -> None:
    people: list[MessengerClient] = [await person(f"样本{n}") for n in "甲乙丙"]
    receiver.delay = 0.05
    for text in "一二三":
        await asyncio.gather(*(one.say(text) for one in people))
    await running.call("setWebhook", url=receiver.url, max_connections=3)
    await receiver.wait(9)
    for one in people:
        mine = [
            u["message"]["text"]
            for u in receiver.got
            if u["message"]["chat"]["id"] == one.account_id
        ]
        assert mine == ["一", "二", "三"]
    assert 1 < receiver.most_open <= 3


async def test_one_connection_means_one(
    running: Running, person: Person, receiver: Receiver
) -> None:
    people = [await person(f"样本{n}") for n in "甲乙"]
    receiver.delay = 0.05
    await asyncio.gather(*(one.say("同时") for one in people for _ in range(3)))
    await running.call("setWebhook", url=receiver.url, max_connections=1)
    await receiver.wait(6)
    assert receiver.most_open == 1


async def test_a_method_in_the_answer_is_run(
    running: Running, person: Person, receiver: Receiver
) -> None:
    employee = await person()
    receiver.reply = {"method": "sendMessage", "chat_id": employee.account_id, "text": "收到"}
    await running.call("setWebhook", url=receiver.url)
    await employee.say("你好")
    assert (await employee.wait_for(lambda m: m.get("text") == "收到"))["from"]["is_bot"]


async def test_duplicates_on_demand(running: Running, person: Person, receiver: Receiver) -> None:
    employee = await person()
    await running.fault("duplicate_updates", probability=1.0, copies=2, times=1)
    await running.call("setWebhook", url=receiver.url)
    await employee.say("三次")
    await employee.say("一次")
    assert await receiver.wait(4) == ["三次", "三次", "三次", "一次"]
    assert receiver.got[0] == receiver.got[2]
