"""Reading the daily sums: histograms by any cut, and figures made from them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from sqlalchemy import func, or_
from sqlalchemy import select as sa_select
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from services.measures.catalogue import Measure, measure, measures
from services.measures.settings import rules
from services.measures.stats import (
    Histogram,
    Interval,
    Verdict,
    compare_means,
    compare_shares,
    mean_interval,
    moments,
    quantile,
    wilson,
)
from storage.models import MeasureDay

Cut = tuple[Any, ...]


@dataclass(frozen=True)
class Area:
    """A part of the company; empty and None: all of it."""

    region_prefix: str = ""
    employer_id: int | None = None


@dataclass(frozen=True)
class Slice:
    """Which observations are meant. Days are inclusive; `areas` are joined by "or"."""

    start: date
    end: date
    areas: tuple[Area, ...] = (Area(),)
    region_prefix: str = ""
    matter: str | None = None
    officer_id: int | None = None


@dataclass(frozen=True)
class Figure:
    """A measure's value with its sample. None: there is no sample.

    Args:
        value: a share, or the median in workdays or minutes, or a count.
        interval: of a share (Wilson); of the mean for durations.
        high: the value that nine of ten do not exceed, for durations.
    """

    measure: str
    count: int
    value: float | None
    hits: int = 0
    mean: float | None = None
    interval: Interval | None = None
    high: int | None = None


async def histograms(
    session: AsyncSession, names: Sequence[str], part: Slice, today: date, *, by: Sequence[str] = ()
) -> dict[str, dict[Cut, dict[int, int]]]:
    """Measure → cut → value → count.

    Args:
        by: columns to cut by: month, region_code, employer_id, matter, officer_id.
        today: measures that wait for a due day leave it and what comes after it out.
    """
    columns: list[Any] = [getattr(MeasureDay, name) for name in by]
    cut_by = [col(MeasureDay.measure), *columns, col(MeasureDay.value)]
    found: dict[str, dict[Cut, dict[int, int]]] = {name: defaultdict(dict) for name in names}
    for due in (True, False):
        chosen = [name for name in names if measure(name).due is due]
        if not chosen:
            continue
        seen = replace(part, end=min(part.end, today - timedelta(days=1))) if due else part
        query: Any = (
            sa_select(*cut_by, func.sum(MeasureDay.count))
            .where(col(MeasureDay.measure).in_(chosen), *conditions(seen))
            .group_by(*cut_by)
        )
        for name, *cut, value, count in (await session.execute(query)).all():
            found[name][tuple(cut)][value] = int(count)
    return found


def conditions(part: Slice) -> list[Any]:
    """The slice as SQL over the daily sums."""
    found: list[Any] = [col(MeasureDay.day).between(part.start, part.end)]
    if part.region_prefix:
        found.append(col(MeasureDay.region_code).startswith(part.region_prefix))
    if part.matter is not None:
        found.append(col(MeasureDay.matter) == part.matter)
    if part.officer_id is not None:
        found.append(col(MeasureDay.officer_id) == part.officer_id)
    if Area() not in part.areas:
        found.append(or_(False, *(_within(area) for area in part.areas)))
    return found


def _within(area: Area) -> Any:
    region = col(MeasureDay.region_code).startswith(area.region_prefix)
    if area.employer_id is None:
        return region
    return region & (col(MeasureDay.employer_id) == area.employer_id)


def figure(name: str, values: Histogram) -> Figure:
    """The figure of a measure from its histogram: the one place where the numbers are made."""
    about, count = measure(name), sum(values.values())
    if count == 0:
        return Figure(name, 0, None)
    confidence = rules().confidence
    if about.kind == "rate":
        hits = values.get(1, 0)
        bounds = wilson(hits, count, confidence)
        return Figure(name, count, hits / count, hits, hits / count, bounds)
    if about.kind == "count":
        return Figure(name, count, float(count), count)
    _, mean, _ = moments(values)
    return Figure(
        name,
        count,
        float(quantile(values, 0.5)),
        mean=mean,
        interval=mean_interval(values, confidence),
        high=quantile(values, 0.9),
    )


def compare(name: str, before: Histogram, after: Histogram) -> Verdict:
    """Whether a measure really changed between two periods."""
    settings = rules()
    if measure(name).kind == "rate":
        return compare_shares(
            (before.get(1, 0), sum(before.values())),
            (after.get(1, 0), sum(after.values())),
            significance=settings.significance,
            enough=settings.enough,
        )
    return compare_means(before, after, significance=settings.significance, enough=settings.enough)


def good(about: Measure, verdict: Verdict) -> bool | None:
    """Whether a change is for the better; None where there is none to speak of."""
    return verdict == about.better if verdict in ("up", "down") else None


async def figures(
    session: AsyncSession, part: Slice, today: date, names: Iterable[str] | None = None
) -> dict[str, Figure]:
    """Every measure (or these) over a slice."""
    wanted = tuple(names or measures())
    found = await histograms(session, wanted, part, today)
    return {name: figure(name, found[name].get((), {})) for name in wanted}
