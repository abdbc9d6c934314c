"""Writes a company to a folder: what HR would import, and what each person would send."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from datetime import date
from pathlib import Path

import xlsxwriter
from PIL import Image

from sandbox.company.generate import make_company
from sandbox.company.model import Company, Employee, KnownCard
from sandbox.papers import Paper, render

ROSTER_HEADINGS = (
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
_BANK_NAMES = {"icbc": "工商银行", "ccb": "建设银行", "qlb": "齐鲁银行"}
_STATUS_NAMES = {
    "normal": "正常",
    "lost": "挂失",
    "cancelled": "注销",
    "sealed": "封存",
    "making": "制卡中",
    "collectable": "待领取",
}

Rows = Sequence[Sequence[str]]


def write_company(company: Company, folder: Path, *, pictures: bool = True) -> None:
    """Writes roster and cards (CSV, XLSX), company.json and, unless told not to, the pictures."""
    folder.mkdir(parents=True, exist_ok=True)
    roster = [roster_row(employee) for employee in company.employees]
    cards = [card_row(card) for card in company.cards]
    for name, headings, rows in (
        ("roster", ROSTER_HEADINGS, roster),
        ("cards", CARD_HEADINGS, cards),
    ):
        _write_csv(folder / f"{name}.csv", headings, rows)
        _write_workbook(folder / f"{name}.xlsx", headings, rows)
    (folder / "company.json").write_text(to_json(company), encoding="utf-8")
    if pictures:
        for employee in company.employees:
            write_pictures(employee, folder / "people" / employee.number)


# The pictures that one person would send: both sides of the card, two portraits, and the
# card list of their 电子社保卡 for regions where nobody else can be asked.
_PICTURES: Mapping[str, Callable[[Employee, int], Paper]] = {
    "id_front": lambda employee, seed: render("id_front", employee, seed, "phone"),
    "id_back": lambda employee, seed: render("id_back", employee, seed, "phone"),
    "portrait": lambda employee, seed: render("portrait", employee, seed),
    "portrait_blue": lambda employee, seed: render("portrait", employee, seed, background="blue"),
    "card_list": lambda employee, seed: render("card_list", employee, seed),
}


def write_pictures(employee: Employee, folder: Path) -> None:
    """The pictures that one person would send (about 2 s)."""
    for name in _PICTURES:
        write_picture(employee, folder / f"{name}.jpg")


def write_picture(employee: Employee, path: Path) -> None:
    """One of the pictures, chosen by the file's name; nothing for another name."""
    make = _PICTURES.get(path.stem)
    if make is None:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(".part")
    unfinished.write_bytes(_as_jpeg(make(employee, employee.person.face)))
    unfinished.replace(path)


def _as_jpeg(paper: Paper) -> bytes:
    """Screenshots are PNG; what a person shares from the album is a JPEG."""
    if paper.media_type == "image/jpeg":
        return paper.image
    file = io.BytesIO()
    Image.open(io.BytesIO(paper.image)).convert("RGB").save(file, "JPEG", quality=92)
    return file.getvalue()


def read_employee(folder: Path, number: str) -> Employee | None:
    """An employee of the company that was written to the folder; None when there is none."""
    try:
        written = json.loads((folder / "company.json").read_text("utf-8"))
    except FileNotFoundError:
        return None
    today = date.fromisoformat(written["today"])
    company = make_company(written["seed"], len(written["employees"]), today)
    return next((one for one in company.employees if one.number == number), None)


def roster_row(employee: Employee) -> tuple[str, ...]:
    """One line of the roster, in the order of ROSTER_HEADINGS."""
    employer = employee.employer
    return (
        employee.number,
        employee.person.name,
        "居民身份证",
        employee.person.id_number,
        employee.phone,
        employer.name,
        employer.credit_code,
        employer.units[employee.region],
        employee.hire_date.isoformat(),
        employee.region,
    )


def card_row(card: KnownCard) -> tuple[str, ...]:
    """One line of the known cards, in the order of CARD_HEADINGS."""
    return (
        card.employee_number,
        card.province,
        card.region,
        _BANK_NAMES[card.bank],
        card.last_four,
        _STATUS_NAMES[card.status],
        card.valid_until.isoformat() if card.valid_until else "",
    )


def to_json(company: Company) -> str:
    """The whole company as JSON: dates as ISO text, traits as sorted lists."""

    def plain(value: object) -> object:
        if isinstance(value, date):
            return value.isoformat()
        if isinstance(value, frozenset):
            return sorted(value)
        raise TypeError(type(value).__name__)

    return json.dumps(asdict(company), ensure_ascii=False, indent=1, default=plain)


def _write_csv(path: Path, headings: Sequence[str], rows: Rows) -> None:
    # With a byte order mark, or Excel shows Chinese headings as rubbish.
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(headings)
        writer.writerows(rows)


def _write_workbook(path: Path, headings: Sequence[str], rows: Rows) -> None:
    with xlsxwriter.Workbook(str(path)) as book:
        sheet = book.add_worksheet()
        bold = book.add_format({"bold": True})
        for column, heading in enumerate(headings):
            sheet.write_string(0, column, heading, bold)
        for line, row in enumerate(rows, start=1):
            for column, value in enumerate(row):
                sheet.write_string(line, column, value)
        sheet.set_column(0, len(headings) - 1, 20)
        sheet.freeze_panes(1, 0)
