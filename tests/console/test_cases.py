"""A case in the console: taken by one, written in, handed over, decided, found, and live."""

from __future__ import annotations

import asyncio
import io
from datetime import timedelta

from PIL import Image

from services import cases
from services.people import roles
from storage.models import Application, ApplicationStatus, CaseStatus, Role, WaitingFor
from tests.console.office import HERE, Browser, Office


async def view(office: Office) -> cases.CaseView:
    """The office's case as it is now."""
    async with office.database.reading() as session:
        found = await cases.by_number(session, office.refs["case"])
    assert found is not None
    return found


async def does(browser: Browser, office: Office, verb: str, **values: str) -> str:
    """A verb of the case page; what it said."""
    answer = await browser.post(f"/cases/{office.refs['case']}/{verb}", **values)
    assert answer.status == 303, (verb, answer.status)
    return answer.headers["Location"].rpartition("said=")[2]


async def test_of_two_officers_one_takes_it(office: Office) -> None:
    path = f"/cases/{office.refs['case']}/take"
    await office.staff("second officer", Role.OFFICER, HERE)
    async with office.browser("officer here") as one, office.browser("second officer") as two:
        tokens = await one.form_token(), await two.form_token()
        answers = await asyncio.gather(one.post(path, tokens[0]), two.post(path, tokens[1]))
    said = sorted(answer.headers["Location"].rpartition("said=")[2] for answer in answers)
    assert said == ["case_taken", "case_too_late"]
    assert (await view(office)).status is CaseStatus.PENDING


async def test_the_whole_way_of_a_case(office: Office) -> None:
    second = await office.staff("second officer", Role.OFFICER, HERE)
    async with office.browser("officer here") as browser:
        assert await does(browser, office, "take") == "case_taken"
        assert await does(browser, office, "write", how="reply", text="您好，我来帮您。") == (
            "case_reply"
        )
        assert (await view(office)).waiting_for is WaitingFor.EMPLOYEE
        assert await does(browser, office, "write", how="note", text="要问社保局") == "case_note"
        assert await does(browser, office, "state", what="bureau") == "case_waits"
        assert (await view(office)).waiting_for is WaitingFor.BUREAU
        assert await does(browser, office, "write", how="papers", text="请补一张正面照") == (
            "case_papers"
        )
        assert await does(browser, office, "label", matter="using", priority="urgent") == (
            "case_labelled"
        )
        assert await does(browser, office, "hand-over", to=str(second.id)) == "case_handed"
        assert (await view(office)).assignee_id == second.id
        assert await does(browser, office, "state", what="resolve") == "case_resolve"
        assert await does(browser, office, "state", what="bureau") == "case_over"
        assert await does(browser, office, "state", what="reopen") == "case_reopen"
        assert await does(browser, office, "state", what="duplicate") == "case_duplicate"
        assert (await view(office)).resolution == cases.DUPLICATE
        page = await browser.text(f"/cases/{office.refs['case']}")
    for words in ("我的卡在哪里？", "您好，我来帮您。", "要问社保局", "紧急", second.name):
        assert words in page
    said = [(m.author, m.internal, m.text) for m in (await view(office)).messages]
    assert ("officer", True, "要问社保局") in said


async def test_a_decision_needs_its_reason_and_ends_the_case(office: Office) -> None:
    first = await view(office)
    async with office.database.transaction() as session:
        case = await cases.open_case(
            session, first.person_id, "paper_question", first.application_id, office.clock.now()
        )
    office.refs["case"] = case.number
    async with office.browser("officer here") as browser:
        assert "姓名写法不同" in await browser.text(f"/cases/{case.number}")
        for wrong in ("", "papers_ok", "papers_ok.because", "filed.counter"):
            assert await does(browser, office, "decide", choice=wrong) == "decided_before"
        assert (await view(office)).status is not CaseStatus.RESOLVED
        assert await does(browser, office, "decide", choice="papers_ok.name_variant") == "decided"
    assert (await view(office)).status is CaseStatus.RESOLVED


