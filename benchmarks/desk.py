"""The console's queue, search and case page with many cases, as a browser waits for them.

    python -m benchmarks.desk --engine sqlite
    python -m benchmarks.desk --engine postgresql

10,000 open cases with 1,000,000 encrypted messages and their keyed index are bulk-loaded; then an
officer who reaches everything and one who reaches a quarter look at pages over HTTP, one at a time.
Prints the percentiles of each kind of page and its largest answer, and what the first visit loads
with style and script. Exit code 1 when a p95 is over 200 ms or the first visit over 100 KB.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import re
import shutil
import signal
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp
from rich.console import Console
from rich.table import Table

from benchmarks.crash import database
from benchmarks.support.deskload import Load, fill, vocabulary
from bot.renderer import JinjaRenderer
from bot.web.app import create_app
from storage import migrate
from storage.crypto import Keyring, generate_key
from storage.database import Database
from tests.bot.house import make_runtime, make_settings
from tests.console.office import Browser, Office
from tests.support.clock import ManualClock
from tests.support.world import serving

BAR_MS, BAR_KB = 200, 100
_WARM = 3
_PARTS = re.compile(r'(?:href|src)="/console(/static/[^"]+)"')


@dataclass
class Taken:
    """Milliseconds and the largest answer by kind of page; `first_kb`: the first visit's load."""

    times: dict[str, list[float]] = field(default_factory=dict)
    largest: dict[str, int] = field(default_factory=dict)
    first_kb: float = 0.0


async def measure(url: str, folder: Path, load: Load, rounds: int) -> Taken:
    """Fill a database, serve the console, and look at each kind of page `rounds` times."""
    await asyncio.to_thread(migrate.upgrade, url)
    opened, clock = Database(url, Keyring.from_text(generate_key())), ManualClock()
    settings = make_settings(url, folder, console={"links_per_hour": 10**6, "idle_minutes": 10**4})
    runtime = make_runtime(opened, clock, settings, renderer=JinjaRenderer())
    try:
        loaded = await fill(opened, clock.now(), load)
        async with serving(create_app(runtime)) as base:
            office = Office(runtime, clock, base, people=loaded.people)
            taken = Taken()
            for name, numbers in (
                ("officer of all", loaded.numbers),
                ("officer of a quarter", loaded.quarter),
            ):
                async with office.browser(name) as browser:
                    taken.first_kb = max(taken.first_kb, await _first_visit(browser))
                    await _look(browser, taken, numbers, rounds)
            return taken
    finally:
        await opened.dispose()


async def _first_visit(browser: Browser) -> float:
    """The queue with everything that it loads, in KB as they are sent."""
    page = await browser.text("/cases")
    size = len(page.encode())
    for part in sorted(set(_PARTS.findall(page))):
        size += len(await (await browser.get(part)).read())
    return size / 1024


async def _look(browser: Browser, taken: Taken, numbers: list[str], rounds: int) -> None:
    dice, token = random.Random(7), await browser.form_token()
    common, rare = vocabulary()
    for number in range(rounds + _WARM):
        pages = {
            "queue": f"/cases?page={dice.choice((1, 1, 1, 2, 5, 40))}",
            "queue, mine": "/cases?view=mine",
            "queue, nobody's": "/cases?view=new",
            "queue, late": "/cases?view=late",
            "queue, by matter": f"/cases?matter={dice.choice(('card', 'using', 'moving'))}",
            "queue, waiting": f"/cases?waiting={dice.choice(('employee', 'bureau'))}",
            "case": f"/cases/{dice.choice(numbers)}",
        }
        searches = {
            "search, number": dice.choice(numbers),
            "search, common word": dice.choice(common),
            "search, rare word": dice.choice(rare),
            "search, two words": f"{dice.choice(common)} {dice.choice(rare)}",
            "search, nothing there": "量子纠缠",
            # Its pairs are in every case, the word itself in none.
            "search, pairs apart": dice.choice(("医保卡", "社保报销", "制卡转移")),
        }
        for name, path in pages.items():
            await _timed(taken, name, number, browser.get(path))
        for name, words in searches.items():
            await _timed(taken, name, number, browser.post("/cases", token, words=words))


async def _timed(
    taken: Taken, name: str, number: int, asking: Awaitable[aiohttp.ClientResponse]
) -> None:
    begin = time.perf_counter()
    answer = await asking
    content = await answer.read()
    if answer.status != 200:
        raise SystemExit(f"{name}: HTTP {answer.status}")
    if number >= _WARM:
        taken.times.setdefault(name, []).append((time.perf_counter() - begin) * 1000)
        taken.largest[name] = max(taken.largest.get(name, 0), len(content))


def report(console: Console, engine: str, taken: Taken) -> bool:
    """Print the percentiles; whether every bar holds."""
    table = Table(title=f"{engine}: milliseconds per page")
    for heading in ("page", "n", "p50", "p95", "max", "KB"):
        table.add_column(heading, justify="left" if heading == "page" else "right")
    held = True
    for name, times in taken.times.items():
        p95 = statistics.quantiles(times, n=20)[-1]
        held = held and p95 < BAR_MS
        size = taken.largest[name] / 1024
        row = (name, len(times), statistics.median(times), p95, max(times), size)
        table.add_row(*(f"{one:.0f}" if isinstance(one, float) else str(one) for one in row))
    console.print(table)
    console.print(f"every p95 below {BAR_MS} ms: {'yes' if held else 'no'}")
    console.print(f"first visit with style and script: {taken.first_kb:.0f} KB (bar {BAR_KB})")
    return held and taken.first_kb < BAR_KB


def main() -> int:
    """The command line."""
    parser = argparse.ArgumentParser(description="Queue and search with many cases.")
    parser.add_argument("--engine", choices=("postgresql", "sqlite"), default="sqlite")
    parser.add_argument("--cases", type=int, default=10_000)
    parser.add_argument("--messages", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=60)
    given = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    folder, console = Path(tempfile.mkdtemp(prefix="shebao-desk-", dir="/tmp")), Console()
    try:
        with database(given.engine, folder) as (url, _):
            load = Load(given.cases, given.messages, console)
            taken = asyncio.run(measure(url, folder, load, given.rounds))
        return 0 if report(console, given.engine, taken) else 1
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
