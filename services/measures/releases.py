"""Publishes ratings in rounds, and reads what was published. Scores are shown from nowhere else."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Literal

from sqlalchemy import insert
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from services.measures.load import owner_of, rated_places
from services.measures.query import Area
from services.measures.settings import rules
from services.measures.settling import Answered, settle
from services.measures.stats import Interval, moments, wilson
from services.measures.steps import rated_steps
from storage.clock import SHANGHAI, local_date
from storage.models import Rating, RatingRelease
from storage.queue import lock
from storage.state import read_value, write_value

_ROUND = "ratings.round"
SATISFIED = 4
By = Literal["all", "region", "matter", "step", "officer_id", "employer_id", "month"]


@dataclass(frozen=True)
class Satisfaction:
    """What a group of at least `smallest_group` people said.

    Args:
        share: of 4 and 5; `interval`: its Wilson interval.
    """

    count: int
    mean: float
    share: float
    interval: Interval
    scores: tuple[tuple[int, int], ...]


async def release(session: AsyncSession, now: datetime) -> int:
    """Hold every round that is due; returns how many ratings were published.

    A round is every Monday and every first of a month at 00:00 in China: what was answered before
    it is published then, as far as the groups allow, with the score of that moment. A score that
    is changed later stays as it was published.
    """
    await lock(session, _ROUND)
    held = await read_value(session, _ROUND)
    last = date.fromisoformat(held) if held else await _first_day(session)
    if last is None:
        return 0
    published = 0
    for day in rounds(last, local_date(now)):
        published += await _hold(session, day)
        await write_value(session, _ROUND, day.isoformat())
    return published


def rounds(after: date, until: date) -> Iterator[date]:
    """Days of rounds after a day, up to and including another."""
    for offset in range(1, (until - after).days + 1):
        day = after + timedelta(days=offset)
        if day.weekday() == 0 or day.day == 1:
            yield day


async def _first_day(session: AsyncSession) -> date | None:
    query = select(col(Rating.answered_at)).where(col(Rating.answered_at).is_not(None))
    first = (await session.exec(query.order_by(col(Rating.answered_at)).limit(1))).first()
    return None if first is None else local_date(first)


async def _hold(session: AsyncSession, day: date) -> int:
    edge = datetime(day.year, day.month, day.day, tzinfo=SHANGHAI)
    published = select(RatingRelease.rating_id)
    query = select(Rating).where(
        col(Rating.answered_at) < edge,
        col(Rating.score).is_not(None),
        col(Rating.id).not_in(published),
    )
    waiting = {row.id or 0: row for row in (await session.exec(query)).all()}
    places = await rated_places(session, waiting.values())
    steps = await rated_steps(session, waiting.values())
    pool = [
        _answered(row, places[row.subject], steps[row.subject])
        for row in waiting.values()
        if row.subject in places
    ]
    cells = settle(pool, rules().smallest_group)
    rows = [
        {
            "rating_id": number,
            "day": day - timedelta(days=1),
            "about": waiting[number].about,
            "employer_id": places[waiting[number].subject][0].employer_id,
            "region": cell.region,
            "matter": cell.matter,
            "officer_id": cell.officer_id,
            "step": cell.step,
            "score": waiting[number].score,
            "reasons": list(waiting[number].reasons or ()),
        }
        for number, cell in sorted(cells.items())
    ]
    if rows:
        await session.execute(insert(RatingRelease), rows)
    return len(rows)


def _answered(row: Rating, where: tuple[Any, str], step: str) -> Answered:
    place, matter = where
    return Answered(
        id=row.id or 0,
        person_id=row.person_id,
        about=row.about.value,
        employer_id=place.employer_id,
        region_code=place.region_code,
        matter=matter,
        officer_id=owner_of(row),
        step=step,
    )


async def satisfaction(
    session: AsyncSession,
    start: date,
    end: date,
    areas: Sequence[Area] = (Area(),),
    *,
    by: By = "all",
    about: str | None = None,
    officer_id: int | None = None,
) -> dict[Any, Satisfaction]:
    """Published figures by one cut. Cuts are never crossed: an area with a region is read from the
    region groups, so it can't be cut by matter, step or officer, and is empty then."""
    found: dict[Any, Counter[int]] = defaultdict(Counter)
    for row in await _rows(session, start, end, areas, by=by, about=about, officer_id=officer_id):
        found[_cut(row, by)][row.score] += 1
    return {cut: _figure(scores) for cut, scores in found.items()}


async def reasons(
    session: AsyncSession, start: date, end: date, areas: Sequence[Area] = (Area(),)
) -> dict[str, int]:
    """How often each reason was pressed in published ratings; fewer than a group are not shown."""
    found: Counter[str] = Counter()
    for row in await _rows(session, start, end, areas, by="all", about=None, officer_id=None):
        found.update(row.reasons)
    return {code: count for code, count in found.most_common() if count >= rules().smallest_group}


def _cut(row: RatingRelease, by: By) -> Any:
    if by == "all":
        return ""
    return row.day.replace(day=1) if by == "month" else getattr(row, by)


def _figure(scores: Counter[int]) -> Satisfaction:
    count, mean, _ = moments(scores)
    happy = sum(n for score, n in scores.items() if score >= SATISFIED)
    bounds = wilson(happy, count, rules().confidence)
    return Satisfaction(count, mean, happy / count, bounds, tuple(sorted(scores.items())))


async def _rows(
    session: AsyncSession,
    start: date,
    end: date,
    areas: Sequence[Area],
    *,
    by: By,
    about: str | None,
    officer_id: int | None,
) -> Sequence[RatingRelease]:
    crossed = by in ("matter", "step", "officer_id") or officer_id is not None
    whole = [area for area in areas if not area.region_prefix]
    query = select(RatingRelease).where(col(RatingRelease.day).between(start, end))
    if about is not None:
        query = query.where(col(RatingRelease.about) == about)
    if officer_id is not None:
        query = query.where(col(RatingRelease.officer_id) == officer_id)
    rows = (await session.exec(query)).all()
    seen = whole if crossed else list(areas)
    return [row for row in rows if any(_within(row, area) for area in seen)]


def _within(row: RatingRelease, area: Area) -> bool:
    employer = area.employer_id in (None, row.employer_id)
    return employer and (not area.region_prefix or row.region.startswith(area.region_prefix))
