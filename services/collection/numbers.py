"""Application numbers out of what the bank gives along: pasted lines, a workbook, a CSV file."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from services.applications.numbers import read_number
from services.imports.cells import CellError, text_of
from services.imports.settings import ImportSettings
from services.imports.workbook import read_tables

_BETWEEN = re.compile(r"[,，;；、\s]+")


@dataclass(frozen=True)
class Numbers:
    """What a list holds.

    Args:
        numbers: in their order, doubles included.
        odd_rows: rows of a sheet below its heading in which no number was found, from 1.
    """

    numbers: tuple[str, ...]
    odd_rows: tuple[int, ...] = ()


def from_text(text: str) -> Numbers:
    """Pasted or scanned: numbers between line breaks, commas or spaces. What is none is kept, so
    that it is answered."""
    return Numbers(tuple(part for part in _BETWEEN.split(text.strip()) if part))


def from_sheet(content: bytes, settings: ImportSettings) -> Numbers:
    """A workbook: the first application number of each row, in whichever column it stands.

    Raises:
        UnreadableError: too big, locked, broken, or no table at all.
    """
    numbers: list[str] = []
    odd: list[int] = []
    for table in read_tables(content, settings):
        begun = False
        for line, cells in enumerate(table.rows, start=1):
            found = next((each for each in map(_number, cells) if each), None)
            if found is not None:
                begun = True
                numbers.append(found)
            elif any(cell not in (None, "") for cell in cells) and (begun or _is_data(cells)):
                odd.append(line)
    return Numbers(tuple(numbers), tuple(odd))


def _is_data(cells: Sequence[object]) -> bool:
    """Whether it is no heading: a running number stands in it, or an odd application number."""
    return any(
        isinstance(cell, int | float) or text.isdigit() or text.upper().startswith("SB")
        for cell, text in ((cell, str(cell).strip()) for cell in cells)
    )


def _number(cell: object) -> str | None:
    try:
        return read_number(text_of(cell))  # type: ignore[arg-type]
    except CellError:
        return None
