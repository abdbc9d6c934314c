"""Filters of the message templates: names for codes, dates as people say them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date, datetime, time
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from jinja2 import pass_context
from jinja2.runtime import Context

from knowledge.agencies import bank_name
from knowledge.regions import find, full_name
from services.people.identity import masked_number
from storage.clock import SHANGHAI, local_date

_CARD_TABLES = ("received", "sign", "account", "agency")
"""Words about cards in HR's keeping, and about insurance relations."""
FOLDER = Path(__file__).parent / "templates"


def _is_english(context: Context) -> bool:
    return bool(context.get("language") == "en")


def _as_date(value: date | datetime | str) -> date:
    if isinstance(value, str):
        value = datetime.fromisoformat(value) if "T" in value else date.fromisoformat(value)
    return local_date(value) if isinstance(value, datetime) else value


@pass_context
def day(context: Context, value: date | datetime | str) -> str:
    """11月23日, with the year when it is another one than that of most dates: always kept."""
    moment = _as_date(value)
    if _is_english(context):
        return f"{moment.day} {moment:%b %Y}"
    return f"{moment.year}年{moment.month}月{moment.day}日"


@pass_context
def month(context: Context, value: date | str) -> str:
    """2026-11."""
    return f"{_as_date(value):%Y-%m}"


@pass_context
def moment(context: Context, value: datetime) -> str:
    """11月23日 15:30, in China's time."""
    local = value.astimezone(SHANGHAI)
    if _is_english(context):
        return f"{local.day} {local:%b %H:%M}"
    return f"{local.month}月{local.day}日 {local:%H:%M}"


def hours(spans: Iterable[tuple[time, time]]) -> str:
    """9:00–12:00、13:00–18:00."""
    return "、".join(f"{start:%-H:%M}–{end:%-H:%M}" for start, end in spans)


def region(code: str) -> str:
    """The full name of a region's code, or the code when it is unknown."""
    return full_name(code) if find(code) else code


def bank(code: str | None) -> str:
    """The bank's name."""
    return bank_name(code) if code else ""


@cache
def load_words(folder: Path = FOLDER) -> dict[str, dict[str, dict[str, str]]]:
    """Language → table → code → word; read once, to be looked at only."""
    return {
        path.parent.name: yaml.safe_load(path.read_text("utf-8"))
        for path in sorted(folder.glob("*/words.yaml"))
    }


@cache
def load_labels(folder: Path = FOLDER) -> dict[str, dict[str, str]]:
    """Language → key → label; read once, to be looked at only."""
    return {
        path.parent.name: yaml.safe_load(path.read_text("utf-8"))
        for path in sorted(folder.glob("*/labels.yaml"))
    }


def _word_filter(
    words: dict[str, dict[str, dict[str, str]]], table: str
) -> Callable[[Context, object], str]:
    @pass_context
    def word(context: Context, code: object) -> str:
        key = str(getattr(code, "value", code))
        for language in (str(context.get("language")), "zh"):
            found = words.get(language, {}).get(table, {}).get(key)
            if found:
                return found
        return key

    return word


def _label_filter(
    labels: dict[str, dict[str, str]], prefix: str
) -> Callable[[Context, object], str]:
    @pass_context
    def label(context: Context, code: object) -> str:
        for language in (str(context.get("language")), "zh"):
            found = labels.get(language, {}).get(f"{prefix}.{code}")
            if found:
                return found
        return str(code)

    return label


def _desk_filter(
    words: dict[str, dict[str, dict[str, str]]],
) -> Callable[[Context, object], str]:
    """A desk that was asked: the bureau, or a bank by its code."""
    known = _word_filter(words, "desk")

    @pass_context
    def desk(context: Context, code: object) -> str:
        word = known(context, code)
        return bank_name(str(code)) if word == str(code) else word

    return desk


def filters(folder: Path = FOLDER) -> dict[str, Any]:
    """Every filter by the name that templates use."""
    words, labels = load_words(folder), load_labels(folder)
    found: dict[str, Any] = {
        "day": day,
        "month": month,
        "moment": moment,
        "local_day": _as_date,
        "hours": hours,
        "region": region,
        "bank": bank,
        "masked_id": masked_number,
        "card_word": _word_filter(words, "card"),
        "kind_word": _label_filter(labels, "kind"),
        "field_word": _label_filter(labels, "field"),
    }
    found["desk_word"] = _desk_filter(words)
    tables = ("state", "evidence", "source", "next", "matter", "application", "reason", "hire")
    for table in (
        *tables,
        *_CARD_TABLES,
        "part",
        "finding",
        "decision",
        "gap",
        "waiting",
        "priority",
        "notice",
    ):
        found[f"{table}_word"] = _word_filter(words, table)
    return found
