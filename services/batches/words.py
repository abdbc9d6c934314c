"""Texts of batches, and what a bureau's words mean."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

import yaml

from services.people.identity import plain


@cache
def texts() -> Mapping[str, Any]:
    """Everything in texts.yaml, by section."""
    raw = Path(__file__).with_name("texts.yaml").read_text(encoding="utf-8")
    return MappingProxyType(yaml.safe_load(raw))


def status_of(text: str) -> str | None:
    """The contract's state for what a bureau wrote; None when nothing is recognised."""
    words = _squeezed(text)
    found = _longest(words, texts()["statuses"])
    return found[0] if found else None


def reason_of(text: str) -> str:
    """The contract's reason code for a sentence; `other` when none is recognised."""
    found = _longest(_squeezed(text), texts()["reasons"])
    return found[0] if found else "other"


def _squeezed(text: str) -> str:
    return "".join(plain(text).split()).strip("。.!！")


def _longest(text: str, lists: Mapping[str, Sequence[str]]) -> tuple[str, int] | None:
    """The list that holds the longest word contained in the text."""
    hits = [(name, len(word)) for name, words in lists.items() for word in words if word in text]
    return max(hits, key=lambda hit: hit[1], default=None)
