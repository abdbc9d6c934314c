"""Nobody sees who rated what: an attacker with every filter, every month and every subtraction."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, datetime, timedelta
from itertools import combinations, product
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlmodel import col, select

from services.measures.query import Area
from services.measures.releases import reasons, release, rounds, satisfaction
from services.measures.settling import Answered, groups_of, settle
from storage.database import Database
from storage.models import About, Application, ApplicationKind, Rating, RatingRelease
from tests.people.makers import employ

SMALLEST = 5
CUTS = ("all", "region", "matter", "step", "officer_id", "month")
answers = st.builds(
    Answered,
    id=st.just(0),
    person_id=st.integers(1, 60),
    about=st.sampled_from(["bot", "officer"]),
    employer_id=st.integers(1, 2),
    region_code=st.sampled_from(["370100", "370200", "370300", "440300", "440100"]),
    matter=st.sampled_from(["first", "replacement", "bank_change", "transfer"]),
    officer_id=st.sampled_from([7, 8, 9]),
    step=st.sampled_from(["papers", "review", "collect", "asking"]),
)
pools = st.lists(answers, min_size=10, max_size=90).map(
    lambda pool: [
        Answered(
            number + 1,
            one.person_id,
            one.about,
            one.employer_id,
            one.region_code,
            one.matter,
            one.officer_id if one.about == "officer" else 0,
            one.step,
        )
        for number, one in enumerate(pool)
    ]
)


@given(pool=pools)
@settings(max_examples=120, deadline=None)
def test_no_round_gives_a_person_away(pool: list[Answered]) -> None:
    cells = settle(pool, SMALLEST)
    people = {one.id: one.person_id for one in pool}
    apart: dict[Any, dict[int, Any]] = defaultdict(dict)
    for one in pool:
        if one.id in cells:
            apart[one.about, one.employer_id][one.id] = cells[one.id]
    for published in apart.values():
        groups = list(groups_of(published).values())
        assert all(len({people[i] for i in group}) >= SMALLEST for group in groups)
        # Every sum or difference of two or three groups that is itself a plain group.
        signed = [{number: 1 for number in group} for group in groups]
        for size in (2, 3):
            for chosen in combinations(range(len(signed)), size):
                for signs in product((1, -1), repeat=size - 1):
                    plain_group(signed, chosen, (1, *signs), people)
        assert not determined(groups, sorted(published))


def plain_group(
    signed: list[dict[int, int]],
    chosen: tuple[int, ...],
    signs: tuple[int, ...],
    people: dict[int, int],
) -> None:
    """A combination whose weights are all 0 or 1 is the sum of a group: it must not be small."""
    weights: dict[int, int] = defaultdict(int)
    for index, sign in zip(chosen, signs, strict=True):
        for number, one in signed[index].items():
            weights[number] += sign * one
    left = {number: weight for number, weight in weights.items() if weight}
    if left and len(set(left.values())) == 1:
        assert len({people[number] for number in left}) >= SMALLEST


def determined(groups: list[frozenset[int]], ids: list[int]) -> list[int]:
    """Ratings that solve uniquely from all sums, by ranks: adding one's own row adds nothing."""
    rows = np.array([[float(number in group) for number in ids] for group in groups])
    rank = np.linalg.matrix_rank(rows)
    found = []
    for place, number in enumerate(ids):
        alone = np.zeros(len(ids))
        alone[place] = 1
        if np.linalg.matrix_rank(np.vstack([rows, alone])) == rank:
            found.append(number)
    return found


