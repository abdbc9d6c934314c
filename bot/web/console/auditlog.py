"""审计: who did what to which row."""

from __future__ import annotations

from aiohttp import web

from bot.web.console.pages import MANAGERS, Pages
from bot.web.console.visit import Visit
from services.console import auditing

pages = Pages("audit")


@pages.get("/audit", roles=MANAGERS, nav=True)
async def shelf(visit: Visit) -> web.StreamResponse:
    """The newest first, within reach."""
    verb = visit.asked("verb")[:32]
    async with visit.reading() as session:
        found = await auditing.lines(
            session,
            visit.reach,
            verb=f"{verb}." if verb else "",
            limit=visit.page_size + 1,
            offset=visit.offset,
        )
        verbs = await auditing.verbs(session)
    return visit.render(
        "audit",
        lines=found[: visit.page_size],
        more=len(found) > visit.page_size,
        verb=verb,
        verbs=verbs,
    )
