"""Out as the bureau takes it, back as the bureau gives it."""

from __future__ import annotations

import io
import zipfile
from datetime import date

import pytest
import xlsxwriter

from services import applications as apps
from services import cards, cases, collection
from services.applications.views import ApplicationView
from services.batches.answers import read_answer
from services.cases import DeskSettings, settings
from services.console.reach import Reach
from services.imports import ImportSettings
from services.imports.report import Findings, messages
from storage.models import ApplicationStatus, Evidence, Timer, WaitingFor
from tests.applications.conftest import NAME
from tests.applications.test_ratings import officer
from tests.batches.conftest import REGION, Bureau, answer_of, cells, front
from tests.people.makers import id_number

HEADINGS = ("申请编号", "姓名", "证件号码", "办理结果", "原因", "处理日期")


async def test_out_and_back(bureau: Bureau) -> None:
    """Two are ready, two are not; the officer edits the sheet; the answer is taken once."""
    first, second = await bureau.waiting(1), await bureau.waiting(2)
    no_picture = await bureau.waiting(3)
    await bureau.picture(no_picture, b"GIF89a")
    draft = await (await bureau.person(4)).documented()
    for each in (first, no_picture):
        await bureau.office.do(cases.open_case, each.person_id, "file_by_hand", each.id)
    (made,) = await bureau.export(filed=True)
    assert (made.template, made.ready, made.unready, made.filed) == ("370000", 2, 2, 2)

    header, *rows = cells(made.workbook)
    assert [row[header.index("证件号码")] for row in rows] == [id_number(1), id_number(2)]
    assert [row[header.index("申请编号")] for row in rows] == [first.number, second.number]
    assert made.portraits is not None
    with zipfile.ZipFile(made.portraits) as photos:
        assert sorted(photos.namelist()) == sorted(
            f"{id_number(serial)}{NAME}.jpg" for serial in (1, 2)
        )
        assert photos.read(photos.namelist()[0]).startswith(b"\xff\xd8\xff")
    assert made.workbook is not None
    for path in (made.workbook, made.portraits, made.check):
        assert path.stat().st_mode & 0o077 == 0
    why = {row[0]: row[4] for row in cells(made.check)[1:]}
    assert set(why) == {no_picture.number, draft.number}
    assert "JPG" in why[no_picture.number]
    assert [row[1] for row in cells(made.check, 1)[1:]] == [first.number, second.number]
    assert (await bureau.office.get(first)).status is ApplicationStatus.REVIEWING
    # Both hear of it, and no officer is asked any more for what went in.
    assert await bureau.told() == 2
    asked = [await bureau.office.see(cases.unresolved, p.person_id) for p in (first, no_picture)]
    assert [len(each) for each in asked] == [0, 1]

    # Columns moved, headings reworded, full-width digits and spaces, a stranger's row.
    wide = id_number(2).translate({ord(str(d)): chr(0xFF10 + d) for d in range(10)})
    answer = answer_of(
        [
            ("审核 通过", f" {id_number(1)} ", "样 一", ""),
            ("审核不通过", wide, NAME, "照片背景不是白色"),
            ("审核通过", id_number(9), NAME, ""),
            ("再说吧", id_number(3), NAME, ""),
        ],
        "审核结果",
        "公民身份号码",
        "持卡人姓名",
        "退回原因（必填）",
    )
    dry = await bureau.answer(answer, dry_run=True)
    assert dry.counts == {"applied": 2, "unknown": 1, "status_unknown": 1}
    assert (dry.written, await bureau.told()) == (False, 2)
    assert (await bureau.office.get(first)).status is ApplicationStatus.REVIEWING
    done = await bureau.answer(answer)
    assert (done.counts, done.written, done.ok) == (dry.counts, True, False)
    taken, returned = await bureau.office.get(first), await bureau.office.get(second)
    assert taken.status is ApplicationStatus.MAKING
    assert returned.status is ApplicationStatus.RETURNED
    assert await bureau.told() == 4
    (change,) = [
        each
        for each in await bureau.office.see(apps.untold, second.id)
        if each.status == "returned"
    ]
    assert change.source == "batch"
    assert change.mending is not None
    assert change.mending.kinds == ("portrait",)
    (card,) = await bureau.office.see(cards.cards_of, taken.person_id)
    assert card.evidence is Evidence.BATCH

    before = await bureau.office.see(apps.history, first.id)
    again = await bureau.answer(answer)
    assert again.counts == {"repeated": 2, "unknown": 1, "status_unknown": 1}
    assert await bureau.office.see(apps.history, first.id) == before
    assert await bureau.told() == 4


