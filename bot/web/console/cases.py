"""工单: the queue, search, and one case with its whole history, live."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from aiohttp import web
from aiohttp_sse import sse_response
from sqlmodel.ext.asyncio.session import AsyncSession

from bot.web.console.guard import still_in
from bot.web.console.pages import DESK, OFFICERS, Pages
from bot.web.console.visit import Visit
from services import cases
from services.cases import CaseDetail, CaseError, CaseView, Filter, Scope
from services.cases.decisions import decisions_for
from storage import queue as signals
from storage.models import CaseStatus, Priority, WaitingFor

pages = Pages("cases")
_VIEWS: dict[str, tuple[CaseStatus, ...]] = {
    "todo": (CaseStatus.OPEN, CaseStatus.PENDING),
    "mine": (CaseStatus.OPEN, CaseStatus.PENDING),
    "new": (CaseStatus.OPEN,),
    "late": (CaseStatus.OPEN, CaseStatus.PENDING),
    "done": (CaseStatus.RESOLVED,),
}
"""The tabs of the queue, with the statuses that each shows."""


def scope_of(visit: Visit) -> Scope:
    """The visitor's reach as the desk's own scope."""
    reach = tuple((area.region_prefix, area.employer_id) for area in visit.reach.areas)
    return Scope(visit.person.id, reach)


@pages.get("/cases", roles=DESK, nav=True)
async def queue(visit: Visit) -> web.StreamResponse:
    """What is to be done, the urgent and the due first."""
    view, waits = visit.asked("view"), visit.asked("waiting")
    view = view if view in _VIEWS else "todo"
    wanted = Filter(
        statuses=_VIEWS[view],
        waiting_for=WaitingFor(waits) if waits in set(WaitingFor) else None,
        assignee_id={"mine": visit.person.id, "new": 0}.get(view),
        matter=visit.asked("matter") if visit.asked("matter") in cases.matters() else "",
        overdue_at=visit.now if view == "late" else None,
    )
    async with visit.reading() as session:
        found = await cases.queue(
            session,
            scope_of(visit),
            wanted,
            visit.now,
            offset=visit.offset,
            size=visit.page_size,
        )
        counts = await cases.counts(session, scope_of(visit), visit.now)
    return visit.render(
        "cases",
        found=found,
        counts=counts,
        view=view,
        views=tuple(_VIEWS),
        waiting=waits,
        matter=wanted.matter,
        matters=cases.matters(),
        waits=tuple(WaitingFor),
    )


@pages.post("/cases", roles=DESK)
async def search(visit: Visit) -> web.StreamResponse:
    """By a number, or by words of messages. By a form: what people write is no address."""
    words = visit.form.text("words")[:200]
    scope, failed = scope_of(visit), False
    async with visit.reading() as session:
        wanted = Filter(statuses=(), text=words)
        named = await cases.queue(session, scope, wanted, visit.now) if words else None
        hits: tuple[cases.Hit, ...] = ()
        if named is None or not named.lines:
            try:
                hits = await cases.search(session, scope, words, visit.now)
            except CaseError:
                failed = True
    lines = named.lines if named else ()
    return visit.render("case_search", words=words, lines=lines, hits=hits, failed=failed)


async def _case(session: AsyncSession, visit: Visit) -> CaseView:
    found = await cases.by_number(session, visit.ref)
    if found is None:
        raise web.HTTPNotFound
    return found


@pages.get("/cases/{ref}", roles=DESK, subject="case")
async def one(visit: Visit) -> web.StreamResponse:
    """One case: what was said and done, the promise, and what the officer can do."""
    async with visit.reading() as session:
        found = await _case(session, visit)
        detail = await cases.detail(session, found.id, visit.now)
        decisions = await decisions_for(session, found)
        officers = await cases.officers_for(session, found.region_code, found.employer_id)
    return visit.render(
        "case",
        detail=detail,
        may=visit.can(*OFFICERS),
        it=detail.case,
        officers=[one for one in officers if one.id != found.assignee_id],
        replies=cases.quick_replies(found),
        decisions=decisions,
        matters=cases.matters(),
        priorities=tuple(Priority),
        waits=tuple(WaitingFor),
        history=_history(detail),
    )


def _history(detail: CaseDetail) -> list[Any]:
    """Newest last, as in a chat; what an entry of another kind repeats is left out."""
    shown = []
    for entry in detail.history:
        told_otherwise = entry.kind == "audit" and entry.what in _TOLD_OTHERWISE
        if not told_otherwise:
            shown.append(entry)
    return shown


_TOLD_OTHERWISE = frozenset({"case.answered", "case.noted", "case.waits"})


@pages.get("/cases/{ref}/live", roles=DESK, subject="case")
async def live(visit: Visit) -> web.StreamResponse:
    """Says `changed` whenever the case did; ends with the session and with the program."""
    runtime = visit.runtime
    async with visit.reading() as session:
        case_id, seen = (found := await _case(session, visit)).id, _stamp(found)
    async with sse_response(visit.request) as stream:
        while stream.is_connected() and not runtime.stopping.is_set():
            await runtime.database.wait(signals.CASES, runtime.settings.console.live_seconds)
            if not await still_in(visit):
                await stream.send("", event="over")
                break
            async with visit.reading() as session:
                stamp = _stamp(await cases.get(session, case_id))
            if stamp != seen:
                seen = stamp
                await stream.send("", event="changed")
    return stream


def _stamp(case: CaseView) -> tuple[object, ...]:
    """What a change of the case changes."""
    last: tuple[tuple[int, str, datetime | None, datetime | None], ...] = tuple(
        (m.id, m.delivery, m.edited_at, m.deleted_at) for m in case.messages
    )
    return (
        last,
        case.status,
        case.waiting_for,
        case.assignee_id,
        case.offered_to_id,
        case.priority,
        case.matter,
        case.due_at,
    )
