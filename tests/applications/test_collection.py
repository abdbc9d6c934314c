"""集中领卡: each card once, whoever reads its number twice; a signature that both sides keep."""

from __future__ import annotations

import asyncio
import io
from datetime import date, timedelta

import openpyxl
import pytest
from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from services import applications as apps
from services import cards, collection
from services.applications import ApplicationView
from services.applications.errors import FieldError, NotAllowed
from services.collection import Receipt, proxies
from services.console.reach import Area, Reach
from services.forms import render
from services.imports.settings import ImportSettings
from services.people import audit, leave, people
from storage.models import (
    Application,
    ApplicationStatus,
    AuditEntry,
    CardStatus,
    Evidence,
    Handover,
    InboxEvent,
    Proxy,
    StoredFile,
)
from tests.applications.conftest import NAME, Office, add_person, report
from tests.people.makers import id_number

EVERYWHERE, PLACE = Reach.everything(), "3楼HR办公室，工作日9:00–17:30"
OFFICER = "person:77"


async def take(office: Office, *numbers: str, reach: Reach = EVERYWHERE) -> list[Receipt]:
    async with office.database.transaction() as session:
        return await collection.receive(
            session, numbers, PLACE, office.now, actor=OFFICER, reach=reach
        )


async def making(office: Office) -> ApplicationView:
    view = await office.received()
    await office.told(view, "making")
    return await office.get(view)


async def held(office: Office, application: ApplicationView) -> collection.HeldCard:
    found = await office.see(collection.of_application, application.id)
    assert found is not None
    return found


async def told(office: Office) -> list[str]:
    """Kinds of the events that this room has sent."""
    async with office.database.reading() as session:
        kinds = (await session.exec(select(InboxEvent.kind).order_by("id"))).all()
    return [kind for kind in kinds if kind.startswith(("collection.", "application.tell"))]


async def hand(office: Office, application: ApplicationView) -> str:
    async with office.database.transaction() as session:
        done = await collection.hand(session, application.id, "code", office.now, actor=OFFICER)
    return done.outcome


async def test_a_box_is_taken_in_once_and_handed_out_once(office: Office) -> None:
    view = await making(office)
    spoken = view.number.replace("-", "").lower()
    (first, again, odd, nobody) = await take(office, spoken, view.number, "SB-1", "SB-0000-0000")
    assert [first.outcome, again.outcome, odd.outcome] == ["received", "repeated", "invalid"]
    assert nobody.outcome == "unknown"
    assert [each.outcome for each in await take(office, view.number)] == ["already"]
    now = await office.get(view)
    assert (now.status, now.place) == (ApplicationStatus.COLLECTABLE, PLACE)
    assert {"collect"} <= set(await office.timers())
    card = await held(office, view)
    assert (card.open, card.bound, card.received_by) == (True, True, OFFICER)
    assert str(card.code) not in repr(card)
    office.wait(days=1)
    assert [await hand(office, view), await hand(office, view)] == ["handed", "already"]
    card = await held(office, view)
    assert (card.handed_by, card.signed_by, card.code) == (OFFICER, "code", None)
    assert card.handed_at == office.now
    assert (await office.get(view)).status is ApplicationStatus.COLLECTED
    (own,) = await office.see(cards.cards_of, office.person_id)
    assert own.status is CardStatus.NORMAL
    assert await take(office, view.number) == [Receipt(view.number, "collected", card)]
    assert await told(office) == ["collection.received", "collection.handed"]
    async with office.database.reading() as session:
        verbs = (await session.exec(select(AuditEntry.verb).order_by("id"))).all()
    assert [verb for verb in verbs if verb.startswith("card.")] == ["card.received", "card.handed"]


