"""A company's year in some minutes: with the bot's checks, and beside it with them switched off.

    python -m benchmarks.company                                  # 10,000 employees, three sets
    python -m benchmarks.company --employees 300 --regions 10 --assumptions expected

Joiners, movers and leavers live through a year at the sandbox's bureau, agencies and banks, over
HTTP, by the services' own verbs; docs/simulated-year.md says what is simulated and what is not. A
sample of pictures goes through the real reader; the rest is drawn from what it made of them. Both
runs of a set go at the same time, each in a process of its own.
"""

from __future__ import annotations

import argparse
import asyncio
import multiprocessing
import shutil
import signal
import sys
import tempfile
from collections.abc import Callable
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from queue import Queue
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from benchmarks.crash import database
from benchmarks.support.year import plan, report, year
from benchmarks.support.year.assumptions import NAMES, Assumptions
from benchmarks.support.year.pictures import Album, make_album, pictures_to_read
from benchmarks.support.year.plan import FIRST_DAY, LAST_DAY, RUN_OUT, Company
from benchmarks.support.year.tally import Result
from bot.logs import configure

_NAMES = {True: "checks on ", False: "checks off"}
_WIDTH = 120


@dataclass(frozen=True)
class Options:
    """How large a run is. `sides` and `portraits`: pictures of each condition in the sample."""

    employees: int
    regions: int
    seed: int
    engine: str
    sides: int = 26
    portraits: int = 3


def conditions(a: Assumptions) -> dict[str, tuple[str, ...]]:
    """What pictures there are."""
    return {"portrait": tuple(a.portrait), "id_side": tuple(a.id_side)}


def bars(console: Console) -> Progress:
    """A bar with its time."""
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f}%"),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        console=console,
    )


def sample(a: Assumptions, options: Options, company: Company, console: Console) -> Album:
    """The pictures, read by the real reader."""
    counts = options.sides, options.portraits
    with bars(console) as progress:
        total = pictures_to_read(conditions(a), company.regions, counts)
        bar = progress.add_task("pictures  ", total=total)
        return asyncio.run(
            make_album(
                options.seed,
                conditions(a),
                company.regions,
                counts,
                step=lambda: progress.advance(bar),
            )
        )


def one_run(
    a: Assumptions,
    options: Options,
    company: Company,
    album: Album,
    *,
    checks: bool,
    step: Callable[[date], None],
) -> Result:
    """One run on a database of its own; nothing stays behind."""
    configure("CRITICAL")
    folder = Path(tempfile.mkdtemp(prefix="shebao-year-", dir="/tmp"))
    try:
        with database(options.engine, folder) as (url, _):
            return asyncio.run(
                year.run(
                    a, company, album, folder, url, checks=checks, seed=options.seed, step=step
                )
            )
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _in_process(
    parts: tuple[Assumptions, Options, Company, Album], checks: bool, told: Queue[Any]
) -> Result:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    return one_run(*parts, checks=checks, step=lambda day: told.put((checks, day)))


def both(
    a: Assumptions, options: Options, company: Company, album: Album, console: Console
) -> tuple[Result, Result]:
    """With the checks and without, at the same time, each with its bar."""
    context = multiprocessing.get_context("spawn")
    parts = a, options, company, album
    last = LAST_DAY + RUN_OUT
    with (
        context.Manager() as manager,
        ProcessPoolExecutor(2, mp_context=context) as pool,
        bars(console) as progress,
    ):
        told: Queue[Any] = manager.Queue()
        runs: dict[bool, Future[Result]] = {
            checks: pool.submit(_in_process, parts, checks, told) for checks in (True, False)
        }
        total = report.days_between(FIRST_DAY, last)
        tasks = {checks: progress.add_task(_NAMES[checks], total=total) for checks in runs}
        for checks, run in runs.items():
            run.add_done_callback(lambda _, done=checks: told.put((done, last)))  # type: ignore[misc]
        ended: set[bool] = set()
        while len(ended) < len(runs):
            checks, day = told.get()
            progress.update(tasks[checks], completed=report.days_between(FIRST_DAY, day))
            if runs[checks].done():
                ended.add(checks)
        return runs[True].result(), runs[False].result()


def simulate(name: str, options: Options, console: Console) -> None:
    """One set of assumptions, from its sample to its table."""
    a = Assumptions.load(name)
    company = plan.draw(a, options.employees, options.regions, options.seed)
    album = sample(a, options, company, console)
    report.print_sample(console, album)
    on, off = both(a, options, company, album, console)
    title = (
        f"{a.name}: {options.employees} employees, {len(company.regions)} regions,"
        f" {a.banks_connected} of {len(plan.BANKS)} banks connected, seed {options.seed}"
    )
    report.print_year(console, a, title, on, off)


def main() -> int:
    """The command line."""
    parser = argparse.ArgumentParser(description="A simulated year.")
    parser.add_argument("--employees", type=int, default=10_000)
    parser.add_argument("--regions", type=int, default=30, choices=range(1, 31), metavar="1..30")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--engine", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument(
        "--assumptions", nargs="+", default=list(NAMES), help=f"{', '.join(NAMES)} or a file"
    )
    given = parser.parse_args()
    options = Options(given.employees, given.regions, given.seed, given.engine)
    console = Console(width=None if sys.stdout.isatty() else _WIDTH)
    for name in given.assumptions:
        simulate(name, options, console)
    return 0


if __name__ == "__main__":
    sys.exit(main())
