"""Takes the pictures of docs/images from a running demo: `python -m tests.browser.pictures`."""

from __future__ import annotations

import asyncio
import io
import json
import sys
import tempfile
from pathlib import Path
from typing import Any

import aiohttp
from PIL import Image
from playwright.async_api import (
    Browser,
    BrowserContext,
    FilePayload,
    Locator,
    Page,
    async_playwright,
    expect,
)

from tests.browser.demo import PATIENCE, ROOT, Demo, Desk, Phone, running_demo
from tests.support.chromium import Chromium, find_chromium

IMAGES = ROOT / "docs" / "images"
_ZH: dict[str, Any] = {"locale": "zh-CN", "timezone_id": "Asia/Shanghai"}
_PHONE: dict[str, Any] = _ZH | {
    "viewport": {"width": 390, "height": 844},
    "device_scale_factor": 2,
    "has_touch": True,
    "is_mobile": True,
}
_DESKTOP: dict[str, Any] = _ZH | {"viewport": {"width": 1440, "height": 900}}
_COLOURS = 256


class Studio:
    """A demo, its people and a browser."""

    def __init__(self, demo: Demo, people: dict[str, dict[str, Any]], browser: Browser) -> None:
        self.demo, self.people, self.browser = demo, people, browser

    async def phone(self, number: str) -> tuple[Page, Phone]:
        """An employee's own phone, up to the menu."""
        context = await self.browser.new_context(**_PHONE)
        page = await context.new_page()
        page.set_default_timeout(PATIENCE * 1000)
        await page.goto(self.people[number]["invite_url"])
        phone = Phone(page)
        await phone.enters()
        await agrees(phone)
        return page, phone

    async def paper(self, context: BrowserContext, number: str, kind: str) -> FilePayload:
        """One of a person's sample pictures."""
        path = self.people[number]["pictures"][kind]
        answer = await context.request.get(f"{self.demo.url}panel/pictures/{path}")
        return {"name": f"{kind}.jpg", "mimeType": "image/jpeg", "buffer": await answer.body()}


async def agrees(phone: Phone) -> None:
    """From the first button to the menu."""
    await phone.frame.get_by_role("button", name="开始", exact=True).click()
    await phone.sees("个人信息处理告知")
    await phone.presses("同意", "个人信息处理告知")
    await phone.sees("我是社保小助手")


async def to_pictures(phone: Phone) -> None:
    """From the menu to the step where pictures are collected."""
    await phone.key("办社保卡")
    await phone.sees("请选择开户银行")
    await phone.presses("中国建设银行", "请选择开户银行")
    await phone.sees("单独同意")
    await phone.presses("同意", "单独同意")
    await phone.sees("请把下面的图片发给我")


