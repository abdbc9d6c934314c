"""How a person is recognised: plain forms of phone, number and name, and what people may see."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import date
from typing import Literal

from sqlmodel.ext.asyncio.session import AsyncSession

from services.documents.idnumber import (
    IdNumberError,
    check_character,
    check_id_number,
    normalise_id_number,
)
from storage.database import keyring_of

_MOBILE = re.compile(r"1[3-9][0-9]{9}")
_ABROAD = re.compile(r"\+?[0-9]{8,15}")


@dataclass(frozen=True)
class Born:
    """What an ID number says of its holder; both None for papers of another kind."""

    sex: Literal["男", "女"] | None
    birth: date | None


def plain(text: str) -> str:
    """Full-width forms and control characters made plain, white space folded and cut."""
    wide = unicodedata.normalize("NFKC", text)
    seen = "".join(" " if unicodedata.category(c) in {"Cc", "Cf"} else c for c in wide)
    return " ".join(seen.split())


def normalise_name(text: str) -> str:
    """A name in one writing: the middle dots of long names are one character (·)."""
    name = re.sub(r"[•・∙‧⋅．·.]", "·", plain(text))
    # "张 三" is one name; spaces stay between Latin words.
    return re.sub(r"(?<=[^\x00-\x7f]) (?=[^\x00-\x7f])", "", name)


def normalise_phone(text: str) -> str | None:
    """Eleven digits of a mobile number in mainland China, or `+` and digits; None when neither."""
    digits = re.sub(r"[\s\-()./]", "", unicodedata.normalize("NFKC", text))
    home = re.sub(r"^(?:\+|00)?86(?=1[3-9][0-9]{9}$)", "", digits)
    if _MOBILE.fullmatch(home):
        return home
    if digits.startswith("00"):
        digits = "+" + digits[2:]
    if not _ABROAD.fullmatch(digits) or (not digits.startswith("+") and len(digits) == 11):
        return None
    return "+" + digits.lstrip("+")


def normalise_number(text: str) -> str:
    """An ID number in plain form; a valid 15-digit one in its 18-character form."""
    number = normalise_id_number(text)
    try:
        checked = check_id_number(number)
    except IdNumberError:
        return number
    return eighteen(checked.number) if checked.fifteen else number


def eighteen(fifteen: str) -> str:
    """The 18-character form of a 15-digit number: century added, check character computed."""
    body = fifteen[:6] + "19" + fifteen[6:]
    return body + check_character(body)


def born(id_number: str | None) -> Born:
    """Sex and birth date from an ID number that holds."""
    try:
        checked = check_id_number(id_number or "")
    except IdNumberError:
        return Born(None, None)
    return Born(checked.sex, checked.birth)


def number_index(session: AsyncSession, id_number: str) -> str:
    """The keyed look-up value of an ID number."""
    return keyring_of(session).blind_index(normalise_number(id_number), "person.id_number")


def phone_index(session: AsyncSession, phone: str) -> str:
    """The keyed look-up value of a phone number that `normalise_phone` returned."""
    return keyring_of(session).blind_index(phone, "person.phone")


def masked_name(name: str) -> str:
    """张三 → 张*, 欧阳小明 → 欧**明: enough to know oneself, too little for a stranger."""
    if len(name) <= 2:
        return name[:1] + "*" * (len(name) - 1)
    return name[0] + "*" * (len(name) - 2) + name[-1]


def masked_number(number: str | None) -> str:
    """The first and last four characters of an ID number."""
    if not number:
        return ""
    if len(number) < 12:
        return number[:1] + "*" * max(len(number) - 3, 1) + number[-2:]
    return number[:4] + "*" * (len(number) - 8) + number[-4:]


def masked_phone(phone: str | None) -> str:
    """The first three and last four digits of a phone number."""
    if not phone:
        return ""
    return phone[:3] + "*" * max(len(phone) - 7, 1) + phone[-4:]
