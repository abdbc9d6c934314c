"""What an import found: counted, row by row, in the words of who wrote the workbook."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

import yaml

HERE = Path(__file__).parent
EITHER = "”或“"
"""Between the titles of columns of which one must be there."""


@cache
def messages(language: str = "zh") -> Mapping[str, str]:
    """Texts by code."""
    name = "messages_en.yaml" if language == "en" else "messages.yaml"
    return MappingProxyType(yaml.safe_load((HERE / name).read_text(encoding="utf-8")))


class UnreadableError(Exception):
    """The file as a whole can't be read; `code` says why."""

    def __init__(self, code: str, **values: object) -> None:
        super().__init__(code)
        self.code = code
        self.values = values


@dataclass(frozen=True)
class RowError:
    """One thing about a row. `row` counts as the spreadsheet does, from 1; None: the whole file.

    `message` is in the language of the workbook, Chinese; `english` is the same.
    """

    row: int | None
    column: str | None
    code: str
    message: str
    english: str = field(default="", compare=False)


@dataclass(frozen=True)
class Report:
    """The outcome. With any error nothing was written.

    Args:
        rows: rows of data seen; blank ones are not counted.
        created, changed, unchanged: what the rows came to, or would come to in a dry run.
        skipped: rows that say that there is nothing to record.
        applications: applications under way that were taken over (cards only).
    """

    rows: int = 0
    created: int = 0
    changed: int = 0
    unchanged: int = 0
    skipped: int = 0
    applications: int = 0
    errors: tuple[RowError, ...] = ()
    notices: tuple[RowError, ...] = ()
    written: bool = False

    @property
    def ok(self) -> bool:
        """Whether nothing stands in the way."""
        return not self.errors

    def as_dict(self) -> dict[str, Any]:
        """For `--json`."""
        return {"ok": self.ok} | asdict(self)


@dataclass
class Findings:
    """Collects errors and notices; errors beyond `limit` are only counted."""

    limit: int
    errors: list[RowError] = field(default_factory=list)
    notices: list[RowError] = field(default_factory=list)
    unlisted: int = 0

    def error(
        self, row: int | None, code: str, column: str | None = None, **values: object
    ) -> None:
        """Note what is wrong; `column` is the title that people read."""
        if len(self.errors) >= self.limit:
            self.unlisted += 1
            return
        self.errors.append(_entry(row, code, column, values))

    def notice(
        self, row: int | None, code: str, column: str | None = None, **values: object
    ) -> None:
        """Note what is worth knowing."""
        if len(self.notices) < self.limit:
            self.notices.append(_entry(row, code, column, values))

    @property
    def found(self) -> bool:
        """Whether any error was noted."""
        return bool(self.errors)

    def report(self, **counts: Any) -> Report:
        """The frozen result."""
        errors = list(self.errors)
        if self.unlisted:
            errors.append(_entry(None, "more_errors", None, {"count": self.unlisted}))
        return Report(errors=tuple(errors), notices=tuple(self.notices), **counts)


def _entry(
    row: int | None, code: str, column: str | None, values: Mapping[str, object]
) -> RowError:
    titles = column or ""
    text = messages()[code].format(column=titles, **values)
    titles = titles.replace(EITHER, "” or “")
    return RowError(row, column, code, text, messages("en")[code].format(column=titles, **values))
