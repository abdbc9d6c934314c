"""Numbers of papers other than the mainland ID card, and whose number one is.

- Residence permit of Hong Kong, Macao and Taiwan residents: a citizen number (GB 11643) whose first
  six digits are 810000, 820000 or 830000 (港澳台居民居住证申领发放办法, 2018).
- Permanent residence card: since December 2023 18 characters, 9, province, country (ISO 3166-1
  numeric), birth date, sequence, check character by MOD 11-2; before, three letters and 12 digits
  (National Immigration Administration, rules for the 2023 card). The old form's own check digit is
  not published there and not looked at.
- Passport: up to nine letters and digits (ICAO Doc 9303 part 4).
"""

from __future__ import annotations

import re
from datetime import date
from typing import Literal

from services.documents.idnumber import (
    PROVINCES,
    IdNumberError,
    check_character,
    check_id_number,
    normalise_id_number,
)

HMT_REGIONS = ("810000", "820000", "830000")
OLD_PERMIT = re.compile(r"[A-Z]{3}[0-9]{12}")
_NEW_PERMIT = re.compile(r"9[0-9]{16}[0-9X]")
_PASSPORT = re.compile(r"(?=.*[0-9])[A-Z0-9]{5,9}")
_TRAVEL_PERMIT = re.compile(r"[HM](?:[0-9]{8}|[0-9]{10})")

Holder = Literal["mainland", "hmt", "foreign"]


class PermitNumberError(ValueError):
    """A number that can't be of this paper. The text never repeats it."""


def check_hmt_number(text: str, *, today: date | None = None) -> str:
    """The plain form of a residence permit's number. Raises ``PermitNumberError``."""
    try:
        read = check_id_number(text, today=today)
    except IdNumberError as error:
        raise PermitNumberError(error.code) from None
    if read.fifteen:
        raise PermitNumberError("number_length")
    if read.region not in HMT_REGIONS:
        raise PermitNumberError("number_not_hmt")
    return read.number


def check_permanent_number(text: str) -> tuple[str, date | None]:
    """A permanent residence card's number in plain form, and the birth date of a new one.

    Raises ``PermitNumberError``.
    """
    number = normalise_id_number(text)
    if OLD_PERMIT.fullmatch(number):
        return number, None
    if not _NEW_PERMIT.fullmatch(number) or number[1:3] not in PROVINCES:
        raise PermitNumberError("permit_number")
    if check_character(number[:17]) != number[17]:
        raise PermitNumberError("number_checksum")
    try:
        return number, date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        raise PermitNumberError("number_date") from None


def check_passport_number(text: str) -> str:
    """A passport's number in plain form. Raises ``PermitNumberError``."""
    number = normalise_id_number(text)
    if not _PASSPORT.fullmatch(number):
        raise PermitNumberError("passport_number")
    return number


def paper_of_number(text: str | None) -> tuple[Holder, str] | None:
    """Whose number this is and on which paper it stands: an identity of knowledge.identities.

    None for no number, and for one that tells nothing (eight digits may be a passport's or a Taiwan
    resident's).
    """
    number = normalise_id_number(text or "")
    try:
        region = check_id_number(number).region
    except IdNumberError:
        pass
    else:
        return ("hmt", "hmt_permit") if region in HMT_REGIONS else ("mainland", "id_card")
    try:
        check_permanent_number(number)
    except PermitNumberError:
        pass
    else:
        return "foreign", "foreign_permit"
    if _TRAVEL_PERMIT.fullmatch(number):
        return "hmt", "hmt_permit"
    if re.fullmatch(r"[0-9]{8}", number) or not _PASSPORT.fullmatch(number):
        return None
    return "foreign", "passport"
