"""What a person types over the machine: normalised and checked, field by field."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from datetime import date

from services.applications.errors import FieldError
from services.documents.idnumber import IdNumberError, check_id_number

LONG_TERM = "长期"
_HAN = r"\u3007\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_NAME = re.compile(rf"[{_HAN}A-Za-z][{_HAN}A-Za-z· ]{{0,48}}[{_HAN}A-Za-z]")
_ETHNICITY = re.compile(rf"[{_HAN}]{{1,10}}")
_AUTHORITY = re.compile(rf"[{_HAN}（）()]{{4,60}}")
_ADDRESS = re.compile(rf"(?=.*[{_HAN}])[^\x00-\x1f\x7f]{{4,120}}")
_DATE = re.compile(r"(\d{4})\D?(\d{1,2})\D?(\d{1,2})\D?")
_DOTS = str.maketrans(dict.fromkeys("•・.．‧∙●", "·"))


def _plain(text: str) -> str:
    """One line of NFC text without control characters (a NUL would not pass PostgreSQL)."""
    kept = "".join(c for c in text if unicodedata.category(c) not in ("Cc", "Cs", "Cf", "Co"))
    return " ".join(unicodedata.normalize("NFC", kept).split())


def _name(text: str, today: date) -> str:
    plain = _plain(text).translate(_DOTS)
    if not _NAME.fullmatch(plain):
        raise ValueError("bad_name")
    return plain


def _sex(text: str, today: date) -> str:
    plain = _plain(text).removesuffix("性")
    if plain not in ("男", "女"):
        raise ValueError("bad_sex")
    return plain


def _ethnicity(text: str, today: date) -> str:
    plain = _plain(text).removesuffix("族")
    if not _ETHNICITY.fullmatch(plain):
        raise ValueError("bad_ethnicity")
    return plain


def _address(text: str, today: date) -> str:
    plain = _plain(text).replace(" ", "")
    if not _ADDRESS.fullmatch(plain):
        raise ValueError("bad_address")
    return plain


def _authority(text: str, today: date) -> str:
    plain = _plain(text).replace(" ", "")
    if not _AUTHORITY.fullmatch(plain):
        raise ValueError("bad_authority")
    return plain


def _id_number(text: str, today: date) -> str:
    try:
        read = check_id_number(text, today=today)
    except IdNumberError as error:
        raise ValueError(error.code) from None
    if read.fifteen:
        raise ValueError("number_length")
    return read.number


def _day(text: str) -> date:
    plain = unicodedata.normalize("NFKC", _plain(text)).replace(" ", "")
    match = _DATE.fullmatch(plain)
    if match is None:
        raise ValueError("bad_date")
    try:
        return date(*(int(part) for part in match.groups()))
    except ValueError:
        raise ValueError("bad_date") from None


def _past_day(text: str, today: date) -> str:
    day = _day(text)
    if day > today:
        raise ValueError("future_date")
    return day.isoformat()


def _valid_to(text: str, today: date) -> str:
    # "long-term" is what an English chat calls it.
    if _plain(text).casefold() in (LONG_TERM, "long-term", "long term"):
        return LONG_TERM
    return _day(text).isoformat()


_Check = Callable[[str, date], str]
FIELDS: Mapping[str, Mapping[str, _Check]] = {
    "id_front": {
        "name": _name,
        "sex": _sex,
        "ethnicity": _ethnicity,
        "birth": _past_day,
        "address": _address,
        "id_number": _id_number,
    },
    "id_back": {"authority": _authority, "valid_from": _past_day, "valid_to": _valid_to},
}
"""By kind of document, in the order in which the card prints them."""


def editable_fields(kind: str) -> tuple[str, ...]:
    """Fields of a kind that a person confirms and may correct."""
    return tuple(FIELDS.get(kind, {}))


def check_field(kind: str, field: str, text: str, today: date) -> str:
    """The value to keep for what was typed.

    Raises:
        FieldError: `unknown_field`, or a code of what is wrong (`bad_name`, `bad_date`,
            `number_checksum` …).
    """
    check = FIELDS.get(kind, {}).get(field)
    if check is None:
        raise FieldError("unknown_field", field)
    try:
        return check(text, today)
    except ValueError as error:
        raise FieldError(str(error), field) from None


def lacking(kind: str, values: Mapping[str, str]) -> str | None:
    """The first field of a kind that has no value yet."""
    return next((field for field in FIELDS.get(kind, {}) if not values.get(field)), None)
