"""The pages 新员工 and 批量申报 do what the command line's verbs do."""

from __future__ import annotations

import io
import re
import zipfile
from pathlib import Path

from sqlmodel import select

from services.applications import rows as applications
from services.applications.submitting import BY_HAND
from services.gateways import Gateways
from services.people import audit
from services.people.people import by_number
from storage.clock import local_date
from storage.models import Application, ApplicationStatus, InboxEvent, Person
from tests.console.office import Office
from tests.gateways.conftest import settings_for
from tests.people.makers import sheet
from tests.people.test_delta import change, told
from tests.sandbox.conftest import running

CHANGES = "/imports/changes"


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


async def test_the_hr_systems_changes_are_looked_at_and_then_written_once(
    office: Office, tmp_path: Path
) -> None:
    async with office.browser("officer of all") as browser:
        assert "还没有连接HR系统" in await browser.text(CHANGES)
        answer = await browser.post(CHANGES)
        assert answer.headers["Location"].endswith("hr_none")
    async with running(tmp_path / "sandbox") as hr:
        gateways = Gateways.from_settings(settings_for(hr))
        office.runtime.gateways = gateways
        await told(hr, change("joined", 600), change("joined", 601, id_number="123"))
        await told(hr, change("moved", 600, region="320500"), change("left", 600))
        async with office.browser("officer of all") as one, office.browser("admin of all") as two:
            text = await (await one.post(CHANGES)).text()
            assert "还没有写入" in text
            assert "入职 1，变更 1（其中换参保地 1），离职 1，没有通过 1。" in text
            for word in ("E600", "山东省济南市 → 江苏省苏州市", "1 位离职的员工立刻停用功能"):
                assert word in text.replace("\n", "")
            async with office.database.reading() as session:
                assert await by_number(session, "E600") == ()
                kinds = (await session.exec(select(InboxEvent.kind))).all()
            assert "person.moved" not in kinds
            await told(hr, change("joined", 602))  # it comes after the look: not written with it
            hidden = dict(re.findall(r'name="(upload|proof)" value="([^"]*)"', text))
            stolen = await two.post(f"{CHANGES}/write", **hidden)
            assert stolen.headers["Location"].endswith("file_gone")
            assert "已写入" in await (await one.post(f"{CHANGES}/write", **hidden)).text()
            again = await one.post(f"{CHANGES}/write", **hidden)
            assert again.headers["Location"].endswith("file_gone")
            await hr.fault("hr", down="503")
            down = await one.post(CHANGES)
            assert down.headers["Location"].endswith("hr_down")
        await gateways.close()
    async with office.database.reading() as session:
        (person,) = await by_number(session, "E600")
        assert not person.active
        assert await by_number(session, "E602") == ()
        entries = await audit.entries(session, "roster")
    actor = f"person:{office.people['officer of all'].id}"
    assert [one.actor for one in entries if one.verb == "roster.delta"] == [actor]
