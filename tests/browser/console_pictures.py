"""Takes docs/images/console-*.png: `python -m tests.browser.console_pictures`."""

from __future__ import annotations

import asyncio
import io
import sys
import tempfile
from pathlib import Path

from PIL import Image
from playwright.async_api import Browser, Page, async_playwright

from bot.web.console.table import every_page
from tests.browser.demo import ROOT
from tests.browser.showroom import link, open_showroom
from tests.console.office import Office, shown
from tests.support.chromium import Chromium, find_chromium

IMAGES = ROOT / "docs" / "images"
SIZES = {"desktop": (1280, 800, 1), "phone": (390, 844, 2)}
_COLOURS, _LARGEST = 128, 150_000


async def shoot(page: Page, name: str) -> None:
    """A small PNG of what is seen."""
    taken = Image.open(io.BytesIO(await page.screenshot()))
    path, colours = IMAGES / f"console-{name}.png", _COLOURS
    while True:
        taken.convert("RGB").quantize(colours, method=Image.Quantize.MEDIANCUT).save(
            path, optimize=True
        )
        if path.stat().st_size < _LARGEST:
            break
        colours //= 2
    print(path.name, path.stat().st_size // 1024, "KB")


async def take(office: Office, browser: Browser, size: str) -> None:
    """Every page of the navigation, a case, an application, a person, a paper, and the door."""
    width, height, scale = SIZES[size]
    context = await browser.new_context(
        locale="zh-CN",
        viewport={"width": width, "height": height},
        device_scale_factor=scale,
        is_mobile=size == "phone",
        has_touch=size == "phone",
    )
    page = await context.new_page()
    await page.goto(await link(office, "admin"))
    await shoot(page, f"signin-{size}")
    await page.get_by_role("button", name="登录管理台").click()
    await page.wait_for_url("**/cases")
    for one in every_page():
        if shown(one) and one.path != "/":
            address = f"{office.base}/console{office.path(one)}"
            await page.goto(address, wait_until="load")
            await asyncio.sleep(0.3)
            await shoot(page, f"{one.name.replace('.', '-').replace('_', '-')}-{size}")
    await page.goto(f"{office.base}/console/documents/{office.refs['document']}")
    await page.get_by_label("核对资料").check()
    await page.get_by_role("button", name="查看").click()
    await page.locator("img.paper").wait_for()
    await shoot(page, f"documents-shown-{size}")


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
                async with open_showroom(Path(folder)) as office:
                    for size in SIZES:
                        await take(office, browser, size)
    finally:
        chromium.stop()


if __name__ == "__main__":
    asyncio.run(main())
