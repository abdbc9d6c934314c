"""Known cards and running applications from HR's workbook."""

from __future__ import annotations

from datetime import date, datetime
from itertools import count

import pytest
from sqlmodel import select

from services.imports import ImportSettings, Report, import_cards
from services.people import by_number
from storage.database import Database
from storage.models import (
    Application,
    ApplicationEvent,
    ApplicationStatus,
    Card,
    CardStatus,
    Evidence,
)
from tests.people.makers import CARD_HEADINGS, employ, sheet

SETTINGS = ImportSettings()
MORE = (*CARD_HEADINGS, "受理编号", "申请日期", "业务类型")


def line(number: str = "E001", **changes: object) -> tuple[object, ...]:
    """One good row."""
    values = {
        "工号": number,
        "省份": "370000",
        "参保地": "370100",
        "银行": "工商银行",
        "卡号后四位": "0012",
        "状态": "正常",
        "有效期": "2031-05-01",
    } | changes
    return tuple(values[heading] for heading in CARD_HEADINGS)


async def load(
    database: Database,
    rows: list[tuple[object, ...]],
    now: datetime,
    *,
    dry_run: bool = False,
    headings: tuple[str, ...] = CARD_HEADINGS,
) -> Report:
    numbers = count(1)
    async with database.transaction() as session:
        return await import_cards(
            session,
            sheet(rows, headings=headings),
            now,
            settings=SETTINGS,
            new_number=lambda: f"SB-{next(numbers)}",
            dry_run=dry_run,
        )


@pytest.fixture
async def staff(database: Database, now: datetime) -> Database:
    """Three persons."""
    async with database.transaction() as session:
        for serial in (1, 2, 3):
            await employ(session, now, serial)
    return database


async def cards(database: Database) -> list[Card]:
    async with database.reading() as session:
        return list(await session.exec(select(Card).order_by("person_id")))


async def test_a_card_is_recorded_as_a_batch_says(staff: Database, now: datetime) -> None:
    report = await load(staff, [line()], now)
    assert (report.errors, report.created, report.written) == ((), 1, True)
    card = (await cards(staff))[0]
    assert (card.province_code, card.region_code, card.bank_code) == ("370000", "370100", "icbc")
    assert (card.last_four, card.status) == ("0012", CardStatus.NORMAL)
    assert (card.evidence, card.evidence_at) == (Evidence.BATCH, now)
    assert card.valid_until == date(2031, 5, 1)


async def test_names_and_numbers_as_hr_writes_them(staff: Database, now: datetime) -> None:
    rows = [
        line("E001", 省份="山东", 参保地="济南市", 银行="工行", 卡号后四位=12, 有效期="长期"),
        line("E002", 省份="", 银行="中国建设银行股份有限公司", 状态="已领取"),
        line("E003", 银行="莱商银行", 状态="挂失", 有效期=""),
    ]
    report = await load(staff, rows, now)
    assert report.errors == ()
    assert [n.code for n in report.notices] == ["notice_bank_free"]
    found = await cards(staff)
    assert [c.bank_code for c in found] == ["icbc", "ccb", "莱商银行"]
    assert [c.last_four for c in found] == ["0012"] * 3
    assert [c.valid_until for c in found] == [None, date(2031, 5, 1), None]


async def test_what_is_under_way_becomes_an_application(staff: Database, now: datetime) -> None:
    rows = [
        (*line("E001", 状态="制卡中", 卡号后四位=""), "R-1", "2026-11-01", "首次申领"),
        (*line("E002", 状态="资料审核中", 卡号后四位=""), "R-2", "", "补换"),
        (*line("E003", 状态="未申领", 银行="", 卡号后四位=""), "", "", ""),
    ]
    report = await load(staff, rows, now, headings=MORE)
    assert (report.errors, report.created, report.applications, report.skipped) == ((), 1, 2, 1)
    assert [c.status for c in await cards(staff)] == [CardStatus.MAKING]
    async with staff.reading() as session:
        found = (await session.exec(select(Application).order_by("id"))).all()
        assert [a.status for a in found] == [ApplicationStatus.MAKING, ApplicationStatus.REVIEWING]
        assert [a.number for a in found] == ["SB-1", "SB-2"]
        assert [a.reference for a in found] == ["R-1", "R-2"]
        assert [a.kind.value for a in found] == ["first", "replacement"]
        assert found[0].submitted_at is not None
        events = (await session.exec(select(ApplicationEvent))).all()
        assert {e.source for e in events} == {"import"}
    again = await load(staff, rows, now, headings=MORE)
    assert (again.applications, again.unchanged, again.created) == (0, 1, 0)
    assert {n.code for n in again.notices} == {"notice_application_exists"}


async def test_wrong_rows_write_nothing(staff: Database, now: datetime) -> None:
    rows = [
        line("E099"),
        line("E001", 状态="不知道"),
        line("E001", 银行=""),
        line("E001", 卡号后四位="6217001234567890"),
        line("E001", 省份="440000"),
        line("E001", 参保地="朝阳区"),
        line("E002"),
        line("E002", 卡号后四位="9999"),
        line("E003", 状态="注销"),
        line("E003", 状态="挂失"),
    ]
    report = await load(staff, rows, now)
    assert [(e.row, e.code) for e in report.errors] == [
        (3, "status_unknown"),
        (4, "bank_missing"),
        (5, "last_four_invalid"),
        (6, "province_mismatch"),
        (7, "region_ambiguous"),
        (2, "person_unknown"),
        (9, "second_valid_card"),
        (11, "duplicate_card"),
    ]
    assert "6217001234567890" not in str(report.as_dict())
    assert await cards(staff) == []


async def test_changes_and_better_evidence(staff: Database, now: datetime) -> None:
    await load(staff, [line("E001"), line("E002", 状态="挂失")], now)
    report = await load(
        staff, [line("E001", 状态="注销"), line("E001", 卡号后四位="7777"), line("E002")], now
    )
    assert (report.errors, report.changed, report.created) == ((), 2, 1)
    async with staff.transaction() as session:
        for card in await session.exec(select(Card)):
            card.evidence = Evidence.CONNECTOR
            session.add(card)
    kept = await load(staff, [line("E002", 状态="注销")], now)
    assert (kept.changed, kept.unchanged) == (0, 1)
    assert [n.code for n in kept.notices] == ["notice_kept_better"]
    other = await load(staff, [line("E002", 卡号后四位="8888")], now)
    assert [e.code for e in other.errors] == ["other_valid_card"]


async def test_the_same_number_at_two_employers(staff: Database, now: datetime) -> None:
    async with staff.transaction() as session:
        await employ(session, now, 1, employer="另一家", credit_code="91370100000012346M")
        assert len(await by_number(session, "E001")) == 2
    report = await load(staff, [line("E001")], now)
    assert [e.code for e in report.errors] == ["person_ambiguous"]
    named = await load(
        staff, [(*line("E001"), "另一家")], now, headings=(*CARD_HEADINGS, "用人单位")
    )
    assert (named.errors, named.created) == ((), 1)


async def test_a_dry_run_writes_nothing(staff: Database, now: datetime) -> None:
    report = await load(staff, [line(), line("E002", 状态="制卡中")], now, dry_run=True)
    assert (report.ok, report.created, report.applications, report.written) == (True, 2, 1, False)
    assert await cards(staff) == []
