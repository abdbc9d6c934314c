"""How long the summary page and the monthly report take in a large company, on both databases.

    python -m benchmarks.measures                         # 100,000 employees, 36 months
    python -m benchmarks.measures --people 20000 --months 12 --engine sqlite

Events grow with people and months unless they are given. Everything is bulk-loaded; then the
measures are computed as they are in service (what changed), some late events are added, and pages
are made. "plain SQL" is the sum of the daily rows that a page reads, in one statement: what no page
can undercut.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table
from sqlalchemy import func, text
from sqlmodel import select

from bot.commands.history import grant_areas, made_up_people
from sandbox.company.history import REGIONS, Past
from services.measures import kpi, report
from services.measures.periods import read_month
from services.measures.query import Area
from services.measures.refresh import refresh
from services.measures.releases import release
from services.measures.summary import View, summarise
from storage import migrate
from storage.crypto import Keyring, generate_key
from storage.database import Database
from storage.models import (
    AnswerGiven,
    ApplicationEvent,
    Case,
    CaseMessage,
    MeasureDay,
    MeasureObservation,
    Rating,
    SubjectChange,
)
from tests.support.postgres import Server, find_binaries

NOW = datetime(2026, 11, 2, 2, 0, tzinfo=UTC)
LAST = date(2026, 10, 1)
EVENTS_PER_APPLICATION = 7.6
FULL_PEOPLE, FULL_MONTHS, FULL_EVENTS = 100_000, 36, 1_500_000
PAGE_BAR, REPORT_BAR = 5, 10
"""Seconds: "in seconds" is what a person waits for a page and for a report without wondering."""
_SAY_SECONDS = 15
_PLAIN = text(
    "select measure, value, sum(count) from measure_day "
    "where day between :start and :end group by measure, value"
)


def options() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=FULL_PEOPLE)
    parser.add_argument("--months", type=int, default=FULL_MONTHS)
    parser.add_argument("--events", type=int, help="default: in proportion to people and months")
    parser.add_argument("--engine", choices=["sqlite", "postgresql", "both"], default="both")
    chosen = parser.parse_args()
    if chosen.events is None:
        share = chosen.people / FULL_PEOPLE * chosen.months / FULL_MONTHS
        chosen.events = round(FULL_EVENTS * share)
    return chosen


@dataclass
class Timings:
    """What took how long, and whether every bar held."""

    table: Table
    held: bool = True

    async def timed(
        self, name: str, work: Callable[[], Awaitable[Any]], bar: float | None = None
    ) -> Any:
        """Run once, and note the seconds; said at once, since the first steps take minutes."""
        begin = time.perf_counter()
        found = await work()
        took = time.perf_counter() - begin
        said = f"{took:.2f} s"
        if bar is not None:
            self.held = self.held and took < bar
            said += f" (bar {bar} s: {'held' if took < bar else 'MISSED'})"
        self.table.add_row(name, said)
        print(f"  {name}: {said}", flush=True)
        return found


class Progress:
    """Says every some seconds how far a long step has come."""

    def __init__(self, step: str, total: int) -> None:
        self.step, self.total, self.begin = step, total, time.perf_counter()
        self.said = self.begin

    def at(self, done: int) -> None:
        """`done` of `total`."""
        now = time.perf_counter()
        if now - self.said >= _SAY_SECONDS:
            self.said = now
            share = min(1.0, done / max(1, self.total))
            print(f"    {self.step}: {share:.0%} after {now - self.begin:.0f} s", flush=True)


async def fill(database: Database, chosen: argparse.Namespace) -> None:
    """A month at a time, in bulk."""
    per_month = int(chosen.events / EVENTS_PER_APPLICATION / chosen.months)
    past = Past(chosen.people, per_month, employers=5, officers=6)
    async with database.transaction() as session:
        filler = await made_up_people(
            session, chosen.people, REGIONS, employers=5, officers=past.officers
        )
        filler.now = NOW
        areas = {region: past.officer(region) for region in REGIONS}
        await grant_areas(session, filler, areas, NOW - timedelta(days=4000))
    records = past.months(LAST, chosen.months, bad=LAST)
    # With its case, answer and rating an application makes two records on average.
    progress = Progress("loading", per_month * chosen.months * 2)
    for written, record in enumerate(records, 1):
        filler.add(record.kind, record.data)
        if written % 5000 == 0:
            async with database.transaction() as session:
                await filler.write(session)
            progress.at(written)
    async with database.transaction() as session:
        await filler.write(session)


async def compute(database: Database) -> int:
    """Take every note of change."""
    async with database.reading() as session:
        subjects = select(func.count(func.distinct(SubjectChange.subject)))
        progress = Progress("computing", (await session.exec(subjects)).one())
    taken = 0
    while True:
        async with database.transaction() as session:
            count = await refresh(session, NOW, 1000)
        if not count:
            return taken
        taken += count
        progress.at(taken)


async def touch(database: Database, count: int) -> int:
    """A late event for some applications of a month that is over, and the refresh after it."""
    async with database.transaction() as session:
        query = select(ApplicationEvent).limit(count)
        for event in (await session.exec(query)).all():
            event.told_at = (event.told_at or NOW) + timedelta(hours=30)
    return await compute(database)


async def measure(name: str, url: str, chosen: argparse.Namespace, console: Console) -> bool:
    """Load, compute, and time on one database; whether the bars held."""
    await asyncio.to_thread(migrate.upgrade, url)
    database = Database(url, Keyring.from_text(generate_key()))
    title = f"{name}: {chosen.people:,} people, {chosen.months} months, {chosen.events:,} events"
    print(title, flush=True)
    taken = Timings(Table("what", "time", title=title))
    timed = taken.timed
    await timed("bulk load", lambda: fill(database, chosen))
    await timed("measures from nothing", lambda: compute(database))
    await timed("measures after 500 late events", lambda: touch(database, 500))

    async def publish() -> int:
        async with database.transaction() as session:
            return await release(session, NOW)

    published = await timed("every round of ratings", publish)
    view = View(read_month(f"{LAST:%Y-%m}"), (Area(),))

    async def page() -> Any:
        async with database.reading() as session:
            return await summarise(session, view, NOW)

    async def plain() -> Any:
        async with database.reading() as session:
            span = {"start": view.period.before.start, "end": view.period.end}
            connection = await session.connection()
            return (await connection.execute(_PLAIN, span)).all()

    async def officers() -> Any:
        async with database.reading() as session:
            return await kpi.officer_figures(session, view.period, view.areas, NOW)

    await timed("plain SQL of the page's two months", plain)
    summary = await timed("summary page", page, PAGE_BAR)
    await timed("officers side by side", officers, PAGE_BAR)
    made: Callable[[], Awaitable[Any]] = lambda: asyncio.to_thread(  # noqa: E731
        report.pdf, summary, "zh", []
    )
    await timed("monthly report as PDF", made, REPORT_BAR)
    await counts(database, taken.table, published)
    console.print(taken.table)
    await database.dispose()
    return taken.held


async def counts(database: Database, table: Table, published: int) -> None:
    """What was there."""
    events = 0
    async with database.reading() as session:
        for kind in (ApplicationEvent, Case, CaseMessage, AnswerGiven, Rating):
            events += (await session.exec(select(func.count()).select_from(kind))).one()
        for sums in (MeasureObservation, MeasureDay):
            rows = (await session.exec(select(func.count()).select_from(sums))).one()
            table.add_row(f"rows: {sums.__tablename__}", f"{rows:,}")
    table.add_row("events loaded", f"{events:,}")
    table.add_row("ratings published", f"{published:,}")


async def main() -> int:
    """Both databases, one after the other; the exit status says whether every bar held."""
    chosen, console, held = options(), Console(), True
    with tempfile.TemporaryDirectory() as folder:
        if chosen.engine in ("sqlite", "both"):
            held = await measure("SQLite", f"sqlite:///{Path(folder)}/bot.db", chosen, console)
        if chosen.engine in ("postgresql", "both"):
            binaries = find_binaries()
            if binaries is None:
                console.print("no PostgreSQL binaries: set TEST_PG_BINDIR")
                return 2
            server = Server(binaries)
            server.start()
            try:
                url = server.url(server.create("measures"))
                held = await measure("PostgreSQL", url, chosen, console) and held
            finally:
                server.stop()
    console.print(f"every bar held: {'yes' if held else 'no'}")
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
