"""集中领卡: take the bank's cards in, hand them out, and see what is uncollected."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from aiohttp import web

from bot.web.console.pages import DESK, OFFICERS, Pages
from bot.web.console.visit import Visit
from services import applications as apps
from services import collection
from services.collection import Handing, HeldCard, Receipt
from services.imports.report import UnreadableError
from storage.clock import local_date

pages = Pages("collection")
_TOLD = ("handed", "given_back", "undone")
"""Outcomes that the owner hears of in their chat."""


@pages.get("/collection", roles=DESK, nav=True)
async def shelf(visit: Visit) -> web.StreamResponse:
    """What lies with HR, the next to be sealed first."""
    return await _page(visit)


async def _page(
    visit: Visit,
    receipts: Sequence[Receipt] = (),
    odd: Sequence[int] = (),
    found: HeldCard | None = None,
) -> web.Response:
    over = visit.asked("show") == "over"
    async with visit.reading() as session:
        held = await collection.held(session, visit.reach, over=over)
        last = await collection.last_place(session, visit.actor)
    shown = held[visit.offset : visit.offset + visit.page_size]
    return visit.render(
        "collection",
        cards=shown,
        total=len(held),
        more=len(held) > visit.offset + visit.page_size,
        over=over,
        today=local_date(visit.now),
        place=last or "",
        receipts=receipts,
        counts=Counter(one.outcome for one in receipts),
        odd=odd,
        found=found,
        may=visit.can(*OFFICERS),
    )


@pages.post("/collection/receive", roles=OFFICERS, files=True)
async def receive(visit: Visit) -> web.StreamResponse:
    """Numbers that were typed, scanned or pasted, or the bank's workbook."""
    place = visit.form.text("place")[:120]
    if not place:
        return visit.goes("/collection", said="place_missing")
    if visit.form.files:
        try:
            content, limits = visit.form.files[0].content, visit.runtime.settings.imports
            listed = collection.from_sheet(content, limits)
        except UnreadableError:
            return visit.goes("/collection", said="sheet_unreadable")
    else:
        listed = collection.from_text(visit.form.text("numbers"))
    if not listed.numbers:
        return visit.goes("/collection", said="numbers_missing")
    receipts: list[Receipt] = []
    seen: set[str] = set()
    for start in range(0, len(listed.numbers), collection.AT_ONCE):
        async with visit.transaction() as session:
            receipts += await collection.receive(
                session,
                listed.numbers[start : start + collection.AT_ONCE],
                place,
                visit.now,
                actor=visit.actor,
                reach=visit.reach,
                seen=seen,
            )
    return await _page(visit, receipts, listed.odd_rows)


@pages.post("/collection/find", roles=OFFICERS)
async def find(visit: Visit) -> web.StreamResponse:
    """Whose card a code is for."""
    async with visit.transaction() as session:
        search = await collection.find_by_code(
            session, visit.form.text("code")[:32], visit.now, actor=visit.actor, reach=visit.reach
        )
    if search.card is None:
        return visit.goes("/collection", said=search.outcome)
    return await _page(visit, found=search.card)


@pages.post("/collection/give", roles=OFFICERS)
async def give(visit: Visit) -> web.StreamResponse:
    """Handed out against the code, typed once more with the press that hands it out."""
    async with visit.transaction() as session:
        search = await collection.find_by_code(
            session, visit.form.text("code")[:32], visit.now, actor=visit.actor, reach=visit.reach
        )
        if search.card is None:
            return visit.goes("/collection", said=search.outcome)
        done = await collection.hand(
            session, search.card.application_id, "code", visit.now, actor=visit.actor
        )
    return _done(visit, done)


@pages.post("/collection/{ref}/card", roles=OFFICERS, subject="application")
async def card(visit: Visit) -> web.StreamResponse:
    """One card: ask its owner, record a signature on paper, give it back, or undo."""
    what, note = visit.form.text("what"), visit.form.text("note")[:200]
    if what == "paper" and not note:
        return visit.goes("/collection", said="paper_missing")
    async with visit.transaction() as session:
        view = await apps.by_number(session, visit.ref)
        if view is None:
            raise web.HTTPNotFound
        if what == "undo":
            held = await collection.of_application(session, view.id)
            undone = await collection.undo(session, view.id, visit.now, actor=visit.actor)
            return visit.goes("/collection", said=_said("undone" if undone else "not_here", held))
        if what == "ask":
            asked = await collection.ask(session, view.id, visit.now, actor=visit.actor)
            return visit.goes(
                "/collection", said="card_asked" if asked.outcome == "handed" else "card_not_here"
            )
        if what == "back":
            done = await collection.give_back(session, view.id, visit.now, actor=visit.actor)
        elif what == "paper":
            done = await collection.hand(
                session, view.id, "paper", visit.now, actor=visit.actor, note=note
            )
        else:
            raise web.HTTPBadRequest
    return _done(visit, done)


def _done(visit: Visit, done: Handing) -> web.Response:
    return visit.goes("/collection", said=_said(done.outcome, done.card))


def _said(outcome: str, held: HeldCard | None) -> str:
    """What the page says: of an owner without a chat, that nobody has told them."""
    silent = outcome in _TOLD and held is not None and not held.bound
    return f"card_{outcome}_untold" if silent else f"card_{outcome}"


@pages.post("/collection/remind", roles=OFFICERS)
async def remind(visit: Visit) -> web.StreamResponse:
    """Everybody whose card lies here hears of it, once a day."""
    async with visit.transaction() as session:
        held = await collection.held(session, visit.reach)
        done = await collection.remind(session, held, visit.now, actor=visit.actor)
    return visit.goes("/collection", said="cards_reminded" if done else "cards_reminded_before")
