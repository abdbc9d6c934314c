"""A running sandbox on a random port, and a client of it that knows only HTTP."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from sandbox.server import create_app
from sandbox.settings import CallbackSettings, SandboxSettings
from sandbox.web import SECRETS
from tests.sandbox.made import submission

FAST = CallbackSettings(backoff_first=0.02, backoff_max=0.1, timeout=2, hold=20)


class Running:
    """The sandbox from outside."""

    def __init__(self, url: str, app: web.Application, session: aiohttp.ClientSession) -> None:
        self.url, self.secrets, self.session = url, app[SECRETS], session

    async def call(
        self, method: str, path: str, body: Any = None, token: str | None = None, **headers: str
    ) -> tuple[int, Any]:
        """Status and JSON. The token is the one of the service in the path, unless given."""
        own = {"bureau": self.secrets.bureau_token, "admin": self.secrets.admin_token}
        own["hr"] = self.secrets.hr_token
        first = path.split("/")[1]
        bank = self.secrets.bank_tokens.get(path.split("/")[2], "") if first == "bank" else ""
        if first == "agency":
            bank = self.secrets.agency_tokens[path.split("/")[2]]
        bearer = token if token is not None else own.get(first, bank)
        async with self.session.request(
            method,
            self.url + path,
            json=body,
            headers={"Authorization": f"Bearer {bearer}"} | headers,
        ) as answer:
            return answer.status, await answer.json()

    async def submit(self, body: dict[str, Any], key: str | None = None) -> tuple[int, Any]:
        """Hands in an application under the key of its number and revision."""
        own = key or f"{body['number']}:{body['revision']}"
        return await self.call("POST", "/bureau/v1/applications", body, **{"Idempotency-Key": own})

    async def submitted(self, number: str = "A-0001", serial: int = 0, **changes: Any) -> str:
        """The reference of an application that was taken."""
        status, body = await self.submit(submission(number, serial, **changes))
        assert status == 201, body
        return str(body["reference"])

    async def status(self, reference: str) -> dict[str, Any]:
        """An application as the bureau tells it."""
        status, body = await self.call("GET", f"/bureau/v1/applications/{reference}")
        assert status == 200, body
        return dict(body)

    async def step(self, reference: str, to: str | None = None, **order: Any) -> str:
        """Moves an application by hand; the state entered."""
        path = f"/admin/applications/{reference}/step"
        status, body = await self.call("POST", path, {"to": to, **order})
        assert status == 200, body
        return str(body["status"])

    async def step_transfer(self, reference: str, to: str | None = None, **order: Any) -> str:
        """Moves a transfer by hand, or by its sides' own judgement; the state entered."""
        path = f"/admin/transfers/{reference}/step"
        status, body = await self.call("POST", path, {"to": to, **order})
        assert status == 200, body
        return str(body["status"])

    async def fault(self, service: str, **fault: Any) -> None:
        """Sets a fault."""
        status, body = await self.call("PUT", f"/admin/faults/{service}", fault)
        assert status == 200, body

    async def listed(self, name: str) -> list[dict[str, Any]]:
        """One of the test API's lists."""
        status, body = await self.call("GET", f"/admin/{name}?limit=100000")
        assert status == 200, body
        return list(body[name])

    async def seed(self, **seeds: Any) -> dict[str, Any]:
        """Seeds people, employers, cards or applications."""
        status, body = await self.call("POST", "/admin/seed", seeds)
        assert status == 201, body
        return dict(body)


Start = Callable[..., Awaitable[Running]]


@asynccontextmanager
async def running(data: Path, **settings: Any) -> AsyncIterator[Running]:
    """A sandbox on a random port, with its storage in `data`."""
    given: dict[str, Any] = {"callbacks": FAST, "poll_seconds": 0.02} | settings
    app = create_app(SandboxSettings(data=data, **given))
    runner = web.AppRunner(app, shutdown_timeout=1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    url = "http://{}:{}".format(*runner.addresses[0][:2])
    try:
        async with aiohttp.ClientSession() as session:
            yield Running(url, app, session)
    finally:
        await runner.cleanup()


@pytest.fixture
async def sandbox(tmp_path: Path) -> AsyncIterator[Running]:
    """A sandbox where nothing happens by itself."""
    async with running(tmp_path) as up:
        yield up


class Receiver:
    """A client's callback address: keeps what came, answers what it is told to."""

    def __init__(self) -> None:
        self.url = ""
        self.came: list[tuple[dict[str, str], bytes]] = []
        self.answers: list[int] = []
        self._arrived = asyncio.Event()
        self.verdict: Callable[[dict[str, str], bytes], int] = lambda headers, body: 200

    async def take(self, request: web.Request) -> web.Response:
        """Keeps one delivery."""
        body = await request.read()
        headers = {name: value for name, value in request.headers.items()}
        status = self.answers.pop(0) if self.answers else self.verdict(headers, body)
        self.came.append((headers, body))
        self._arrived.set()
        return web.Response(status=status)

    async def until(self, count: int) -> list[tuple[dict[str, str], bytes]]:
        """Waits until so many have come."""
        async with asyncio.timeout(20):
            while len(self.came) < count:
                self._arrived.clear()
                await self._arrived.wait()
        return self.came


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    """A callback address on a random port."""
    taker = Receiver()
    app = web.Application()
    app.router.add_post("/callback", taker.take)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    taker.url = "http://{}:{}/callback".format(*runner.addresses[0][:2])
    yield taker
    await runner.cleanup()
