"""The crash test and the duplicate test, small; `python -m benchmarks.crash` runs them whole."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from rich.console import Console

from benchmarks.support import crashrun, duplicaterun
from benchmarks.support.report import print_report
from storage import migrate
from tests.support.postgres import Server

_ENGINES = ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)]


@pytest.mark.timeout(600)
def test_nothing_is_lost_or_doubled_when_workers_are_killed(tmp_path: Path) -> None:
    """On SQLite; `python -m benchmarks.crash --engine postgresql` is the run with replicas."""
    (tmp_path / "database").mkdir()
    url = f"sqlite:///{tmp_path}/database/bot.db"
    options = crashrun.Options(
        engine="sqlite",
        employees=2,
        kills=3,
        updates=0,
        workers=1,
        intake="polling",
        seed=5,
        lease=9,
    )
    console = Console(width=120)
    run = crashrun.CrashRun(options, tmp_path, url, None, console)
    result = asyncio.run(run.run())
    print_report(result, console)
    assert result.violations == []


@pytest.mark.timeout(600)
@pytest.mark.parametrize("engine", _ENGINES)
def test_nobody_gets_a_second_card_or_is_stopped_without_reason(
    engine: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    url = f"sqlite:///{tmp_path}/bot.db"
    if engine == "postgresql":
        server: Server = request.getfixturevalue("postgres")
        url = server.url(server.create())
    migrate.upgrade(url)
    options = duplicaterun.Options(engine, people=16, seed=3)
    result = asyncio.run(duplicaterun.DuplicateRun(options, tmp_path, url, Console()).run())
    assert len(result.fates) == options.people
    assert result.violations == []
