"""改进记录: a reason becomes an action with an owner and a day; later, what it did."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from services.measures.catalogue import measures
from services.measures.query import Area, Figure, Slice, compare, figure, histograms
from services.measures.stats import Verdict
from services.people import audit
from services.ratings.reasons import codes
from storage.clock import local_date
from storage.models import Improvement

_WINDOW = timedelta(days=60)


class ImprovementError(Exception):
    """`code`: unknown, bad_reason, bad_measure, no_action or past."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True)
class Entry:
    """One line of the log with its measure before and after (None: not done yet).

    Both are over the 60 days on each side of the day when it was done.
    """

    id: int
    reason: str
    measure: str
    action: str
    owner_id: int
    due: date
    done_on: date | None
    before: Figure | None = None
    after: Figure | None = None
    verdict: Verdict | None = None


async def add(
    session: AsyncSession,
    reason: str,
    name: str,
    action: str,
    *,
    owner_id: int,
    due: date,
    area: Area,
    by_id: int,
    now: datetime,
) -> int:
    """Write an action down. Raises `ImprovementError`."""
    if reason not in codes():
        raise ImprovementError("bad_reason")
    if name not in measures() or measures()[name].kind == "count":
        raise ImprovementError("bad_measure")
    if not action.strip():
        raise ImprovementError("no_action")
    if due < local_date(now):
        raise ImprovementError("past")
    row = Improvement(
        reason=reason,
        measure=name,
        action=action.strip()[:1000],
        owner_id=owner_id,
        due=due,
        employer_id=area.employer_id,
        region_prefix=area.region_prefix,
        made_by=by_id,
        made_at=now,
    )
    session.add(row)
    await session.flush()
    await audit.record(
        session, f"person:{by_id}", "improvement.added", f"improvement:{row.id}", now
    )
    return row.id or 0


async def done(session: AsyncSession, entry_id: int, by_id: int, now: datetime) -> None:
    """It is done today; twice is once. Raises `ImprovementError("unknown")`."""
    row = await session.get(Improvement, entry_id, with_for_update=True)
    if row is None:
        raise ImprovementError("unknown")
    row.done_on = row.done_on or local_date(now)
    await session.flush()
    await audit.record(session, f"person:{by_id}", "improvement.done", f"improvement:{row.id}", now)


async def area_of(session: AsyncSession, entry_id: int) -> Area | None:
    """Where an entry belongs; None: there is none."""
    row = await session.get(Improvement, entry_id)
    return None if row is None else Area(row.region_prefix, row.employer_id)


async def entries(
    session: AsyncSession, areas: Sequence[Area], now: datetime, *, limit: int = 30
) -> tuple[Entry, ...]:
    """The log of some areas, open ones first."""
    query = select(Improvement).order_by(
        col(Improvement.done_on).is_not(None), col(Improvement.due), col(Improvement.id)
    )
    rows = [
        row
        for row in (await session.exec(query.limit(limit * 5))).all()
        if any(_within(Area(row.region_prefix, row.employer_id), area) for area in areas)
    ]
    return tuple([await _entry(session, row, now) for row in rows[:limit]])


def _within(inner: Area, outer: Area) -> bool:
    region = inner.region_prefix.startswith(outer.region_prefix)
    return region and outer.employer_id in (None, inner.employer_id)


async def _entry(session: AsyncSession, row: Improvement, now: datetime) -> Entry:
    entry = Entry(
        row.id or 0, row.reason, row.measure, row.action, row.owner_id, row.due, row.done_on
    )
    if row.done_on is None:
        return entry
    area, today = (Area(row.region_prefix, row.employer_id),), local_date(now)
    day = timedelta(days=1)
    sides = (
        Slice(row.done_on - _WINDOW, row.done_on - day, area),
        Slice(row.done_on, min(row.done_on + _WINDOW, today), area),
    )
    before, after = [
        (await histograms(session, (row.measure,), side, today))[row.measure].get((), {})
        for side in sides
    ]
    return Entry(
        entry.id,
        entry.reason,
        entry.measure,
        entry.action,
        entry.owner_id,
        entry.due,
        entry.done_on,
        figure(row.measure, before),
        figure(row.measure, after),
        compare(row.measure, before, after),
    )
