"""群发: a message to everybody of an area: previewed, approved by a second person, counted."""

from __future__ import annotations

from aiohttp import web
from sqlmodel.ext.asyncio.session import AsyncSession

from bot.web.console.pages import DESK, Pages
from bot.web.console.places import named
from bot.web.console.visit import Visit
from knowledge.regions import find
from services import broadcasts
from services.broadcasts import Audience, BroadcastError
from services.console import roster
from services.console.reach import Area
from services.people.roles import region_prefix_of

pages = Pages("broadcasts")


@pages.get("/broadcasts", roles=DESK, nav=True)
async def shelf(visit: Visit) -> web.StreamResponse:
    """What was said, what waits for a second person, and the form for a new one."""
    async with visit.reading() as session:
        found = await broadcasts.views(
            session, visit.reach, limit=visit.page_size + 1, offset=visit.offset
        )
        choices = await _choices(visit, session)
    return visit.render(
        "broadcasts",
        views=found[: visit.page_size],
        more=len(found) > visit.page_size,
        longest=broadcasts.LONGEST,
        **choices,
    )


async def _choices(visit: Visit, session: AsyncSession) -> dict[str, object]:
    return {
        "employers": await roster.employers(session, visit.reach),
        "regions": named(await roster.regions(session, visit.reach)),
    }


def _area(visit: Visit) -> Area:
    region, employer = visit.form.text("region"), visit.form.text("employer")
    if (region and find(region) is None) or (employer and not employer.isdigit()):
        raise web.HTTPBadRequest
    return Area(region_prefix_of(region), int(employer) if employer else None)


@pages.post("/broadcasts/preview", roles=DESK)
async def preview(visit: Visit) -> web.StreamResponse:
    """As employees will see it, and how many it reaches. Nothing is kept yet."""
    area, text = _area(visit), visit.form.text("text")
    if not text:
        return visit.goes("/broadcasts", said="text_missing")
    if not visit.reach.contains(area):
        return visit.goes("/broadcasts", said="out_of_reach")
    async with visit.reading() as session:
        found: Audience = await broadcasts.audience(session, area)
    shown = visit.runtime.renderer.message("broadcast.message", "zh", {"text": text})
    return visit.render(
        "broadcast_preview",
        text=text,
        shown=shown,
        audience=found,
        region=visit.form.text("region"),
        employer=visit.form.text("employer"),
        too_long=len(text) > broadcasts.LONGEST,
    )


@pages.post("/broadcasts", roles=DESK)
async def propose(visit: Visit) -> web.StreamResponse:
    """Ask a second person."""
    try:
        async with visit.transaction() as session:
            await broadcasts.propose(
                session,
                visit.person.id,
                visit.form.text("text"),
                _area(visit),
                visit.now,
                reach=visit.reach,
            )
    except BroadcastError as error:
        return visit.goes("/broadcasts", said=f"broadcast_{error.code}")
    return visit.goes("/broadcasts", said="broadcast_proposed")


@pages.post("/broadcasts/decide", roles=DESK)
async def decide(visit: Visit) -> web.StreamResponse:
    """The second person says yes or no."""
    wanted, what = visit.form.text("broadcast"), visit.form.text("what")
    if not wanted.isdigit() or len(wanted) > 15 or what not in ("approve", "refuse"):
        raise web.HTTPBadRequest
    act = broadcasts.approve if what == "approve" else broadcasts.refuse
    try:
        async with visit.transaction() as session:
            await act(session, int(wanted), visit.person.id, visit.reach, visit.now)
    except BroadcastError as error:
        return visit.goes("/broadcasts", said=f"broadcast_{error.code}")
    return visit.goes("/broadcasts", said=f"broadcast_{what}d")