async def shoot(what: Page | Locator, name: str) -> None:
    """A small PNG of a page or a part of it, when nothing moves any more."""
    await asyncio.sleep(5)  # toasts go, pictures load
    taken = Image.open(io.BytesIO(await what.screenshot()))
    # The palette must serve the faces too, not only the many greys of text.
    small = taken.convert("RGB").quantize(_COLOURS, method=Image.Quantize.MAXCOVERAGE, kmeans=2)
    IMAGES.mkdir(parents=True, exist_ok=True)
    small.save(IMAGES / f"{name}.png", optimize=True)
    print(name, (IMAGES / f"{name}.png").stat().st_size // 1024, "KB")


async def main_road(studio: Studio, desk: Desk) -> None:
    """One employee from the first picture to the card, on a phone."""
    page, phone = await studio.phone("E00001")
    await to_pictures(phone)
    sides = [await studio.paper(page.context, "E00001", kind) for kind in ("front", "back")]
    await phone.picks(page, *sides)
    await phone.sees("请核对")
    await phone.sees("请核对")
    await page.locator("#keys").click()
    await down_from(phone, "请核对", -300)
    await shoot(page, "chat-phone-upload")
    await phone.presses("没问题", "姓名：")
    await phone.presses("没问题", "签发机关：")
    await phone.picks(page, await studio.paper(page.context, "E00001", "portrait_blue"))
    await phone.sees("背景是蓝色")
    await shoot(page, "chat-phone-photo")
    await phone.presses("用修好的这张", "背景是蓝色")
    await phone.sees("请最后核对一遍")
    await phone.presses("确认提交", "请最后核对一遍")
    await phone.sees("提交成功")
    await desk.step("按规则审核")
    await phone.sees("正在制卡")
    await phone.says("我的卡到哪一步了？")
    await phone.sees("接下来")
    await shoot(page, "chat-phone-progress")
    for label, words in (
        ("送到银行网点", "可以领取"),
        ("本人领卡", "卡已领到"),
        ("启用社保功能", "银行账户待激活"),
        ("激活银行账户", "办好啦"),
    ):
        await desk.step(label)
        await phone.sees(words)
    await phone.sees("请打个分")
    await shoot(page, "chat-phone-states")


async def down_from(phone: Phone, words: str, by: int) -> None:
    """Scroll so that a message stands where it is well seen."""
    message = phone.messages.filter(has_text=words).first
    await message.evaluate(
        "(one, by) => { one.scrollIntoView(); one.closest('#scroller').scrollBy(0, by); }", by
    )


async def duplicate(studio: Studio) -> None:
    """Somebody who has a card already."""
    page, phone = await studio.phone("E00002")
    await phone.key("办社保卡")
    await phone.sees("社保卡")
    await page.locator("#keys").click()
    await shoot(page, "chat-phone-duplicate")


async def desktop(studio: Studio, desk: Desk) -> None:
    """All three panes: a half-made application, a case, and one at the bureau."""
    page, phone = await studio.phone("E00013")
    await to_pictures(phone)
    kinds = ("front", "back", "portrait")
    await phone.picks(page, *[await studio.paper(page.context, "E00013", k) for k in kinds])
    await phone.sees("请核对")
    await phone.sees("请核对")
    await phone.presses("没问题", "姓名：")
    await phone.presses("没问题", "签发机关：")
    await phone.sees("请最后核对一遍")
    await phone.presses("确认提交", "请最后核对一遍")
    await phone.sees("提交成功")
    await phone.key("找人工")
    await phone.sees("工单号")
    await phone.says("领卡可以让家人代领吗？")
    await desk.officer.sees("代领")
    await desk.officer.presses("接手", "员工找人工")
    await phone.sees("已接手")
    await desk.officer.presses("回复", "员工找人工")
    await desk.officer.sees("下一条")
    await desk.officer.says("可以，请家人带上您和他本人的身份证原件。")
    await phone.sees("可以，请家人")

    employee = desk.employee
    await desk.page.get_by_label("选一位员工").select_option("E00016")
    await employee.enters()
    await agrees(employee)
    await to_pictures(employee)
    await desk.hands("身份证人像面", 1)
    await employee.sends(1)
    await employee.sees("请核对")
    await employee.frame.locator("#keys").click()
    await shoot(desk.page, "demo-desktop")
    await shoot(desk.page.locator("#hr-frames"), "hr-group")


async def take(folder: Path, browser: Browser) -> None:
    """Every picture, from one demo."""
    async with running_demo(folder) as demo:
        token = json.loads((folder / "demo-secrets.json").read_text())["admin"]
        headers = {"Authorization": f"Bearer {token}"}
        async with (
            aiohttp.ClientSession(headers=headers) as http,
            http.get(f"{demo.url}admin/state") as answer,
        ):
            state = await answer.json()
        people = {one["number"]: one for one in state["demo"]["people"]}
        studio = Studio(demo, people, browser)
        context = await browser.new_context(**_DESKTOP)
        desk = Desk(await context.new_page())
        await desk.page.goto(demo.url)
        await desk.page.get_by_label("选一位员工").select_option("E00016")
        await desk.officer.enters()
        await expect(desk.officer.frame.locator("#title")).to_have_text("HR社保群")
        await main_road(studio, desk)
        await duplicate(studio)
        await desktop(studio, desk)


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