async def test_the_bureau_s_late_word_changes_nothing_but_the_day(office: Office) -> None:
    """HR had the card in its hand before the bureau told of it."""
    view = await office.received()
    done_by, due = ((office.now + timedelta(days=days)).date() for days in (12, 60))
    async with office.database.transaction() as session:
        await set_due(session, office.now.date(), {view.id: 9})  # of the bureau's review
    (receipt,) = await take(office, view.number)
    assert receipt.card is not None
    assert receipt.card.due is None  # nobody has named the day of the seal
    (own,) = await office.see(cards.cards_of, office.person_id)
    assert own.evidence is Evidence.BATCH  # HR's own eyes, not the bureau's answer
    assert await office.told(view, "making", due=done_by) == []
    assert (await office.get(view)).due is None
    assert await office.told(view, "collectable", start=3, due=due, place="社保中心") == []
    now = await office.get(view)
    assert (now.status, now.place, now.due) == (ApplicationStatus.COLLECTABLE, PLACE, due)
    assert "seal" in await office.timers()
    # Another card was meant: the bureau's own word stands.
    async with office.database.transaction() as session:
        assert await collection.undo(session, view.id, office.now, actor=OFFICER)
    now = await office.get(view)
    assert (now.status, now.place, now.due) == (ApplicationStatus.COLLECTABLE, "社保中心", due)
    await take(office, view.number)
    await hand(office, view)
    assert await office.told(view, "collected", start=4) == []
    assert (await office.get(view)).status is ApplicationStatus.COLLECTED
    (change,) = await office.told(view, "social_enabled", start=5)
    assert change.status == "social_enabled"


async def test_who_signs_and_who_does_not(office: Office) -> None:
    view = await making(office)
    await take(office, view.number)
    early = await office.do(collection.sign, view.id)
    assert early.outcome == "not_here"  # nobody holds the card out
    async with office.database.transaction() as session:
        await collection.ask(session, view.id, office.now, actor=f"person:{office.person_id}")
    await office.do(collection.deny, view.id)
    assert (await office.do(collection.sign, view.id)).outcome == "not_here"
    office.wait(minutes=1)
    async with office.database.transaction() as session:
        await collection.ask(session, view.id, office.now, actor=f"person:{office.person_id}")
    assert (await office.do(collection.sign, view.id)).outcome == "handed"
    assert (await office.do(collection.sign, view.id)).outcome == "already"
    assert (await held(office, view)).signed_by == "press"
    asked = [kind for kind in await told(office) if kind != "collection.received"]
    assert asked == [
        "collection.asked",
        "collection.denied",
        "collection.asked",
        "collection.handed",
        "collection.signed",
    ]


async def test_a_code_is_one_card_s_and_guessing_it_ends(office: Office) -> None:
    view = await making(office)
    await take(office, view.number)
    code = str((await held(office, view)).code)
    here = Reach((Area("37"),))

    async def find(text: str, reach: Reach = here) -> collection.CodeSearch:
        async with office.database.transaction() as session:
            return await collection.find_by_code(
                session, text, office.now, actor=OFFICER, reach=reach
            )

    found = await find(f"{code[:3]} {code[3:]}")
    assert found.card is not None
    assert found.card.application_id == view.id
    assert (await find(code, Reach((Area("44"),)))).outcome == "wrong_code"
    wrong = f"{(int(code) + 1) % 10**6:06d}"
    assert {(await find(wrong)).outcome for _ in range(4)} == {"wrong_code"}
    assert (await find(code)).outcome == "too_many"
    office.wait(hours=2)
    assert (await find(code)).outcome == "found"
    async with office.database.reading() as session:
        entries = await audit.entries(session, OFFICER)
    assert {entry.detail for entry in entries} == {None}  # no code lies in the audit log


async def test_a_wrong_number_is_taken_back(office: Office) -> None:
    view = await making(office)
    await take(office, view.number)
    async with office.database.transaction() as session:
        assert await collection.undo(session, view.id, office.now, actor=OFFICER)
        assert await collection.undo(session, view.id, office.now, actor=OFFICER) is None
    now = await office.get(view)
    assert (now.status, now.place) == (ApplicationStatus.MAKING, None)
    assert await office.see(collection.of_application, view.id) is None
    # Later the bureau's word counts again.
    (change,) = await office.told(view, "collectable", start=3)
    assert change.status == "collectable"
    office.wait(minutes=1)
    assert [each.outcome for each in await take(office, view.number)] == ["received"]
    await hand(office, view)
    async with office.database.transaction() as session:
        assert await collection.undo(session, view.id, office.now, actor=OFFICER) is None


