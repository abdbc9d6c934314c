"""HR's verbs on pages do what the command line's do, and leave the same traces."""

from __future__ import annotations

import asyncio
import io
import re

import openpyxl
from PIL import Image
from sqlmodel import col, select

from services import broadcasts
from services.people import audit, people, roles
from storage.models import (
    AuditEntry,
    BroadcastReceipt,
    FileView,
    InboxEvent,
    Person,
    Role,
    StoredFile,
)
from tests.console.office import ELSEWHERE, HERE, Office
from tests.people.makers import row, sheet


async def test_a_paper_is_shown_with_a_reason_and_marked(small_office: Office) -> None:
    stream = io.BytesIO()
    Image.new("RGB", (800, 500), "#dfe9f5").save(stream, "JPEG")
    name = await small_office.runtime.files.write(stream.getvalue())
    async with small_office.database.transaction() as session:
        file = (await session.exec(select(StoredFile))).one()
        file.name = name
    path = f"/documents/{small_office.refs['document']}"
    async with small_office.browser("officer here") as browser:
        door = await browser.text(path)
        assert "data:image" not in door
        assert str(small_office.people["employee"].id_number) not in door
        token = await browser.form_token(path)
        refused = await browser.post(path, token, reason="curiosity")
        assert "请先选一个查看原因" in await refused.text()
        shown = await browser.post(path, token, reason="verify", note="核对姓名")
        text = await shown.text()
    assert "data:image/jpeg;base64," in text
    assert str(small_office.people["employee"].id_number) in text
    assert shown.headers["Cache-Control"] == "no-store"
    async with small_office.database.reading() as session:
        (view,) = (await session.exec(select(FileView))).all()
        (entry,) = await audit.entries(session, f"document:{small_office.refs['document']}")
    assert (view.actor, view.reason) == (
        f"person:{small_office.people['officer here'].id}",
        "verify",
    )
    assert entry.detail == {"reason": "verify", "note": "核对姓名"}


async def test_what_cannot_be_opened_says_so(small_office: Office) -> None:
    path = f"/documents/{small_office.refs['document']}"
    async with small_office.browser("officer here") as browser:
        token = await browser.form_token(path)
        answer = await browser.post(path, token, reason="verify")
        assert "图片打不开" in await answer.text()
        async with small_office.database.transaction() as session:
            file = (await session.exec(select(StoredFile))).one()
            file.deleted_at = small_office.clock.now()
        assert "已经按规定删除" in await (await browser.post(path, token, reason="verify")).text()


async def test_a_roster_is_checked_then_written_once(office: Office) -> None:
    good = sheet([row(500), row(501)])
    bad = sheet([row(502, 证件号码="123")])
    async with office.browser("officer of all") as browser, office.browser("admin of all") as other:
        token = await browser.form_token()
        refused = await (await browser.post("/imports", token, kind="roster", file=bad)).text()
        assert "发现" in refused
        assert 'name="upload"' not in refused
        text = await (await browser.post("/imports", token, kind="roster", file=good)).text()
        assert "检查通过" in text
        async with office.database.reading() as session:
            assert not await people.by_number(session, "E500")
        written = text.partition('action="/console/imports/write"')[2].partition("</form>")[0]
        hidden = dict(re.findall(r'name="(\w+)" value="([^"]*)"', written))
        send = {key: hidden[key] for key in ("kind", "upload", "proof")}
        stolen = await other.post("/imports/write", None, **send)
        assert stolen.headers["Location"].endswith("file_gone")
        assert "已写入" in await (await browser.post("/imports/write", token, **send)).text()
        again = await browser.post("/imports/write", token, **send)
        assert again.headers["Location"].endswith("file_gone")
    async with office.database.reading() as session:
        assert len(await people.by_number(session, "E500")) == 1


async def test_roles_are_given_only_within_ones_own_area(small_office: Office) -> None:
    person = small_office.refs["person"]
    async with small_office.browser("admin here") as browser:
        token = await browser.form_token()
        for region in (ELSEWHERE, "", "370000"):
            answer = await browser.post(
                f"/people/{person}/grant", token, role="admin", region=region
            )
            assert answer.headers["Location"].endswith("out_of_reach")
        given = await browser.post(f"/people/{person}/grant", token, role="officer", region=HERE)
        assert given.headers["Location"].endswith("granted")
    async with small_office.database.reading() as session:
        (grant,) = await roles.grants(session, int(person))
    assert (grant.role, grant.region_prefix) == (Role.OFFICER, "3701")
    async with small_office.browser("admin elsewhere") as browser:
        answer = await browser.post(f"/people/{person}/revoke", grant=str(grant.id))
        assert answer.status == 404
    async with small_office.browser("admin here") as browser:
        answer = await browser.post(f"/people/{person}/revoke", grant=str(grant.id))
        assert answer.headers["Location"].endswith("revoked")
    async with small_office.database.reading() as session:
        assert await roles.grants(session, int(person)) == ()


