"""Officers' figures of a month against their targets: seen, contested, reviewed, signed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from services.measures.catalogue import measure
from services.measures.histories import BOT
from services.measures.periods import Period
from services.measures.query import Area, Figure, Slice, conditions, figure, histograms
from services.measures.settings import rules
from services.people import audit
from storage.clock import local_date
from storage.models import KpiTarget, MeasureDay, OfficerReport, ReviewStatus

OFFICER_MEASURES = (
    "timeliness",
    "return_rate",
    "progress_officer",
    "first_response",
    "resolution",
    "reopened",
)


class KpiError(Exception):
    """`code`: not_yours, own_report, not_contested, contested, signed, no_words or bad_target."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True)
class Part:
    """One part of a score. `reached`: 1 at the target or better, less in proportion."""

    measure: str
    value: float | None
    count: int
    target: float
    weight: float
    reached: float | None


@dataclass(frozen=True)
class Report:
    """An officer's month. `score` 0 to 100; None when no part has a sample."""

    id: int
    month: date
    officer_id: int
    parts: tuple[Part, ...]
    score: float | None
    status: ReviewStatus
    contest: str | None
    review: str | None
    reviewed_by: int | None
    signed_by: int | None


async def officer_figures(
    session: AsyncSession, period: Period, areas: Sequence[Area], now: datetime
) -> dict[int, dict[str, Figure]]:
    """Each officer's measures of a period, side by side."""
    part = Slice(period.start, period.end, tuple(areas))
    found = await histograms(session, OFFICER_MEASURES, part, local_date(now), by=("officer_id",))
    officers = {cut[0] for values in found.values() for cut in values} - {BOT}
    return {
        officer: {name: figure(name, found[name].get((officer,), {})) for name in OFFICER_MEASURES}
        for officer in sorted(officers)
    }


async def officers_within(session: AsyncSession, areas: Sequence[Area]) -> list[int]:
    """Officers with figures in some areas, ever."""
    part = Slice(date(2000, 1, 1), date(2999, 1, 1), tuple(areas))
    query = select(col(MeasureDay.officer_id)).where(*conditions(part)).distinct()
    return [officer for officer in (await session.exec(query)).all() if officer != BOT]


async def targets(session: AsyncSession, day: date, officer_id: int = BOT) -> dict[str, float]:
    """What is aimed at on a day: an officer's own target, else everybody's, else the settings'."""
    query = select(KpiTarget).where(
        col(KpiTarget.starts) <= day,
        col(KpiTarget.ends) >= day,
        col(KpiTarget.officer_id).in_((BOT, officer_id)),
    )
    rows = (await session.exec(query.order_by(col(KpiTarget.starts), col(KpiTarget.id)))).all()
    found = dict(rules().targets)
    for row in sorted(rows, key=lambda row: row.officer_id != BOT):
        found[row.measure] = row.target
    return found


async def set_target(
    session: AsyncSession,
    name: str,
    target: float,
    period: Period,
    *,
    by_id: int,
    now: datetime,
    officer_id: int = BOT,
) -> None:
    """Aim at a value in a period; setting it again for the same beginning changes it.

    Raises:
        KpiError: `bad_target`: no such measure, or a share outside 0 to 1.
    """
    if name not in OFFICER_MEASURES or target < 0:
        raise KpiError("bad_target")
    if measure(name).kind == "rate" and target > 1:
        raise KpiError("bad_target")
    query = select(KpiTarget).where(
        col(KpiTarget.measure) == name,
        col(KpiTarget.officer_id) == officer_id,
        col(KpiTarget.starts) == period.start,
    )
    row = (await session.exec(query)).one_or_none()
    if row is None:
        row = KpiTarget(
            measure=name,
            officer_id=officer_id,
            starts=period.start,
            ends=period.end,
            target=target,
            set_by=by_id,
            set_at=now,
        )
    row.ends, row.target, row.set_by, row.set_at = period.end, target, by_id, now
    session.add(row)
    await session.flush()
    detail = {"measure": name, "target": target, "officer": officer_id or None}
    await audit.record(session, f"person:{by_id}", "kpi.target", f"kpi:{name}", now, detail=detail)


def parts(figures: Mapping[str, Figure], aims: Mapping[str, float]) -> tuple[Part, ...]:
    """The weighted parts of a score."""
    found = []
    for name, weight in rules().weights.items():
        shown, target = figures[name], aims[name]
        reached = None if shown.value is None else _reached(name, shown.value, target)
        found.append(Part(name, shown.value, shown.count, target, weight, reached))
    return tuple(found)


