"""Topics of returns, from one data file."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict

_FILE = Path(__file__).parent / "topics.yaml"
OTHER = "other"


class Topic(BaseModel):
    """One topic; `unknown` says what probably isn't known when it is returned often."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    zh: str
    en: str
    codes: tuple[str, ...]
    unknown: Literal["policy", "system"]
    read: dict[str, str]
    practise: dict[str, str]
    fault: bool = True


@cache
def topics() -> dict[str, Topic]:
    """Every topic by its code."""
    loaded = yaml.safe_load(_FILE.read_text(encoding="utf-8"))
    return {name: Topic.model_validate(each) for name, each in loaded.items()}


@cache
def _by_code() -> dict[str, str]:
    return {code: name for name, topic in topics().items() for code in topic.codes}


def topic_of(code: str | None) -> str:
    """The topic of a reason code; a code that we don't know is `other`."""
    return _by_code().get(code or OTHER, OTHER)


def is_fault(code: str | None) -> bool:
    """Whether a return for this reason was a fault of papers or form."""
    return topics()[topic_of(code)].fault
