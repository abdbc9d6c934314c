"""人员: the roster, one person, and HR's verbs about them."""

from __future__ import annotations

from aiohttp import web

from bot.application import bot_of
from bot.links import invitation_link
from bot.web.console.pages import DESK, OFFICERS, Pages
from bot.web.console.places import named
from bot.web.console.visit import Visit
from services import cards
from services.console import applications, roster
from services.people import accounts, invitations, people, roles
from services.people.people import Employee
from services.people.sheets import entry_of, links_csv, qr_sheet
from services.policies import views
from services.policies.answers import traced
from storage.models import PersonStatus, Role

pages = Pages("people")
_MOST = 2000
"""Invitations in one go: each link may have to be asked for."""


@pages.get("/people", roles=DESK, nav=True)
async def shelf(visit: Visit) -> web.StreamResponse:
    """The roster within reach, and how far the invited have come."""
    status = visit.asked("status") or PersonStatus.ACTIVE.value
    async with visit.reading() as session:
        found = await roster.lines(
            session,
            visit.reach,
            status=status,
            bound=visit.asked("bound"),
            limit=visit.page_size + 1,
            offset=visit.offset,
        )
        funnel = await invitations.funnel(session) if visit.everywhere else None
    return visit.render(
        "people",
        lines=found[: visit.page_size],
        more=len(found) > visit.page_size,
        status=status,
        bound=visit.asked("bound"),
        funnel=funnel,
        searched=False,
        may=visit.can(*OFFICERS),
    )


@pages.post("/people", roles=DESK)
async def find(visit: Visit) -> web.StreamResponse:
    """Look somebody up. By a form: numbers of people don't belong into addresses."""
    async with visit.reading() as session:
        found = await roster.find(session, visit.reach, visit.form.text("wanted")[:64])
    return visit.render(
        "people",
        lines=found,
        more=False,
        status="",
        bound="",
        funnel=None,
        searched=True,
        may=False,
    )


async def _person(visit: Visit) -> Employee:
    async with visit.reading() as session:
        found = await people.by_id(session, int(visit.ref))
    if found is None:
        raise web.HTTPNotFound
    return found


@pages.get("/people/{ref}", roles=DESK, subject="person")
async def one(visit: Visit) -> web.StreamResponse:
    """One person: roster entry with masked numbers, account, cards, applications, roles."""
    return await _one(visit)


async def _one(visit: Visit, link: str | None = None) -> web.Response:
    person = await _person(visit)
    async with visit.reading() as session:
        return visit.render(
            "person",
            person=person,
            cards=await cards.cards_of(session, person.id),
            applications=await applications.lines(session, visit.reach, person_id=person.id),
            grants=await roles.grants(session, person.id),
            employers=await roster.employers(session, visit.reach),
            regions=named(await roster.regions(session, visit.reach)),
            roles=(Role.OFFICER, Role.MANAGER, Role.ADMIN),
            may=visit.can(*OFFICERS),
            may_grant=visit.can(Role.ADMIN),
            link=link,
        )


@pages.get("/people/{ref}/told", roles=DESK, subject="person")
async def told(visit: Visit) -> web.StreamResponse:
    """What the bot told them, by topic and by version of the rules; not in whose words."""
    person = await _person(visit)
    async with visit.reading() as session:
        found = await traced(session, person.id)
    return visit.render(
        "told", person=person, told=found, topics=dict(views.topic_titles(visit.language))
    )


@pages.post("/people/{ref}/invite", roles=OFFICERS, subject="person")
async def invite(visit: Visit) -> web.StreamResponse:
    """A new invitation; its link is shown this once."""
    person, runtime = await _person(visit), visit.runtime
    if not person.active:
        return visit.goes(f"/people/{person.id}", said="not_active")
    async with visit.transaction() as session:
        made = await invitations.invite(
            session, person.id, visit.now, runtime.settings.people, visit.actor
        )
    bot = bot_of(runtime.application)
    link = await invitation_link(runtime.settings, bot, made.code, person.name, person.phone)
    return await _one(visit, link)


@pages.post("/people/{ref}/unbind", roles=OFFICERS, subject="person")
async def unbind(visit: Visit) -> web.StreamResponse:
    """End the binding of their account, after the officer has made sure who asks."""
    if visit.form.text("sure") != "yes":
        return visit.goes(f"/people/{visit.ref}", said="not_sure")
    async with visit.transaction() as session:
        await accounts.unbind(session, int(visit.ref), visit.now, visit.actor)
    return visit.goes(f"/people/{visit.ref}", said="unbound")


@pages.post("/people/{ref}/leave", roles=OFFICERS, subject="person")
async def leave(visit: Visit) -> web.StreamResponse:
    """They have left the company."""
    if visit.form.text("sure") != "yes":
        return visit.goes(f"/people/{visit.ref}", said="not_sure")
    async with visit.transaction() as session:
        await people.leave(session, int(visit.ref), visit.now, visit.actor)
    return visit.goes(f"/people/{visit.ref}", said="left")


@pages.post("/invitations", roles=OFFICERS)
async def invite_many(visit: Visit) -> web.StreamResponse:
    """Invitations for everybody of a filter who has no account yet, as a file to hand out."""
    runtime, kind = visit.runtime, visit.form.text("kind")
    if kind not in ("csv", "qr"):
        raise web.HTTPBadRequest
    async with visit.transaction() as session:
        wanted = await roster.lines(session, visit.reach, bound="no", limit=_MOST)
        ids = [person.id for person in wanted]
        settings = runtime.settings.people
        made = await invitations.invite_some(session, ids, visit.now, settings, actor=visit.actor)
    if not made:
        return visit.goes("/people", said="nobody_to_invite")
    bot, entries = bot_of(runtime.application), []
    for invited in made:
        who = invited.employee
        link = await invitation_link(runtime.settings, bot, invited.code, who.name, who.phone)
        entries.append(entry_of(invited, link))
    if kind == "csv":
        return visit.download("invitations.csv", "text/csv", links_csv(entries))
    sheet = qr_sheet(entries, contact=runtime.settings.people.company_contact)
    return visit.download("invitations.html", "text/html", sheet.encode())
