"""Two moves by clicks in the demo: 济南 → 青岛 and 济南 → 苏州, as the sourced rules have them.

With `MOVE_PICTURES=1` the pictures of docs/moves.md are taken anew on the way.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from playwright.async_api import Browser, Page

from knowledge.workdays import add_workdays
from storage.clock import local_date
from tests.browser.demo import Desk, Phone, running_demo
from tests.browser.pictures import _DESKTOP, Studio, agrees, down_from, shoot

pytestmark = pytest.mark.browser
_STATES = {
    "origin_asked": "已向原参保地发函",
    "origin_sent": "原参保地已转出",
    "done": "已转到新参保地",
}
_CHECKED = re.compile(r"\[\d+\] .+，(\d{4}(-\d\d){0,2}|未注明日期)，\d{4}-\d\d核对")


async def picture(page: Page, name: str, phone: Phone, words: str = "") -> None:
    """Take one, when that is what the run is for: from the message with these words on."""
    if os.environ.get("MOVE_PICTURES"):
        await asyncio.sleep(1)  # the chat has followed the newest message
        if words:
            await down_from(phone, words, -30)
        await shoot(page, f"move-{name}")


class Outside:
    """The sandbox's test API."""

    def __init__(self, url: str, http: aiohttp.ClientSession) -> None:
        self.url, self.http = url, http

    async def ask(self, verb: str, path: str, body: Any = None) -> Any:
        """One call."""
        async with self.http.request(verb, f"{self.url}admin/{path}", json=body) as answer:
            assert answer.status < 300, (path, answer.status)
            return await answer.json()

    async def on_file(self, name: str, destination: str, insurances: tuple[str, ...]) -> None:
        """Stopped in 济南, paid in the new place."""
        company = (await self.ask("GET", "people"))["people"]
        person = next(one for one in company if one["name"] == name)
        who = {"id_number": person["id_number"], "name": person["name"]}
        paid = {"status": "paying", "first_month": "2026-11", "last_month": "2026-11"}
        accounts = [
            {**who, "insurance": insurance, "region": region, **how}
            for insurance in insurances
            for region, how in (("370100", {"last_month": "2026-10"}), (destination, paid))
        ]
        await self.ask("POST", "seed", {"accounts": accounts})

    async def step(self, insurance: str, to: str, **reason: str) -> None:
        """The newest request for an insurance moves on."""
        rows = (await self.ask("GET", "transfers"))["transfers"]
        reference = [row for row in rows if row["insurance"] == insurance][-1]["reference"]
        await self.ask("POST", f"transfers/{reference}/step", {"to": to, **reason})


@asynccontextmanager
async def moving(folder: Path, browser: Browser) -> AsyncIterator[tuple[Studio, Outside]]:
    """A demo whose outside can be moved on."""
    async with running_demo(folder) as demo:
        token = json.loads((folder / "demo-secrets.json").read_text())["admin"]
        headers = {"Authorization": f"Bearer {token}"}
        async with aiohttp.ClientSession(headers=headers) as http:
            outside = Outside(demo.url, http)
            people = (await outside.ask("GET", "state"))["demo"]["people"]
            yield Studio(demo, {one["number"]: one for one in people}, browser), outside


def sourced(text: str) -> bool:
    """Whether everything said has its source with its date, and the month in which it was read."""
    below = text.partition("依据：")[2]
    named = [line for line in below.splitlines() if line.startswith("[")]
    return bool(named) and all(_CHECKED.match(line) for line in named)


async def to_plan(page: Page, phone: Phone, words: str, name: str) -> tuple[str, str, str]:
    """From own words over the guide to what moves: what is said of the card, of the insurances,
    and the plan."""
    await phone.says(words)
    await phone.sees("您想知道哪一样")
    await phone.presses("都想知道", "您想知道哪一样")
    await phone.sees("领养老金了吗")
    await phone.presses("没有领养老金", "领养老金了吗")
    card = await phone.sees("社保卡")
    insurances = await phone.sees("参保和转移")
    await phone.sees("看病、注意和收尾")
    await page.locator("#keys").click()
    await picture(page, f"{name}-guide", phone, card.splitlines()[1])
    await phone.presses("办社保转移", "看病、注意和收尾")
    plan = await phone.sees("社保关系怎么转")
    await picture(page, f"{name}-plan", phone, "社保关系怎么转")
    assert all(sourced(each) for each in (card, insurances, plan))
    return card, insurances, plan


async def receipts(phone: Phone, count: int) -> list[str]:
    """From the summary to what each agency has received."""
    await phone.presses("确认提交", "请最后核对一遍")
    return [await phone.sees("已收到") for _ in range(count)]


def today() -> date:
    """As the rules count it."""
    return local_date(datetime.now(UTC))


def in_time(day: date) -> str:
    """The last day of 15 workdays, as people read it."""
    last = add_workdays(day, 15).day
    return f"15个工作日内办结，最晚{last.year}年{last.month}月{last.day}日"


