"""The reasons that can be pressed after a low rating, from one data file."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import yaml

_FILE = Path(__file__).parent / "reasons.yaml"
MOST = 6


@cache
def _data() -> Any:
    return yaml.safe_load(_FILE.read_text(encoding="utf-8"))


def codes() -> tuple[str, ...]:
    """Every reason there is."""
    return tuple(_data()["reasons"])


def word(code: str, language: str) -> str:
    """A reason in words; an unknown code stands for itself."""
    words: dict[str, str] = _data()["reasons"].get(code, {})
    return words.get(language, words.get("zh", code))


def reasons_for(subject: str) -> tuple[str, ...]:
    """Codes offered for a subject (`application:12`, `case:7`), six at most."""
    lists: dict[str, list[str]] = _data()["lists"]
    return tuple(lists.get(subject.partition(":")[0], lists["application"])[:MOST])
