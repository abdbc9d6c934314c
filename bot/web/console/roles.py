"""角色: who acts as officer, manager or administrator, and where."""

from __future__ import annotations

from aiohttp import web

from bot.web.console.pages import ADMINS, Pages
from bot.web.console.visit import Visit
from knowledge.regions import find
from services.console.reach import Area
from services.people import UnknownPersonError, roles
from services.people.roles import Grant
from storage.models import Role

pages = Pages("roles")
_GIVEN = {role.value: role for role in (Role.OFFICER, Role.MANAGER, Role.ADMIN)}


def _within(visit: Visit, grant: Grant) -> bool:
    return visit.reach.contains(Area(grant.region_prefix, grant.employer_id))


@pages.get("/roles", roles=ADMINS, nav=True)
async def shelf(visit: Visit) -> web.StreamResponse:
    """Every living grant within reach."""
    async with visit.reading() as session:
        found = await roles.grants(session)
    return visit.render("roles", grants=[grant for grant in found if _within(visit, grant)])


@pages.post("/people/{ref}/grant", roles=ADMINS, subject="person")
async def grant(visit: Visit) -> web.StreamResponse:
    """Give a role, for an area that is no larger than one's own."""
    role, region = _GIVEN.get(visit.form.text("role")), visit.form.text("region")
    employer = visit.form.text("employer")
    if role is None or (employer and not employer.isdigit()):
        raise web.HTTPBadRequest
    if region and find(region) is None:
        return visit.goes(f"/people/{visit.ref}", said="region_unknown")
    area = Area(roles.region_prefix_of(region), int(employer) if employer else None)
    if not visit.reach.contains(area):
        return visit.goes(f"/people/{visit.ref}", said="out_of_reach")
    try:
        async with visit.transaction() as session:
            await roles.grant(
                session,
                int(visit.ref),
                role,
                visit.now,
                region_prefix=area.region_prefix,
                employer_id=area.employer_id,
                actor=visit.actor,
            )
    except UnknownPersonError:
        return visit.goes(f"/people/{visit.ref}", said="not_active")
    return visit.goes(f"/people/{visit.ref}", said="granted")


@pages.post("/people/{ref}/revoke", roles=ADMINS, subject="person")
async def revoke(visit: Visit) -> web.StreamResponse:
    """Take one grant away."""
    wanted = visit.form.text("grant")
    async with visit.transaction() as session:
        every = await roles.grants(session, int(visit.ref))
        found = next((one for one in every if str(one.id) == wanted), None)
        if found is None or not _within(visit, found):
            return visit.goes(f"/people/{visit.ref}", said="out_of_reach")
        await roles.revoke_grant(session, found.id, visit.now, actor=visit.actor)
    return visit.goes(f"/people/{visit.ref}", said="revoked")
