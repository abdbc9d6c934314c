"""The console in a real browser: by keyboard alone, without anything serious for axe, and small."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.async_api import Browser, BrowserContext, Page, expect

from services import cases
from storage.models import CaseStatus
from tests.browser.furnished import forms, furnish, send, sights
from tests.browser.showroom import link, open_showroom
from tests.console.office import Office

pytestmark = pytest.mark.browser
SIZES = {"desktop": (1440, 900), "phone": (390, 844)}
SERIOUS = {"serious", "critical"}


@pytest.fixture
async def showroom(tmp_path: Path) -> AsyncIterator[Office]:
    async with open_showroom(tmp_path) as office:
        yield office


async def enters(office: Office, context: BrowserContext, name: str) -> tuple[Page, list[str]]:
    """Somebody signs in; the page, and what its console complains of."""
    page, problems = await context.new_page(), list[str]()
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("console", lambda line: problems.append(line.text) if line.type == "error" else None)
    await page.goto(await link(office, name))
    await page.keyboard.press("Enter")  # the button has the focus
    await expect(page.locator("h1")).to_have_text("工单")
    return page, problems


async def tabs_to(page: Page, words: str, most: int = 80) -> None:
    """Press Tab until what has the focus says these words."""
    said = ""
    for _ in range(most):
        await page.keyboard.press("Tab")
        said = await page.evaluate(
            "() => { const one = document.activeElement;"
            " return one.innerText || one.labels?.[0]?.innerText || one.value || ''; }"
        )
        if words in said and len(said) < len(words) + 12:
            return
    raise AssertionError(f"no way to {words!r} by keyboard; the last was {said!r}")


async def test_a_case_by_keyboard_alone(showroom: Office, browser: Browser) -> None:
    context = await browser.new_context(locale="zh-CN")
    page, problems = await enters(showroom, context, "officer")
    await page.keyboard.press("Tab")
    await expect(page.locator(":focus")).to_have_text("跳到正文")
    await page.keyboard.press("Enter")
    async with showroom.database.reading() as session:
        (number,) = [
            line.number
            for line in (
                await cases.queue(
                    session,
                    cases.Scope.everything(),
                    cases.Filter(matter="policy"),
                    showroom.clock.now(),
                )
            ).lines
        ]
    await tabs_to(page, number)
    await page.keyboard.press("Enter")
    await expect(page.locator("h1")).to_have_text(number)
    await tabs_to(page, "接手")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("status")).to_have_text("已接手。")
    await tabs_to(page, "内容")
    await page.keyboard.type("可以补，请在三个月内办理。")
    await tabs_to(page, "回复员工")
    await page.keyboard.press("Enter")
    await expect(page.locator(".talk")).to_contain_text("可以补，请在三个月内办理。")
    await tabs_to(page, "解决")
    await page.keyboard.press("Enter")
    await expect(page.locator("h1 + span")).to_contain_text("已解决")
    async with showroom.database.reading() as session:
        case = await cases.by_number(session, number)
    assert case is not None
    assert case.status is CaseStatus.RESOLVED
    assert problems == []


async def test_a_case_page_shows_news_without_losing_what_is_written(
    showroom: Office, browser: Browser
) -> None:
    context = await browser.new_context(locale="zh-CN")
    page, problems = await enters(showroom, context, "officer")
    await page.goto(f"{showroom.base}/console/cases/{showroom.refs['case']}")
    await page.locator("#reply").fill("我正在写……")
    async with showroom.database.transaction() as session:
        case = await cases.by_number(session, showroom.refs["case"])
        assert case is not None
        evil = "<img src=x onerror=document.title='moved'>还要带什么？"
        await cases.write(session, case.id, evil, showroom.clock.now())
    await expect(page.locator(".talk")).to_contain_text("还要带什么？")
    await expect(page.locator(".talk")).to_contain_text("<img src=x")
    assert await page.locator("#reply").input_value() == "我正在写……"
    assert "moved" not in await page.title()
    assert problems == []


async def test_axe_finds_nothing_serious(showroom: Office, browser: Browser) -> None:
    """Every page, and every answer to a form that is a page, with something on it; in both sizes.

    A page is opened once and then made narrow: our pages know no other difference.
    """
    await furnish(showroom)
    found: list[tuple[str, ...]] = []
    told: list[str] = []
    who: dict[str, Page] = {}
    for name in ("admin", "new officer"):
        who[name], problems = await enters(
            showroom, await browser.new_context(locale="zh-CN"), name
        )
        told += problems
    for one in sights(showroom):
        await who[one.who].goto(f"{showroom.base}/console{one.path}")
        found += [(one.name, *each) for each in await _serious(who[one.who])]
    for form in forms(showroom):
        await send(who["admin"], showroom.base, form)
        found += [(form.name, *each) for each in await _serious(who["admin"])]
    assert told == []
    assert found == []


async def _serious(page: Page) -> list[tuple[str, str, str]]:
    """What axe finds serious in each size, and whether the page scrolls sideways."""
    assert await page.locator("h1").count() == 1, page.url
    await page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true; })")
    await page.evaluate(AXE_SCRIPT)
    found: list[tuple[str, str, str]] = []
    for size, (width, height) in SIZES.items():
        await page.set_viewport_size({"width": width, "height": height})
        results = await page.evaluate("axe.run({resultTypes: ['violations']})")
        found += [
            (size, rule["id"], rule["nodes"][0]["html"][:120])
            for rule in results["violations"]
            if rule["impact"] in SERIOUS
        ]
        wide = await page.evaluate("document.documentElement.scrollWidth - innerWidth")
        found += [(size, "scrolls sideways", str(wide))] if wide > 0 else []
    return found


async def test_the_first_page_is_small(showroom: Office, browser: Browser) -> None:
    context = await browser.new_context(locale="zh-CN")
    page, _ = await enters(showroom, context, "admin")
    await context.new_page()
    sizes: list[int] = []

    async def count(response: object) -> None:
        sizes.append(len(await response.body()))  # type: ignore[attr-defined]

    waiting: list[asyncio.Task[None]] = []
    page.on("response", lambda response: waiting.append(asyncio.create_task(count(response))))
    await page.goto(f"{showroom.base}/console/cases", wait_until="load")
    await asyncio.gather(*waiting)
    assert len(sizes) >= 1
    assert sum(sizes) < 100_000, sizes
    assert {one.split("/")[2] for one in await _addresses(page)} <= {showroom.base.split("/")[2]}


async def _addresses(page: Page) -> list[str]:
    """Everything that a page has loaded."""
    found: list[str] = await page.evaluate(
        "performance.getEntriesByType('resource').map(one => one.name)"
    )
    return found


async def test_a_link_that_is_used_or_cut_says_what_to_do(
    showroom: Office, browser: Browser
) -> None:
    used = await link(showroom, "officer")
    for number, address in enumerate((used, used, used[:-9], used.partition("#")[0])):
        context = await browser.new_context(locale="zh-CN")
        page = await context.new_page()
        await page.goto(address)
        if "#" in address:
            assert "#" not in page.url  # the code is gone from the address bar
            await page.get_by_role("button", name="登录管理台").click()
        if number == 0:
            await expect(page.locator("h1")).to_have_text("工单")
        else:
            await expect(page.get_by_text("/console").first).to_be_visible()
