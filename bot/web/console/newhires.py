"""新员工: who must be handed in by when, how far each has come, and reminding them."""

from __future__ import annotations

from aiohttp import web
from sqlmodel.ext.asyncio.session import AsyncSession

from bot.web.console.pages import DESK, OFFICERS, Pages
from bot.web.console.visit import Visit
from services import newhires
from services.console.reach import Place
from services.newhires import NewHire

pages = Pages("newhires")


@pages.get("/newhires", roles=DESK, nav=True)
async def shelf(visit: Visit) -> web.StreamResponse:
    """Everybody hired lately within reach, the most urgent first."""
    async with visit.reading() as session:
        found = await _seen(visit, session)
    wanted = found if visit.asked("show") == "all" else [hire for hire in found if hire.open]
    shown = wanted[visit.offset : visit.offset + visit.page_size]
    return visit.render(
        "newhires",
        hires=shown,
        total=len(wanted),
        every=visit.asked("show") == "all",
        more=len(wanted) > visit.offset + visit.page_size,
        may=visit.can(*OFFICERS),
    )


@pages.post("/newhires/remind", roles=OFFICERS)
async def remind(visit: Visit) -> web.StreamResponse:
    """Everybody who has something to do hears of it, once a day however often it is pressed."""
    async with visit.transaction() as session:
        found = await _seen(visit, session)
        done = await newhires.remind(session, found, visit.now, actor=visit.actor)
    return visit.goes("/newhires", said="hires_reminded" if done else "hires_reminded_before")


async def _seen(visit: Visit, session: AsyncSession) -> list[NewHire]:
    return [
        hire
        for hire in await newhires.watch(session, visit.now)
        if visit.reach.covers(Place(hire.region_code, hire.employer_id))
    ]
