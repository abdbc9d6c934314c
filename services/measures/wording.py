"""Figures in words: the same in chat, page, report and workbook."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import yaml

from services.measures.catalogue import measure
from services.measures.query import Figure
from services.measures.summary import Line

_FILE = Path(__file__).parent / "words.yaml"


@cache
def _data() -> Any:
    return yaml.safe_load(_FILE.read_text(encoding="utf-8"))


def words(language: str) -> dict[str, Any]:
    """Every word of a language; Chinese unless English is asked for."""
    found: dict[str, Any] = _data()["en" if language == "en" else "zh"]
    return found


def value_of(figure: Figure, language: str) -> str:
    """A figure without its sample: `96.2%`, `3.5小时`, `12个工作日`; `无` without a sample."""
    text = number_of(figure.measure, figure.value, language)
    kind = measure(figure.measure).kind
    if figure.mean is None or kind not in ("minutes", "workdays"):
        return text
    mean = figure.mean / 60 if kind == "minutes" else figure.mean
    return text + str(words(language)["mean"]).format(mean=mean)


def number_of(name: str, value: float | None, language: str) -> str:
    """A number of a measure's kind in words."""
    said = words(language)
    if value is None:
        return str(said["none"])
    kind = measure(name).kind
    if kind == "rate":
        return f"{value:.1%}"
    if kind == "minutes":
        return str(said["minutes"]).format(value=value / 60)
    return f"{value:g}" if kind == "count" else str(said["workdays"]).format(value=value)


def change_of(line: Line, language: str) -> str:
    """What the comparison with the month before says, plainly."""
    said = words(language)
    if line.better is not None:
        return str(said["better" if line.better else "worse"])
    return str(said["too_few" if line.verdict == "too_few" else "no_difference"])