async def test_a_message_to_all_needs_two(office: Office) -> None:
    async with office.browser("officer here") as author, office.browser("manager here") as second:
        preview = await author.post(
            "/broadcasts/preview", text="社保大厅周五不办公。", region=HERE, employer=""
        )
        assert "社保大厅周五不办公" in await preview.text()
        sent = {"text": "社保大厅周五不办公。", "region": HERE, "employer": ""}
        far = await author.post("/broadcasts", **sent | {"region": ""})
        assert far.headers["Location"].endswith("out_of_reach")
        await author.post("/broadcasts", **sent)
        own = await author.post("/broadcasts/decide", broadcast="1", what="approve")
        assert own.headers["Location"].endswith("broadcast_own")
        async with office.browser("officer elsewhere") as other:
            refused = await other.post("/broadcasts/decide", broadcast="1", what="approve")
            assert refused.headers["Location"].endswith("out_of_reach")
            assert "周五不办公" not in await other.text("/broadcasts")
        for _ in range(2):  # a second press changes nothing
            await second.post("/broadcasts/decide", broadcast="1", what="approve")
    async with office.database.transaction() as session:
        while await broadcasts.send_some(session, 1, office.clock.tick()):
            pass
    async with office.database.reading() as session:
        here = select(Person.id).where(col(Person.region_code) == HERE)
        wanted = set((await session.exec(here)).all())
        receipts = (await session.exec(select(BroadcastReceipt))).all()
        events = (
            await session.exec(select(InboxEvent).where(col(InboxEvent.kind) == "broadcast"))
        ).all()
    assert {receipt.person_id for receipt in receipts} == wanted
    assert len(events) == len(wanted)


async def test_two_who_approve_at_once_send_it_once(office: Office) -> None:
    async with office.database.transaction() as session:
        from services.console.reach import Area, Reach

        everywhere = Reach((Area(),))
        author = office.people["officer here"].id
        number = await broadcasts.propose(
            session, author, "通知", Area(), office.clock.now(), reach=everywhere
        )
    async with office.browser("manager of all") as one, office.browser("admin of all") as two:
        tokens = await one.form_token(), await two.form_token()
        answers = await asyncio.gather(
            *(
                browser.post("/broadcasts/decide", token, broadcast=str(number), what="approve")
                for browser, token in zip((one, two), tokens, strict=True)
            )
        )
    said = sorted(answer.headers["Location"].rpartition("=")[2] for answer in answers)
    assert said == ["broadcast_approved", "broadcast_decided"]


async def test_an_export_holds_ones_own_area_masked(small_office: Office) -> None:
    async with small_office.browser("officer elsewhere") as browser:
        answer = await browser.post("/exports", kind="people")
        assert "attachment" in answer.headers["Content-Disposition"]
        book = openpyxl.load_workbook(io.BytesIO(await answer.read()))
    rows = list(book.worksheets[0].iter_rows(min_row=2, values_only=True))
    assert rows
    assert {line[3] for line in rows} == {"广东省深圳市"}
    assert all("*" in str(line[6]) for line in rows)
    async with small_office.database.reading() as session:
        found = await session.exec(select(AuditEntry.verb))
        assert "export.people" in set(found.all())


async def test_people_are_found_by_number_phone_and_id(small_office: Office) -> None:
    person = small_office.people["employee"]
    async with small_office.browser("officer here") as browser:
        for words in (person.number, str(person.phone), str(person.id_number)):
            found = await (await browser.post("/people", wanted=words)).text()
            assert f"/console/people/{person.id}" in found
            assert str(person.id_number) not in found.replace(words, "")
    async with small_office.browser("officer elsewhere") as browser:
        found = await (await browser.post("/people", wanted=person.number)).text()
        assert f"/console/people/{person.id}" not in found


async def test_ends_need_a_tick(small_office: Office) -> None:
    person = small_office.refs["person"]
    async with small_office.browser("officer here") as browser:
        token = await browser.form_token()
        for verb in ("unbind", "leave"):
            answer = await browser.post(f"/people/{person}/{verb}", token)
            assert answer.headers["Location"].endswith("not_sure")
            await browser.post(f"/people/{person}/{verb}", token, sure="yes")
            async with small_office.database.reading() as session:
                found = await people.by_id(session, int(person))
            assert found is not None
            assert found.mailbox is None
            assert found.active == (verb == "unbind")


async def test_settings_show_no_secret(small_office: Office) -> None:
    from pydantic import SecretStr

    settings = small_office.runtime.settings
    settings.metrics_token = SecretStr("made-up-metrics-token")
    settings.database_url = "postgresql://somebody:made-up-password@db.example/x"
    async with small_office.browser("admin of all") as browser:
        text = await browser.text("/settings")
    assert "SHEBAO_METRICS_TOKEN" in text
    for secret in ("made-up", settings.bot_token.get_secret_value()):
        assert secret not in text


async def test_the_audit_log_shows_ones_own_area(office: Office) -> None:
    person = office.people["employee"]
    async with office.database.transaction() as session:
        await audit.record(session, "cli", "made.up", f"person:{person.id}", office.clock.now())
    async with office.browser("manager here") as browser:
        assert "made.up" in await browser.text("/audit")
    async with office.browser("manager elsewhere") as browser:
        assert "made.up" not in await browser.text("/audit")
