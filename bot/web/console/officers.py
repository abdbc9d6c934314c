"""专员: how each officer works (languages, matters, load, e-mail) and when they are away."""

from __future__ import annotations

from datetime import date, datetime, time

from aiohttp import web

from bot.web.console.pages import DESK, MANAGERS, Pages
from bot.web.console.visit import Visit
from services import cases
from services.cases import CaseError
from services.console import desk
from storage.clock import SHANGHAI

pages = Pages("officers")
LANGUAGES = ("zh", "en")
_MOST = 999
"""Cases in hand that can be written down."""


@pages.get("/officers", roles=DESK, nav=True)
async def shelf(visit: Visit) -> web.StreamResponse:
    """Who works at the desk within reach; managers change it, everybody their own."""
    async with visit.reading() as session:
        found = await desk.lines(session, visit.reach, visit.now)
    return visit.render("officers", lines=found, may=visit.can(*MANAGERS), matters=cases.matters())


@pages.get("/account/desk", roles=DESK)
async def mine(visit: Visit) -> web.StreamResponse:
    """One's own way of working."""
    return await _form(visit, visit.person.id, "/account/desk")


@pages.post("/account/desk", roles=DESK)
async def change_mine(visit: Visit) -> web.StreamResponse:
    """Write it, or be away, or back."""
    return await _change(visit, visit.person.id, "/account/desk")


@pages.get("/officers/{ref}", roles=MANAGERS, subject="officer")
async def one(visit: Visit) -> web.StreamResponse:
    """An officer's way of working, for their manager."""
    return await _form(visit, int(visit.ref), f"/officers/{visit.ref}")


@pages.post("/officers/{ref}", roles=MANAGERS, subject="officer")
async def change(visit: Visit) -> web.StreamResponse:
    """The same for somebody who can't: ill, or on a holiday without a computer."""
    return await _change(visit, int(visit.ref), f"/officers/{visit.ref}")


async def _form(visit: Visit, person_id: int, address: str) -> web.Response:
    async with visit.reading() as session:
        line = await desk.line(session, person_id, visit.now)
        heirs = await desk.stand_ins(session, person_id)
    if line is None:
        raise web.HTTPNotFound
    return visit.render(
        "officer",
        line=line,
        address=address,
        heirs=heirs,
        languages=LANGUAGES,
        matters=cases.matters(),
        most=_MOST,
        usual=cases.rules().capacity,
    )


async def _change(visit: Visit, person_id: int, address: str) -> web.Response:
    verbs = {"profile": _profile, "away": _away, "back": _back}
    verb = verbs.get(visit.form.text("what"))
    if verb is None:
        raise web.HTTPBadRequest
    return visit.goes(address, said=await verb(visit, person_id))


async def _profile(visit: Visit, person_id: int) -> str:
    languages, skills = visit.form.all("language"), visit.form.all("skill")
    capacity = visit.form.text("capacity")
    if not languages or not set(languages) <= set(LANGUAGES):
        return "officer_no_language"
    if not set(skills) <= set(cases.matters()):
        raise web.HTTPBadRequest
    good = capacity.isascii() and capacity.isdigit() and len(capacity) <= 3 and int(capacity) > 0
    if capacity and not good:
        return "officer_capacity_wrong"
    try:
        async with visit.transaction() as session:
            await cases.set_profile(
                session,
                person_id,
                visit.now,
                by_id=visit.person.id,
                languages=languages,
                skills=skills,
                capacity=int(capacity) if capacity else None,
                email=visit.form.text("email"),
            )
    except CaseError:
        return "officer_address_wrong"
    return "officer_written"


async def _away(visit: Visit, person_id: int) -> str:
    try:
        first, last = _day(visit.form.text("since")), _day(visit.form.text("until"))
    except ValueError:
        return "officer_day_wrong"
    since = first or visit.now
    if last is not None and last <= max(since, visit.now):
        return "officer_away_backwards"
    wanted = visit.form.text("stand_in")
    async with visit.transaction() as session:
        heirs = {
            str(identity): identity for identity, _ in await desk.stand_ins(session, person_id)
        }
        if wanted and wanted not in heirs:
            return "officer_no_stand_in"
        await cases.away(
            session,
            person_id,
            since,
            last,
            visit.now,
            stand_in_id=heirs.get(wanted),
            by_id=visit.person.id,
        )
    return "officer_away"


async def _back(visit: Visit, person_id: int) -> str:
    async with visit.transaction() as session:
        await cases.back(session, person_id, visit.now, by_id=visit.person.id)
    return "officer_back"


def _day(text: str) -> datetime | None:
    """The beginning of a calendar day in China; None for nothing.

    Raises:
        ValueError: not a day.
    """
    return datetime.combine(date.fromisoformat(text), time(), SHANGHAI) if text else None