async def test_a_wrong_number_before_any_card_is_made(office: Office) -> None:
    view = await office.received()
    await take(office, view.number)
    async with office.database.transaction() as session:
        assert await collection.undo(session, view.id, office.now, actor=OFFICER)
    assert (await office.get(view)).status is ApplicationStatus.REVIEWING
    (none,) = await office.see(cards.cards_of, office.person_id)
    assert none.status is CardStatus.CANCELLED
    await office.told(view, "making")
    made, _ = await office.see(cards.cards_of, office.person_id)
    assert made.status is CardStatus.MAKING


async def test_what_is_no_card_of_this_officer_s_is_refused(office: Office) -> None:
    draft = await office.opened()
    far = Reach((Area("44"),))
    assert [each.outcome for each in await take(office, draft.number)] == ["not_submitted"]
    assert [each.outcome for each in await take(office, draft.number, reach=far)] == ["unknown"]
    await office.do(apps.withdraw, draft.id)
    assert [each.outcome for each in await take(office, draft.number)] == ["closed"]
    assert (await hand(office, draft)) == "not_here"


async def test_a_leaver_s_card_is_theirs_all_the_same(office: Office) -> None:
    view = await making(office)
    async with office.database.transaction() as session:
        await leave(session, office.person_id, office.now)
    (receipt,) = await take(office, view.number)
    assert receipt.outcome == "received"
    assert receipt.card is not None
    assert receipt.card.left
    assert await hand(office, view) == "handed"


async def test_uncollected_before_the_seal_exactly(office: Office) -> None:
    views = []
    for serial in range(3):
        if serial:
            async with office.database.transaction() as session:
                office.person_id = await add_person(session, office.now, serial)
        view = await office.opened()
        async with office.database.transaction() as session:
            row = await session.get(Application, view.id)
            assert row is not None
            row.status, row.sequence = ApplicationStatus.MAKING, 1
            row.reference = f"SB3701-{serial}"
        views.append(view)
    await take(office, *(view.number for view in views))
    days = {views[0].id: 40, views[1].id: 7}
    async with office.database.transaction() as session:
        await set_due(session, office.now.date(), days)
    found = await office.see(collection.held, EVERYWHERE)
    today = found[0].received_at.date()
    assert [card.days_left(today) for card in found] == [7, 40, None]
    assert [card.application_id for card in collection.pressing(found, today)] == [views[1].id]
    assert await office.see(collection.held, Reach((Area("44"),))) == []
    first = found[0]
    async with office.database.transaction() as session:
        reminded = await collection.remind(session, found, office.now, actor=OFFICER)
        assert len(reminded) == 3
        assert await collection.remind(session, found, office.now, actor=OFFICER) == []
    async with office.database.transaction() as session:
        back = await collection.give_back(session, first.application_id, office.now, actor=OFFICER)
        assert back.outcome == "given_back"
    assert (await office.get(first.application_id)).status is ApplicationStatus.SEALED
    assert len(await office.see(collection.held, EVERYWHERE)) == 2
    assert [each.outcome for each in await take(office, first.application)] == ["given_back"]
    assert await hand(office, await office.get(first.application_id)) == "given_back"
    # What the bureau has sealed is not handed out any more.
    async with office.database.transaction() as session:
        told_so = report(views[0], 2, "sealed", office.now, reference="SB3701-0")
        await apps.record_state(session, told_so, office.now)
    assert await hand(office, views[0]) == "sealed"
    # It goes back to the bank, and nobody is told a second time.
    async with office.database.transaction() as session:
        back = await collection.give_back(session, views[0].id, office.now, actor=OFFICER)
    assert back.outcome == "back_ended"


async def set_due(session: AsyncSession, today: date, days: dict[int, int]) -> None:
    for application_id, left in days.items():
        row = await session.get(Application, application_id)
        assert row is not None
        row.due = today + timedelta(days=left)


async def test_two_officers_take_the_same_box_in(office: Office) -> None:
    view = await making(office)
    outcomes = await asyncio.gather(*(take(office, view.number) for _ in range(3)))
    assert sorted(each.outcome for (each,) in outcomes) == ["already", "already", "received"]
    handed = await asyncio.gather(*(hand(office, view) for _ in range(3)))
    assert sorted(handed) == ["already", "already", "handed"]
    assert len(await office.rows(Handover)) == 1


