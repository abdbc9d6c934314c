"""Every measure against the slow reference, on generated histories told out of order."""

from __future__ import annotations

from collections import Counter
from datetime import date

from hypothesis import HealthCheck, given, settings
from sqlmodel import select

from services.measures.refresh import recompute
from storage.database import Database
from storage.models import MeasureDay, MeasureObservation
from tests.measures.reference import Entry, expected
from tests.measures.stories import Story, stories
from tests.measures.telling import NOW, Telling


async def sums(database: Database) -> Counter[Entry]:
    """The daily sums as they are stored."""
    async with database.reading() as session:
        rows = (await session.exec(select(MeasureDay))).all()
    assert all(row.month == row.day.replace(day=1) for row in rows)
    return Counter(
        {
            (
                row.measure,
                row.day,
                row.region_code,
                row.employer_id,
                row.matter,
                row.officer_id,
                row.value,
            ): row.count
            for row in rows
        }
    )


@given(story=stories())
@settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
async def test_every_daily_sum(database: Database, story: Story) -> None:
    telling = Telling(database, story)
    await telling.begin()
    await telling.tell()
    found = await sums(database)
    assert found == expected(story, telling.officers, telling.employers)
    # Once more changes nothing.
    async with database.transaction() as session:
        subjects = {row.subject for row in await session.exec(select(MeasureObservation))}
        await recompute(session, sorted(subjects), NOW)
    assert await sums(database) == found
    assert not [day for _, day, *_ in found if not isinstance(day, date)]
