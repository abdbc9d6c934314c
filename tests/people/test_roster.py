"""The roster: HR's real workbooks, refused rows, and all or nothing."""

from __future__ import annotations

import io
import json
import zipfile
from datetime import date, datetime, timedelta

import pytest
from sqlmodel import select

from services.documents.idnumber import check_character
from services.imports import ImportSettings, Report, import_roster
from services.people import by_id_number, by_phone, everybody, leave
from storage.database import Database
from storage.models import AuditEntry, Employer, Person, PersonStatus
from tests.people.makers import CREDIT_CODE, EMPLOYER, HEADINGS, id_number, row, sheet, text

SETTINGS = ImportSettings()


async def load(
    database: Database, content: bytes, now: datetime, *, dry_run: bool = False
) -> Report:
    async with database.transaction() as session:
        return await import_roster(session, content, now, settings=SETTINGS, dry_run=dry_run)


async def count(database: Database) -> int:
    async with database.reading() as session:
        return len((await session.exec(select(Person))).all())


def codes(report: Report) -> list[tuple[int | None, str]]:
    return [(error.row, error.code) for error in report.errors]


async def test_a_good_workbook(database: Database, now: datetime) -> None:
    report = await load(database, sheet([row(n) for n in range(5)]), now)
    assert (report.ok, report.written, report.rows, report.created) == (True, True, 5, 5)
    async with database.reading() as session:
        found = await by_id_number(session, id_number(3))
        assert found is not None
        assert (found.number, found.employer_name) == ("E003", EMPLOYER)
        assert (found.unit_number, found.hire_date) == ("370100001", date(2026, 3, 2))
        assert (found.sex, found.birth) == ("男", date(1990, 1, 4))
        assert [e.id for e in await by_phone(session, "+86 154-0000-0003")] == [found.id]


async def test_a_dry_run_writes_nothing(database: Database, now: datetime) -> None:
    report = await load(database, sheet([row(1)]), now, dry_run=True)
    assert (report.ok, report.written, report.created) == (True, False, 1)
    assert await count(database) == 0
    async with database.reading() as session:
        assert (await session.exec(select(AuditEntry))).all() == []
        assert (await session.exec(select(Employer))).all() == []


async def test_one_bad_row_stops_all(database: Database, now: datetime) -> None:
    broken = id_number(2)[:-1] + ("0" if id_number(2)[-1] != "0" else "1")
    report = await load(database, sheet([row(1), row(2, 证件号码=broken)]), now)
    assert codes(report) == [(3, "number_checksum")]
    assert report.errors[0].column == "证件号码"
    assert not report.written
    assert await count(database) == 0


async def test_no_value_of_a_row_is_repeated(database: Database, now: datetime) -> None:
    bad = [
        row(1, 证件号码="370102199002309996"),
        row(2, 手机号="1550000"),
        row(3, 姓名="=cmd|' /C calc'!A0"),
        row(4, 入职日期="去年春天"),
        row(5, 参保地区划代码="亚特兰蒂斯"),
        row(6, 统一社会信用代码="91370100000012345A"),
        row(7, 工号="E 7;--"),
        row(8, 证件号码=""),
        row(9, 证件号码="37010219900101999"),
        row(10, 证件号码=id_number(0, birth=date(2031, 1, 1))),
        row(11, 证件号码="990102199001019996"),
        row(12, 参保地区划代码="370000"),
        row(13, 入职日期="1900-01-01"),
        row(14, 姓名="样" * 600),
    ]
    report = await load(database, sheet(bad), now)
    assert [(r, c) for r, c in codes(report)] == [
        (2, "number_date"),
        (3, "phone_invalid"),
        (4, "name_invalid"),
        (5, "date_invalid"),
        (6, "region_unknown"),
        (7, "credit_code_invalid"),
        (8, "number_invalid"),
        (9, "required"),
        (10, "number_length"),
        (11, "number_future"),
        (12, "number_region"),
        (13, "region_too_wide"),
        (14, "date_range"),
        (15, "too_long"),
    ]
    shown = json.dumps(report.as_dict(), ensure_ascii=False)
    for cells in bad:
        for value in cells:
            if value not in {"居民身份证", "370100001", "2026-03-02", "370100", EMPLOYER, ""}:
                assert value not in shown


