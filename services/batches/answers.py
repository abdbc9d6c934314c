"""Reads a bureau's answer, whatever the officer has done to the sheet."""

from __future__ import annotations

import io
import zipfile
from datetime import date

from services.applications.numbers import read_number
from services.batches.views import Answered
from services.batches.words import status_of
from services.imports.cells import CellError, date_of, text_of
from services.imports.header import Line, read_lines
from services.imports.report import Findings
from services.imports.settings import ImportSettings
from services.people.identity import normalise_name, normalise_number

KIND = "batch"
_PROGRAMS = ("vbaproject.bin", "/externallinks/", "/activex/", "/embeddings/", "connections.xml")


def read_answer(
    content: bytes, settings: ImportSettings, findings: Findings, today: date
) -> list[Answered]:
    """Every row of data. Faults of the file as a whole are in `findings`.

    A workbook with macros, links to other files or embedded programs is refused. Formulas aren't
    computed: what the sheet has stored as their result is read as text, and a notice says so.
    """
    if _brings_programs(content):
        findings.error(None, "file_programs")
        return []
    lines = read_lines(content, KIND, settings, findings)
    if lines is None:
        return []
    return [_row(line, settings, today) for line in lines.lines]


def _brings_programs(content: bytes) -> bool:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            names = [f"/{name.lower()}" for name in archive.namelist()]
    except (zipfile.BadZipFile, ValueError):
        return False  # no workbook of that kind: reading it says what is wrong
    return any(part in name for name in names for part in _PROGRAMS)


def _row(line: Line, settings: ImportSettings, today: date) -> Answered:
    try:
        cells = {name: text_of(cell) for name, cell in line.cells.items()}
        day, due = (date_of(line.cells.get(name)) for name in ("day", "due"))
    except CellError:
        return Answered(line.row, trouble="unreadable")
    if any(len(text) > settings.max_cell_characters for text in cells.values()):
        return Answered(line.row, trouble="unreadable")
    reference = "".join(cells.get("reference", "").split())
    if len(reference) > 64 or not reference.isascii():
        return Answered(line.row, trouble="unreadable")
    status = status_of(cells.get("status", ""))
    if status is None:
        return Answered(line.row, trouble="status_unknown")
    if day is not None and day > today:
        return Answered(line.row, trouble="future")
    written = cells.get("number", "")
    return Answered(
        row=line.row,
        number=(read_number(written) or written) if written else "",
        id_number=normalise_number(cells.get("id_number", "")),
        name=normalise_name(cells.get("name", "")),
        status=status,
        reason=cells.get("reason", ""),
        reference=reference,
        day=day,
        place=cells.get("place", ""),
        due=due,
    )
