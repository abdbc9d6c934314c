"""A house for each test."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from handlers.steps import Flow
from storage.database import Database
from tests.bot.house import House, make_runtime, make_settings
from tests.support.clock import ManualClock

Build = Callable[..., House]


@pytest.fixture
def build(database: Database, clock: ManualClock, tmp_path: Path) -> Build:
    """Makes houses on one database: the first process, or another."""

    def make(*flows: Flow, on: Database | None = None, **settings: Any) -> House:
        made = make_settings(database.url, tmp_path, **settings)
        return House(make_runtime(on or database, clock, made, *flows), clock)

    return make
