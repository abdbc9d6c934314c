"""Where updates come in: webhook and polling. Committed first, confirmed after."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from sqlalchemy.exc import OperationalError

from bot import intake
from bot.intake import Poller, accept_update
from bot.web.app import create_app
from messenger.client import MessengerClient
from messenger.settings import MessengerSettings
from storage.crypto import Keyring, generate_key
from storage.database import Database
from storage.models import InboxEvent, Lease
from tests.bot.conftest import Build
from tests.bot.house import TOKEN, House
from tests.messenger.conftest import ADMIN, Running, serve
from tests.support.world import serving

SECRET = "made-up-webhook-secret"
HEADER = "X-Telegram-Bot-Api-Secret-Token"
WEBHOOK = {"intake": "webhook", "public_url": "http://bot.example", "webhook_secret": SECRET}


@asynccontextmanager
async def served(house: House) -> AsyncIterator[tuple[aiohttp.ClientSession, str]]:
    """The bot's web application."""
    app = create_app(house.runtime)
    async with serving(app) as url, aiohttp.ClientSession() as http:
        yield http, f"{url}/telegram/webhook"


async def keys(house: House) -> list[str]:
    """Of every event."""
    return [event.key for event in await house.rows(InboxEvent)]


def update(house: House, words: str = "你好") -> dict[str, Any]:
    """One update as the messenger sends it."""
    return {"update_id": house.number(), "message": house.message(5, text=words)}


async def test_the_webhook_commits_before_it_says_200(
    build: Build, database: Database, keyring: Keyring
) -> None:
    house = build(**WEBHOOK)
    other = Database(database.url, keyring)
    sent = update(house)
    async with served(house) as (http, url):
        async with http.post(url, json=sent, headers={HEADER: SECRET}) as answer:
            assert answer.status == 200
        # Another process sees it: it is committed, not merely held.
        async with other.reading() as session:
            row = await session.get(InboxEvent, 1)
            assert row is not None
            assert row.payload == sent
        await other.dispose()
        async with http.post(url, json=sent, headers={HEADER: SECRET}) as answer:
            assert answer.status == 200  # delivered again: confirmed, not repeated
    assert await keys(house) == [f"tg:{sent['update_id']}"]


@pytest.mark.parametrize("secret", [None, "", "wrong", SECRET + "x", "ключ", "\udcff"])
async def test_without_the_secret_nothing_is_accepted(build: Build, secret: str | None) -> None:
    house = build(**WEBHOOK)
    async with served(house) as (http, url):
        headers = {} if secret is None else {HEADER: secret}
        async with http.post(url, json=update(house), headers=headers) as answer:
            assert answer.status == 403
    assert await keys(house) == []


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"7",
        b"{}",
        b'{"update_id": "7"}',
        b'{"update_id": null}',
        b"\xff\xfe\x00",
        b"[" * 100_000,
    ],
)
async def test_what_is_no_update_is_a_bad_request(build: Build, body: bytes) -> None:
    house = build(**WEBHOOK)
    async with served(house) as (http, url):
        headers = {HEADER: SECRET, "Content-Type": "application/json; charset=nonsense"}
        async with http.post(url, data=body, headers=headers) as answer:
            assert answer.status == 400
    assert await keys(house) == []


async def test_a_huge_body_is_refused(build: Build) -> None:
    house = build(**WEBHOOK)
    async with served(house) as (http, url):
        answer = await http.post(url, data=b" " * 2**21, headers={HEADER: SECRET})
        assert answer.status == 413


async def test_a_polling_bot_has_no_open_webhook(build: Build) -> None:
    house = build()
    async with served(house) as (http, url):
        for secret in ("", SECRET):
            async with http.post(url, json=update(house), headers={HEADER: secret}) as answer:
                assert answer.status == 403


async def test_with_the_database_down_the_messenger_keeps_the_update(
    build: Build, tmp_path: Path, keyring: Keyring
) -> None:
    nowhere = "postgresql://nobody@127.0.0.1:9/nothing?connect_timeout=2"
    down = Database(nowhere, keyring)
    house = build(on=down, **WEBHOOK)
    async with served(house) as (http, url):
        answer = await http.post(url, json=update(house), headers={HEADER: SECRET})
        assert answer.status == 503
    await down.dispose()


async def test_half_a_character_does_not_stop_the_intake(build: Build) -> None:
    house = build(**WEBHOOK)
    sent = update(house, "x")
    body = json.dumps(sent).replace('"x"', '"a\\ud83db \\ud83d\\ude42"')
    async with served(house) as (http, url):
        answer = await http.post(url, data=body, headers={HEADER: SECRET})
        assert answer.status == 200
    (event,) = await house.rows(InboxEvent)
    assert event.payload["message"]["text"].endswith("b 🙂")


