"""The citizen identity number (GB 11643-1999) and its older 15-digit form (GB 11643-1989)."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import date
from typing import Literal

WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
"""GB 11643-1999: 2^(i-1) mod 11 for each place."""

CHECK_CHARACTERS = "10X98765432"
"""ISO 7064 MOD 11-2: the character for each remainder."""

_PROVINCES_TEXT = (
    "11 12 13 14 15 21 22 23 31 32 33 34 35 36 37 41 42 43 44 45 46 50 51 52 53 54 61 62 63 64 65 "
    "71 81 82 83"
)
PROVINCES = frozenset(_PROVINCES_TEXT.split())
"""First two digits in use: GB/T 2260, and 83 (residence permits of Taiwan residents)."""

OLDEST_YEAR = 1900

ErrorCode = Literal[
    "number_length", "number_region", "number_date", "number_future", "number_checksum"
]


class IdNumberError(ValueError):
    """A number that can't be one; ``code`` says why. The text never repeats the number."""

    def __init__(self, code: ErrorCode) -> None:
        super().__init__(code)
        self.code: ErrorCode = code


@dataclass(frozen=True)
class IdNumber:
    """A number that holds; ``region`` is the six-digit code of its first registration."""

    number: str
    birth: date
    sex: Literal["男", "女"]
    region: str
    fifteen: bool = False

    def __repr__(self) -> str:
        return "IdNumber(…)"  # a number must not reach a log through a traceback


def normalise_id_number(text: str) -> str:
    """Full-width forms, spaces and a lower-case x are made plain; nothing else is changed."""
    plain = unicodedata.normalize("NFKC", text).replace("×", "X").upper()
    return re.sub(r"[\s\-·.]", "", plain)


def check_character(first_seventeen: str) -> str:
    """The 18th character for 17 ASCII digits."""
    total = sum(int(digit) * weight for digit, weight in zip(first_seventeen, WEIGHTS, strict=True))
    return CHECK_CHARACTERS[total % 11]


def check_id_number(text: str, *, today: date | None = None) -> IdNumber:
    """Read a number as a person types it.

    A 15-digit number is recognised (``fifteen``) but was withdrawn in 2013; whether it is taken is
    the caller's rule. A region that was abolished is no error: only the province is looked at,
    because numbers keep the code of the day they were issued. Raises :class:`IdNumberError`.
    """
    number = normalise_id_number(text)
    fifteen = re.fullmatch(r"[0-9]{15}", number) is not None
    if not fifteen and re.fullmatch(r"[0-9]{17}[0-9X]", number) is None:
        raise IdNumberError("number_length")
    if number[:2] not in PROVINCES:
        raise IdNumberError("number_region")
    birth = _birth("19" + number[6:12] if fifteen else number[6:14])
    if today is not None and birth > today:
        raise IdNumberError("number_future")
    if not fifteen and check_character(number[:17]) != number[17]:
        raise IdNumberError("number_checksum")
    odd = int(number[14] if fifteen else number[16]) % 2 == 1
    return IdNumber(number, birth, "男" if odd else "女", number[:6], fifteen)


def is_id_number(text: str) -> bool:
    """Whether a text is an 18-character number that holds."""
    try:
        return not check_id_number(text).fifteen
    except IdNumberError:
        return False


def _birth(digits: str) -> date:
    try:
        birth = date(int(digits[:4]), int(digits[4:6]), int(digits[6:8]))
    except ValueError:
        raise IdNumberError("number_date") from None
    if birth.year < OLDEST_YEAR:
        raise IdNumberError("number_date")
    return birth
