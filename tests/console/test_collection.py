"""The page 领卡: what the chat does, with a scanner's field, lists, and the same traces."""

from __future__ import annotations

import io

import openpyxl
from sqlmodel import select

from services import collection
from services.collection import HeldCard
from services.console.reach import Reach
from storage.models import Application, ApplicationStatus, InboxEvent
from tests.console.office import Office

PLACE = "3楼HR办公室，工作日9:00–17:30"


async def made(office: Office) -> str:
    """The office's application, its card on the way; its number."""
    async with office.database.transaction() as session:
        row = (await session.exec(select(Application))).one()
        row.status, row.bank_code = ApplicationStatus.MAKING, "icbc"
        return row.number


async def only(office: Office) -> HeldCard:
    async with office.database.reading() as session:
        here = await collection.held(session, Reach.everything())
        over = await collection.held(session, Reach.everything(), over=True)
    (card,) = here + over
    return card


async def test_cards_go_in_and_out_on_the_page(small_office: Office) -> None:
    number = await made(small_office)
    async with small_office.browser("officer elsewhere") as far:
        answer = await far.post("/collection/receive", numbers=number, place=PLACE, file=b"")
        assert "没有这个申请，或者不归您负责" in await answer.text()
    async with small_office.browser("officer here") as browser:
        nothing = await browser.post("/collection/receive", numbers=number, place="", file=b"")
        assert nothing.headers["Location"].endswith("place_missing")
        scanned = f"{number}\n{number}\nSB-1"
        text = await (
            await browser.post("/collection/receive", numbers=scanned, place=PLACE, file=b"")
        ).text()
        assert "清单里写了两遍" in text
        assert "编号不对" in text
        card = await only(small_office)
        shown = await browser.text("/collection")
        assert number in shown
        assert f'value="{PLACE}"' in shown  # for the next box
        assert str(card.code) not in shown
        wrong = await browser.post("/collection/find", code="12")
        assert wrong.headers["Location"].endswith("wrong_code")
        found = await (await browser.post("/collection/find", code=str(card.code))).text()
        assert "身份证已核对" in found
        no_paper = await browser.post(f"/collection/{number}/card", what="paper")
        assert no_paper.headers["Location"].endswith("paper_missing")
        asked = await browser.post(f"/collection/{number}/card", what="ask")
        assert asked.headers["Location"].endswith("card_asked")
        given = await browser.post("/collection/give", code=str(card.code))
        assert given.headers["Location"].endswith("card_handed")
        again = await browser.post(f"/collection/{number}/card", what="paper", note="第2页")
        assert again.headers["Location"].endswith("card_already")
        assert "报领卡码签收" in await browser.text("/collection?show=over")
    async with small_office.database.reading() as session:
        kinds = (await session.exec(select(InboxEvent.kind).order_by("id"))).all()
    told = [kind for kind in kinds if kind.startswith("collection.")]
    assert told == ["collection.received", "collection.asked", "collection.handed"]
    officer = small_office.people["officer here"].id
    assert (await only(small_office)).handed_by == f"person:{officer}"


async def test_the_uncollected_list_as_a_workbook(small_office: Office) -> None:
    number = await made(small_office)
    async with small_office.browser("officer here") as browser:
        await browser.post("/collection/receive", numbers=number, place=PLACE, file=b"")
        reminded = await browser.post("/collection/remind")
        assert reminded.headers["Location"].endswith("cards_reminded")
        twice = await browser.post("/collection/remind")
        assert twice.headers["Location"].endswith("cards_reminded_before")
        answer = await browser.post("/exports", kind="collection")
        book = openpyxl.load_workbook(io.BytesIO(await answer.read()))
        undone = await browser.post(f"/collection/{number}/card", what="undo")
        assert undone.headers["Location"].endswith("card_undone")
        assert "没有卡。" in await browser.text("/collection")
    ((listed, *_),) = book.worksheets[0].iter_rows(min_row=2, values_only=True)
    assert listed == number
