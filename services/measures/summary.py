"""One month at a glance: what chat, page, PDF and workbook all show, computed once, here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import func
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from services.measures import releases
from services.measures.applications import STEPS
from services.measures.backlog import Backlog, backlog, names, within
from services.measures.catalogue import measure, measures
from services.measures.entries import WrongEntry, wrong_entries
from services.measures.periods import Period, month, months_back, read_month
from services.measures.query import (
    Area,
    Figure,
    Slice,
    compare,
    figure,
    good,
    histograms,
)
from services.measures.releases import Satisfaction
from services.measures.sentences import Voices, voices
from services.measures.settings import rules
from services.measures.stats import Verdict
from services.measures.story import Story, tell
from services.people import roles
from storage.clock import local_date
from storage.models import MeasureCorrection, MeasureDay, Role

TREND_MONTHS = 6
HEADLINES = (
    "timeliness",
    "return_rate",
    "progress_bot",
    "progress_officer",
    "first_response",
    "resolution",
    "time_to_card",
    "deflection_confirmed",
    "cross_region_rejection",
)


@dataclass(frozen=True)
class View:
    """What is looked at, and by whom: `areas` are the manager's own.

    `region_prefix` and `matter` narrow the measures; ratings follow the region only.
    """

    period: Period
    areas: tuple[Area, ...]
    region_prefix: str = ""
    matter: str | None = None
    officer_id: int | None = None

    def slice(self, period: Period | None = None) -> Slice:
        """The cut of the daily sums."""
        chosen = period or self.period
        return Slice(
            chosen.start,
            chosen.end,
            self.areas,
            self.region_prefix,
            self.matter,
            self.officer_id,
        )

    def encode(self) -> str:
        """As a button's reference: `2026-10|37|first`."""
        return f"{self.period.start:%Y-%m}|{self.region_prefix}|{self.matter or ''}"

    @property
    def rated_areas(self) -> tuple[Area, ...]:
        """The areas as far as ratings may be cut: the narrower prefix of the two."""
        if not self.region_prefix:
            return self.areas
        narrowed = []
        for area in self.areas:
            longer = max(area.region_prefix, self.region_prefix, key=len)
            if longer.startswith(area.region_prefix) and longer.startswith(self.region_prefix):
                narrowed.append(replace(area, region_prefix=longer))
        return tuple(narrowed)


def read_view(text: str, areas: tuple[Area, ...], officer_id: int | None = None) -> View:
    """The view of a button's reference, within what its reader may see.

    Raises:
        ValueError: it isn't one.
    """
    name, prefix, matter = (*text.split("|"), "", "")[:3]
    return View(read_month(name), areas, prefix, matter or None, officer_id)


@dataclass(frozen=True)
class Line:
    """One measure of a month beside the month before."""

    now: Figure
    before: Figure
    verdict: Verdict
    better: bool | None
    target: float | None

    @property
    def name(self) -> str:
        """The measure."""
        return self.now.measure

    @property
    def misses(self) -> bool:
        """Whether it misses its target."""
        if self.target is None or self.now.value is None:
            return False
        about = measure(self.name)
        return (
            self.now.value < self.target if about.better == "up" else self.now.value > self.target
        )


@dataclass(frozen=True)
class Correction:
    """What changed in a month after its report was made."""

    month: date
    measure: str
    seen_on: date
    count: int
    amount: int


@dataclass(frozen=True)
class Summary:
    """Everything that a month's pages show. Scores are of published ratings only.

    Args:
        trend: published satisfaction by month, oldest first; None: too few answers.
        reasons: reason → how often, now and before (None: fewer than a group), the most first.
        topics: topic of returns → how often.
        steps: step of an application → share of those who came to it and gave up there.
        entries, voices: policies that were wrong, and alike sentences, of a month that is over;
            none in a view that is narrowed.
    """

    view: View
    made_at: datetime
    lines: dict[str, Line]
    satisfaction: dict[str, Satisfaction | None]
    trend: tuple[tuple[Period, Satisfaction | None], ...]
    reasons: tuple[tuple[str, int, int | None], ...]
    topics: tuple[tuple[str, int], ...]
    steps: tuple[tuple[Figure, Figure], ...]
    entries: tuple[WrongEntry, ...]
    voices: tuple[Voices, ...]
    story: Story
    backlog: Backlog
    owners: Mapping[int, str]
    corrections: tuple[Correction, ...]
    running: bool


async def areas_of(
    session: AsyncSession, person_id: int, wanted: Role = Role.MANAGER
) -> tuple[Area, ...]:
    """Where a person may see figures as a manager; empty: nowhere."""
    return tuple(
        dict.fromkeys(
            Area(grant.region_prefix, grant.employer_id)
            for grant in await roles.grants(session, person_id)
            if grant.role in (wanted, Role.ADMIN)
        )
    )


