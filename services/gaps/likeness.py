"""When two questions ask the same: by spelling, after what carries no meaning is taken away."""

from __future__ import annotations

import re
from collections.abc import Iterable

from rapidfuzz import fuzz

from knowledge.understand.normalise import clean

_EMPTY = re.compile(
    r"请问一下|请问|想问一下|想问|我想知道|麻烦问下|您好|你好|[\W_]|[吗呢啊呀哦嘛吧的了]"
)
_DIGITS = re.compile(r"[0-9A-Za-z]{6,}|\d{4,}")


def squeezed(text: str) -> str:
    """The part of a question that is compared."""
    plain = clean(text)
    return _EMPTY.sub("", plain) or plain


def likeness(words: str, others: Iterable[str]) -> float:
    """The best rapidfuzz ratio (0 to 100) against several wordings; 0 without any."""
    mine = squeezed(words)
    return max((fuzz.ratio(mine, squeezed(other)) for other in others), default=0.0)


def masked(words: str) -> str:
    """A question as colleagues may read it: long numbers and codes are covered."""
    return _DIGITS.sub("***", words)
