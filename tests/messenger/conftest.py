"""A messenger on a free port, with the same tests for any database URL."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from messenger import migrations
from messenger.app import MESSENGER, create_app
from messenger.client import MessengerClient
from messenger.core.unit import Messenger
from messenger.settings import MessengerSettings
from storage.crypto import generate_key
from tests.support.postgres import Server

TOKEN = "7000000001:test-token-for-the-messenger"
ADMIN = "admin-token-for-tests"


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database as the messenger's first start leaves it, to copy."""
    path = tmp_path_factory.mktemp("messenger") / "empty.db"
    migrations.upgrade(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def migrated_database(postgres: Server) -> str:
    """The same on PostgreSQL; its name."""
    name = postgres.create()
    migrations.upgrade(postgres.url(name))
    return name


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def messenger_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database without rows: the tests run on SQLite and on PostgreSQL."""
    if request.param == "sqlite":
        path = tmp_path / "messenger.db"
        shutil.copy(request.getfixturevalue("migrated_file"), path)
        yield f"sqlite:///{path}"
        return
    server: Server = request.getfixturevalue("postgres")
    name = server.create(template=request.getfixturevalue("migrated_database"))
    yield server.url(name)
    server.drop(name)


@dataclass
class Running:
    """A running messenger and the ways to it."""

    url: str
    settings: MessengerSettings
    app: web.Application
    http: aiohttp.ClientSession

    @property
    def messenger(self) -> Messenger:
        return self.app[MESSENGER]

    @property
    def bot_url(self) -> str:
        return f"{self.url}/bot"

    async def raw(self, method: str, **params: Any) -> tuple[int, dict[str, Any]]:
        """A Bot API call; status and body."""
        async with self.http.post(f"{self.bot_url}{TOKEN}/{method}", json=params) as answer:
            return answer.status, await answer.json()

    async def call(self, method: str, **params: Any) -> Any:
        """The result of a Bot API call that must succeed."""
        status, body = await self.raw(method, **params)
        assert (status, body["ok"]) == (200, True), body
        return body["result"]

    async def admin(self, verb: str, path: str, body: Any = None) -> Any:
        headers = {"Authorization": f"Bearer {ADMIN}"}
        url = f"{self.url}/admin/{path}"
        async with self.http.request(verb, url, json=body, headers=headers) as answer:
            assert answer.status < 300, await answer.text()
            return await answer.json() if answer.status != 204 else None

    async def fault(self, kind: str, **options: Any) -> int:
        number: int = (await self.admin("POST", "faults", {"kind": kind, **options}))["id"]
        return number

    async def invite(self, name: str = "样本甲", **options: Any) -> str:
        link: str = (await self.call("createInviteLink", display_name=name, **options))["link"]
        return link

    async def requests(self, **query: str) -> list[dict[str, Any]]:
        text = "&".join(f"{k}={v}" for k, v in query.items())
        lines: list[dict[str, Any]] = (await self.admin("GET", f"requests?{text}"))["requests"]
        return lines


Person = Callable[..., Awaitable[MessengerClient]]


@pytest.fixture
def settings(tmp_path: Path, messenger_url: str) -> MessengerSettings:
    return MessengerSettings(
        _env_file=None,
        database_url=messenger_url,
        files_dir=tmp_path / "files",
        key=generate_key(),
        bot_token=TOKEN,
        admin_token=ADMIN,
        sign_in_attempts_per_minute=60,
        message_rate_per_minute=0,
    )


async def serve(settings: MessengerSettings, stack: AsyncExitStack, port: int = 0) -> Running:
    """Start a messenger; the stack stops it."""
    app = create_app(settings)
    runner = web.AppRunner(app, shutdown_timeout=1)
    await runner.setup()
    stack.push_async_callback(runner.cleanup)
    site = web.TCPSite(runner, "127.0.0.1", port)
    await site.start()
    bound = runner.addresses[0][1]
    settings.port = bound
    http = await stack.enter_async_context(aiohttp.ClientSession())
    return Running(f"http://127.0.0.1:{bound}", settings, app, http)


@pytest.fixture
async def running(settings: MessengerSettings) -> AsyncIterator[Running]:
    async with AsyncExitStack() as stack:
        yield await serve(settings, stack)


@pytest.fixture
async def person(running: Running) -> AsyncIterator[Person]:
    """Makes signed-in people."""
    async with AsyncExitStack() as stack:

        async def make(name: str = "样本甲", **options: Any) -> MessengerClient:
            client = await stack.enter_async_context(MessengerClient(running.url))
            await client.sign_in(await running.invite(name, **options))
            return client

        yield make
