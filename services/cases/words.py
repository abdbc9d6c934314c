"""What somebody's words do to a case: close it politely, hold the line, or show anger."""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from pathlib import Path

import yaml

_FILE = Path(__file__).with_name("words.yaml")
_SILENT = re.compile(r"[\W_]+")
_HAN = re.compile(r"[\u3400-\u9fff]")


@cache
def _lists() -> dict[str, tuple[str, ...]]:
    raw: dict[str, list[str]] = yaml.safe_load(_FILE.read_text("utf-8"))
    return {name: tuple(_fold(str(word)) for word in words) for name, words in raw.items()}


def _fold(text: str) -> str:
    """Width and case folded; punctuation and pictures become spaces."""
    return _SILENT.sub(" ", unicodedata.normalize("NFKC", text).casefold()).strip()


def is_closing(text: str) -> bool:
    """Whether the words only close: 谢谢, 好的收到, a thumb, or nothing at all.

    The whole text must be made of closings (words.yaml); "谢谢，还有一个问题" is not.
    """
    left = _fold(text)
    han = sorted((w for w in _lists()["closing"] if _HAN.search(w)), key=len, reverse=True)
    latin = {w for w in _lists()["closing"] if not _HAN.search(w)}
    for word in han:
        left = left.replace(word, " ")
    rest = " ".join(left.split())
    for phrase in (w for w in latin if " " in w):
        rest = re.sub(rf"\b{re.escape(phrase)}\b", " ", rest)
    return all(piece in latin for piece in rest.split())


def is_holding(text: str) -> bool:
    """Whether an officer only asks for patience, in a short line."""
    folded = _fold(text)
    return len(folded) <= 30 and any(word in folded for word in _lists()["holding"])


def is_angry(text: str) -> bool:
    """Whether the words hold one of the angry list."""
    folded = _fold(text)
    return any(
        word in folded if _HAN.search(word) else re.search(rf"\b{re.escape(word)}\b", folded)
        for word in _lists()["angry"]
    )
