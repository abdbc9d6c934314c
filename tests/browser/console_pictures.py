"""Takes docs/images/console-*.png: `python -m tests.browser.console_pictures`."""

from __future__ import annotations

import asyncio
import io
import sys
import tempfile
from pathlib import Path

from PIL import Image
from playwright.async_api import Browser, Page, async_playwright

from tests.browser.demo import ROOT
from tests.browser.furnished import forms, furnish, send, sights
from tests.browser.showroom import link, open_showroom
from tests.console.office import Office
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


async def enters(office: Office, browser: Browser, size: str, name: str, *, door: bool) -> Page:
    """Somebody signs in on a device of a size; with a picture of the door."""
    width, height, scale = SIZES[size]
    context = await browser.new_context(
        locale="zh-CN",
        viewport={"width": width, "height": height},
        device_scale_factor=scale,
        is_mobile=size == "phone",
        has_touch=size == "phone",
    )
    page = await context.new_page()
    await page.goto(await link(office, name))
    if door:
        await shoot(page, f"signin-{size}")
    await page.get_by_role("button", name="登录管理台").click()
    await page.wait_for_url("**/cases")
    return page


async def take(office: Office, browser: Browser, size: str) -> list[str]:
    """Every page, the answers to forms that are pages, a paper, and the door; their names."""
    admin = await enters(office, browser, size, "admin", door=True)
    officer = await enters(office, browser, size, "new officer", door=False)
    taken = ["signin"]
    for one in sights(office):
        page = admin if one.who == "admin" else officer
        await page.goto(f"{office.base}/console{one.path}", wait_until="load")
        await asyncio.sleep(0.3)
        taken.append(_file(one.name))
        await shoot(page, f"{taken[-1]}-{size}")
    for form in forms(office):
        await send(admin, office.base, form)
        taken.append(_file(form.name))
        await shoot(admin, f"{taken[-1]}-{size}")
    await admin.goto(f"{office.base}/console/documents/{office.refs['document']}")
    await admin.get_by_label("核对资料").check()
    await admin.get_by_role("button", name="查看").click()
    await admin.locator("img.paper").wait_for()
    await shoot(admin, f"documents-shown-{size}")
    return [*taken, "documents-shown"]


def _file(name: str) -> str:
    return name.replace(".", "-").replace("_", "-")


def write_gallery(names: list[str]) -> None:
    """docs/console-pages.md: every picture beside that of the phone."""
    lines = [
        "# The console's pages",
        "",
        "Taken by `python -m tests.browser.console_pictures` in a made-up company.",
        "",
        "| page | desktop | phone |",
        "|---|---|---|",
    ]
    for name in names:
        pictures = [f"![{name}, {size}](images/console-{name}-{size}.png)" for size in SIZES]
        lines.append(f"| {name} | {' | '.join(pictures)} |")
    (ROOT / "docs" / "console-pages.md").write_text("\n".join(lines) + "\n", encoding="utf-8")


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
                    await furnish(office)
                    for size in SIZES:
                        names = await take(office, browser, size)
                    write_gallery(names)
    finally:
        chromium.stop()


if __name__ == "__main__":
    asyncio.run(main())
