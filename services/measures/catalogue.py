"""The measures by name: what kind of figure, which way is better, and its definition in words."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict

from services.measures.settings import rules

_FILE = Path(__file__).parent / "catalogue.yaml"
Kind = Literal["rate", "workdays", "minutes", "count"]


class Words(BaseModel):
    """A measure in one language."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    title: str
    short: str
    definition: str


class Measure(BaseModel):
    """One measure.

    Args:
        better: which way is better.
        due: it counts on the day by which something was to happen.
        apart: it is shown in a list of its own and never cut by what a page is narrowed to.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    kind: Kind
    better: Literal["up", "down"]
    zh: Words
    en: Words
    due: bool = False
    apart: bool = False

    def words(self, language: str) -> Words:
        """Its words; Chinese unless English is asked for."""
        return self.en if language == "en" else self.zh

    def definition(self, language: str) -> str:
        """The definition with the numbers of the settings."""
        numbers: dict[str, Any] = rules().model_dump()
        shown = {key: f"{value:g}" for key, value in numbers.items() if isinstance(value, float)}
        return self.words(language).definition.format(**(numbers | shown))


@cache
def measures() -> dict[str, Measure]:
    """Every measure, in the order in which they are shown."""
    loaded = yaml.safe_load(_FILE.read_text(encoding="utf-8"))
    return {name: Measure(name=name, **each) for name, each in loaded.items()}


def measure(name: str) -> Measure:
    """One measure.

    Raises:
        KeyError: there is no such measure.
    """
    return measures()[name]
