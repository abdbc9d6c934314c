"""What a person types over the machine: normalised and checked, field by field."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from datetime import date

from services.applications.errors import FieldError
from services.documents.idnumber import IdNumberError, check_id_number
from services.documents.permitnumber import (
    PermitNumberError,
    check_hmt_number,
    check_passport_number,
    check_permanent_number,
)

LONG_TERM = "长期"
_HAN = r"\u3007\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_NAME = re.compile(rf"[{_HAN}A-Za-z][{_HAN}A-Za-z· ]{{0,48}}[{_HAN}A-Za-z]")
_LATIN_NAME = re.compile(r"[A-Z][A-Z ,.'\-]{0,78}[A-Z]")
_COUNTRY = re.compile(rf"[{_HAN}]{{2,20}}|[A-Z]{{1,3}}")
_TRAVEL_NUMBER = re.compile(r"[A-Z]?[0-9]{8,10}")
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


def _name_abroad(text: str, today: date) -> str:
    """A name in Latin letters as permits and passports print it, or in Chinese ones."""
    plain = unicodedata.normalize("NFKC", _plain(text)).upper()
    plain = re.sub(r"\s*,\s*", ", ", plain)
    return plain if _LATIN_NAME.fullmatch(plain) else _name(text, today)


def _nationality(text: str, today: date) -> str:
    plain = unicodedata.normalize("NFKC", _plain(text)).upper().replace(" ", "")
    if not _COUNTRY.fullmatch(plain):
        raise ValueError("bad_nationality")
    return plain


def _travel_number(text: str, today: date) -> str:
    plain = unicodedata.normalize("NFKC", _plain(text)).upper().replace(" ", "")
    if not _TRAVEL_NUMBER.fullmatch(plain):
        raise ValueError("bad_permit_number")
    return plain


def _hmt_number(text: str, today: date) -> str:
    try:
        return check_hmt_number(text, today=today)
    except PermitNumberError as error:
        raise ValueError(str(error)) from None


def _permanent_number(text: str, today: date) -> str:
    try:
        return check_permanent_number(text)[0]
    except PermitNumberError as error:
        raise ValueError(str(error)) from None


def _passport_number(text: str, today: date) -> str:
    try:
        return check_passport_number(text)
    except PermitNumberError as error:
        raise ValueError(str(error)) from None


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
_FRONT: Mapping[str, _Check] = {
    "name": _name,
    "sex": _sex,
    "ethnicity": _ethnicity,
    "birth": _past_day,
    "address": _address,
    "id_number": _id_number,
}
_BACK: Mapping[str, _Check] = {
    "authority": _authority,
    "valid_from": _past_day,
    "valid_to": _valid_to,
}
_ABROAD: Mapping[str, _Check] = {
    "name": _name_abroad,
    "sex": _sex,
    "birth": _past_day,
    "nationality": _nationality,
}
FIELDS: Mapping[str, Mapping[str, _Check]] = {
    "id_front": _FRONT,
    "id_back": _BACK,
    "temporary_id": {**_FRONT, **_BACK},
    "hmt_front": {
        **{name: check for name, check in _FRONT.items() if name != "ethnicity"},
        "id_number": _hmt_number,
    },
    "hmt_back": {**_BACK, "permit_number": _travel_number},
    "foreign_permit": {**_ABROAD, "id_number": _permanent_number, "valid_to": _valid_to},
    "passport": {**_ABROAD, "passport_number": _passport_number, "valid_to": _valid_to},
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