async def to_qingdao(studio: Studio, outside: Outside, number: str) -> None:
    """In one province the card stays and only the medical relation moves; it is returned once."""
    await outside.on_file(studio.people[number]["name"], "370200", ("medical",))
    page, phone = await studio.phone(number)
    asked = "我从济南调到青岛，社保卡和社保怎么办"
    card, insurances, plan = await to_plan(page, phone, asked, "qingdao")
    assert "先问清当地，再动卡" in card
    assert "一般不用注销、不用重办" in card
    assert "申领新省的社保卡" not in card
    assert "养老一般不用单独申请转移" in insurances
    assert "养老保险：不用转" in plan
    assert "医疗保险：要转，15个工作日内办结" in plan
    assert "失业保险：要不要办手续没查到当地规定，先问新参保地12333" in plan
    await phone.presses("只办医疗保险", "社保关系怎么转")
    await phone.sees("请最后核对一遍")
    before = today()
    (received,) = await receipts(phone, 1)
    assert any(in_time(day) in received for day in (before, today()))
    await outside.step("medical", "origin_asked")
    await phone.sees("已向原参保地发函")
    message = "转出地还有一个月欠费"
    await outside.step("medical", "returned", reason_code="arrears", reason_message=message)
    await phone.sees(message)
    await phone.presses("去修改", message)
    await phone.sees("补清欠费")
    await picture(page, "qingdao-mend", phone)
    await phone.presses("办好了，重新提交", "补清欠费")
    await phone.sees("请最后核对一遍")
    await receipts(phone, 1)
    for state, words in _STATES.items():
        await outside.step("medical", state)
        await phone.sees(words)
    await picture(page, "qingdao-done", phone)


async def to_suzhou(studio: Studio, outside: Outside, number: str) -> None:
    """Into another province: a new card, the old one kept for now, three insurances at two
    agencies."""
    wanted = ("pension", "medical", "unemployment")
    await outside.on_file(studio.people[number]["name"], "320500", wanted)
    page, phone = await studio.phone(number)
    asked = "我从济南调到苏州，社保卡和社保怎么办"
    card, insurances, plan = await to_plan(page, phone, asked, "suzhou")
    assert "先办新地的卡，旧卡最后再处理" in card
    assert "申领新省的社保卡" in card
    assert "旧卡先留着" in card
    assert "不用回原地" in insurances
    assert plan.count("：要转，15个工作日内办结") == 2
    assert "失业保险：要转，办结时限各地不同" in plan
    assert "工伤、生育：没有转移这一步" in plan
    await phone.presses("该转的一起办", "社保关系怎么转")
    summary = await phone.sees("请最后核对一遍")
    assert summary.count("江苏省苏州市的人社部门") == 2
    assert "江苏省苏州市的医疗保障局" in summary
    await picture(page, "suzhou-summary", phone, "请最后核对一遍")
    await phone.presses("看养老保险申请表", "请最后核对一遍")
    await phone.sees("转移接续申请表")
    before = today()
    received = await receipts(phone, len(wanted))
    days = (before, today())
    assert sum(any(in_time(day) in text for day in days) for text in received) == 2
    for insurance in wanted:
        await outside.step(insurance, "origin_asked")
        await phone.sees("已向原参保地发函")
    await phone.says("查进度")
    shown = [await phone.sees("社保关系转移（") for _ in wanted]
    assert all("山东省济南市 → 江苏省苏州市" in text for text in shown)
    assert sum("预计" in text for text in shown) == 2
    await picture(page, "suzhou-progress", phone, "社保关系转移（")


async def checklist(desk: Desk, number: str) -> None:
    """An employee whose new place does not pay yet: HR gets the employer's side."""
    employee = desk.employee
    await desk.page.get_by_label("选一位员工").select_option(number)
    await employee.enters()
    await agrees(employee)
    await employee.says("我从济南到苏州，办社保转移")
    await employee.sees("您想知道哪一样")
    await employee.presses("都想知道", "您想知道哪一样")
    await employee.sees("领养老金了吗")
    await employee.presses("没有领养老金", "领养老金了吗")
    await employee.sees("看病、注意和收尾")
    await employee.presses("办社保转移", "看病、注意和收尾")
    await employee.sees("社保关系怎么转")
    await employee.presses("只办医疗保险", "社保关系怎么转")
    await employee.sees("已经开始交")
    await employee.presses("还没有，或不清楚", "已经开始交")
    await employee.sees("已经停了")
    await employee.presses("停了，没有欠费", "已经停了")
    await employee.sees("先不交上去")
    listed = await desk.officer.sees("增减员清单")
    assert sourced(listed)
    for side in ("【原单位】山东省济南市", "【新单位】江苏省苏州市"):
        assert listed.count(side) == 3
    assert "现在就各打一个电话" in listed
    await picture(desk.page, "desk", desk.officer, "增减员清单")


async def test_two_moves_as_the_sourced_rules_have_them(tmp_path: Path, browser: Browser) -> None:
    async with moving(tmp_path / "demo", browser) as (studio, outside):
        context = await browser.new_context(**_DESKTOP)
        desk = Desk(await context.new_page())
        await desk.page.goto(studio.demo.url)
        here = [number for number, one in studio.people.items() if one["region"] == "370100"]
        await desk.page.get_by_label("选一位员工").select_option(here[2])
        await desk.officer.enters()
        await to_qingdao(studio, outside, here[0])
        await to_suzhou(studio, outside, here[1])
        await checklist(desk, here[2])
        assert desk.problems == []
