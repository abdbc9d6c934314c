"""HR系统的变动: who joined, moved or left, first as a dry run person by person, then written."""

from __future__ import annotations

import hmac
from datetime import timedelta

from aiohttp import web
from pydantic import TypeAdapter

from bot.web.console.pages import OFFICERS, Pages
from bot.web.console.visit import Visit
from services.console import uploads
from services.gateways import GatewayError
from services.gateways.hr import StaffChange
from services.imports import delta
from services.imports.delta import Delta

pages = Pages("staffchanges")
_KEPT = timedelta(hours=1)
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
        proof=_proof(visit, upload) if upload else "",
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
    kept = ""
    if found:
        content = _CHANGES.dump_json(found)
        name = await visit.runtime.files.write(content)
        async with visit.transaction() as session:
            kept = await uploads.keep(session, name, len(content), visit.now, visit.now + _KEPT)
    return await _page(visit, done, kept)


@pages.post("/imports/changes/write", roles=OFFICERS, everywhere=True)
async def write(visit: Visit) -> web.StreamResponse:
    """Write what was just looked at; by the same officer, once. Refused ones stay out."""
    upload = visit.form.text("upload")
    if not hmac.compare_digest(visit.form.text("proof"), _proof(visit, upload)):
        return visit.goes("/imports/changes", said="file_gone")
    async with visit.transaction() as session:
        name = await uploads.take(session, upload, visit.now)
        if name is None:
            return visit.goes("/imports/changes", said="file_gone")
        found = _CHANGES.validate_json(await visit.runtime.files.read(name))
        limits = visit.runtime.settings.imports
        done = await delta.apply_changes(
            session, found, visit.now, settings=limits, actor=visit.actor
        )
    return await _page(visit, done, written=True)


def _proof(visit: Visit, upload: str) -> str:
    """That this session has looked at these changes."""
    text = f"{visit.who.session_id}:changes:{upload}"
    return visit.runtime.database.keyring.blind_index(text, "console.upload")
