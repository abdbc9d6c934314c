"""Tables as Excel workbooks: text stays text, whatever it begins with."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Sequence

import xlsxwriter

_OPTIONS = {
    "in_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
}


async def workbook(title: str, headings: Sequence[str], rows: Sequence[Sequence[str]]) -> bytes:
    """One sheet with a heading row that stays in sight and can be filtered."""
    return await asyncio.to_thread(_write, title, headings, rows)


def _write(title: str, headings: Sequence[str], rows: Sequence[Sequence[str]]) -> bytes:
    stream = io.BytesIO()
    with xlsxwriter.Workbook(stream, _OPTIONS) as book:
        sheet = book.add_worksheet(title[:31])
        bold = book.add_format({"bold": True})
        for column, heading in enumerate(headings):
            sheet.write_string(0, column, heading, bold)
        for line, cells in enumerate(rows, start=1):
            for column, cell in enumerate(cells):
                sheet.write_string(line, column, cell)
        sheet.freeze_panes(1, 0)
        sheet.autofilter(0, 0, len(rows), len(headings) - 1)
        sheet.autofit()
    return stream.getvalue()
