"""What batches give back."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from services.imports.report import RowError


@dataclass(frozen=True)
class Unready:
    """One application that is not in the workbook, and why."""

    number: str
    staff_number: str
    name: str = field(repr=False)
    region_code: str
    why: str


@dataclass(frozen=True)
class Ready:
    """One application in the workbook: `cells` in the template's order."""

    application_id: int
    revision: int
    number: str
    staff_number: str
    name: str = field(repr=False)
    photo_name: str = field(repr=False)
    cells: tuple[str, ...] = field(repr=False)


@dataclass(frozen=True)
class Exported:
    """One employer's batch of one region.

    Args:
        files: workbook, zip of portraits (both None when nothing is ready) and check sheet.
    """

    template: str
    region: str
    employer: str
    ready: int
    unready: int
    filed: int
    workbook: Path | None
    portraits: Path | None
    check: Path


@dataclass(frozen=True)
class Answered:
    """One row of a bureau's answer, read.

    Args:
        trouble: code of what can't be read in it; then nothing else counts.
    """

    row: int
    number: str = ""
    id_number: str = field(default="", repr=False)
    name: str = field(default="", repr=False)
    status: str = ""
    reason: str = field(default="", repr=False)
    reference: str = ""
    day: date | None = None
    place: str = field(default="", repr=False)
    due: date | None = None
    trouble: str = ""


@dataclass(frozen=True)
class Outcome:
    """What became of a row. `application` is the number of the application, never a person."""

    row: int
    code: str
    application: str | None = None
    status: str | None = None


@dataclass(frozen=True)
class AnswerReport:
    """Every row of the answer, accounted for. With `errors` the file was not read at all."""

    outcomes: tuple[Outcome, ...] = ()
    errors: tuple[RowError, ...] = ()
    notices: tuple[RowError, ...] = ()
    written: bool = False

    @property
    def ok(self) -> bool:
        """Whether the file could be read and every row was matched or known before."""
        fine = {"applied", "repeated", "older", "closed"}
        return not self.errors and all(each.code in fine for each in self.outcomes)

    @property
    def counts(self) -> dict[str, int]:
        """Rows by outcome; they add up to the rows of the file."""
        return dict(Counter(each.code for each in self.outcomes))

    def as_dict(self) -> dict[str, Any]:
        """For `--json`."""
        return {
            "ok": self.ok,
            "written": self.written,
            "rows": len(self.outcomes),
            "counts": self.counts,
            "outcomes": [vars(each) for each in self.outcomes],
            "errors": [vars(each) for each in self.errors],
            "notices": [vars(each) for each in self.notices],
        }
