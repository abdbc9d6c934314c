"""The pages 新员工 and 批量申报 do what the command line's verbs do."""

from __future__ import annotations

import io
import re
import zipfile

from sqlmodel import select

from services.applications import rows as applications
from services.applications.submitting import BY_HAND
from storage.clock import local_date
from storage.models import Application, ApplicationStatus, InboxEvent, Person
from tests.console.office import Office
from tests.people.makers import sheet


async def test_new_hires_are_seen_and_reminded_within_reach(small_office: Office) -> None:
    someone = small_office.people["employee"]
    async with small_office.database.transaction() as session:
        for person in (await session.exec(select(Person))).all():
            mine = person.id == someone.id
            person.hire_date = local_date(small_office.clock.now()) if mine else None
    async with small_office.browser("officer elsewhere") as far:
        assert "没有要催的新员工" in await far.text("/newhires")
    async with small_office.browser("officer here") as browser:
        text = await browser.text("/newhires")
        assert someone.number in text
        assert "还有3个工作日" in text.replace(" ", "")
        for said in ("hires_reminded", "hires_reminded_before"):
            answer = await browser.post("/newhires/remind")
            assert answer.headers["Location"].endswith(said)
    async with small_office.database.reading() as session:
        kinds = (await session.exec(select(InboxEvent.kind))).all()
    assert list(kinds).count("newhire.remind") == 1


async def test_a_batch_goes_out_and_its_answer_comes_back_once(small_office: Office) -> None:
    async with small_office.database.transaction() as session:
        row = (await session.exec(select(Application))).one()
        number = row.number
        row.status = ApplicationStatus.SUBMITTING
        await applications.note(session, row, BY_HAND, small_office.clock.now())
    async with small_office.browser("officer here") as near:
        assert (await near.get("/batches")).status == 403
    async with small_office.browser("officer of all") as browser:
        wrong = await browser.post("/batches/export", region="999999")
        assert wrong.headers["Location"].endswith("batch_region")
        nothing = await browser.post("/batches/export", region="320500")
        assert nothing.headers["Location"].endswith("batch_nothing")
        out = await browser.post("/batches/export", region="370100")
        names = zipfile.ZipFile(io.BytesIO(await out.read())).namelist()
        assert [name.rpartition("-")[2] for name in names] == [
            "check.xlsx"  # nobody has agreed to pictures: nothing is ready
        ]
        answer = sheet(
            [(number, "制卡中"), ("SB-0000-0000", "制卡中")], headings=("申请编号", "办理结果")
        )
        dry = await (await browser.post("/batches", region="370100", file=answer)).text()
        assert "还没有写入" in dry
        hidden = dict(re.findall(r'name="(region|upload|proof)" value="([^"]*)"', dry))
        written = await (await browser.post("/batches/write", **hidden)).text()
        assert "已写入" in written
        again = await browser.post("/batches/write", **hidden)
        assert again.headers["Location"].endswith("file_gone")
    async with small_office.database.reading() as session:
        status = (await session.exec(select(Application.status))).one()
    assert status is ApplicationStatus.MAKING