def test_numbers_out_of_any_list() -> None:
    first, second = apps.new_number(), apps.new_number()
    pasted = f"{first}, {second.lower()}\n不是编号"
    assert collection.from_text(pasted).numbers == (first, second.lower(), "不是编号")
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for row in (
        ["某银行 11月 成品卡清单"],
        ["序号", "姓名", "编号"],
        [1, "样一", "SB-1"],
        [1, "样一", first.replace("-", "")],
        [2, "样二", ""],
        [],
        [3, "样三", f" {second} "],
    ):
        sheet.append(row)
    stream = io.BytesIO()
    book.save(stream)
    found = collection.from_sheet(stream.getvalue(), ImportSettings())
    assert found == collection.Numbers((first, second), (3, 5))


async def test_somebody_else_collects_with_a_letter_and_is_forgotten(office: Office) -> None:
    view = await making(office)
    person = {"name": "王样本", "id_number": id_number(7), "phone": "13900000000"}
    own = str((await office.see(people.by_id, office.person_id)).id_number)  # type: ignore[union-attr]
    with pytest.raises(FieldError, match="own"):
        proxies.checked("id_number", own, own, office.now.date())
    assert proxies.checked("id_number", f" {id_number(7)} ", own, office.now.date()) == id_number(7)
    for name, text in (("name", "1"), ("phone", "12"), ("id_number", "370102")):
        with pytest.raises(FieldError):
            proxies.checked(name, text, own, office.now.date())
    await take(office, view.number)
    assert await hand_to_proxy(office, view) == "no_proxy"
    async with office.database.transaction() as session:
        await set_due(session, office.now.date(), {view.id: -1})
    named = await office.do(proxies.name_proxy, view.id, person)
    assert named.until > office.now.date()  # the day is past, and the card still lies here
    assert person["id_number"] not in repr(named)
    data = await office.see(proxies.letter, view.id, office.now)
    assert data is not None
    words = {data.values[name] for name in ("name", "id_number", "proxy_name", "proxy_id_number")}
    assert words == {NAME, own, "王样本", id_number(7)}
    assert data.values["addressee"] == PLACE
    assert render(proxies.FORM, data).startswith(b"%PDF")
    assert await hand_to_proxy(office, view) == "handed"
    (row,) = await office.rows(Proxy)
    assert (row.person, row.ended_at) == (None, office.now)
    with pytest.raises(NotAllowed, match="over"):
        await office.do(proxies.name_proxy, view.id, person)


async def hand_to_proxy(office: Office, application: ApplicationView) -> str:
    async with office.database.transaction() as session:
        done = await collection.hand(session, application.id, "proxy", office.now, actor=OFFICER)
    return done.outcome


async def test_a_proxy_goes_with_the_sweep_when_the_counter_handed_the_card_out(
    office: Office,
) -> None:
    view = await making(office)
    person = {"name": "王样本", "id_number": id_number(7), "phone": "13900000000"}
    await office.do(proxies.name_proxy, view.id, person)
    first, letter = await office.file("first"), await office.file("letter")
    await office.see(proxies.letter, view.id, office.now)
    async with office.database.transaction() as session:
        assert await proxies.keep_letter(session, view.id, first, office.now)
        assert await proxies.keep_letter(session, view.id, letter, office.now)
        await proxies.forget_over(session, office.now)
    assert (await office.rows(Proxy))[0].person == person
    await office.told(view, "collectable", "collected", start=3)
    async with office.database.transaction() as session:
        await proxies.forget_over(session, office.now)
    (row,) = await office.rows(Proxy)
    assert (row.person, row.file_id) == (None, None)
    assert {file.expires_at for file in await office.rows(StoredFile)} == {office.now}
    late = await office.file("late")
    async with office.database.transaction() as session:
        assert not await proxies.keep_letter(session, view.id, late, office.now)
    assert {file.expires_at for file in await office.rows(StoredFile)} == {office.now}
