"""One cell's value, in the forms that people and spreadsheets give it."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta

from services.imports.workbook import Cell
from services.people.identity import plain

_EPOCH = date(1899, 12, 30)
"""Day 0 of Excel's 1900 system, counted so that its missing leap day doesn't matter after 1900."""
_EXACT_DIGITS = 15
_SERIALS = range(18_264, 80_000)
"""1950-01-01 to 2119-01-10 as Excel serial numbers."""
_DATE = re.compile(r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?(?:[ T].*)?")
_COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})")
_ROUNDED = re.compile(r"\d(?:\.\d+)?[eE]\+?\d+")


class CellError(ValueError):
    """A value that can't be read; `code` is a message code. The text never repeats the value."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def text_of(cell: Cell) -> str:
    """A cell as text, in plain characters.

    Raises:
        CellError: `number_stored`: the spreadsheet kept a long number and lost its last digits.
    """
    if cell is None or isinstance(cell, bool):
        return ""
    if isinstance(cell, (int, float)):
        if abs(cell) >= 10**_EXACT_DIGITS:
            raise CellError("number_stored")
        return str(int(cell)) if float(cell).is_integer() else repr(cell)
    if isinstance(cell, str):
        # A leading apostrophe marks text in Excel and survives some exports.
        text = plain(cell).removeprefix("'").removeprefix("‘").strip()
        if _ROUNDED.fullmatch(text):
            raise CellError("number_stored")
        return text
    if isinstance(cell, (date, datetime)):
        return cell.isoformat()[:10]
    return ""


def date_of(cell: Cell) -> date | None:
    """A cell as a date: real dates, text such as 2026年3月1日 or 20260301, Excel serial numbers.

    Raises:
        CellError: `date_invalid`.
    """
    if isinstance(cell, datetime):
        return cell.date()
    if isinstance(cell, date):
        return cell
    text = text_of(cell)
    if not text:
        return None
    match = _DATE.fullmatch(text) or _COMPACT.fullmatch(text)
    if match:
        try:
            return date(int(match[1]), int(match[2]), int(match[3]))
        except ValueError:
            raise CellError("date_invalid") from None
    whole = text.partition(".")[0]
    if re.fullmatch(r"\d{5}", whole) and int(whole) in _SERIALS:
        return _EPOCH + timedelta(days=int(whole))
    raise CellError("date_invalid")
