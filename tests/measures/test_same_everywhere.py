"""One month, five ways to read it: the chat, the page, the workbook, the PDF and the interface for
programs give the same figures, and they are those of the slow reference."""

from __future__ import annotations

import asyncio
import io
import json
import random
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook
from pypdfium2 import PdfDocument
from sqlmodel import select

from bot.renderer import JinjaRenderer
from bot.summaries import draw_summary
from bot.tasks import Job
from services.measures import charts, settings
from services.measures.catalogue import measures
from services.measures.fonts import chinese
from services.measures.releases import release
from services.measures.summary import HEADLINES
from storage.database import Database
from storage.models import Rating
from tests.bot.house import make_runtime, make_settings
from tests.console.conftest import small_office
from tests.console.office import Browser, Office, open_office
from tests.measures.reference import Entry, expected
from tests.measures.stories import REGIONS, App, Matter, Reply, Step, Story
from tests.measures.telling import Telling
from tests.support.clock import ManualClock

__all__ = ["small_office"]
MONTH, BEFORE = date(2025, 2, 1), date(2025, 1, 1)
_FIRST = datetime(2025, 1, 20, 2, tzinfo=UTC)
_SAID = {
    "timeliness": "及时率",
    "return_rate": "退回率",
    "progress_bot": "进度反馈：小助手",
    "progress_officer": "，专员",
    "first_response": "首次回复",
    "resolution": "，解决",
    "time_to_card": "拿到卡",
    "deflection_confirmed": "小助手确认解决",
    "deflection_assumed": "，推定",
    "straight_through": "全程自助",
}
"""What stands before a figure in the chat."""


def company() -> Story:
    """Six weeks of an ordinary company, half of them in the month that is looked at."""
    chance = random.Random(67)
    return Story(
        apps=tuple(application(chance, number) for number in range(16)),
        matters=tuple(case(chance, number) for number in range(9)),
        replies=tuple(answer(chance, number) for number in range(14)),
        asked=tuple((number, 1 if number % 4 else None) for number in range(12, 28)),
        grants=((0, "37", -100, None), (1, "", -100, None)),
        order=67,
    )


def application(chance: random.Random, number: int) -> App:
    """Submitted after a while, returned now and then, and mostly finished."""
    created = _FIRST + timedelta(days=number * 2, hours=chance.randrange(8))
    at = submitted = created + timedelta(hours=chance.randrange(90))
    steps = []
    states = ["reviewing", *(["returned"] if number % 3 == 0 else []), "making", "collected"]
    for status in states:
        at += timedelta(hours=1 + chance.randrange(60))
        told = chance.choice([None, timedelta(hours=1), timedelta(hours=20), timedelta(days=2)])
        code = "photo_background" if status == "returned" else None
        source = chance.choice(["bureau", "officer"])
        steps.append(Step(status, source, at, timedelta(0), told, code))
    return App(
        region=REGIONS[number % 2],
        home=REGIONS[number % 3],
        kind=("first", "first", "transfer")[number % 3],
        employer=number % 2,
        hired=created.date(),
        created=created,
        submitted=submitted,
        end="finished",
        closed=at + timedelta(hours=4),
        second_card=number == 5,
        steps=tuple(steps),
    )


def case(chance: random.Random, number: int) -> Matter:
    """Answered and solved within days."""
    reply = timedelta(minutes=chance.randrange(20, 2000))
    return Matter(
        region=REGIONS[number % 3],
        employer=number % 2,
        matter="card",
        opened=_FIRST + timedelta(days=number * 4, hours=number),
        reply=reply,
        replier=number % 2,
        resolved=reply + timedelta(minutes=chance.randrange(20, 4000)),
        resolution="solved",
        reopened=int(number == 4),
        owners=((0, number % 2),),
        waits=((1, 5),) if number % 2 else (),
    )


def answer(chance: random.Random, number: int) -> Reply:
    """One in three is pressed 没解决, one in seven calls for HR after it."""
    return Reply(
        topic="card_lost",
        at=_FIRST + timedelta(days=number * 2 + 1),
        verdict=("solved", None, "unsolved")[number % 3],
        calls=(chance.randrange(60),) if number % 7 == 0 else (),
        pressed=1,
        entries=("cn-lost",),
        recall=False,
    )


@dataclass(frozen=True)
class Told:
    """A figure as the reference has it."""

    count: int
    value: float | None
    hits: int
    mean: float | None

    def in_words(self, name: str) -> str:
        """As people read it."""
        kind = measures()[name].kind
        if self.value is None or self.mean is None:
            return "无"
        if kind == "rate":
            return f"{self.value:.1%}"
        if kind == "minutes":
            return f"{self.value / 60:.1f}小时（平均{self.mean / 60:.1f}）"
        return f"{self.value:g}个工作日（平均{self.mean:.1f}）"