async def test_headings_and_values_as_hr_writes_them(database: Database, now: datetime) -> None:
    headings = (
        *("序号", "员工编号*", " 姓 名 ", "身份证号（18位）", "联系电话", "合同主体", "信用代码"),
        *("入职时间", "参保城市", "备注"),
    )
    day = date(2024, 3, 1)
    one, two, three, four = (id_number(n) for n in range(1, 5))
    rows: list[list[object]] = [
        [1, "1001", "欧阳 样", "'" + one, 15400000001, EMPLOYER, CREDIT_CODE, day, "济南"],
        [2, 1002, "样・提江．样", two.lower(), "+86 154 0000 0002", EMPLOYER, CREDIT_CODE],
        [3, "１００３", "样三", "３７" + three[2:], "", EMPLOYER, CREDIT_CODE, 45352, 370100],
        [None] * 9,
        [4, "1004", "样四", four, "15400000004", EMPLOYER, "", "2024/3/1", "山东济南市"],
    ]
    rows[1] += ["2024年3月1日", "山东省济南市", "无"]
    content = sheet([["2026年11月员工花名册"], [], headings, *rows], headings=("制表：样例",))
    report = await load(database, content, now)
    assert report.errors == ()
    assert (report.rows, report.created) == (4, 4)
    async with database.reading() as session:
        people = await everybody(session)
        assert [p.number for p in people] == ["1001", "1002", "1003", "1004"]
        assert [p.name for p in people] == ["欧阳样", "样·提江·样", "样三", "样四"]
        assert {p.hire_date for p in people} == {date(2024, 3, 1)}
        assert {p.region_code for p in people} == {"370100"}
        assert [p.id_number for p in people] == [id_number(n) for n in range(1, 5)]


@pytest.mark.parametrize(
    ("encoding", "delimiter"),
    [("utf-8", ","), ("utf-8-sig", ","), ("gbk", ","), ("utf-16", "\t"), ("gb18030", ";")],
)
async def test_csv_as_excel_writes_it(
    database: Database, now: datetime, encoding: str, delimiter: str
) -> None:
    content = text([row(1), row(2)]).replace(",", delimiter).encode(encoding)
    report = await load(database, content, now)
    assert (report.errors, report.created) == ((), 2)


async def test_numbers_that_excel_has_rounded(database: Database, now: datetime) -> None:
    rows = [list(row(1)), list(row(2))]
    rows[0][3] = float(id_number(1)[:17] + "0")  # type: ignore[call-overload]
    rows[1][3] = "3.70102E+17"
    report = await load(database, sheet(rows), now)
    assert codes(report) == [(2, "number_stored"), (3, "number_stored")]


async def test_old_and_foreign_papers(database: Database, now: datetime) -> None:
    fifteen = id_number(1)[:6] + id_number(1)[8:17]
    rows = [row(1, 证件号码=fifteen), row(2, 证件类型="护照", 证件号码="e12345678")]
    report = await load(database, sheet(rows), now)
    assert report.errors == ()
    assert [n.code for n in report.notices] == ["notice_fifteen"]
    async with database.reading() as session:
        people = await everybody(session)
        assert [p.id_number for p in people] == [id_number(1), "E12345678"]
        assert (people[1].sex, people[1].birth) == (None, None)


async def test_permits_have_numbers_of_their_own(database: Database, now: datetime) -> None:
    permits = {"港澳台居民居住证": "810000", "外国人永久居留身份证": "937840"}
    rows = []
    for serial, (kind, place) in enumerate(permits.items(), start=1):
        body = f"{place}19900101999"
        number = body + check_character(body)
        rows.append(row(serial, 证件类型=kind, 证件号码=number))
        rows.append(row(serial + 5, 证件类型=kind, 证件号码=id_number(serial)))
    report = await load(database, sheet(rows), now)
    assert codes(report) == [(3, "paper_invalid"), (5, "paper_invalid")]


async def test_doubles_inside_the_file(database: Database, now: datetime) -> None:
    rows = [
        row(1),
        row(2, 证件号码=id_number(1)),
        row(3, 工号="E001"),
        row(4, 手机号="15400000001"),
        row(5, 用人单位="另一家样例公司"),
    ]
    report = await load(database, sheet(rows), now)
    assert codes(report) == [
        (3, "duplicate_person"),
        (4, "duplicate_number"),
        (6, "employer_conflict"),
    ]
    assert [(n.row, n.code) for n in report.notices] == [(5, "notice_phone_shared")]


async def test_changes_and_unchanged(database: Database, now: datetime) -> None:
    await load(database, sheet([row(n) for n in range(4)]), now)
    later = now + timedelta(days=1)
    rows = [row(0), row(1, 手机号="15400000099"), row(2, 手机号="", 工号="N2"), row(9)]
    report = await load(database, sheet(rows), later)
    assert (report.created, report.changed, report.unchanged) == (1, 2, 1)
    notices = {n.code: n for n in report.notices}
    assert notices["notice_number_changed"].row == 4
    assert "E003" in notices["notice_missing"].message
    async with database.reading() as session:
        people = {p.number: p for p in await everybody(session)}
        assert people["E001"].phone == "15400000099"
        assert people["N2"].phone == "15400000002"
        assert len(people) == 5
        assert await by_phone(session, "15400000001") == ()


async def test_somebody_elses_number(database: Database, now: datetime) -> None:
    await load(database, sheet([row(1), row(2)]), now)
    rows = [row(1, 证件号码=id_number(50), 姓名="别的人"), row(2, 证件号码=id_number(1))]
    report = await load(database, sheet(rows), now)
    assert codes(report) == [(2, "number_taken"), (3, "person_conflict")]
    corrected = await load(database, sheet([row(1, 证件号码=id_number(60))]), now)
    assert (corrected.errors, corrected.changed) == ((), 1)
    async with database.reading() as session:
        assert await by_id_number(session, id_number(1)) is None
        assert await by_id_number(session, id_number(60)) is not None


