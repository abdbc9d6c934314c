"""HR系统的变动: who joined, moved or left, first as a dry run person by person, then written."""

from __future__ import annotations

from aiohttp import web
from pydantic import TypeAdapter

from bot.web.console import kept
from bot.web.console.pages import OFFICERS, Pages
from bot.web.console.visit import Visit
from services.gateways import GatewayError
from services.gateways.hr import StaffChange
from services.imports import delta
from services.imports.delta import Delta

pages = Pages("staffchanges")
_ABOUT = "changes"
_CHANGES = TypeAdapter(tuple[StaffChange, ...])


@pages.get("/imports/changes", roles=OFFICERS, everywhere=True)
async def door(visit: Visit) -> web.StreamResponse:
    """Where the last run stopped, and a button that asks the HR system."""
    return await _page(visit)


async def _page(
    visit: Visit, done: Delta | None = None, upload: str = "", *, written: bool = False
) -> web.Response:
    async with visit.reading() as session:
        cursor = await delta.cursor(session)
    return visit.render(
        "staffchanges",
        connected=visit.runtime.gateways.staff.connected,
        cursor=cursor,
        done=done,
        written=written,
        upload=upload,
        proof=kept.proof(visit, _ABOUT, upload),
    )


@pages.post("/imports/changes", roles=OFFICERS, everywhere=True)
async def check(visit: Visit) -> web.StreamResponse:
    """Ask the HR system, and show what would come of it.

    The changes are kept, encrypted, for an hour: what is written then is what was looked at.
    """
    async with visit.reading() as session:
        after = await delta.cursor(session)
    try:
        found = tuple(await delta.fetch(visit.runtime.gateways, after))
    except GatewayError:
        connected = visit.runtime.gateways.staff.connected
        return visit.goes("/imports/changes", said="hr_down" if connected else "hr_none")
    limits = visit.runtime.settings.imports
    async with visit.transaction() as session:
        done = await delta.preview(session, found, visit.now, settings=limits)
    upload = await kept.keep(visit, _CHANGES.dump_json(found)) if found else ""
    return await _page(visit, done, upload)


@pages.post("/imports/changes/write", roles=OFFICERS, everywhere=True)
async def write(visit: Visit) -> web.StreamResponse:
    """Write what was just looked at; by the same officer, once. Refused ones stay out."""
    async with visit.transaction() as session:
        content = await kept.take(visit, session, _ABOUT)
        if content is None:
            return visit.goes("/imports/changes", said="file_gone")
        found = _CHANGES.validate_json(content)
        limits = visit.runtime.settings.imports
        done = await delta.apply_changes(
            session, found, visit.now, settings=limits, actor=visit.actor
        )
    return await _page(visit, done, written=True)
