"""Invitations to hand out: a printable sheet of QR codes, and a list of links."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import segno
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from services.people.invitations import Invited
from storage.clock import local_date

_FOLDER = Path(__file__).parent / "templates"
_PER_PAGE = 8
"""Two columns of four on A4."""
_QUIET_ZONE = 4
"""Modules of white around the code, as ISO/IEC 18004 asks for."""
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True)
class SheetEntry:
    """One person's place on the sheet."""

    name: str
    number: str
    employer: str
    expires: str
    link: str

    def __repr__(self) -> str:
        return "SheetEntry(…)"


def entry_of(invited: Invited, link: str) -> SheetEntry:
    """The entry of a new invitation and its link."""
    employee = invited.employee
    return SheetEntry(
        name=employee.name,
        number=employee.number,
        employer=employee.employer_name,
        expires=local_date(invited.expires_at).isoformat(),
        link=link,
    )


def qr_sheet(entries: Sequence[SheetEntry], *, contact: str = "") -> str:
    """A page of HTML to print on A4 and cut; needs no network and no script."""
    pages = [entries[start : start + _PER_PAGE] for start in range(0, len(entries), _PER_PAGE)]
    template = _environment().get_template("qr_sheet.html.j2")
    return template.render(pages=pages, contact=contact, qr=_qr)


def links_csv(entries: Sequence[SheetEntry]) -> bytes:
    """The links as CSV in UTF-8 with a byte order mark, as Excel in China expects."""
    stream = io.StringIO(newline="")
    writer = csv.writer(stream)
    writer.writerow(("工号", "姓名", "用人单位", "链接", "有效期至"))
    for one in entries:
        row = (one.number, one.name, one.employer, one.link, one.expires)
        writer.writerow([_harmless(cell) for cell in row])
    return stream.getvalue().encode("utf-8-sig")


def _harmless(cell: str) -> str:
    """Text that a spreadsheet would take for a formula is marked as text."""
    return f"'{cell}" if cell.startswith(_FORMULA) else cell


def _qr(link: str) -> Markup:
    code = segno.make(link, error="m", micro=False)
    svg = code.svg_inline(border=_QUIET_ZONE, omitsize=True, svgclass="qr", lineclass=None)
    return Markup(svg)  # noqa: S704 - segno draws paths; the link itself is not in the markup


@cache
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(_FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
