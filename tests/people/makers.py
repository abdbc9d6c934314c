"""Made-up persons and workbooks for the tests of this room. Numbers use sequence codes 996-999."""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

import xlsxwriter
from sqlmodel.ext.asyncio.session import AsyncSession

from services.documents.idnumber import check_character
from services.people import Employee, by_id
from services.people.identity import normalise_phone, number_index, phone_index
from storage.models import Employer, Person, PersonStatus

HEADINGS = (
    "工号",
    "姓名",
    "证件类型",
    "证件号码",
    "手机号",
    "用人单位",
    "统一社会信用代码",
    "单位编号",
    "入职日期",
    "参保地区划代码",
)
CARD_HEADINGS = ("工号", "省份", "参保地", "银行", "卡号后四位", "状态", "有效期")
CREDIT_CODE = "91370100000012345L"
EMPLOYER = "样例科技有限公司"


def id_number(serial: int = 0, *, birth: date = date(1990, 1, 1), sequence: str = "999") -> str:
    """A valid number of nobody; `serial` moves the birth date on."""
    day = date.fromordinal(birth.toordinal() + serial)
    body = f"370102{day:%Y%m%d}{sequence}"
    return body + check_character(body)


def row(serial: int = 0, **changes: str) -> tuple[str, ...]:
    """One good roster row, with fields replaced by heading."""
    values = {
        "工号": f"E{serial:03d}",
        "姓名": f"样{chr(0x4E00 + serial)}",
        "证件类型": "居民身份证",
        "证件号码": id_number(serial),
        "手机号": f"154{serial:08d}",
        "用人单位": EMPLOYER,
        "统一社会信用代码": CREDIT_CODE,
        "单位编号": "370100001",
        "入职日期": "2026-03-02",
        "参保地区划代码": "370100",
    } | changes
    return tuple(values[heading] for heading in HEADINGS)


def sheet(rows: Sequence[Sequence[Any]], headings: Sequence[str] = HEADINGS) -> bytes:
    """A workbook whose cells keep the type they are given."""
    stream = io.BytesIO()
    with xlsxwriter.Workbook(stream, {"in_memory": True}) as book:
        page = book.add_worksheet("花名册")
        day = book.add_format({"num_format": "yyyy/m/d"})
        for line, cells in enumerate([headings, *rows]):
            for column, cell in enumerate(cells):
                if isinstance(cell, datetime | date):
                    page.write_datetime(line, column, cell, day)
                elif isinstance(cell, str):
                    page.write_string(line, column, cell)
                elif cell is not None:
                    page.write(line, column, cell)
    return stream.getvalue()


def text(rows: Sequence[Sequence[str]], headings: Sequence[str] = HEADINGS) -> str:
    """The same as CSV."""
    return "\r\n".join(",".join(cells) for cells in [headings, *rows]) + "\r\n"


async def employ(
    session: AsyncSession,
    now: datetime,
    serial: int = 0,
    *,
    employer: str = EMPLOYER,
    credit_code: str = CREDIT_CODE,
    with_id: bool = True,
    phone: str | None = None,
    region: str = "370100",
) -> Employee:
    """A person of the roster, written straight into the database."""
    from sqlmodel import col, select

    found = await session.exec(select(Employer).where(col(Employer.credit_code) == credit_code))
    entity = found.one_or_none()
    if entity is None:
        entity = Employer(name=employer, credit_code=credit_code, unit_numbers={region: "1"})
        session.add(entity)
        await session.flush()
    number = id_number(serial) if with_id else None
    digits = normalise_phone(phone or f"154{serial:08d}")
    person = Person(
        employer_id=entity.id or 0,
        number=f"E{serial:03d}",
        name=f"样{chr(0x4E00 + serial)}",
        id_number=number,
        id_number_index=number_index(session, number) if number else None,
        phone=digits,
        phone_index=phone_index(session, digits) if digits else None,
        region_code=region,
        hire_date=date(2026, 3, 2),
        status=PersonStatus.ACTIVE,
        created_at=now,
        updated_at=now,
    )
    session.add(person)
    await session.flush()
    employee = await by_id(session, person.id or 0)
    assert employee is not None
    return employee
