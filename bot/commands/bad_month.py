"""Loads a made-up company's past with a bad month into the demo: figures that tell a story."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import typer

from bot.commands.history import Filler, grant_areas, made_up_people
from bot.runtime import Runtime
from services.measures.monthly import close_month
from services.measures.periods import month
from services.measures.refresh import refresh
from services.measures.releases import release
from services.people import roles
from services.people.people import Employee
from storage.clock import local_date
from storage.models import Role
from storage.state import read_value, write_value

_LOADED = "demo.bad_month"
_DATES = frozenset({"hired"})
_MOMENTS = frozenset(
    [
        "created",
        "submitted",
        "stopped",
        "withdrawn",
        "at",
        "told",
        "asked",
        "opened",
        "reply",
        "resolved",
    ]
)
_SINCE = timedelta(days=4000)


async def write_past(folder: Path, last: date, per_month: int, months: int) -> Path:
    """The past up to the month of `last`, made by the sandbox's generator."""
    path = folder / "past.jsonl"
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "sandbox.company.history"),
        *("--until", f"{last:%Y-%m}", "--out", str(path), "--months", str(months)),
        *("--per-month", str(per_month), "--people", str(5 * per_month)),
        stdout=asyncio.subprocess.DEVNULL,
    )
    if await process.wait() != 0:
        raise typer.Exit(1)
    return path


async def load_bad_month(
    runtime: Runtime, folder: Path, manager: Employee, *, per_month: int = 800, months: int = 7
) -> str:
    """Load it once; `manager` gets the area, and the month's report when it is due.

    Args:
        per_month: applications of a month; there are five times as many people.

    Returns the bad month as `2026-10`: the one before today's.
    """
    now = runtime.clock.now()
    async with runtime.database.reading() as session:
        loaded = await read_value(session, _LOADED)
    if loaded:
        return loaded
    path = await write_past(folder, local_date(now), per_month, months)
    with path.open(encoding="utf-8") as stream:
        head, *lines = stream
    about = json.loads(head)
    bad = f"{month(local_date(now)).before.start:%Y-%m}"
    async with runtime.database.transaction() as session:
        await roles.grant(session, manager.id, Role.MANAGER, now)
        filler = await made_up_people(
            session, about["people"], about["regions"], employers=1, officers=about["officers"]
        )
        filler.now = now
        await grant_areas(session, filler, about["regions"], now - _SINCE)
        fill(filler, lines)
        await filler.write(session)
        await write_value(session, _LOADED, bad)
    await catch_up(runtime, now)
    return bad


def fill(filler: Filler, lines: Iterable[str]) -> None:
    """Every record of a file."""
    for line in lines:
        record = json.loads(line)
        filler.add(record["kind"], _timed(record["data"]))


async def catch_up(runtime: Runtime, now: datetime) -> None:
    """What the bot's own loop would do in its own time: figures, rounds, the month's end."""
    batch = runtime.settings.measures.refresh_batch
    taken = 1
    while taken:
        async with runtime.database.transaction() as session:
            taken = await refresh(session, now, batch)
    async with runtime.database.transaction() as session:
        await release(session, now)
        await close_month(session, now)


def _timed(data: dict[str, Any]) -> dict[str, Any]:
    """Texts of JSON back into dates and moments."""
    return dict(_items(data))


def _items(data: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    for name, value in data.items():
        if isinstance(value, dict):
            yield name, _timed(value)
        elif isinstance(value, list):
            yield name, [_timed(one) if isinstance(one, dict) else one for one in value]
        elif name in _MOMENTS and value is not None:
            yield name, datetime.fromisoformat(value)
        else:
            yield name, date.fromisoformat(value) if name in _DATES else value
