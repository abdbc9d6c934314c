"""导出: lists as workbooks, within reach, numbers masked; each is in the audit log."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable

from aiohttp import web
from sqlmodel.ext.asyncio.session import AsyncSession

from bot.web.console.pages import DESK, Pages
from bot.web.console.visit import Visit
from knowledge.agencies import bank_name
from knowledge.regions import find, full_name
from services import collection
from services.console import applications, roster
from services.console.workbooks import workbook
from services.people import audit
from storage.clock import local_date

pages = Pages("exports")
Rows = list[tuple[str, ...]]
_EXCEL = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@pages.get("/exports", roles=DESK, nav=True)
async def door(visit: Visit) -> web.StreamResponse:
    """Which list."""
    return visit.render("exports", kinds=tuple(_LISTS))


@pages.post("/exports", roles=DESK)
async def make(visit: Visit) -> web.StreamResponse:
    """The workbook."""
    kind = visit.form.text("kind")
    if kind not in _LISTS:
        raise web.HTTPBadRequest
    headings, read = _LISTS[kind]
    async with visit.transaction() as session:
        rows = await read(visit, session)
        detail = {"rows": len(rows)}
        await audit.record(
            session, visit.actor, f"export.{kind}", f"export:{kind}", visit.now, detail=detail
        )
    titles = [visit.say(f"exports.column_{name}") for name in headings]
    content = await workbook(visit.say(f"exports.kind_{kind}"), titles, rows)
    return visit.download(f"{kind}.xlsx", _EXCEL, content)


async def _people(visit: Visit, session: AsyncSession) -> Rows:
    return [
        (
            one.number,
            one.name,
            one.employer_name,
            _place(one.region_code),
            one.hire_date.isoformat() if one.hire_date else "",
            one.masked_phone,
            one.masked_number,
            visit.say("people.bound_yes" if one.mailbox else "people.bound_no"),
            visit.say(f"people.status_{one.status.value}"),
        )
        for one in await roster.lines(session, visit.reach, status="")
    ]


async def _applications(visit: Visit, session: AsyncSession) -> Rows:
    return [
        (
            one.number,
            visit.word("application", one.kind.value),
            visit.word("state", one.status.value),
            _place(one.region_code),
            bank_name(one.bank_code) if one.bank_code else "",
            one.person_name,
            local_date(one.created_at).isoformat(),
            local_date(one.updated_at).isoformat(),
        )
        for one in await applications.lines(session, visit.reach)
    ]


async def _collection(visit: Visit, session: AsyncSession) -> Rows:
    today = local_date(visit.now)
    return [
        (
            one.application,
            one.person,
            one.name,
            _place(one.region_code),
            bank_name(one.bank_code) if one.bank_code else "",
            local_date(one.received_at).isoformat(),
            one.due.isoformat() if one.due else "",
            "" if (days := one.days_left(today)) is None else str(days),
            visit.say("people.bound_yes" if one.bound else "people.bound_no"),
        )
        for one in await collection.held(session, visit.reach)
    ]


def _place(code: str) -> str:
    return full_name(code) if find(code) else code


_LISTS: dict[str, tuple[Iterable[str], Callable[[Visit, AsyncSession], Awaitable[Rows]]]] = {
    "people": (
        ("number", "name", "employer", "region", "hired", "phone", "id", "bound", "status"),
        _people,
    ),
    "applications": (
        ("application", "kind", "state", "region", "bank", "name", "created", "updated"),
        _applications,
    ),
    "collection": (
        ("application", "number", "name", "region", "bank", "received", "due", "days", "bound"),
        _collection,
    ),
}