async def test_what_was_looked_up_is_said_here_with_its_picture(office: Office) -> None:
    """As in the group: two presses, and a picture that only HR sees."""
    first = await view(office)
    assert first.application_id is not None
    async with office.database.transaction() as session:
        application = await session.get_one(Application, first.application_id)
        application.status = ApplicationStatus.REVIEWING
        case = await cases.open_case(
            session, first.person_id, "card_by_hand", application.id, office.clock.now()
        )
    office.refs["case"] = case.number
    stream = io.BytesIO()
    Image.new("RGB", (640, 480), "white").save(stream, "JPEG")
    async with office.browser("officer here") as browser:
        page = await browser.text(f"/cases/{case.number}")
        assert "审核通过，在制卡" in page
        assert "查询截图" in page
        path = f"/cases/{case.number}/decide"
        picture = stream.getvalue()
        for said in ("decided_with_proof", "decided_before"):  # pressed twice: recorded once
            answer = await browser.post(path, choice="card_making.portal", file=picture)
            assert answer.headers["Location"].endswith(f"said={said}")
        looked_up = await view(office)
        (proof,) = [each for each in looked_up.messages if each.media]
        assert (looked_up.waiting_for, proof.internal, proof.media) == (
            WaitingFor.BANK,
            True,
            "photo",
        )
        seen = await browser.post(
            f"/cases/{case.number}/look", message=str(proof.id), reason="verify"
        )
        assert 'class="paper" src="data:image/' in await seen.text()
        assert await does(browser, office, "write", how="papers", text="") == "text_missing"
        answer = await browser.post(
            f"/cases/{case.number}/write", how="note", text="", file=picture
        )
        assert answer.headers["Location"].endswith("said=case_note")
    notes = [each for each in (await view(office)).messages if each.media and each.internal]
    assert len(notes) == 2


async def test_a_case_goes_only_to_who_may_act_on_it(office: Office) -> None:
    far = office.people["officer elsewhere"]
    async with office.browser("officer here") as browser:
        assert await does(browser, office, "hand-over", to=str(far.id)) in (
            "case_away",
            "case_not_yours",
        )
        assert await does(browser, office, "hand-over", to="x") == "case_to_whom"
        assert await does(browser, office, "write", how="reply", text="") == "text_missing"
        long = await does(browser, office, "write", how="reply", text="长" * 3501)
        assert long == "case_too_long"
    assert (await view(office)).assignee_id is None


async def test_cases_are_found_by_number_and_by_words(office: Office) -> None:
    number = office.refs["case"]
    async with office.browser("officer here") as browser:
        token = await browser.form_token()
        for words in (number, office.people["employee"].number, "卡在哪里"):
            text = await (await browser.post("/cases", token, words=words)).text()
            assert f"/console/cases/{number}" in text, words
        assert "两个字" in await (await browser.post("/cases", token, words="卡")).text()
    async with office.browser("officer elsewhere") as browser:
        for words in (number, "卡在哪里"):
            text = await (await browser.post("/cases", words=words)).text()
            assert f"/console/cases/{number}" not in text, words


async def news(answer: object, stop: float = 20) -> str:
    """The next event of a stream."""
    async with asyncio.timeout(stop):
        async for line in answer.content:  # type: ignore[attr-defined]
            if line.startswith(b"event:"):
                return str(line.decode().partition(":")[2].strip())
    return "end"


async def test_the_page_is_live_until_the_session_ends(office: Office) -> None:
    path, person = f"/cases/{office.refs['case']}/live", office.people["officer here"]
    async with office.browser("officer here") as browser:
        stream = await browser.get(path)
        assert stream.headers["Content-Type"].startswith("text/event-stream")
        assert "default-src 'none'" in stream.headers["Content-Security-Policy"]
        async with office.database.transaction() as session:
            found = await view(office)
            await cases.write(session, found.id, "还在吗？", office.clock.now())
        assert await news(stream) == "changed"
        async with office.database.transaction() as session:
            await roles.revoke(session, person.id, Role.OFFICER, office.clock.now())
        assert await news(stream) == "over"
    async with office.browser("manager here") as browser:
        stream = await browser.get(path)
        office.clock.advance(timedelta(minutes=30))  # looking on does not keep a session alive
        assert await news(stream) == "over"


async def test_open_streams_do_not_hold_up_the_end(small_office: Office) -> None:
    async with small_office.browser("officer here") as browser:
        stream = await browser.get(f"/cases/{small_office.refs['case']}/live")
        small_office.runtime.stop()
        assert await news(stream) == "end"


async def test_who_was_rated_low_cannot_see_who_asked_for_a_colleague(office: Office) -> None:
    colleague = await office.staff("colleague", Role.OFFICER, HERE)
    person, now = office.people["employee"], office.clock.now()
    async with office.database.transaction() as session:
        case = await cases.open_case(session, person.id, "follow_up", None, now, text="没人理我")
        await cases.take(session, case.id, colleague.id, now)
    for name, status in (("officer here", 404), ("manager here", 404), ("colleague", 200)):
        async with office.browser(name) as browser:
            shown = status == 200
            assert (await browser.get(f"/cases/{case.number}")).status == status, name
            for page in ("/cases", "/cases?view=todo", f"/people/{office.refs['person']}"):
                assert (case.number in await browser.text(page)) <= shown, (name, page)
            assert (case.number in await browser.text("/cases")) is shown, name
            for words in ("没人理我", case.number):
                found = await (await browser.post("/cases", words=words)).text()
                assert (f"/cases/{case.number}" in found) is shown, (name, words)