def test_much_is_published_all_the_same() -> None:
    regions, kinds = ["370100", "370200", "440300"], ["first", "replacement"]
    steps = ["papers", "review", "making", "collect"]
    pool = [
        Answered(i, i, "bot", 1, regions[i % 3], kinds[i // 3 % 2], 0, steps[i // 6 % 4])
        for i in range(1, 121)
    ]
    assert len(settle(pool, SMALLEST)) == 120
    lonely = [*pool, Answered(500, 500, "bot", 1, "650100", "first", 0, "review")]
    assert 500 not in settle(lonely, SMALLEST)
    few = [
        *pool,
        *(
            Answered(500 + i, 500 + i, "bot", 1, f"6501{i}0", "first", 0, "review")
            for i in range(6)
        ),
    ]
    assert settle(few, SMALLEST)[501].region == "65"
    one_person = [Answered(i, 1, "bot", 1, "370100", "first", 0, "review") for i in range(9)]
    assert settle(one_person, SMALLEST) == {}


def test_rounds_are_mondays_and_firsts() -> None:
    days = list(rounds(date(2026, 1, 28), date(2026, 2, 3)))
    assert days == [date(2026, 2, 1), date(2026, 2, 2)]


@pytest.fixture
async def rated(database: Database, now: datetime) -> list[int]:
    """Seventy people's ratings over two months, in two regions and a lonely one."""
    regions = ["370100", "440300"]
    numbers = []
    async with database.transaction() as session:
        for serial in range(70):
            region = "650100" if serial == 33 else regions[serial % 2]
            person = await employ(session, now, serial, region=region)
            at = now + timedelta(days=serial * 0.8)
            application = Application(
                number=f"SB{serial}",
                person_id=person.id,
                employer_id=person.employer_id,
                kind=ApplicationKind.FIRST if serial % 3 else ApplicationKind.REPLACEMENT,
                region_code=region,
                province_code=region[:2] + "0000",
                created_at=at,
                updated_at=at,
            )
            session.add(application)
            await session.flush()
            rating = Rating(
                subject=f"application:{application.id}",
                person_id=person.id,
                about=About.BOT,
                score=1 + serial % 5,
                reasons=["slow"] if serial % 5 < 2 else None,
                asked_at=at,
                answered_at=at,
            )
            session.add(rating)
            await session.flush()
            numbers.append(rating.id or 0)
    return numbers


async def everything(database: Database, start: date, end: date, employer: int) -> list[Any]:
    """Every figure that any page can show for a period: (count, sum) by cut and area."""
    found: list[Any] = []
    prefixes = ["", "37", "3701", "44", "4403", "65", "6501"]
    async with database.reading() as session:
        for prefix, by in product(prefixes, CUTS):
            for owner in (None, employer):
                shown = await satisfaction(session, start, end, (Area(prefix, owner),), by=by)  # type: ignore[arg-type]
                for cut, figure in sorted(shown.items(), key=str):
                    found.append(
                        ((prefix, owner, by, str(cut)), figure.count, figure.count * figure.mean)
                    )
    return found


async def test_an_attacker_sees_only_groups(
    database: Database, rated: list[int], now: datetime
) -> None:
    first_day = now.date()
    pages: list[Any] = []
    async with database.reading() as session:
        (employer, *_) = set((await session.exec(select(col(Application.employer_id)))).all())
    seen: dict[Any, list[tuple[int, float]]] = defaultdict(list)
    for week in range(1, 10):
        moment = now + timedelta(days=7 * week)
        async with database.transaction() as session:
            await release(session, moment)
        for back in (30, 60, 90):
            start = first_day - timedelta(days=1)
            page = await everything(database, start, start + timedelta(days=back), employer)
            pages += page
            for name, count, total in page:
                seen[name, back].append((count, round(total, 6)))
    assert len({name for name, *_ in pages}) > 15
    # No page ever shows fewer than five, nor does the difference of any two of its days.
    for history in seen.values():
        for (count, total), (later, sum_later) in combinations(history, 2):
            assert count >= SMALLEST
            assert later - count == 0 or later - count >= SMALLEST, history
            assert later != count or total == sum_later
    # Nor does the difference of any two figures of the last day that are nested.
    async with database.reading() as session:
        released = (await session.exec(select(RatingRelease))).all()
        pressed = await reasons(session, first_day, first_day + timedelta(days=90))
    assert len(released) > 55
    assert rated[33] not in {row.rating_id for row in released if row.region.startswith("65")}
    assert set(pressed) == {"slow"}
    assert all(count >= SMALLEST for count in pressed.values())


async def test_a_changed_score_does_not_show(
    database: Database, rated: list[int], now: datetime
) -> None:
    end = now + timedelta(days=63)
    async with database.transaction() as session:
        await release(session, end)
    async with database.reading() as session:
        before = await satisfaction(session, now.date(), end.date(), by="region")
    async with database.transaction() as session:
        for row in (await session.exec(select(Rating))).all():
            row.score = 1
        assert await release(session, end) == 0
    async with database.reading() as session:
        assert await satisfaction(session, now.date(), end.date(), by="region") == before


async def test_what_is_erased_stays_counted_without_its_person(
    database: Database, rated: list[int], now: datetime
) -> None:
    end = now + timedelta(days=63)
    async with database.transaction() as session:
        await release(session, end)
        before = await satisfaction(session, now.date(), end.date())
        for number in rated[:10]:
            await session.delete(await session.get_one(Rating, number))
    async with database.transaction() as session:
        assert await release(session, end + timedelta(days=30)) >= 0
        assert await satisfaction(session, now.date(), end.date()) == before
    assert "person" not in RatingRelease.model_fields