async def test_what_no_workbook_answers_is_looked_up_some_a_day(
    bureau: Bureau, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "_current", DeskSettings.model_validate({"look_ups_a_day": 1}))
    office = bureau.office
    views = [await bureau.waiting(serial) for serial in range(1, 4)]
    first, making, silent = views
    await office.do(cases.open_case, first.person_id, "file_by_hand", first.id)
    await bureau.export()  # nobody says that it went in, but the answer does
    headings = (*HEADINGS, "受理编号")
    answer = answer_of([(first.number, "", "", "受理", "", "", "A-1")], *headings)
    assert (await bureau.answer(answer)).counts == {"applied": 1}
    await bureau.export(filed=True)
    assert await asked_for(bureau, views) == [[], [], []]
    (timer,) = [each for each in await office.rows(Timer) if each.kind == cases.UNANSWERED]
    assert (timer.due_at - office.now).days == 5
    employer = int(timer.payload["employer_id"])
    office.wait(days=5)
    await bureau.answer(answer_of([(making.number, "", "", "制卡中", "", "")], *HEADINGS))
    # The bureau has just spoken of one; of the others one is asked for today, one tomorrow.
    look = ["card_by_hand"]
    assert await office.do(cases.unanswered_due, employer) == 1
    assert await asked_for(bureau, views) == [look, [], []]
    office.wait(days=1)
    assert await office.do(cases.unanswered_due, employer) == 0
    assert await asked_for(bureau, views) == [look, [], look]
    me = await officer(office, 7)
    (case,) = await office.see(cases.unresolved, silent.person_id)
    assert case.waiting_for is WaitingFor.OFFICER
    await office.do(cases.decide, case.id, me, "card_making.portal")
    assert (await office.get(silent)).status is ApplicationStatus.MAKING
    office.wait(days=4)
    assert await office.do(cases.unanswered_due, employer) == 0
    assert await asked_for(bureau, views) == [look, look, look]
    # Its number at the bureau came with a workbook: HR takes it back all the same.
    taken = await office.do(apps.withdraw, first.id)
    assert (taken.outcome, taken.by_hand) == ("asked", True)


async def asked_for(bureau: Bureau, views: list[ApplicationView]) -> list[list[str]]:
    """Kinds of the open cases of each person."""
    found = [await bureau.office.see(cases.unresolved, each.person_id) for each in views]
    return [[case.kind for case in each] for each in found]


async def test_the_same_return_after_mending_is_not_taken_twice(bureau: Bureau) -> None:
    view = await bureau.waiting(1)
    await bureau.export(filed=True)
    answer = answer_of([(view.number, "", "", "退回", "照片背景", "")], *HEADINGS)
    assert (await bureau.answer(answer)).counts == {"applied": 1}
    await bureau.office.do(apps.reopen_for_mending, view.id)
    assert (await bureau.answer(answer)).counts == {"repeated": 1}
    assert (await bureau.office.get(view)).status is ApplicationStatus.DRAFT


