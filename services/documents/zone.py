"""The machine-readable zone of a passport (ICAO Doc 9303 part 4, TD3: two lines of 44)."""

from __future__ import annotations

import re
from collections.abc import Sequence

from services.documents.idcard import iso_date
from services.documents.layout import page_angle, rows, tokens
from services.documents.ocr import Line
from services.documents.text import half_width
from services.documents.values import Value

_LENGTH = 44
_TO_DIGITS = str.maketrans("OQDILZSBG", "000112586")
_TO_LETTERS = str.maketrans("01258", "OIZSB")
_WEIGHTS = (7, 3, 1)
_LAST_BIRTH_YEAR = 15  # two-digit years up to this are 20xx: nobody at work is younger


def check_digit(text: str) -> int:
    """ICAO 9303: weights 7, 3, 1; digits as they are, A is 10, < is 0."""
    total = 0
    for place, character in enumerate(text):
        value = 0 if character == "<" else int(character, 36)
        total += value * _WEIGHTS[place % 3]
    return total % 10


def parse_zone(lines: Sequence[Line]) -> dict[str, Value]:
    """Name, sex, birth, nationality, number and expiry; what fails its check digit is left out."""
    laid = tokens(lines, page_angle(lines))
    printed = [("".join(token.text for token in row), row) for row in rows(laid)]
    zones = [
        (_clean(text), min(token.sure for token in row))
        for text, row in printed
        if len(_clean(text)) >= 36 and (text.count("<") + text.count("《")) >= 2
    ]
    values: dict[str, Value] = {}
    for text, sure in zones:
        if text.startswith("P") and "<<" in text.rstrip("<"):
            values |= _upper(text, sure)
        else:
            values |= _lower(text, sure)
    return values


def _clean(text: str) -> str:
    plain = half_width(text).upper().replace("《", "<<").replace("く", "<").replace("«", "<<")
    return re.sub(r"[^A-Z0-9<]", "", plain)


def _upper(text: str, sure: float) -> dict[str, Value]:
    names = text[5:].translate(_TO_LETTERS).rstrip("<")
    surname, _, given = names.partition("<<")
    parts = [part.replace("<", " ").strip() for part in (surname, given)]
    return {"name": Value(", ".join(part for part in parts if part), sure)}


def _lower(text: str, sure: float) -> dict[str, Value]:
    text = text.ljust(_LENGTH, "<")
    number, nation = text[0:9], text[10:13].translate(_TO_LETTERS)
    birth, sex, expiry = text[13:19], text[20], text[21:27]
    birth, expiry = birth.translate(_TO_DIGITS), expiry.translate(_TO_DIGITS)
    checks = [text[place].translate(_TO_DIGITS) for place in (9, 19, 27)]
    values: dict[str, Value] = {}
    if nation.isalpha():
        values["nationality"] = Value(nation, sure)
    if checks[0] == str(check_digit(number)):
        values["passport_number"] = Value(number.rstrip("<"), sure)
    if sex in "MF":
        values["sex"] = Value("男" if sex == "M" else "女", sure)
    century = "19" if birth[:2].isdigit() and int(birth[:2]) > _LAST_BIRTH_YEAR else "20"
    if day := _checked_day(century, birth, checks[1]):
        values["birth"] = Value(day, sure)
    if day := _checked_day("20", expiry, checks[2]):
        values["valid_to"] = Value(day, sure)
    return values


def _checked_day(century: str, digits: str, check: str) -> str | None:
    if not digits.isdigit() or check != str(check_digit(digits)):
        return None
    return iso_date(century + digits[:2], digits[2:4], digits[4:])
