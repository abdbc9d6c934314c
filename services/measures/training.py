"""Training needs: a topic that is returned too often with an officer, and whether it got better."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from services.measures.histories import BOT
from services.measures.periods import Period
from services.measures.query import Area, Slice, histograms
from services.measures.settings import rules
from services.people import audit
from storage.clock import local_date
from storage.models import Application, MeasureObservation, NeedStatus, TrainingNeed


class TrainingError(Exception):
    """`code`: unknown, decided or no_reason."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True)
class Practised:
    """Rounds in the practice company: how many papers were right in the first and the last."""

    rounds: int
    papers: int
    first: int
    last: int


@dataclass(frozen=True)
class Need:
    """A training need; `later` is what its check found: hits and sample."""

    id: int
    officer_id: int
    topic: str
    month: date
    hits: int
    sample: int
    status: NeedStatus
    reason: str | None
    check_on: date | None
    later: tuple[int, int] | None
    practised: Practised | None

    @property
    def share(self) -> float:
        """Of the officer's applications, those returned for the topic."""
        return self.hits / self.sample


async def suggest(session: AsyncSession, period: Period, now: datetime) -> int:
    """Note each officer and topic over the threshold with a large enough sample; once a month."""
    found = 0
    for officer, (sample, topics) in (await _rates(session, period, now)).items():
        for topic, hits in topics.items():
            if sample < rules().training_sample or hits / sample <= rules().training_rate:
                continue
            query = select(TrainingNeed.id).where(
                col(TrainingNeed.officer_id) == officer,
                col(TrainingNeed.topic) == topic,
                col(TrainingNeed.month) == period.start,
            )
            if (await session.exec(query)).first() is None:
                session.add(
                    TrainingNeed(
                        officer_id=officer,
                        topic=topic,
                        month=period.start,
                        sample=sample,
                        hits=hits,
                        made_at=now,
                    )
                )
                found += 1
    await session.flush()
    return found


async def _rates(
    session: AsyncSession, period: Period, now: datetime
) -> dict[int, tuple[int, dict[str, int]]]:
    """Officer → submitted applications, and of these returned per topic."""
    part, today = Slice(period.start, period.end), local_date(now)
    submitted = await histograms(session, ("return_rate",), part, today, by=("officer_id",))
    returned = await histograms(
        session, ("return_topic",), part, today, by=("officer_id", "matter")
    )
    rates: dict[int, tuple[int, dict[str, int]]] = {
        cut[0]: (sum(values.values()), {})
        for cut, values in submitted["return_rate"].items()
        if cut[0] != BOT
    }
    for (officer, topic), values in returned["return_topic"].items():
        if officer in rates:
            rates[officer][1][topic] = values.get(1, 0)
    return rates


async def decide(
    session: AsyncSession, need_id: int, by_id: int, reason: str, now: datetime, *, confirmed: bool
) -> None:
    """Confirm a need, which is then checked again after `recheck_days`, or dismiss it; with why.

    Raises:
        TrainingError: `unknown`, `decided` or `no_reason`.
    """
    row = await session.get(TrainingNeed, need_id, with_for_update=True)
    if row is None:
        raise TrainingError("unknown")
    if row.status is not NeedStatus.SUGGESTED:
        raise TrainingError("decided")
    if not reason.strip():
        raise TrainingError("no_reason")
    row.status = NeedStatus.CONFIRMED if confirmed else NeedStatus.DISMISSED
    row.reason, row.decided_by, row.decided_at = reason.strip(), by_id, now
    if confirmed:
        row.check_on = local_date(now) + timedelta(days=rules().recheck_days)
    await session.flush()
    verb = "training.confirmed" if confirmed else "training.dismissed"
    await audit.record(session, f"person:{by_id}", verb, f"training:{row.id}", now)


async def recheck(session: AsyncSession, now: datetime) -> int:
    """Look again at confirmed needs whose day has come: from the decision until now."""
    today = local_date(now)
    query = select(TrainingNeed).where(
        col(TrainingNeed.status) == NeedStatus.CONFIRMED, col(TrainingNeed.check_on) <= today
    )
    rows = (await session.exec(query)).all()
    for row in rows:
        since = local_date(row.decided_at or row.made_at) + timedelta(days=1)
        rates = await _rates(session, Period(since, today), now)
        sample, topics = rates.get(row.officer_id, (0, {}))
        row.later_sample, row.later_hits = sample, topics.get(row.topic, 0)
        if sample < rules().training_sample:
            row.check_on = today + timedelta(days=rules().recheck_days)
        else:
            over = row.later_hits / sample > rules().training_rate
            row.status = NeedStatus.AGAIN if over else NeedStatus.DONE
    await session.flush()
    return len(rows)


async def needs(
    session: AsyncSession, *, officers: Sequence[int] | None = None, limit: int = 50
) -> tuple[Need, ...]:
    """Needs, the newest first."""
    query = select(TrainingNeed)
    if officers is not None:
        query = query.where(col(TrainingNeed.officer_id).in_(officers))
    ordered = query.order_by(col(TrainingNeed.month).desc(), col(TrainingNeed.id)).limit(limit)
    return tuple(_need(row) for row in (await session.exec(ordered)).all())


async def cases_behind(
    session: AsyncSession, need: Need, areas: Sequence[Area], *, limit: int = 20
) -> tuple[str, ...]:
    """Numbers of the applications that a need stands on, as far as the areas reach."""
    end = Period(need.month, need.month)
    last = (end.start + timedelta(days=31)).replace(day=1) - timedelta(days=1)
    query = select(MeasureObservation).where(
        col(MeasureObservation.measure) == "return_topic",
        col(MeasureObservation.officer_id) == need.officer_id,
        col(MeasureObservation.matter) == need.topic,
        col(MeasureObservation.day).between(need.month, last),
    )
    rows = (await session.exec(query.order_by(col(MeasureObservation.day)))).all()
    ids = [
        int(row.subject.partition(":")[2])
        for row in rows
        if any(
            row.region_code.startswith(area.region_prefix)
            and area.employer_id in (None, row.employer_id)
            for area in areas
        )
    ][:limit]
    found = select(Application.number).where(col(Application.id).in_(ids))
    return tuple((await session.exec(found)).all())


def _need(row: TrainingNeed) -> Need:
    later = None
    if row.later_sample is not None and row.later_hits is not None:
        later = row.later_hits, row.later_sample
    practised = None
    if row.practice_first is not None and row.practice_last is not None:
        papers = row.practice_papers or 0
        practised = Practised(row.practice_rounds, papers, row.practice_first, row.practice_last)
    return Need(
        id=row.id or 0,
        officer_id=row.officer_id,
        topic=row.topic,
        month=row.month,
        hits=row.hits,
        sample=row.sample,
        status=row.status,
        reason=row.reason,
        check_on=row.check_on,
        later=later,
        practised=practised,
    )