async def summarise(session: AsyncSession, view: View, now: datetime) -> Summary:
    """The month of a view."""
    today, period = local_date(now), view.period
    every = tuple(name for name, one in measures().items() if not one.apart)
    found = await histograms(session, every, view.slice(), today)
    older = await histograms(session, every, view.slice(period.before), today)
    topics = await histograms(session, ("return_topic",), view.slice(), today, by=("matter",))
    open_now = await backlog(session, view.rated_areas, now, owner_id=view.officer_id)
    story = await tell(session, view.slice(), open_now, today)
    # Sentences and policies follow no filter: beside one they would pass for its own.
    whole = view.officer_id is None and not view.region_prefix and view.matter is None
    return Summary(
        view=view,
        made_at=now,
        lines={
            name: line(name, found[name].get((), {}), older[name].get((), {})) for name in every
        },
        satisfaction=await _satisfaction(session, view),
        trend=await _trend(session, view),
        reasons=await _reasons(session, view),
        topics=tuple(
            sorted(
                ((str(cut[0]), values.get(1, 0)) for cut, values in topics["return_topic"].items()),
                key=lambda pair: -pair[1],
            )
        ),
        steps=await _steps(session, view, today),
        entries=await wrong_entries(session, period, today) if whole else (),
        voices=await voices(session, period, view.areas, now) if whole else (),
        story=story,
        backlog=open_now,
        owners=await names(session, (*(item.owner_id for item in open_now.worst), *story.officers)),
        corrections=await corrections(session, period),
        running=period.end >= today,
    )


def line(name: str, now: Mapping[int, int], before: Mapping[int, int]) -> Line:
    """A measure with what it was before."""
    verdict = compare(name, before, now)
    return Line(
        figure(name, now),
        figure(name, before),
        verdict,
        good(measure(name), verdict),
        rules().targets.get(name),
    )


async def _steps(
    session: AsyncSession, view: View, today: date
) -> tuple[tuple[Figure, Figure], ...]:
    """Drop-outs of each step, now and before; the matter of the view is no part of it."""
    found = []
    for period in (view.period, view.period.before):
        part = replace(view.slice(period), matter=None)
        cut = await histograms(session, ("dropped",), part, today, by=("matter",))
        found.append([figure("dropped", cut["dropped"].get((step,), {})) for step in STEPS])
    return tuple(zip(*found, strict=True))


async def _satisfaction(session: AsyncSession, view: View) -> dict[str, Satisfaction | None]:
    found = {}
    for about in ("bot", "officer"):
        shown = await releases.satisfaction(
            session,
            view.period.start,
            view.period.end,
            view.rated_areas,
            about=about,
            officer_id=view.officer_id,
        )
        found[about] = shown.get("")
    return found


async def _trend(
    session: AsyncSession, view: View
) -> tuple[tuple[Period, Satisfaction | None], ...]:
    months = months_back(view.period, TREND_MONTHS)
    shown = await releases.satisfaction(
        session,
        months[0].start,
        months[-1].end,
        view.rated_areas,
        by="month",
        officer_id=view.officer_id,
    )
    return tuple((each, shown.get(each.start)) for each in months)


async def _reasons(session: AsyncSession, view: View) -> tuple[tuple[str, int, int | None], ...]:
    period, areas = view.period, view.rated_areas
    if view.officer_id is not None:
        return ()  # reasons are published for the whole, not by officer
    now = await releases.reasons(session, period.start, period.end, areas)
    was = await releases.reasons(session, period.before.start, period.before.end, areas)
    return tuple((code, count, was.get(code)) for code, count in now.items())


async def corrections(session: AsyncSession, period: Period) -> tuple[Correction, ...]:
    """Changes of the months of a period after their reports."""
    query = select(MeasureCorrection).where(
        col(MeasureCorrection.month).between(month(period.start).start, period.end)
    )
    ordered = query.order_by(col(MeasureCorrection.seen_on), col(MeasureCorrection.measure))
    return tuple(
        Correction(row.month, row.measure, row.seen_on, row.count, row.amount)
        for row in (await session.exec(ordered)).all()
    )


async def by_cut(
    session: AsyncSession, view: View, column: str, names_of: Sequence[str], now: datetime
) -> dict[object, dict[str, Figure]]:
    """Some measures of the view's month by region_code, matter or officer_id."""
    found = await histograms(session, names_of, view.slice(), local_date(now), by=(column,))
    cuts = {cut[0] for values in found.values() for cut in values}
    return {
        cut: {name: figure(name, found[name].get((cut,), {})) for name in names_of}
        for cut in sorted(cuts, key=str)
    }


async def choices(session: AsyncSession, areas: Sequence[Area], column: str) -> list[str]:
    """Codes of a column with figures in some areas, the fullest first."""
    wanted: Any = getattr(MeasureDay, column)
    condition = within(areas, col(MeasureDay.region_code), col(MeasureDay.employer_id))
    query = select(wanted).where(col(MeasureDay.measure) == "return_rate", condition)
    counted = query.group_by(wanted).order_by(func.sum(MeasureDay.count).desc())
    return [str(code) for code in (await session.exec(counted.limit(30))).all()]
