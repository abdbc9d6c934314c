"""What the page says of a month: sentences of many, wrong policies, and who stands apart.

The attacker of `test_privacy` tries these figures too: every filter, every day, and erasure.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import product

from sqlmodel.ext.asyncio.session import AsyncSession

from services.measures.entries import wrong_entries
from services.measures.periods import read_month
from services.measures.query import Area
from services.measures.refresh import refresh
from services.measures.report import entry_rows
from services.measures.sentences import STEPS, Said, alike, in_steps, voices
from services.measures.story import COMPARED, stands_apart
from services.measures.summary import View, summarise
from services.measures.wording import story_of
from services.people import roles
from services.ratings.reasons import word
from storage.database import Database
from storage.models import (
    About,
    AnswerGiven,
    AnswerRecord,
    PolicyBundle,
    PolicyRecord,
    Rating,
    RatingRelease,
    Role,
)
from tests.people.makers import employ

MONTH = read_month("2026-03")
AT = datetime(2026, 3, 10, 2, 0, tzinfo=UTC)
EVERYWHERE = tuple(product(("", "37", "3701", "44"), (None, "own")))


async def rated(
    session: AsyncSession, serial: int, words: str, at: datetime = AT, region: str = "370100"
) -> Rating:
    """A published low rating with a sentence."""
    person = await employ(session, AT, serial, region=region)
    row = Rating(
        subject=f"case:{serial}",
        person_id=person.id,
        about=About.OFFICER,
        score=2,
        comment=words,
        asked_at=at,
        answered_at=at,
    )
    session.add(row)
    await session.flush()
    session.add(
        RatingRelease(
            rating_id=row.id or 0,
            day=at.date() + timedelta(days=3),
            about=About.OFFICER,
            employer_id=person.employer_id,
            region=region,
            matter="card",
            score=2,
            reasons=["slow"],
        )
    )
    return row


async def shown(database: Database, day: date, area: Area) -> tuple[tuple[str, int], ...]:
    """What a page of a day and an area shows of the month."""
    at = datetime(day.year, day.month, day.day, 2, tzinfo=UTC)
    async with database.reading() as session:
        return tuple((one.quote, one.people) for one in await voices(session, MONTH, (area,), at))


async def test_sentences_are_of_many_and_the_same_for_all(database: Database) -> None:
    async with database.transaction() as session:
        officer = await employ(session, AT, 900)
        await roles.grant(session, officer.id, Role.OFFICER, AT)
        third = await employ(session, AT, 901)  # neither wrote nor was rated
        for serial in range(13):
            region = "440300" if serial < 4 else "370100"
            words = f"{officer.name}等了{serial}天没人回，打{third.name}13800001234也没人接。"
            last = await rated(session, serial, words, region=region)
        for serial in range(20, 24):  # four people, and one of them twice
            await rated(session, serial, "食堂旁边的窗口不开门")
        again = Rating(
            subject="case:99",
            person_id=last.person_id,
            about=About.OFFICER,
            score=1,
            comment="打电话也没人接，等了9天没人回。",
            asked_at=AT,
            answered_at=AT,
        )
        session.add(again)
        # Answered so late in the month that it may still be changed: next month's.
        await rated(session, 50, "等了8天没人回，打电话也没人接。", AT + timedelta(days=18))
    days = [date(2026, 3, 31), date(2026, 4, 1), date(2026, 4, 9), date(2026, 6, 1)]
    seen = set()
    for day, (prefix, owner) in product(days, EVERYWHERE):
        area = Area(prefix, officer.employer_id if owner else None)
        found = await shown(database, day, area)
        if prefix or day <= MONTH.end:
            assert found == ()
        else:
            seen.add(found)
    ((quote, people),) = seen.pop()
    assert not seen
    assert people == 10
    assert officer.name not in quote
    assert third.name not in quote
    assert "13800001234" not in quote
    assert "没人回" in quote
    async with database.transaction() as session:
        at = datetime(2026, 6, 1, 2, 0, tzinfo=UTC)
        page = await summarise(session, View(MONTH, (Area(),), matter="first"), at)
        assert page.voices == ()
        ((reason, count, was),) = page.reasons
        assert (reason, was) == ("slow", None)  # nobody knows of a month before
        grown = (("slow", count, count + 1), ("opaque", 6, 5))
        told = story_of(replace(page, reasons=grown), "zh")
        assert told == [f"员工最不满的是“{word('slow', 'zh')}”（{count}份评价）。"]
        await session.delete(await session.get_one(Rating, last.id))
    ((_, people),) = await shown(database, days[-1], Area())
    assert people == 10  # one voice less does not show


def test_groups_and_steps() -> None:
    said = [
        Said(1, "照片退了三次，每次说的要求都不一样。"),
        Said(2, "照片被退了四次，要求每次说的都不一样！"),
        Said(3, "不知道办到哪一步了，只能自己去问。"),
        Said(4, "太慢"),
    ]
    assert [len(group) for group in alike(said, 50)] == [2, 1, 1]
    assert "照片" not in repr(said)
    sizes = [in_steps(people, 5) for people in (5, 9, 10, 19, 20, 99, 5000)]
    assert sizes == [5, 5, 10, 10, 20, 50, STEPS[0]]


async def answered(
    session: AsyncSession,
    serial: int,
    record: int,
    verdict: str | None,
    *,
    at: datetime = AT,
    outcome: str = "answer",
) -> int:
    """An answer from an entry, with what was pressed under it an hour later."""
    person = await employ(session, AT, serial)
    bundle = await session.get_one(PolicyBundle, 1)
    row = AnswerGiven(
        person_id=person.id,
        bundle_id=bundle.id or 0,
        outcome=outcome,
        topic="fee",
        region_code="370100",
        verdict=verdict,
        verdict_at=at + timedelta(hours=1) if verdict else None,
        at=at,
    )
    session.add(row)
    await session.flush()
    session.add(AnswerRecord(answer_id=row.id or 0, record_id=record))
    return row.id or 0


async def test_wrong_policies_follow_no_filter_and_stay(database: Database) -> None:
    async with database.transaction() as session:
        session.add(
            PolicyBundle(
                id=1,
                version="1",
                digest="0",
                origin="test",
                made_at=AT,
                loaded_by="test",
                loaded_at=AT,
                records=[],
            )
        )
        for number, name in ((1, "cn-fee"), (2, "cn-rare")):
            content = {"topics": ["fee"], "region": "000000"}
            session.add(
                PolicyRecord(
                    id=number,
                    kind="policy",
                    name=name,
                    number=1,
                    digest=name,
                    content=content,
                    created_at=AT,
                )
            )
        await session.flush()
        for serial in range(6):
            last = await answered(session, serial, 1, "unsolved" if serial < 3 else None)
        for serial in range(10, 14):
            await answered(session, serial, 2, "corrected")
            await answered(session, 10 + serial, 1, "unsolved", at=AT - timedelta(days=28))
            await answered(session, 20 + serial, 1, None, outcome="recall")
        assert await refresh(session, AT, 1000)
    later = datetime(2026, 4, 2, 2, 0, tzinfo=UTC)
    async with database.transaction() as session:
        assert await wrong_entries(session, MONTH, MONTH.end) == ()
        (found,) = await wrong_entries(session, MONTH, later.date())
        assert (found.entry, found.now.hits, found.now.count) == ("cn-fee", 3, 6)
        # Four of the month before, and four recalls: fewer than a group.
        assert (found.before.count, found.recalled) == (0, None)
        row = await session.get_one(AnswerGiven, last)
        row.verdict, row.verdict_at = "unsolved", AT + timedelta(hours=73)
        await session.flush()
        await refresh(session, later, 1000)
        assert await wrong_entries(session, MONTH, later.date()) == (found,)
        for prefix, matter in (("44", None), ("3701", "first")):
            page = await summarise(session, View(MONTH, (Area(),), prefix, matter), later)
            assert page.entries == ()
            assert "entry_wrong" not in page.lines
        whole = await summarise(session, View(MONTH, (Area(),)), later)
        assert whole.entries == (found,)
        assert entry_rows(whole, "zh")[0][3:] == ["–", "–"]


def test_who_stands_apart() -> None:
    def cut(rates: dict[str, int]) -> dict[str, dict[tuple[str], dict[int, int]]]:
        values = {(key,): {1: hits, 0: 200 - hits} for key, hits in rates.items()}
        return {name: (values if name == "return_rate" else {}) for name in COMPARED}

    worst = stands_apart(cut({"440300": 60, "370100": 10, "320500": 12}), "region_code")
    assert worst is not None
    assert (worst.key, worst.figures[0][1].count) == ("440300", 400)
    assert stands_apart(cut({"440300": 14, "370100": 10, "320500": 12}), "region_code") is None
    assert stands_apart(cut({"440300": 60}), "region_code") is None
