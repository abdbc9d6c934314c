"""导入: the roster and known cards, first as a dry run with a report row by row, then written."""

from __future__ import annotations

from aiohttp import web
from sqlmodel.ext.asyncio.session import AsyncSession

from bot.web.console import kept
from bot.web.console.pages import OFFICERS, Pages
from bot.web.console.visit import Visit
from services.applications.numbers import new_number
from services.imports import Report, import_cards, import_roster

pages = Pages("imports")
KINDS = ("roster", "cards")


async def _run(
    visit: Visit, session: AsyncSession, kind: str, content: bytes, *, dry_run: bool
) -> Report:
    limits = visit.runtime.settings.imports
    if kind == "roster":
        return await import_roster(
            session, content, visit.now, settings=limits, dry_run=dry_run, actor=visit.actor
        )
    return await import_cards(
        session,
        content,
        visit.now,
        settings=limits,
        new_number=new_number,
        dry_run=dry_run,
        actor=visit.actor,
    )


@pages.get("/imports", roles=OFFICERS, everywhere=True, nav=True)
async def door(visit: Visit) -> web.StreamResponse:
    """Choose a workbook."""
    return _page(visit)


def _page(
    visit: Visit, report: Report | None = None, kind: str = "roster", upload: str = ""
) -> web.Response:
    return visit.render(
        "imports",
        kinds=KINDS,
        kind=kind,
        report=report,
        upload=upload,
        proof=kept.proof(visit, kind, upload),
    )


@pages.post("/imports", roles=OFFICERS, everywhere=True, files=True)
async def check(visit: Visit) -> web.StreamResponse:
    """The dry run. The workbook is kept, encrypted, for an hour, so that it can be written."""
    kind = visit.form.text("kind")
    if kind not in KINDS:
        raise web.HTTPBadRequest
    if not visit.form.files:
        return visit.goes("/imports", said="file_missing")
    content = visit.form.files[0].content
    async with visit.transaction() as session:
        report = await _run(visit, session, kind, content, dry_run=True)
    upload = await kept.keep(visit, content) if report.ok else ""
    return _page(visit, report, kind, upload)


@pages.post("/imports/write", roles=OFFICERS, everywhere=True)
async def write(visit: Visit) -> web.StreamResponse:
    """Write what was just checked; the same file, by the same officer."""
    kind = visit.form.text("kind")
    if kind not in KINDS:
        raise web.HTTPBadRequest
    async with visit.transaction() as session:
        content = await kept.take(visit, session, kind)
        if content is None:
            return visit.goes("/imports", said="file_gone")
        report = await _run(visit, session, kind, content, dry_run=False)
    return _page(visit, report, kind)