async def test_ids_are_compared_by_equality_alone(build: Build) -> None:
    house = build()
    for number in (900, 5, 900, 1000, 5):
        await accept_update(house.runtime, {"update_id": number, "message": house.message(5)})
    assert await keys(house) == ["tg:900", "tg:5", "tg:1000"]


# -- polling ------------------------------------------------------------------------------------


@pytest.fixture
async def running(tmp_path: Path) -> AsyncIterator[Running]:
    settings = MessengerSettings(
        _env_file=None,
        database_url=f"sqlite:///{tmp_path}/messenger.db",
        files_dir=tmp_path / "messenger-files",
        key=generate_key(),
        bot_token=TOKEN,
        admin_token=ADMIN,
        message_rate_per_minute=0,
    )
    async with AsyncExitStack() as stack:
        yield await serve(settings, stack)


@asynccontextmanager
async def polling(*houses: House) -> AsyncIterator[None]:
    """Pollers, until the block ends; they must end by themselves then."""
    for house in houses:
        await house.runtime.application.bot.initialize()
    tasks = [asyncio.create_task(Poller(house.runtime).run()) for house in houses]
    try:
        yield
        for house in houses:
            house.runtime.stop()
        async with asyncio.timeout(20):
            await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        for house in houses:
            await house.runtime.application.bot.shutdown()


async def until(house: House, count: int) -> None:
    """Wait for so many events."""
    async with asyncio.timeout(30):
        while len(await keys(house)) < count:  # noqa: ASYNC110 - the rows are the signal
            await asyncio.sleep(0.05)


async def test_two_pollers_have_one_leader_and_repeats_change_nothing(
    build: Build, running: Running, database: Database, keyring: Keyring
) -> None:
    other = Database(database.url, keyring)
    houses = [build(api_url=running.url), build(api_url=running.url, on=other)]
    await running.fault("duplicate_updates", copies=2)
    async with MessengerClient(running.url) as person, polling(*houses):
        await person.sign_in(await running.invite(), listen=False)
        for number in range(5):
            await person.say(str(number))
        await until(houses[0], 5)
        (lease,) = await houses[0].rows(Lease)
        assert lease.holder in {house.runtime.name for house in houses}
    await other.dispose()
    events = await houses[0].rows(InboxEvent)
    words = [event.payload["message"]["text"] for event in events]
    assert words == ["0", "1", "2", "3", "4"]


async def test_the_lease_is_for_one_holder_and_runs_out(build: Build) -> None:
    from datetime import timedelta

    first, second = build(), build()
    one, two = Poller(first.runtime), Poller(second.runtime)
    assert [await one._lead(), await two._lead(), await one._lead()] == [True, False, True]
    first.clock.advance(timedelta(seconds=16))
    assert [await two._lead(), await one._lead()] == [True, False]
    await one._step_down()  # not its own any more
    assert not await one._lead()
    await two._step_down()
    first.clock.advance(timedelta(microseconds=1))
    assert await one._lead()


async def test_nothing_is_confirmed_before_its_commit(
    build: Build, running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    house = build(api_url=running.url)
    broken = [True]

    async def accept(runtime: Any, raw: dict[str, Any]) -> bool:
        if raw["message"]["text"] == "1" and broken:
            broken.clear()
            raise OperationalError("select", {}, Exception("gone"))
        return await accept_update(runtime, raw)

    monkeypatch.setattr(intake, "accept_update", accept)
    async with MessengerClient(running.url) as person:
        await person.sign_in(await running.invite(), listen=False)
        for number in range(3):
            await person.say(str(number))
        async with polling(house):
            await until(house, 3)
    events = await house.rows(InboxEvent)
    assert [event.payload["message"]["text"] for event in events] == ["0", "1", "2"]
    assert not broken


async def test_an_update_of_an_unknown_shape_does_not_stop_the_others(
    build: Build, running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    house = build(api_url=running.url)
    odd = {"update_id": 7, "message": {"chat": {"id": 5}, "from": "nobody"}}
    batches = [[odd, {"update_id": 8, "message": house.message(5, text="fine")}]]

    async def raw_updates(*_: Any, **__: Any) -> list[dict[str, Any]]:
        await asyncio.sleep(0.02)
        return batches.pop() if batches else []

    monkeypatch.setattr(intake, "raw_updates", raw_updates)
    async with polling(house):
        await until(house, 2)
    assert await keys(house) == ["tg:7", "tg:8"]


async def test_a_poller_survives_whatever_goes_wrong(
    build: Build, running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    house, wrongs = build(api_url=running.url), [KeyError("x"), ValueError("y")]

    async def raw_updates(*_: Any, **__: Any) -> list[dict[str, Any]]:
        if wrongs:
            raise wrongs.pop()
        await asyncio.sleep(0.02)
        return [{"update_id": 8, "message": house.message(5, text="fine")}]

    monkeypatch.setattr(intake, "raw_updates", raw_updates)
    async with polling(house):
        await until(house, 1)
    assert await keys(house) == ["tg:8"]