async def test_every_row_is_accounted_for(bureau: Bureau) -> None:
    one, two, three = [await bureau.waiting(serial) for serial in (1, 2, 3)]
    draft = await (await bureau.person(4)).documented(**front(4))
    elsewhere = await bureau.waiting(5, region="370200")
    rows: list[tuple[object, ...]] = [
        (one.number, "", "", "制卡中", "", "2026-11-24"),
        (one.number, "", "", "制卡中", "", "2026-11-24"),
        (two.number, "", "", "制卡中", "", ""),
        ("", "", id_number(2), "退回", "照片背景", ""),
        (three.number, "别人", "", "制卡中", "", ""),
        (three.number, "", id_number(1), "制卡中", "", ""),
        (draft.number, "", "", "制卡中", "", ""),
        (elsewhere.number, "", "", "制卡中", "", ""),
        (three.number, "", "", "制卡中", "", "2099-01-01"),
        (three.number, "", "", "制卡中", "", "明天"),
        (three.number, "", 370102199001049991, "制卡中", "", ""),
    ]
    report = await bureau.answer(answer_of(rows, *HEADINGS))
    assert [each.code for each in report.outcomes] == [
        "applied",
        "repeated",
        "twice",
        "twice",
        "mismatch",
        "mismatch",
        "not_submitted",
        "unknown",
        "future",
        "unreadable",
        "unreadable",
    ]
    assert [each.row for each in report.outcomes] == list(range(2, 13))
    assert (await bureau.office.get(two)).status is ApplicationStatus.SUBMITTING
    anywhere = answer_of([(elsewhere.number, "", "", "制卡中", "", "")], *HEADINGS)
    assert (await bureau.answer(anywhere, region="")).counts == {"applied": 1}
    late = await bureau.answer(answer_of([(one.number, "", "", "受理中", "", "")], *HEADINGS))
    assert late.counts == {"older": 1}
    # HR had the card before the bureau told of it: only the last day to collect it is news.
    everywhere = Reach.everything()
    async with bureau.office.database.transaction() as session:
        await collection.receive(
            session, [one.number], "3楼", bureau.office.now, actor="person:7", reach=everywhere
        )
    rows = [(one.number, "", "", "可领取", "", "", "2027-03-01")]
    for code in ("applied", "repeated"):
        dated = await bureau.answer(answer_of(rows, *HEADINGS, "领卡截止日期"))
        assert dated.counts == {code: 1}
    assert (await bureau.office.get(one)).due == date(2027, 3, 1)
    assert (await bureau.office.get(one)).place == "3楼"
    news = await bureau.office.see(apps.untold, one.id)
    assert "batch" not in {each.source for each in news if each.status == "collectable"}


def infected(content: bytes, **parts: str) -> bytes:
    """A workbook with further parts, or with parts replaced."""
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(stream, "w") as new:
        for name in old.namelist():
            new.writestr(name, old.read(name) if name not in parts else parts.pop(name))
        for name, text in parts.items():
            new.writestr(name, text)
    return stream.getvalue()


@pytest.mark.parametrize(
    ("part", "text", "code"),
    [
        ("xl/vbaProject.bin", "MZ", "file_programs"),
        ("xl/externalLinks/externalLink1.xml", "<a/>", "file_programs"),
        ("xl/sharedStrings.xml", "<broken", "file_broken"),
        (
            "xl/worksheets/sheet1.xml",
            '<!DOCTYPE a [<!ENTITY b "c">]><worksheet/>',
            "file_broken",
        ),
        (
            "xl/worksheets/sheet1.xml",
            "<worksheet><sheetData><row r='1048576'><c r='XFD1048576'><v>1</v></c></row>"
            "</sheetData></worksheet>",
            "too_many_rows",
        ),
    ],
)
def test_hostile_workbooks_are_refused(part: str, text: str, code: str) -> None:
    bad = infected(answer_of([("SB-1", "", "", "制卡中", "", "")], *HEADINGS), **{part: text})
    findings = Findings(10)
    assert read_answer(bad, ImportSettings(), findings, date(2026, 11, 24)) == []
    assert [each.message[:6] for each in findings.errors] == [messages()[code][:6]]


async def test_what_looks_like_a_formula_stays_text(bureau: Bureau) -> None:
    """Ours as it goes out; a bureau's, whose stored result is read and never computed."""
    view = await bureau.waiting(1)
    evil = '=HYPERLINK("http://evil.example")'
    async with bureau.office.database.transaction() as session:
        row = await apps.rows.locked(session, view.id)
        row.applicant = row.applicant | {"address": evil}
    (made,) = await bureau.export()
    header, line = cells(made.workbook)
    assert line[header.index("联系地址")] == evil
    assert made.workbook is not None
    with zipfile.ZipFile(made.workbook) as book:
        assert b"<f>" not in book.read("xl/worksheets/sheet1.xml")
    stream = io.BytesIO()
    with xlsxwriter.Workbook(stream) as workbook:
        page = workbook.add_worksheet()
        page.write_row(0, 0, ["申请编号", "办理结果"])
        page.write_string(1, 0, view.number)
        page.write_formula(1, 1, '=WEBSERVICE("http://evil.example")', None, "制卡中")
    report = await bureau.answer(stream.getvalue(), REGION)
    assert report.counts == {"applied": 1}
    assert [each.message for each in report.notices] == [messages()["notice_formulas"]]
