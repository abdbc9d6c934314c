"""Reads a workbook or CSV file into rows of cells, whatever HR's computer made of it.

Hostile or broken files are refused before anything large is unpacked: a spreadsheet with one cell
at its far corner would otherwise cost gigabytes.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
import zipfile
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from xml.parsers import expat

from python_calamine import CalamineError, CalamineWorkbook, PasswordError, SheetVisibleEnum

from services.imports.report import UnreadableError
from services.imports.settings import ImportSettings

Cell = str | int | float | bool | date | datetime | time | timedelta | None
_ZIP, _OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_REFERENCE = re.compile(r"([A-Z]{1,3})([0-9]{1,7})")
_CHUNK = 1 << 20


@dataclass(frozen=True)
class Table:
    """One sheet: `rows[0]` is row 1 of the spreadsheet."""

    name: str
    rows: list[list[Cell]]
    formulas: bool = False


def read_tables(content: bytes, settings: ImportSettings) -> list[Table]:
    """The visible sheets of a workbook, or the one table of a CSV file.

    Raises:
        UnreadableError: too big, locked, broken, or no table at all.
    """
    if len(content) > settings.max_bytes:
        raise UnreadableError("file_too_big", limit=settings.max_bytes // (1024 * 1024))
    if content.startswith(_ZIP):
        return _workbook(content, settings, formulas=_inspect(content, settings))
    if content.startswith(_OLE):
        return _workbook(content, settings, formulas=False)
    return [_delimited(content, settings)]


def _workbook(content: bytes, settings: ImportSettings, *, formulas: bool) -> list[Table]:
    try:
        with CalamineWorkbook.from_filelike(io.BytesIO(content)) as book:
            names = [
                sheet.name
                for sheet in book.sheets_metadata
                if sheet.visible is SheetVisibleEnum.Visible
            ]
            return [_sheet(book, name, settings, formulas=formulas) for name in names]
    except PasswordError:
        raise UnreadableError("file_locked") from None
    except (CalamineError, ValueError, OSError) as error:
        # The library's own words may quote cells, so they go no further.
        locked = "password" in str(error).lower() or "encrypt" in str(error).lower()
        raise UnreadableError("file_locked" if locked else "file_broken") from None


def _sheet(book: CalamineWorkbook, name: str, settings: ImportSettings, *, formulas: bool) -> Table:
    sheet = book.get_sheet_by_name(name)
    if sheet.end is not None:
        _bound(sheet.end[0] + 1, sheet.end[1] + 1, settings)
    rows = [list[Cell](row) for row in sheet.to_python(skip_empty_area=False)]
    return Table(name, rows, formulas)


def _bound(rows: int, columns: int, settings: ImportSettings) -> None:
    if rows > settings.max_rows + settings.header_rows or columns > settings.max_columns:
        raise UnreadableError("too_many_rows", rows=settings.max_rows, columns=settings.max_columns)


def _inspect(content: bytes, settings: ImportSettings) -> bool:
    """Unpack once, in pieces, to measure it; returns whether a sheet holds formulas."""
    formulas = False
    unpacked = 0
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            names = archive.namelist()
            if "xl/workbook.xml" not in names:
                raise UnreadableError("file_type")
            for name in names:
                measure = _Measure(settings) if name.endswith(".xml") else None
                with archive.open(name) as stream:
                    while chunk := stream.read(_CHUNK):
                        unpacked += len(chunk)
                        if unpacked > settings.max_unpacked_bytes:
                            limit = settings.max_bytes // (1024 * 1024)
                            raise UnreadableError("file_too_big", limit=limit)
                        if measure:
                            measure.feed(chunk)
                formulas = formulas or (measure is not None and measure.formulas)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError, ValueError):
        raise UnreadableError("file_broken") from None
    return formulas


class _Measure:
    """Walks a worksheet's XML and refuses a filled cell too far out.

    Empty, merely formatted cells don't matter: whole columns are often formatted.
    """

    def __init__(self, settings: ImportSettings) -> None:
        self.settings = settings
        self.formulas = False
        self._row = self._column = 0
        self._sheet: bool | None = None
        self._parser = expat.ParserCreate()
        self._parser.StartElementHandler = self._start
        self._parser.StartDoctypeDeclHandler = self._refuse

    def feed(self, chunk: bytes) -> None:
        """Look at the next piece; a part that is no worksheet is left alone."""
        if self._sheet is False:
            return
        try:
            self._parser.Parse(chunk, False)
        except expat.ExpatError:
            raise UnreadableError("file_broken") from None

    def _refuse(self, *_: object) -> None:
        # No spreadsheet program writes a document type; it is there to do harm.
        raise UnreadableError("file_broken")

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        local = name.rpartition(":")[2]
        if self._sheet is None:
            self._sheet = local == "worksheet"
        if not self._sheet:
            return
        if local == "row":
            self._row = int(attributes.get("r") or self._row + 1)
            self._column = 0
        elif local == "c":
            self._place(attributes.get("r"))
        elif local in {"v", "is", "f"}:
            self.formulas = self.formulas or local == "f"
            _bound(self._row, self._column, self.settings)

    def _place(self, reference: str | None) -> None:
        match = _REFERENCE.fullmatch(reference or "")
        if match:
            self._column, self._row = _column(match[1]), int(match[2])
        else:
            self._column += 1


def _column(letters: str) -> int:
    index = 0
    for letter in letters:
        index = index * 26 + ord(letter) - ord("A") + 1
    return index


def _delimited(content: bytes, settings: ImportSettings) -> Table:
    text = _decoded(content)
    lines = text.splitlines()[: settings.header_rows]
    delimiter = max(",\t;", key=lambda mark: sum(line.count(mark) for line in lines))
    rows: list[list[Cell]] = []
    try:
        for record in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter):
            _bound(len(rows) + 1, len(record), settings)
            rows.append(list(record))
    except csv.Error:
        raise UnreadableError("file_broken") from None
    return Table("CSV", rows)


def _decoded(content: bytes) -> str:
    """UTF-8 with or without a mark, UTF-16 with a mark, or GBK as Excel in China writes it."""
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        encodings = ["utf-16"]
    else:
        encodings = ["utf-8-sig", "gb18030"]
    for encoding in encodings:
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\x00" in text:
            raise UnreadableError("file_type")
        return text
    raise UnreadableError("encoding")
