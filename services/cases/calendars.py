"""The desk's opening hours by region, read from data."""

from __future__ import annotations

from datetime import date, datetime, time
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict

from knowledge.workdays import is_workday
from knowledge.worktime import BusinessCalendar, Span
from services.cases.settings import rules

_FILE = Path(__file__).with_name("hours.yaml")


class _Hours(BaseModel):
    """The file's shape."""

    model_config = ConfigDict(extra="forbid")

    default: list[str]
    regions: dict[str, list[str]] = {}
    closed: list[date] = []
    open: list[date] = []


def calendar_of(region_code: str) -> BusinessCalendar:
    """The calendar of a region: its own hours, or the usual ones.

    Raises:
        ValueError: the hours file is not what it should be (pydantic says where).
    """
    table = _load(rules().hours_file or _FILE)
    for length in range(len(region_code), 0, -1):
        if region_code[:length] in table:
            return table[region_code[:length]]
    return table[""]


def is_open(region_code: str, now: datetime) -> bool:
    """Whether somebody is there."""
    return calendar_of(region_code).is_open(now)


@cache
def _load(path: Path) -> dict[str, BusinessCalendar]:
    hours = _Hours.model_validate(yaml.safe_load(path.read_text("utf-8")))
    closed, extra = frozenset(hours.closed), frozenset(hours.open)

    def works(day: date) -> bool:
        return day not in closed and (day in extra or is_workday(day))

    return {
        prefix: BusinessCalendar(tuple(_span(text) for text in spans), works)
        for prefix, spans in {"": hours.default, **hours.regions}.items()
    }


def _span(text: str) -> Span:
    start, _, end = text.partition("-")
    return time.fromisoformat(start), time.fromisoformat(end)


def hours_of(region_code: str) -> tuple[Any, ...]:
    """The opening hours as pairs of times, to be told."""
    return calendar_of(region_code).spans
