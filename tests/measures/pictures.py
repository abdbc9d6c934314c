"""Takes the pictures of docs/images about measures: `python -m tests.measures.pictures`.

A made-up company with a bad month, on SQLite; the page in a real browser, the PDF rendered.
"""

from __future__ import annotations

import asyncio
import io
import tempfile
from datetime import UTC, datetime
from pathlib import Path

import pypdfium2
from openpyxl import load_workbook
from PIL import Image
from playwright.async_api import async_playwright
from yarl import URL

from bot.commands.history import grant_areas, made_up_people
from bot.renderer import JinjaRenderer, plain_lines
from sandbox.company.history import REGIONS, Past
from services.measures import report
from services.measures.charts import chat_picture
from services.measures.monthly import close_month
from services.measures.periods import read_month
from services.measures.query import Area
from services.measures.refresh import refresh
from services.measures.releases import release
from services.measures.summary import View, summarise
from services.measures.telling import said
from services.policies import published
from storage import migrate
from storage.crypto import Keyring, generate_key
from storage.database import Database
from tests.bot.house import make_runtime, make_settings
from tests.console.office import open_office
from tests.support.chromium import Chromium, find_chromium
from tests.support.clock import ManualClock

BOOK = Path(__file__).parents[2] / "docs" / "summary-workbook.md"
_ROWS = 36
IMAGES = Path(__file__).parents[2] / "docs" / "images"
NOW = datetime(2026, 11, 2, 2, 0, tzinfo=UTC)
MONTH = read_month("2026-10")
_LARGEST = 150_000


async def bad_month(database: Database) -> None:
    """Half a year of a company, October bad; November's first workday has come."""
    past = Past(people=4000, per_month=800)
    async with database.transaction() as session:
        await published.ensure(session, NOW)
        filler = await made_up_people(session, 4000, REGIONS, employers=1, officers=3)
        filler.now = NOW
        areas = {region: past.officer(region) for region in REGIONS}
        await grant_areas(session, filler, areas, datetime(2026, 1, 1, tzinfo=UTC))
        for record in past.months(MONTH.start, 6, bad=MONTH.start):
            filler.add(record.kind, record.data)
        await filler.write(session)
        while await refresh(session, NOW, 1000):
            pass
        await release(session, NOW)
        await close_month(session, NOW)


def sheets(content: bytes) -> str:
    """A workbook's cells as Markdown: read back from the file, since nothing here draws one."""
    found = ["# The workbook of the made-up bad month", "", "Read back from the file that"]
    found += ["`python -m tests.measures.pictures` makes; the first rows of every sheet.", ""]
    for sheet in load_workbook(io.BytesIO(content)):
        rows = [row for row in sheet.iter_rows(values_only=True) if any(row)][:_ROWS]
        found += [f"## {sheet.title}", ""]
        for place, row in enumerate(rows):
            cells = [str(cell or "").replace("|", "/") for cell in row]
            found.append(f"| {' | '.join(cells)} |")
            if place == 0:
                found.append("|" + "---|" * len(cells))
        found.append("")
    return "\n".join(found)


def keep(name: str, picture: Image.Image) -> None:
    """Save a picture, small enough."""
    for colours in (256, 128, 64, 32):
        stream = io.BytesIO()
        picture.convert("RGB").quantize(colours).save(stream, "PNG", optimize=True)
        if len(stream.getvalue()) < _LARGEST:
            break
    (IMAGES / f"{name}.png").write_bytes(stream.getvalue())


async def main() -> None:
    """Every picture."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder)
        url = f"sqlite:///{path}/bot.db"
        migrate.upgrade(url)
        database = Database(url, Keyring.from_text(generate_key()))
        await bad_month(database)
        async with database.reading() as session:
            view = View(read_month("2026-10"), (Area(),))
            summary = await summarise(session, view, NOW)
        picture = chat_picture(summary, "zh")
        keep("summary-chat", Image.open(io.BytesIO(picture.png)))
        text = JinjaRenderer().message("summary.month", "zh", {"said": said(summary, "zh")})
        lines = plain_lines(text)
        pdf = pypdfium2.PdfDocument(report.pdf(summary, "zh", lines))
        keep("summary-pdf", pdf[0].render(scale=1.4).to_pil())
        BOOK.write_text(sheets(report.workbook(summary, "zh", lines)), encoding="utf-8")
        await page_pictures(database, path)
        await database.dispose()


async def page_pictures(database: Database, folder: Path) -> None:
    """The manager's page on a desktop and on a phone."""
    clock = ManualClock(NOW)
    settings = make_settings(database.url, folder)
    runtime = make_runtime(database, clock, settings, renderer=JinjaRenderer())
    program = find_chromium()
    assert program is not None
    chromium = Chromium(program)
    async with open_office(runtime, clock) as office, async_playwright() as playwright:
        browser = await playwright.chromium.connect_over_cdp(chromium.endpoint)
        async with office.browser("manager of all") as known:
            cookies = [
                {"name": one.key, "value": one.value, "url": f"{known.base}/"}
                for one in known.http.cookie_jar
            ]
            base = str(URL(known.base))
        for name, size in (("desktop", (1280, 1500)), ("phone", (390, 1400))):
            context = await browser.new_context(
                viewport={"width": size[0], "height": size[1]}, locale="zh-CN"
            )
            await context.add_cookies(cookies)  # type: ignore[arg-type]
            page = await context.new_page()
            await page.goto(f"{base}/measures?month=2026-10")
            await page.wait_for_load_state("networkidle")
            keep(f"measures-{name}", Image.open(io.BytesIO(await page.screenshot())))
            await context.close()
        await browser.close()
    chromium.stop()


if __name__ == "__main__":
    asyncio.run(main())
