"""Keeps the daily sums true: what changed is recomputed, and only the difference is written.

Each subject's observations are a pure function of its history. Recomputing the same history changes
nothing, a late event moves exactly what it touches, and the sums are always those of all
observations; so it doesn't matter how often or in which order this runs.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import delete, insert
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from services.cases.calendars import calendar_of
from services.measures.applications import observe
from services.measures.histories import Observation
from services.measures.load import Batch, answers_before, ids_of, load
from services.measures.service import observe_answer, observe_case, observe_rating
from storage.clock import local_date
from storage.models import (
    MeasureCorrection,
    MeasureDay,
    MeasureObservation,
    MonthClosed,
    SubjectChange,
)
from storage.queue import is_sqlite, lock

_LOCK = "measures"
_CHUNK = 1000
Key = tuple[str, date, str, int, str, int, int]
"""Measure, day, region, employer, matter, officer, value: one row of the daily sums."""


async def refresh(session: AsyncSession, now: datetime, limit: int) -> int:
    """Take up to `limit` notes of change; returns how many, 0 when nothing is left.

    One process at a time does it; the others wait at the lock and then find less to do.
    """
    await lock(session, _LOCK)
    query = select(SubjectChange).order_by(col(SubjectChange.id)).limit(limit)
    changes = (await session.exec(query)).all()
    if not changes:
        return 0
    subjects = {change.subject for change in changes}
    subjects |= await answers_before(session, ids_of(subjects, "case"))
    await recompute(session, sorted(subjects), now)
    taken = [change.id for change in changes]
    await session.execute(delete(SubjectChange).where(col(SubjectChange.id).in_(taken)))
    return len(changes)


async def recompute(session: AsyncSession, subjects: Sequence[str], now: datetime) -> None:
    """Bring the observations of these subjects, and the sums, up to date."""
    batch = await load(session, subjects)
    new = {subject: list(found) for subject, found in _observed(batch)}
    query = select(MeasureObservation).where(col(MeasureObservation.subject).in_(list(new)))
    old = {_identity(row): row for row in (await session.exec(query)).all()}
    wanted = {
        (subject, one.measure, one.part): one for subject, found in new.items() for one in found
    }
    gone = [row for name, row in old.items() if name not in wanted or not same(row, wanted[name])]
    come = {
        name: one for name, one in wanted.items() if name not in old or not same(old[name], one)
    }
    if not gone and not come:
        return
    difference: Counter[Key] = Counter()
    for row in gone:
        difference[_key_of(row)] -= 1
        await session.delete(row)
    await session.flush()
    for one in come.values():
        difference[key_of(one)] += 1
    await _write(session, MeasureObservation, [_row(*name, one) for name, one in come.items()])
    await _add(session, {key: count for key, count in difference.items() if count})
    await _note_corrections(session, difference, now)


def _observed(batch: Batch) -> Iterable[tuple[str, Iterable[Observation]]]:
    for subject, application in batch.applications.items():
        yield subject, observe(application)
    for subject, case in batch.cases.items():
        yield subject, observe_case(case, calendar_of(case.place.region_code))
    for subject, answer in batch.answers.items():
        yield subject, observe_answer(answer)
    for subject, rating in batch.ratings.items():
        yield subject, observe_rating(rating)


def _identity(row: MeasureObservation) -> tuple[str, str, int]:
    return row.subject, row.measure, row.part


def key_of(one: Observation) -> Key:
    """The daily row that an observation is counted in."""
    place = one.place
    return (
        one.measure,
        one.day,
        place.region_code,
        place.employer_id,
        one.matter,
        one.officer_id,
        one.value,
    )


def _key_of(row: MeasureObservation) -> Key:
    return (
        row.measure,
        row.day,
        row.region_code,
        row.employer_id,
        row.matter,
        row.officer_id,
        row.value,
    )


def same(row: MeasureObservation, one: Observation) -> bool:
    """Whether what is stored says the same."""
    return _key_of(row) == key_of(one)


def _row(subject: str, measure: str, part: int, one: Observation) -> dict[str, Any]:
    return {
        "subject": subject,
        "measure": measure,
        "part": part,
        "day": one.day,
        "region_code": one.place.region_code,
        "employer_id": one.place.employer_id,
        "matter": one.matter,
        "officer_id": one.officer_id,
        "value": one.value,
    }


async def _write(session: AsyncSession, table: type[Any], rows: list[dict[str, Any]]) -> None:
    for start in range(0, len(rows), _CHUNK):
        await session.execute(insert(table), rows[start : start + _CHUNK])


async def _add(session: AsyncSession, difference: dict[Key, int]) -> None:
    """Add to the daily sums; a sum that becomes 0 goes."""
    rows = [
        dict(zip(_COLUMNS, key, strict=True)) | {"month": key[1].replace(day=1), "count": count}
        for key, count in sorted(difference.items())
    ]
    await _upsert(session, MeasureDay, _COLUMNS, ("count",), rows)
    if any(count < 0 for count in difference.values()):
        await session.execute(delete(MeasureDay).where(col(MeasureDay.count) == 0))


_COLUMNS = ("measure", "day", "region_code", "employer_id", "matter", "officer_id", "value")


async def _upsert(
    session: AsyncSession,
    table: type[Any],
    keys: tuple[str, ...],
    sums: tuple[str, ...],
    rows: list[dict[str, Any]],
) -> None:
    make: Any = sqlite.insert if is_sqlite(session) else postgresql.insert
    statement = make(table)
    added = {name: getattr(table, name) + statement.excluded[name] for name in sums}
    statement = statement.on_conflict_do_update(index_elements=keys, set_=added)
    for start in range(0, len(rows), _CHUNK):
        await session.execute(statement, rows[start : start + _CHUNK])


async def _note_corrections(session: AsyncSession, difference: Counter[Key], now: datetime) -> None:
    """What changes in a month after its report is kept apart, so that both figures can be told."""
    closed = set((await session.exec(select(col(MonthClosed.month)))).all())
    found: Counter[tuple[date, str]] = Counter()
    amounts: Counter[tuple[date, str]] = Counter()
    for key, count in difference.items():
        month = key[1].replace(day=1)
        if month in closed and count:
            found[month, key[0]] += count
            amounts[month, key[0]] += count * key[6]
    rows = [
        {
            "seen_on": local_date(now),
            "month": month,
            "measure": measure,
            "count": found[month, measure],
            "amount": amounts[month, measure],
        }
        for month, measure in sorted(found)
        if found[month, measure] or amounts[month, measure]
    ]
    if rows:
        keys = ("seen_on", "month", "measure")
        await _upsert(session, MeasureCorrection, keys, ("count", "amount"), rows)
