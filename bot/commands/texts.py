"""Sentences and tables of the commands about people."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path
from types import MappingProxyType

import yaml
from rich.console import Console
from rich.table import Table
from sqlmodel.ext.asyncio.session import AsyncSession

from bot.commands.context import fail
from services.imports import Report, RowError
from services.people import people
from services.people.people import Employee

_FILE = Path(__file__).with_name("people.yaml")


@cache
def _texts() -> Mapping[str, str]:
    return MappingProxyType(yaml.safe_load(_FILE.read_text(encoding="utf-8")))


def say(name: str, **values: object) -> str:
    """A sentence by its name."""
    return _texts()[name].format(**values)


def show(title: str, headings: Iterable[str], rows: Iterable[Sequence[str]]) -> None:
    """A table in the terminal; long cells are folded, never cut."""
    table = Table(title=title, title_justify="left")
    for heading in headings:
        table.add_column(heading, overflow="fold")
    for row in rows:
        table.add_row(*row)
    Console(soft_wrap=False).print(table, markup=False)


def show_report(report: Report, counts: str) -> None:
    """The outcome of an import, for people."""
    console = Console()
    for title, entries in (("errors_title", report.errors), ("notices_title", report.notices)):
        if entries:
            headings = (say("row"), say("column"), say("message"))
            show(say(title), headings, [_cells(entry) for entry in entries])
    values = {key: value for key, value in report.as_dict().items() if isinstance(value, int)}
    console.print(say(counts, **values), markup=False)
    if report.errors:
        closing = say("import_refused", count=len(report.errors))
    else:
        closing = say("import_written" if report.written else "import_dry")
    console.print(closing, markup=False)


def _cells(entry: RowError) -> tuple[str, str, str]:
    row = say("whole_file") if entry.row is None else str(entry.row)
    return row, entry.column or "", entry.message


async def one_person(session: AsyncSession, number: str, employer: str | None) -> Employee:
    """The person with this 工号, or an end with a sentence."""
    employer_id = await employer_id_of(session, employer)
    found = await people.by_number(session, number.strip(), employer_id)
    if not found:
        fail(say("nobody", number=number))
    if len(found) > 1:
        fail(say("several", number=number))
    return found[0]


async def employer_id_of(session: AsyncSession, employer: str | None) -> int | None:
    """The id of an employer by name or credit code; None for none asked."""
    if employer is None:
        return None
    found = await people.employer_named(session, employer.strip())
    found_id: int | None = fail(say("no_employer")) if found is None else found.id
    return found_id


def save(path: Path, content: bytes) -> None:
    """Write a file that only its owner may read."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
    path.chmod(0o600)
