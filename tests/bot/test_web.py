"""The program's own web routes: bureau callbacks, health, metrics, the demo's clock."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import aiohttp
import pytest

from bot.runtime import Runtime
from bot.web.app import create_app
from services import applications as apps
from services.applications.numbers import new_number
from services.gateways.callback import SIGNATURE, TIMESTAMP, sign
from storage.clock import SystemClock
from storage.crypto import Keyring
from storage.database import Database
from storage.models import InboxEvent, StateValue
from tests.bot.conftest import Build
from tests.bot.house import House
from tests.support.world import serving

SECRET = "made-up-callback-secret"
WITH_SECRET = {"gateways": {"callback_secret": SECRET}}
DOWN = "postgresql://nobody@127.0.0.1:9/nothing?connect_timeout=2"


@asynccontextmanager
async def served(runtime: Runtime) -> AsyncIterator[tuple[aiohttp.ClientSession, str]]:
    """The bot's web application."""
    async with serving(create_app(runtime)) as url, aiohttp.ClientSession() as http:
        yield http, url


async def opened(house: House, chat: int = 5) -> str:
    """An application's number."""
    person = await house.employee(chat)
    async with house.database.transaction() as session:
        return (await apps.open_first(session, person, "370100", house.clock.now())).number


def report(house: House, number: str, **changes: Any) -> dict[str, Any]:
    """A bureau's report."""
    return {
        "delivery": "d-1",
        "reference": "R1",
        "number": number,
        "sequence": 2,
        "status": "making",
        "at": house.clock.now().isoformat(),
        **changes,
    }


def signed(house: House, body: bytes, secret: str = SECRET, age: float = 0) -> dict[str, str]:
    """The headers of a callback."""
    moment = str(int(house.clock.tick().timestamp() - age))
    return {TIMESTAMP: moment, SIGNATURE: sign(moment, body, secret)}


async def posted(house: House, body: bytes, headers: dict[str, str]) -> int:
    """The status that a callback gets."""
    async with served(house.runtime) as (http, url):
        answer = await http.post(f"{url}/callbacks/bureau", data=body, headers=headers)
        return answer.status


async def test_a_report_becomes_one_event_however_often_it_comes(build: Build) -> None:
    house = build(**WITH_SECRET)
    number = await opened(house)
    body = json.dumps(report(house, number)).encode()
    async with served(house.runtime) as (http, url):
        for _ in range(3):
            answer = await http.post(
                f"{url}/callbacks/bureau", data=body, headers=signed(house, body)
            )
            assert answer.status == 200
    (event,) = await house.rows(InboxEvent)
    assert (event.key, event.mailbox, event.kind) == ("bureau:d-1", "5", "bureau.state")
    assert event.payload["report"]["status"] == "making"


async def test_a_report_for_somebody_without_account_waits_for_them(build: Build) -> None:
    from services.people import accounts

    house = build(**WITH_SECRET)
    number = await opened(house)
    async with house.database.transaction() as session:
        await accounts.unbind(session, 1, house.clock.now())
    body = json.dumps(report(house, number)).encode()
    assert await posted(house, body, signed(house, body)) == 200
    (event,) = await house.rows(InboxEvent)
    assert event.mailbox == "person:1"


@pytest.mark.parametrize("wrong", ["secret", "old", "future", "body", "none", "garbage"])
async def test_what_is_not_the_bureaus_is_refused(build: Build, wrong: str) -> None:
    house = build(**WITH_SECRET)
    body = json.dumps(report(house, await opened(house))).encode()
    headers = {
        "secret": signed(house, body, "another"),
        "old": signed(house, body, age=301),
        "future": signed(house, body, age=-301),
        "body": signed(house, body + b" "),
        "none": {},
        "garbage": {TIMESTAMP: "²", SIGNATURE: "sha256=ж"},
    }[wrong]
    assert await posted(house, body, headers) == 403
    assert await house.rows(InboxEvent) == []


@pytest.mark.parametrize("body", [b"", b"{}", b"[]", b'{"delivery": "x"}', b"\xff"])
async def test_a_signed_report_without_sense_is_refused(build: Build, body: bytes) -> None:
    house = build(**WITH_SECRET)
    assert await posted(house, body, signed(house, body)) == 403


async def test_an_unknown_number_is_not_found(build: Build) -> None:
    house = build(**WITH_SECRET)
    body = json.dumps(report(house, "SB0000000000")).encode()
    assert await posted(house, body, signed(house, body)) == 404
    assert await house.rows(InboxEvent) == []


async def test_without_a_secret_there_is_no_callback(build: Build) -> None:
    house = build()
    assert await posted(house, b"{}", signed(house, b"{}")) == 404


async def test_with_the_database_down(build: Build, keyring: Keyring) -> None:
    """Alive, not ready; the bureau is told to come again; metrics go on."""
    down = Database(DOWN, keyring)
    house = build(on=down, **WITH_SECRET)
    body = json.dumps(report(house, new_number())).encode()
    async with served(house.runtime) as (http, url):
        assert (await http.get(f"{url}/healthz")).status == 200
        assert (await http.get(f"{url}/readyz")).status == 503
        assert (await http.get(f"{url}/metrics")).status == 200
        answer = await http.post(f"{url}/callbacks/bureau", data=body, headers=signed(house, body))
        assert answer.status == 503
    await down.dispose()


async def test_health_and_metrics(build: Build) -> None:
    house = build(metrics_token="made-up-token")
    await house.says(5, "样本姓名")
    async with served(house.runtime) as (http, url):
        assert await (await http.get(f"{url}/healthz")).json() == {"ok": True}
        assert await (await http.get(f"{url}/readyz")).json() == {"ok": True}
        for given in (None, "made-up", "Bearer wrong", "Bearer made-up-token-", "Bearer ж"):
            headers = {"Authorization": given} if given else {}
            assert (await http.get(f"{url}/metrics", headers=headers)).status == 401
        headers = {"Authorization": "Bearer made-up-token"}
        found = await (await http.get(f"{url}/metrics", headers=headers)).text()
    assert 'shebao_queue{queue="inbox"} 1.0' in found  # today's figure, not the janitor's last
    assert "样本" not in found


async def test_no_clock_without_its_token(build: Build) -> None:
    for house, status in ((build(), 404), (build(demo_token="made-up-token"), 403)):
        async with served(house.runtime) as (http, url):
            for given in ("", "wrong", "ж"):
                answer = await http.post(
                    f"{url}/demo/clock",
                    json={"offset_seconds": 9},
                    headers={"X-Sandbox-Secret": given},
                )
                assert answer.status == status
    assert await house.rows(StateValue) == []


async def test_the_demos_clock_moves_and_is_kept(build: Build) -> None:
    house = build(demo_token="made-up-token")
    house.runtime.clock = SystemClock()
    headers = {"X-Sandbox-Secret": "made-up-token"}
    async with served(house.runtime) as (http, url):
        path = f"{url}/demo/clock"
        for wrong in ("x", None, "nan", "inf", 1e300):
            answer = await http.post(path, json={"offset_seconds": wrong}, headers=headers)
            assert answer.status == 400
        assert (await http.post(path, data=b"[]", headers=headers)).status == 400
        assert house.runtime.clock.offset == timedelta(0)
        answer = await http.post(path, json={"offset_seconds": 86400}, headers=headers)
        assert answer.status == 200
    assert house.runtime.clock.offset == timedelta(days=1)
    (kept,) = await house.rows(StateValue)
    assert float(kept.value) == 86400
