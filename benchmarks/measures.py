"""How long the summary page and the monthly report take in a large company, on both databases.

    python -m benchmarks.measures                         # 100,000 employees, 36 months
    python -m benchmarks.measures --people 2000 --months 6 --engine sqlite

Everything is bulk-loaded; then the measures are computed as they are in service (what changed),
some late events are added, and pages are made. "plain SQL" is the sum of the daily rows that a page
reads, in one statement: what no page can undercut.
"""

from __future__ import annotations

import argparse
import asyncio
import tempfile
import time
from collections.abc import Awaitable, Callable
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
)
from tests.support.postgres import Server, find_binaries

NOW = datetime(2026, 11, 2, 2, 0, tzinfo=UTC)
LAST = date(2026, 10, 1)
EVENTS_PER_APPLICATION = 7.6
_PLAIN = text(
    "select measure, value, sum(count) from measure_day "
    "where day between :start and :end group by measure, value"
)


def options() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=100_000)
    parser.add_argument("--months", type=int, default=36)
    parser.add_argument("--events", type=int, default=1_500_000)
    parser.add_argument("--engine", choices=["sqlite", "postgresql", "both"], default="both")
    return parser.parse_args()


async def timed(name: str, work: Callable[[], Awaitable[Any]], table: Table) -> Any:
    """Run once, and note the seconds; said at once, since the first steps take minutes."""
    begin = time.perf_counter()
    found = await work()
    seconds = f"{time.perf_counter() - begin:.2f} s"
    table.add_row(name, seconds)
    print(f"  {name}: {seconds}", flush=True)
    return found


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
    for written, record in enumerate(records, 1):
        filler.add(record.kind, record.data)
        if written % 5000 == 0:
            async with database.transaction() as session:
                await filler.write(session)
    async with database.transaction() as session:
        await filler.write(session)


async def compute(database: Database) -> int:
    """Take every note of change."""
    taken = 0
    while True:
        async with database.transaction() as session:
            count = await refresh(session, NOW, 1000)
        if not count:
            return taken
        taken += count


async def touch(database: Database, count: int) -> int:
    """A late event for some applications of a month that is over, and the refresh after it."""
    async with database.transaction() as session:
        query = select(ApplicationEvent).limit(count)
        for event in (await session.exec(query)).all():
            event.told_at = (event.told_at or NOW) + timedelta(hours=30)
    return await compute(database)


async def measure(name: str, url: str, chosen: argparse.Namespace, console: Console) -> None:
    """Load, compute, and time on one database."""
    await asyncio.to_thread(migrate.upgrade, url)
    database = Database(url, Keyring.from_text(generate_key()))
    table = Table("what", "time", title=f"{name}: {chosen.people} people, {chosen.months} months")
    await timed("bulk load", lambda: fill(database, chosen), table)
    await timed("measures from nothing", lambda: compute(database), table)
    await timed("measures after 500 late events", lambda: touch(database, 500), table)

    async def publish() -> int:
        async with database.transaction() as session:
            return await release(session, NOW)

    published = await timed("every round of ratings", publish, table)
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

    await timed("plain SQL of the page's two months", plain, table)
    summary = await timed("summary page", page, table)
    await timed("officers side by side", officers, table)
    made: Callable[[], Awaitable[Any]] = lambda: asyncio.to_thread(  # noqa: E731
        report.pdf, summary, "zh", []
    )
    await timed("monthly report as PDF", made, table)
    await counts(database, table, published)
    console.print(table)
    await database.dispose()


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


async def main() -> None:
    """Both databases, one after the other."""
    chosen, console = options(), Console()
    with tempfile.TemporaryDirectory() as folder:
        if chosen.engine in ("sqlite", "both"):
            await measure("SQLite", f"sqlite:///{Path(folder)}/bot.db", chosen, console)
        if chosen.engine in ("postgresql", "both"):
            binaries = find_binaries()
            if binaries is None:
                console.print("no PostgreSQL binaries: set TEST_PG_BINDIR")
                return
            server = Server(binaries)
            server.start()
            try:
                url = server.url(server.create("measures"))
                await measure("PostgreSQL", url, chosen, console)
            finally:
                server.stop()


if __name__ == "__main__":
    asyncio.run(main())
