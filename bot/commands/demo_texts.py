"""The demo's sentences."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml

_FILE = Path(__file__).with_name("demo.yaml")


@cache
def _texts() -> Mapping[str, Any]:
    found: Mapping[str, Any] = yaml.safe_load(_FILE.read_text(encoding="utf-8"))
    return found


def say(name: str, **values: object) -> str:
    """A sentence by its name."""
    return str(_texts()[name]).format(**values)


def describe(traits: list[str], connected: bool) -> str:
    """What is special about a made-up employee, in a few words."""
    known: Mapping[str, str] = _texts()["traits"]
    told = [words for trait, words in known.items() if trait in traits]
    if not connected:
        told.append(say("not_connected"))
    return "，".join(told)
