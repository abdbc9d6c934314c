"""An office for each test."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.renderer import JinjaRenderer
from storage.crypto import Keyring
from storage.database import Database
from tests.bot.house import make_runtime, make_settings
from tests.console.office import Office, open_office
from tests.support.clock import ManualClock


@pytest.fixture
async def office(database: Database, clock: ManualClock, tmp_path: Path) -> AsyncIterator[Office]:
    """On SQLite and on PostgreSQL."""
    settings = make_settings(database.url, tmp_path, console={"links_per_hour": 1000})
    runtime = make_runtime(database, clock, settings, renderer=JinjaRenderer())
    async with open_office(runtime, clock) as opened:
        yield opened


@pytest.fixture
async def small_office(
    sqlite_url: str, keyring: Keyring, clock: ManualClock, tmp_path: Path
) -> AsyncIterator[Office]:
    """On SQLite alone, for what does not depend on the database."""
    database = Database(sqlite_url, keyring)
    settings = make_settings(sqlite_url, tmp_path, console={"links_per_hour": 1000})
    runtime = make_runtime(database, clock, settings, renderer=JinjaRenderer())
    async with open_office(runtime, clock) as opened:
        yield opened
    await database.dispose()
