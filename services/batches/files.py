"""The files of a batch. They hold personal data: only their owner may read them."""

from __future__ import annotations

import io
import os
import zipfile
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import xlsxwriter

from knowledge.batches import BatchTemplate
from services.batches.views import Ready, Unready
from services.batches.words import texts

_OPTIONS = {
    "in_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
}


class Portraits:
    """A zip that is written picture by picture; one that isn't finished is taken away."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._partial = path.with_name(path.name + ".part")

    def __enter__(self) -> Self:
        descriptor = os.open(self._partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        self._file = os.fdopen(descriptor, "wb")
        self._zip = zipfile.ZipFile(self._file, "w", zipfile.ZIP_STORED)  # a JPEG is packed already
        return self

    def add(self, name: str, content: bytes) -> None:
        """One picture."""
        self._zip.writestr(name, content)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        empty = not self._zip.namelist()
        self._zip.close()
        self._file.close()
        if kind is not None or empty:
            self._partial.unlink()
        else:
            self._partial.chmod(0o600)
            self._partial.replace(self.path)


def save(path: Path, content: bytes) -> None:
    """Write a file at once and for its owner alone, also when an older one is there."""
    partial = path.with_name(path.name + ".part")
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
    partial.chmod(0o600)
    partial.replace(path)


def workbook(template: BatchTemplate, rows: Sequence[Ready]) -> bytes:
    """The bureau's workbook: every cell is text, whatever it begins with."""
    stream = io.BytesIO()
    with xlsxwriter.Workbook(stream, _OPTIONS) as book:
        sheet = book.add_worksheet(template.title)
        text = book.add_format({"num_format": "@"})
        ours = book.add_format({"bold": True, "num_format": "@"})
        theirs = book.add_format({"bold": True, "num_format": "@", "bg_color": "#FFF2CC"})
        for index, column in enumerate(template.columns):
            sheet.write_string(0, index, column.title, theirs if column.by_hand else ours)
            sheet.set_column(index, index, max(12, len(column.title) * 2), text)
        for line, row in enumerate(rows, start=1):
            for index, cell in enumerate(row.cells):
                if cell:
                    sheet.write_string(line, index, cell, text)
        sheet.freeze_panes(1, 0)
    return stream.getvalue()


def check_sheet(
    template: BatchTemplate, ready: Sequence[Ready], unready: Sequence[Unready]
) -> bytes:
    """What isn't ready and why, what is in the workbook, and what the officer must fill in."""
    said = texts()["check"]
    stream = io.BytesIO()
    with xlsxwriter.Workbook(stream, _OPTIONS) as book:
        waiting = [(u.number, u.staff_number, u.name, u.region_code, u.why) for u in unready]
        _sheet(book, said["sheet_unready"], said["headings"], waiting)
        inside = [
            (str(line), each.number, each.staff_number, each.name, each.photo_name)
            for line, each in enumerate(ready, start=2)
        ]
        _sheet(book, said["sheet_ready"], said["ready_headings"], inside)
        _sheet(book, said["sheet_by_hand"], said["notes_headings"], _notes(template))
    return stream.getvalue()


def _notes(template: BatchTemplate) -> list[tuple[str, str]]:
    said = texts()["check"]
    by_hand = [(each.title, said["by_hand"]) for each in template.columns if each.by_hand]
    assumed = [(template.title, each) for each in template.assumed]
    assumed += [(each.title, each.assumed) for each in template.columns if each.assumed]
    if template.photo.assumed:
        assumed.append((template.photo.name, template.photo.assumed))
    return [*by_hand, *([(said["assumed"], "")] if assumed else []), *assumed]


def _sheet(book: Any, title: str, headings: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    sheet = book.add_worksheet(title)
    bold = book.add_format({"bold": True})
    for column, heading in enumerate(headings):
        sheet.write_string(0, column, heading, bold)
    for line, cells in enumerate(rows, start=1):
        for column, cell in enumerate(cells):
            sheet.write_string(line, column, cell)
    sheet.freeze_panes(1, 0)
    sheet.autofit()
