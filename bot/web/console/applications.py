"""申请: applications with where they stand and what comes next, and an officer's verbs."""

from __future__ import annotations

import asyncio

from aiohttp import web
from sqlmodel.ext.asyncio.session import AsyncSession

from bot.web.console.pages import DESK, OFFICERS, Pages
from bot.web.console.visit import Visit
from services import applications as apps
from services import cases
from services.applications import formdata
from services.applications.errors import ApplicationError
from services.applications.views import ApplicationView, ProgressView
from services.console import applications
from services.forms import as_json, render
from storage import queue
from storage.models import ApplicationKind, ApplicationStatus

pages = Pages("applications")


@pages.get("/applications", roles=DESK, nav=True)
async def shelf(visit: Visit) -> web.StreamResponse:
    """The list, the last touched first."""
    status = visit.asked("status") or "open"
    async with visit.reading() as session:
        found = await applications.lines(
            session,
            visit.reach,
            status=status,
            kind=visit.asked("kind"),
            limit=visit.page_size + 1,
            offset=visit.offset,
        )
    return visit.render(
        "applications",
        lines=found[: visit.page_size],
        more=len(found) > visit.page_size,
        status=status,
        kind=visit.asked("kind"),
        statuses=tuple(ApplicationStatus),
        kinds=tuple(ApplicationKind),
    )


@pages.post("/applications", roles=DESK)
async def find(visit: Visit) -> web.StreamResponse:
    """By its number: straight to it, when it is there and within reach."""
    async with visit.reading() as session:
        found = await apps.by_number(session, visit.form.text("number")[:40])
    return visit.goes(f"/applications/{found.number}" if found else "/applications", said="looked")


@pages.get("/applications/{ref}", roles=DESK, subject="application")
async def one(visit: Visit) -> web.StreamResponse:
    """Everything about one application, without pictures and with numbers masked."""
    async with visit.reading() as session:
        try:
            found = await applications.detail(session, visit.ref, visit.now)
        except LookupError:
            raise web.HTTPNotFound from None
    return visit.render(
        "application",
        found=found,
        may=visit.can(*OFFICERS),
        form=found.application.kind in formdata.FORMS,
        decisions=_decisions(found.application, found.progress),
    )


def _decisions(view: ApplicationView, progress: ProgressView | None) -> tuple[str, ...]:
    """What an officer can decide now."""
    if view.status is ApplicationStatus.EVIDENCE:
        return ("no_card", "has_card")
    if view.status is ApplicationStatus.STOPPED:
        return ("override",)
    by_hand = progress is not None and progress.next == "file_by_officer"
    return ("filed",) if by_hand else ()


@pages.post("/applications/{ref}/decide", roles=OFFICERS, subject="application")
async def decide(visit: Visit) -> web.StreamResponse:
    """What a machine can't decide: card seen or not, filed by hand, a stop overridden."""
    what, reason = visit.form.text("what"), visit.form.text("reason")[:500]
    if not reason:
        return visit.goes(f"/applications/{visit.ref}", said="reason_missing")
    try:
        async with visit.transaction() as session:
            view = await apps.by_number(session, visit.ref)
            if view is None:
                raise web.HTTPNotFound
            await _decide(visit, session, view, what, reason)
    except ApplicationError:
        return visit.goes(f"/applications/{visit.ref}", said="decided_before")
    return visit.goes(f"/applications/{visit.ref}", said="decided")


@pages.post("/applications/{ref}/form", roles=OFFICERS, subject="application")
async def form(visit: Visit) -> web.StreamResponse:
    """The filled-in form, for a counter that takes paper or a system that takes data."""
    what = visit.form.text("what")
    if what not in ("pdf", "json"):
        raise web.HTTPBadRequest
    async with visit.transaction() as session:
        view = await apps.by_number(session, visit.ref)
        if view is None:
            raise web.HTTPNotFound
        reasons = visit.renderer.words["zh"]["reason"]
        found = await formdata.form_of(session, view.id, visit.now, reasons)
        if found is None:
            raise web.HTTPNotFound
        await formdata.note_made(session, view.id, visit.now, actor=visit.actor)
    if what == "json":
        return visit.download(f"{view.number}.json", "application/json", as_json(*found))
    pdf = await asyncio.to_thread(render, *found)
    return visit.download(f"{view.number}.pdf", "application/pdf", pdf)


async def _decide(
    visit: Visit, session: AsyncSession, view: ApplicationView, what: str, reason: str
) -> None:
    officer, now, kind = visit.person.id, visit.now, "evidence.decided"
    if what == "no_card":
        await apps.confirm_evidence(session, view.id, officer, now)
    elif what == "has_card":
        await apps.refuse_evidence(session, view.id, officer, reason, now)
    elif what == "override":
        await apps.override(session, view.id, officer, reason, now)
    elif what == "filed":
        await cases.file_by_hand(session, view.id, officer, now)
        kind = "application.tell"
    else:
        raise web.HTTPBadRequest
    await queue.accept(
        session,
        key=f"console:{what}:{view.id}:{now.timestamp()}",
        mailbox=await apps.mailbox_of(session, view.id),
        kind=kind,
        payload={"application_id": view.id},
        at=visit.runtime.clock.tick(),
        actor=visit.actor,
    )
