"""Finds the row of column names, and gives each row of data as fields."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType

import yaml
from pydantic import BaseModel, ConfigDict

from services.imports.report import Findings, UnreadableError
from services.imports.settings import ImportSettings
from services.imports.workbook import Cell, Table, read_tables
from services.people.identity import plain

HERE = Path(__file__).parent
_FEWEST = 2
"""Column names that a row must hold to be taken for the header."""


class Column(BaseModel):
    """A field: its title in messages and its other names."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    title: str
    required: bool = False
    any_of: str | None = None
    names: tuple[str, ...] = ()


@dataclass(frozen=True)
class Line:
    """One row of data: `row` as the spreadsheet counts, cells by field."""

    row: int
    cells: Mapping[str, Cell]


@dataclass(frozen=True)
class Lines:
    """The data of the sheet that fits best."""

    fields: frozenset[str]
    lines: tuple[Line, ...]
    formulas: bool


@cache
def columns(kind: str) -> Mapping[str, Column]:
    """The fields of a kind of workbook (`roster`, `cards`)."""
    raw = yaml.safe_load((HERE / "columns.yaml").read_text(encoding="utf-8"))[kind]
    return MappingProxyType({field: Column.model_validate(value) for field, value in raw.items()})


def title(kind: str, field: str) -> str:
    """What people call a field."""
    return columns(kind)[field].title


def read_lines(
    content: bytes, kind: str, settings: ImportSettings, findings: Findings
) -> Lines | None:
    """The rows of data, blank ones left out; None when the file's faults are in `findings`."""
    try:
        tables = read_tables(content, settings)
        table, top, places = _best(tables, kind, settings, findings)
    except UnreadableError as error:
        findings.error(None, error.code, None, **error.values)
        return None
    _check(kind, set(places), findings)
    if findings.found:
        return None
    lines = tuple(_lines(table, top, places))
    if not lines:
        findings.error(None, "no_rows")
        return None
    if table.formulas:
        findings.notice(None, "notice_formulas")
    return Lines(frozenset(places), lines, table.formulas)


def _best(
    tables: list[Table], kind: str, settings: ImportSettings, findings: Findings
) -> tuple[Table, int, dict[str, int]]:
    """The sheet and row with the most known column names."""
    known = _names(kind)
    best: tuple[Table, int, dict[str, int]] | None = None
    doubled: list[str] = []
    for table in tables:
        for index, row in enumerate(table.rows[: settings.header_rows]):
            places, twice = _places(row, known)
            if len(places) >= _FEWEST and (best is None or len(places) > len(best[2])):
                best, doubled = (table, index, places), twice
    if best is None:
        example = "、".join(c.title for c in columns(kind).values() if c.required)
        raise UnreadableError("header_missing", rows=settings.header_rows, example=example)
    for field in doubled:
        findings.error(best[1] + 1, "column_twice", title(kind, field))
    return best


def _places(row: list[Cell], known: Mapping[str, str]) -> tuple[dict[str, int], list[str]]:
    places: dict[str, int] = {}
    twice: list[str] = []
    for index, cell in enumerate(row):
        field = known.get(_folded(cell)) if isinstance(cell, str) else None
        if field and field in places:
            twice.append(field)
        elif field:
            places[field] = index
    return places, twice


@cache
def _names(kind: str) -> Mapping[str, str]:
    return MappingProxyType(
        {
            _folded(name): field
            for field, column in columns(kind).items()
            for name in (column.title, *column.names, field)
        }
    )


def _folded(text: str) -> str:
    """A column name without stars, remarks in brackets, colons and spaces."""
    bare = re.sub(r"[(（\[【].*?[)）\]】]", "", plain(text))
    return re.sub(r"[\s*＊:：_\-/]", "", bare).lower()


def _check(kind: str, fields: set[str], findings: Findings) -> None:
    groups: dict[str, list[str]] = {}
    for field, column in columns(kind).items():
        if column.required and field not in fields:
            findings.error(None, "column_missing", column.title)
        if column.any_of:
            groups.setdefault(column.any_of, []).append(field)
    for members in groups.values():
        if not fields.intersection(members):
            names = "”或“".join(title(kind, field) for field in members)
            findings.error(None, "column_group", names)


def _lines(table: Table, top: int, places: Mapping[str, int]) -> Iterator[Line]:
    for index, row in enumerate(table.rows[top + 1 :], start=top + 2):
        cells = {field: row[place] if place < len(row) else None for field, place in places.items()}
        if any(not _blank(cell) for cell in cells.values()):
            yield Line(index, cells)


def _blank(cell: Cell) -> bool:
    return cell is None or (isinstance(cell, str) and not plain(cell))