def figures_of(sums: Counter[Entry], first: date) -> dict[str, Told]:
    """Every measure of a month, from a list of all its single values."""
    found = {}
    for name, one in measures().items():
        if one.kind == "count" or one.apart:
            continue
        values = sorted(
            value
            for (measure, day, *_, value), count in sums.items()
            for _ in range(count)
            if measure == name and day.replace(day=1) == first
        )
        mean = sum(values) / len(values) if values else None
        middle = float(values[(len(values) - 1) // 2]) if values else None
        rate = one.kind == "rate"
        found[name] = Told(len(values), mean if rate else middle, sum(values) if rate else 0, mean)
    return found


async def plain(browser: Browser, path: str) -> bytes:
    """A file of the page."""
    answer = await browser.get(f"{path}?month={MONTH:%Y-%m}")
    assert answer.status == 200, path
    return await answer.read()


def rows_of(page: str) -> Iterator[tuple[str, list[str]]]:
    """Each measure of the page: its name, and the texts of its cells."""
    for name, row in re.findall(r'<tr id="(\w+)">(.*?)</tr>', page, re.DOTALL):
        cells = re.findall(r"<td>(.*?)</td>", row, re.DOTALL)
        yield name, [re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", one))) for one in cells]


async def papers(browser: Browser) -> list[bytes]:
    """The workbook and the report."""
    return [await plain(browser, f"/measures/report.{kind}") for kind in ("xlsx", "pdf")]


async def chat_of(office: Office, manager: int) -> str:
    """The lines under the picture."""
    payload = {"person_id": manager, "view": f"{MONTH:%Y-%m}||"}
    drawn = await draw_summary(Job(1, "1", payload, 1, office.runtime))
    assert drawn is not None
    return office.runtime.renderer.message("summary.month", "zh", {"said": drawn.payload["said"]})


async def test_the_same_figures_everywhere(
    database: Database, clock: ManualClock, tmp_path: Path
) -> None:
    telling = Telling(database, company())
    await telling.begin()
    await telling.tell()
    sums = expected(telling.story, telling.officers, telling.employers)
    now, before = figures_of(sums, MONTH), figures_of(sums, BEFORE)
    assert [name for name, one in now.items() if one.count == 0] == ["rated_officer"]
    async with database.transaction() as session:
        for rating in (await session.exec(select(Rating))).all():
            rating.score = 2 if rating.score and (rating.id or 0) % 5 == 0 else rating.score
        await release(session, clock.now())
    wanted = make_settings(database.url, tmp_path, console={"links_per_hour": 1000})
    runtime = make_runtime(database, clock, wanted, renderer=JinjaRenderer())
    async with open_office(runtime, clock) as office, office.browser("manager of all") as browser:
        data = json.loads(await plain(browser, "/measures/figures.json"))
        page = await browser.text(f"/measures?month={MONTH:%Y-%m}")
        files = [] if not database.is_sqlite else await papers(browser)  # the same on both
        chat = await chat_of(office, office.people["manager of all"].id)
    programs(data, now)
    reads(page, now, before)
    words = {name: one.in_words(name) for name, one in now.items()}
    for name, head in _SAID.items():
        assert f"{head}{words[name]}" in chat, name
    satisfied(data, page, chat)
    if files:
        sheet(load_workbook(io.BytesIO(files[0])).worksheets[0], now, before)
        printed = "".join(one.get_textpage().get_text_range() for one in PdfDocument(files[1]))
        printed = re.sub(r"[\s\ufffe]", "", printed)  # cells break where they are narrow
        assert [words[name] for name in HEADLINES if words[name] not in printed] == []


def programs(data: dict[str, Any], now: dict[str, Told]) -> None:
    """The interface for programs."""
    assert data["month"] == f"{MONTH:%Y-%m}"
    given = data["measures"]
    assert now.keys() <= given.keys()
    for name, one in now.items():
        assert given[name]["count"] == one.count, name
        assert given[name]["value"] == pytest.approx(one.value), name
        assert given[name]["mean"] == pytest.approx(one.mean), name
        assert given[name]["hits"] == one.hits, name
        if given[name]["interval"]:
            assert given[name]["interval"]["low"] <= one.mean <= given[name]["interval"]["high"]


def reads(page: str, now: dict[str, Told], before: dict[str, Told]) -> None:
    """The table of the page, measure by measure."""
    rows = dict(rows_of(page))
    assert rows.keys() == now.keys()
    for name, cells in rows.items():
        for cell, one in zip(cells, (now[name], before[name]), strict=False):
            assert cell.strip().startswith(f"{one.in_words(name)} n={one.count}"), (name, cell)


def sheet(first: Any, now: dict[str, Told], before: dict[str, Told]) -> None:
    """The table on the workbook's first sheet."""
    found = {row[0]: row for row in first.iter_rows(values_only=True)}
    for name in HEADLINES:
        title, value, was, sample, *_ = found[measures()[name].words("zh").title]
        assert value.removesuffix("（未达标）") == now[name].in_words(name), title
        assert (was, int(sample)) == (before[name].in_words(name), now[name].count), title


def satisfied(data: dict[str, Any], page: str, chat: str) -> None:
    """Satisfaction with the bot: of those whose answers were published."""
    rated = data["satisfaction"]["bot"]
    scores = [score for score, count in rated["scores"] for _ in range(count)]
    good = sum(score >= 4 for score in scores) / len(scores)
    assert 5 <= len(scores) == rated["count"]
    assert 0 < good < 1
    assert rated["share"] == pytest.approx(good)
    assert f"对小助手：{good:.0%}满意（{len(scores)}份" in chat
    assert f"{good:.0%}" in page.partition('<dl class="figures">')[2].partition("</dl>")[0]
    assert data["satisfaction"]["officer"] is None
    assert "对人工：不足5人，不显示" in chat
    for cuts in data["satisfaction_by"].values():
        assert all(one["count"] >= 5 for one in cuts.values())


async def test_charts_that_are_asked_for_at_once_all_come(
    small_office: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also the first ones of a machine, for which the Chinese face is taken out."""
    monkeypatch.setattr(
        settings, "_current", settings.rules().model_copy(update={"fonts_dir": tmp_path})
    )
    chinese.cache_clear()
    async with small_office.browser("manager of all") as browser:
        asked = (browser.get(f"/measures/chart.svg?chart={name}") for name in charts.CHARTS)
        assert {answer.status for answer in await asyncio.gather(*asked)} == {200}
    chinese.cache_clear()