async def test_a_leaver_comes_back(database: Database, now: datetime) -> None:
    await load(database, sheet([row(1)]), now)
    async with database.transaction() as session:
        person = (await everybody(session))[0]
        await leave(session, person.id, now)
    report = await load(database, sheet([row(1)]), now)
    assert (report.changed, [n.code for n in report.notices]) == (1, ["notice_rehired"])
    async with database.reading() as session:
        found = await by_id_number(session, id_number(1))
        assert found is not None
        assert found.status is PersonStatus.ACTIVE


async def test_employers_by_name_or_code(database: Database, now: datetime) -> None:
    unknown = await load(database, sheet([row(1, 统一社会信用代码="")]), now)
    assert codes(unknown) == [(2, "employer_unknown")]
    mixed = await load(database, sheet([row(1, 统一社会信用代码=""), row(2)]), now)
    assert (mixed.errors, mixed.created) == ((), 2)
    known = await load(database, sheet([row(3, 用人单位="")]), now)
    assert (known.errors, known.created) == ((), 1)
    async with database.reading() as session:
        assert len((await session.exec(select(Employer))).all()) == 1


async def test_missing_and_doubled_columns(database: Database, now: datetime) -> None:
    few = ("工号", "姓名", "证件号码")
    report = await load(database, sheet([(*row(1)[:2], id_number(1))], headings=few), now)
    assert [e.code for e in report.errors] == ["column_missing", "column_missing", "column_group"]
    twice = await load(database, sheet([(*row(1), "E1")], headings=(*HEADINGS, "员工编号")), now)
    assert [e.code for e in twice.errors] == ["column_twice"]
    nothing = await load(database, sheet([["a", "b"]], headings=("x", "y")), now)
    assert [e.code for e in nothing.errors] == ["header_missing"]
    empty = await load(database, sheet([]), now)
    assert [e.code for e in empty.errors] == ["no_rows"]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"PK\x03\x04 not a workbook", "file_broken"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "file_broken"),
        (b"\x89PNG\r\n\x1a\n" + bytes(200), "file_type"),
        (b"\xff\xff\xfe\x80", "encoding"),
        (b"", "header_missing"),
        (bytes(11 * 1024 * 1024), "file_too_big"),
    ],
)
async def test_what_is_no_table(
    database: Database, now: datetime, content: bytes, code: str
) -> None:
    report = await load(database, content, now)
    assert [e.code for e in report.errors] == [code]


def with_sheet(xml: str) -> bytes:
    """The good workbook with its sheet's XML replaced."""
    stream = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(sheet([row(1)]))) as good,
        zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as bad,
    ):
        for name in good.namelist():
            bad.writestr(name, xml if name.endswith("sheet1.xml") else good.read(name))
    return stream.getvalue()


_NS = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
_FAR = "<c r='XFD1048576'><v>1</v></c>"


@pytest.mark.parametrize(
    ("xml", "code"),
    [
        (f"<worksheet {_NS}><sheetData><row>{_FAR}</row></sheetData></worksheet>", "too_many_rows"),
        (
            f"<worksheet {_NS}><sheetData><row r='999999'><c><v>1</v></c></row></sheetData>"
            "</worksheet>",
            "too_many_rows",
        ),
        (
            f"<worksheet {_NS}><sheetData><row r='1'>{'<c/>' * 300}<c><v>1</v></c></row>"
            "</sheetData></worksheet>",
            "too_many_rows",
        ),
        (f"<!DOCTYPE w [<!ENTITY a 'b'>]><worksheet {_NS}/>", "file_broken"),
        (f"<worksheet {_NS}><sheetData><row r='1'>", "file_broken"),
        (f"<worksheet {_NS}>{' ' * (201 * 1024 * 1024)}</worksheet>", "file_too_big"),
    ],
    ids=["far cell", "far row", "wide row", "entities", "cut off", "bomb"],
)
async def test_hostile_workbooks_are_refused_unopened(
    database: Database, now: datetime, xml: str, code: str
) -> None:
    report = await load(database, with_sheet(xml), now)
    assert [e.code for e in report.errors] == [code]


async def test_formulas_are_read_by_their_results(database: Database, now: datetime) -> None:
    import xlsxwriter

    stream = io.BytesIO()
    with xlsxwriter.Workbook(stream) as book:
        page = book.add_worksheet()
        page.write_row(0, 0, HEADINGS)
        for column, value in enumerate(row(1)):
            page.write_formula(1, column, f'="{value}"', None, value)
    report = await load(database, stream.getvalue(), now)
    assert (report.errors, report.created) == ((), 1)
    assert [n.code for n in report.notices] == ["notice_formulas"]


async def test_many_errors_are_listed_up_to_a_limit(database: Database, now: datetime) -> None:
    report = await load(database, sheet([row(0, 手机号="1")] * 300), now)
    assert len(report.errors) == SETTINGS.max_errors + 1
    assert report.errors[-1].code == "more_errors"
