"""待答问题: what nobody could answer; one officer writes, another publishes."""

from __future__ import annotations

from datetime import datetime

from aiohttp import web

from bot.web.console.pages import OFFICERS, Pages
from bot.web.console.visit import Visit
from services import gaps
from services.gaps import Draft, GapError
from storage.models import GapStatus

pages = Pages("gaps")
_WAITING = (GapStatus.OPEN, GapStatus.DRAFTED)
_SAID = frozenset({"no_answer", "no_source", "too_long", "no_region", "not_officer", "same_person"})


@pages.get("/gaps", roles=OFFICERS, nav=True)
async def queue(visit: Visit) -> web.StreamResponse:
    """The most asked first, counting the questions from the visitor's areas alone."""
    published = visit.asked("status") == "published"
    statuses = (GapStatus.PUBLISHED,) if published else _WAITING
    async with visit.reading() as session:
        found = await gaps.gap_list(session, statuses, reach=visit.reach)
    return visit.render(
        "gaps",
        found=found[visit.offset : visit.offset + visit.page_size],
        more=len(found) > visit.offset + visit.page_size,
        published=published,
    )


async def _seen(visit: Visit) -> int | None:
    """The gap of a form, when the visitor can see it on the list."""
    text = visit.form.text("gap")
    async with visit.reading() as session:
        every = await gaps.gap_list(session, tuple(GapStatus), reach=visit.reach)
    return next((view.id for view in every if str(view.id) == text), None)


def _refused(visit: Visit, error: GapError) -> web.Response:
    name = error.code if error.code in _SAID else "over"
    return visit.goes("/gaps", f"gap_{name}")


@pages.post("/gaps/answer", roles=OFFICERS)
async def answer(visit: Visit) -> web.StreamResponse:
    """Write or rewrite the draft."""
    gap_id = await _seen(visit)
    if gap_id is None:
        return visit.goes("/gaps", said="gap_over")
    draft = Draft(
        visit.form.text("answer"),
        visit.form.text("source"),
        visit.form.text("question") or None,
        visit.form.text("region") or None,
    )
    try:
        async with visit.transaction() as session:
            await gaps.answer(session, gap_id, visit.person.id, draft, visit.now)
    except GapError as error:
        return _refused(visit, error)
    return visit.goes("/gaps", said="gap_drafted")


@pages.post("/gaps/publish", roles=OFFICERS)
async def publish(visit: Visit) -> web.StreamResponse:
    """Publish a colleague's draft, exactly as it was read."""
    gap_id = await _seen(visit)
    if gap_id is None:
        return visit.goes("/gaps", said="gap_over")
    try:
        drafted_at = datetime.fromisoformat(visit.form.text("drafted_at"))
        async with visit.transaction() as session:
            await gaps.publish(session, gap_id, visit.person.id, visit.now, drafted_at=drafted_at)
    except ValueError as error:
        known = error if isinstance(error, GapError) else GapError("changed")
        return _refused(visit, known)
    return visit.goes("/gaps", said="gap_published")


@pages.post("/gaps/dismiss", roles=OFFICERS)
async def dismiss(visit: Visit) -> web.StreamResponse:
    """It needs no answer."""
    gap_id = await _seen(visit)
    if gap_id is None:
        return visit.goes("/gaps", said="gap_over")
    try:
        async with visit.transaction() as session:
            await gaps.dismiss(session, gap_id, visit.person.id, visit.now)
    except GapError as error:
        return _refused(visit, error)
    return visit.goes("/gaps", said="gap_dismissed")


@pages.post("/gaps/withdraw", roles=OFFICERS)
async def withdraw(visit: Visit) -> web.StreamResponse:
    """Serve a published answer no longer; it waits on the list again."""
    gap_id = await _seen(visit)
    if gap_id is None:
        return visit.goes("/gaps", said="gap_over")
    try:
        async with visit.transaction() as session:
            await gaps.withdraw(session, gap_id, visit.person.id, visit.now)
    except GapError as error:
        return _refused(visit, error)
    return visit.goes("/gaps", said="gap_withdrawn")