def _reached(name: str, value: float, target: float) -> float:
    if measure(name).better == "up":
        return 1.0 if value >= target else value / target
    return 1.0 if value <= target else target / value


def score(found: Sequence[Part]) -> float | None:
    """Weighted mean of what was reached, of the parts that have a sample; 0 to 100."""
    known = [(part.weight, part.reached) for part in found if part.reached is not None]
    weight = sum(each for each, _ in known)
    return round(100 * sum(a * b for a, b in known) / weight, 1) if weight else None


async def make_reports(session: AsyncSession, period: Period, now: datetime) -> int:
    """A report for each officer with figures in a month; those that exist stay as they are."""
    done = select(OfficerReport.officer_id).where(col(OfficerReport.month) == period.start)
    known = set((await session.exec(done)).all())
    made = 0
    for officer, figures in (await officer_figures(session, period, (Area(),), now)).items():
        if officer in known:
            continue
        found = parts(figures, await targets(session, period.end, officer))
        session.add(
            OfficerReport(
                month=period.start,
                officer_id=officer,
                figures=[vars(part) for part in found],
                score=score(found),
                made_at=now,
            )
        )
        made += 1
    await session.flush()
    return made


async def reports(
    session: AsyncSession, *, officer_id: int | None = None, month: date | None = None
) -> tuple[Report, ...]:
    """Reports, the newest first."""
    query = select(OfficerReport)
    if officer_id is not None:
        query = query.where(col(OfficerReport.officer_id) == officer_id)
    if month is not None:
        query = query.where(col(OfficerReport.month) == month)
    ordered = query.order_by(col(OfficerReport.month).desc(), col(OfficerReport.officer_id))
    return tuple(_report(row) for row in (await session.exec(ordered)).all())


async def contest(
    session: AsyncSession, report_id: int, officer_id: int, words: str, now: datetime
) -> None:
    """The officer says what is wrong. Raises `KpiError`: not_yours, signed or no_words."""
    row = await _locked(session, report_id)
    if row.officer_id != officer_id:
        raise KpiError("not_yours")
    if row.status is ReviewStatus.SIGNED:
        raise KpiError("signed")
    if not words.strip():
        raise KpiError("no_words")
    row.status, row.contest, row.contested_at = ReviewStatus.CONTESTED, words.strip(), now
    await _note(session, row, officer_id, "kpi.contested", now)


async def review(
    session: AsyncSession, report_id: int, by_id: int, words: str, now: datetime
) -> None:
    """A person looks at what was contested and answers; never the officer themselves.

    Raises:
        KpiError: `own_report`, `not_contested` or `no_words`.
    """
    row = await _locked(session, report_id)
    if row.officer_id == by_id:
        raise KpiError("own_report")
    if row.status is not ReviewStatus.CONTESTED:
        raise KpiError("not_contested")
    if not words.strip():
        raise KpiError("no_words")
    row.status, row.review = ReviewStatus.REVIEWED, words.strip()
    row.reviewed_by, row.reviewed_at = by_id, now
    await _note(session, row, by_id, "kpi.reviewed", now)


async def sign(session: AsyncSession, report_id: int, by_id: int, now: datetime) -> None:
    """Sign a report off. What is contested must be reviewed first.

    Raises:
        KpiError: `own_report`, `contested` or `signed`.
    """
    row = await _locked(session, report_id)
    if row.officer_id == by_id:
        raise KpiError("own_report")
    if row.status is ReviewStatus.CONTESTED:
        raise KpiError("contested")
    if row.status is ReviewStatus.SIGNED:
        raise KpiError("signed")
    row.status, row.signed_by, row.signed_at = ReviewStatus.SIGNED, by_id, now
    await _note(session, row, by_id, "kpi.signed", now)


async def _locked(session: AsyncSession, report_id: int) -> OfficerReport:
    row = await session.get(OfficerReport, report_id, with_for_update=True)
    if row is None:
        raise KpiError("not_yours")
    return row


async def _note(
    session: AsyncSession, row: OfficerReport, by_id: int, verb: str, now: datetime
) -> None:
    await session.flush()
    await audit.record(session, f"person:{by_id}", verb, f"report:{row.id}", now)


def _report(row: OfficerReport) -> Report:
    figures: list[dict[str, Any]] = row.figures
    return Report(
        id=row.id or 0,
        month=row.month,
        officer_id=row.officer_id,
        parts=tuple(Part(**each) for each in figures),
        score=row.score,
        status=row.status,
        contest=row.contest,
        review=row.review,
        reviewed_by=row.reviewed_by,
        signed_by=row.signed_by,
    )
