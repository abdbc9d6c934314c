"""Takes the pictures of a move from a running demo: `python -m tests.browser.move_pictures`.

One employee goes from 济南 to 青岛, another to 苏州; the agencies' records are seeded for both.
"""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
from pathlib import Path
from typing import Any

import aiohttp
from playwright.async_api import Browser, Page, async_playwright, expect

from tests.browser.demo import Desk, Phone, running_demo
from tests.browser.pictures import _DESKTOP, Studio, shoot
from tests.support.chromium import Chromium, find_chromium

_STATES = {
    "origin_asked": "已向原参保地发函",
    "origin_sent": "原参保地已转出",
    "done": "已转到新参保地",
}


class Outside:
    """The sandbox's test API."""

    def __init__(self, url: str, http: aiohttp.ClientSession) -> None:
        self.url, self.http = url, http

    async def ask(self, verb: str, path: str, body: Any = None) -> Any:
        """One call."""
        async with self.http.request(verb, f"{self.url}admin/{path}", json=body) as answer:
            assert answer.status < 300, (path, answer.status)
            return await answer.json()

    async def on_file(self, number: str, destination: str, insurances: tuple[str, ...]) -> None:
        """Stopped in 济南, paid in the new place."""
        company = (await self.ask("GET", "people"))["people"]
        name = (await self.ask("GET", "state"))["demo"]["people"]
        shown = next(one for one in name if one["number"] == number)
        person = next(one for one in company if one["name"] == shown["name"])
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


async def to_plan(page: Page, phone: Phone, words: str, name: str) -> None:
    """From own words over the guide to what moves."""
    await phone.says(words)
    await phone.sees("您想知道哪一样")
    await phone.presses("都想知道", "您想知道哪一样")
    await phone.sees("领养老金了吗")
    await phone.presses("没有领养老金", "领养老金了吗")
    await phone.sees("参保和转移")
    await phone.sees("看病、注意和收尾")
    await shoot(page, f"move-{name}-guide")
    await phone.presses("办社保转移", "看病、注意和收尾")
    await phone.sees("社保关系怎么转")
    await page.locator("#keys").click()
    await shoot(page, f"move-{name}-plan")


async def hand_in(phone: Phone, label: str, count: int) -> None:
    """From the plan to the receipts."""
    await phone.presses(label, "社保关系怎么转")
    await phone.sees("请最后核对一遍")
    await phone.presses("确认提交", "请最后核对一遍")
    for _ in range(count):
        await phone.sees("已收到")


async def to_qingdao(studio: Studio, outside: Outside, number: str) -> None:
    """In one province: only the medical relation moves; it is returned once and mended."""
    await outside.on_file(number, "370200", ("medical",))
    page, phone = await studio.phone(number)
    await to_plan(page, phone, "我从济南调到青岛，社保卡和社保怎么办", "qingdao")
    await hand_in(phone, "只办医疗保险", 1)
    await outside.step("medical", "origin_asked")
    await phone.sees("已向原参保地发函")
    message = "转出地还有一个月欠费"
    await outside.step("medical", "returned", reason_code="arrears", reason_message=message)
    await phone.sees(message)
    await phone.presses("去修改", message)
    await phone.sees("补清欠费")
    await shoot(page, "move-qingdao-mend")
    await phone.presses("办好了，重新提交", "补清欠费")
    await phone.sees("请最后核对一遍")
    await phone.presses("确认提交", "请最后核对一遍")
    await phone.sees("已收到")
    for state, words in _STATES.items():
        await outside.step("medical", state)
        await phone.sees(words)
    await shoot(page, "move-qingdao-done")


async def to_suzhou(studio: Studio, outside: Outside, number: str) -> None:
    """Into another province: three insurances, two agencies."""
    insurances = ("pension", "medical", "unemployment")
    await outside.on_file(number, "320500", insurances)
    page, phone = await studio.phone(number)
    await to_plan(page, phone, "我从济南调到苏州，社保卡和社保怎么办", "suzhou")
    await phone.presses("该转的一起办", "社保关系怎么转")
    await phone.sees("请最后核对一遍")
    await shoot(page, "move-suzhou-summary")
    await phone.presses("看养老保险申请表", "请最后核对一遍")
    await phone.sees("转移接续申请表")
    await phone.presses("确认提交", "请最后核对一遍")
    for _ in insurances:
        await phone.sees("已收到")
    for insurance in insurances:
        await outside.step(insurance, "origin_asked")
        await phone.sees("已向原参保地发函")
    await phone.says("查进度")
    await phone.sees("社保关系转移")
    await shoot(page, "move-suzhou-progress")


async def checklist(desk: Desk, outside: Outside, number: str) -> None:
    """What HR sees of a mover of the HR system is shown by `tests.flows`; here of one who asks."""
    employee = desk.employee
    await desk.page.get_by_label("选一位员工").select_option(number)
    await employee.enters()
    await employee.frame.get_by_role("button", name="开始", exact=True).click()
    await employee.sees("个人信息处理告知")
    await employee.presses("同意", "个人信息处理告知")
    await employee.sees("我是社保小助手")
    await employee.says("办社保转移")
    await employee.sees("从哪里换到哪里")
    await employee.says("济南到苏州")
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
    await desk.officer.sees("增减员清单")
    await shoot(desk.page, "move-desk")


async def take(folder: Path, browser: Browser) -> None:
    """Every picture, from one demo."""
    async with running_demo(folder) as demo:
        token = json.loads((folder / "demo-secrets.json").read_text())["admin"]
        headers = {"Authorization": f"Bearer {token}"}
        async with aiohttp.ClientSession(headers=headers) as http:
            outside = Outside(demo.url, http)
            people = (await outside.ask("GET", "state"))["demo"]["people"]
            studio = Studio(demo, {one["number"]: one for one in people}, browser)
            context = await browser.new_context(**_DESKTOP)
            desk = Desk(await context.new_page())
            await desk.page.goto(demo.url)
            numbers = [one["number"] for one in people if str(one["region"]).startswith("3701")]
            print("from 济南:", numbers[:6])
            await desk.page.get_by_label("选一位员工").select_option(numbers[2])
            await desk.officer.enters()
            await expect(desk.officer.frame.locator("#title")).to_have_text("HR社保群")
            await to_qingdao(studio, outside, numbers[0])
            await to_suzhou(studio, outside, numbers[1])
            await checklist(desk, outside, numbers[2])


async def main() -> None:
    """Start a browser, and take them."""
    program = find_chromium()
    if program is None:
        sys.exit("no Chromium")
    chromium = Chromium(program)
    try:
        async with async_playwright() as playwright:
            browser = await playwright.chromium.connect_over_cdp(chromium.endpoint)
            with tempfile.TemporaryDirectory() as folder:
                await take(Path(folder) / "demo", browser)
    finally:
        chromium.stop()


if __name__ == "__main__":
    asyncio.run(main())
