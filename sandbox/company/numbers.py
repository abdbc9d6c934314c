"""Numbers that are well formed and belong to nobody."""

from __future__ import annotations

from datetime import date
from random import Random

# GB 11643: weights 2^(17-i) mod 11, and the check characters by remainder.
_ID_WEIGHTS = tuple(pow(2, 17 - place, 11) for place in range(17))
_ID_CHECKS = "10X98765432"
# GB 32100: the alphabet leaves out I, O, S, V and Z.
_CREDIT_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_ORGANISATION_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)
# Sequence codes 996 to 999 were kept for centenarians; the last digit's parity is the sex.
_SEQUENCES = {"男": ("997", "999"), "女": ("996", "998")}


def id_check_character(body: str) -> str:
    """The 18th character of an ID number (GB 11643) for its first 17 digits."""
    total = sum(int(digit) * weight for digit, weight in zip(body, _ID_WEIGHTS, strict=True))
    return _ID_CHECKS[total % 11]


def make_id_number(rng: Random, division: str, birth: date, sex: str) -> str:
    """An ID number with a valid check character and a sequence that belongs to nobody."""
    body = f"{division}{birth:%Y%m%d}{rng.choice(_SEQUENCES[sex])}"
    return body + id_check_character(body)


def organisation_check_character(body: str) -> str:
    """The 9th character of an organisation code (GB 11714) for its first 8."""
    total = sum(
        _CREDIT_ALPHABET.index(char) * weight
        for char, weight in zip(body, _ORGANISATION_WEIGHTS, strict=True)
    )
    rest = 11 - total % 11
    return {10: "X", 11: "0"}.get(rest, str(rest))


def credit_check_character(body: str) -> str:
    """The 18th character of a 统一社会信用代码 (GB 32100) for its first 17."""
    total = sum(_CREDIT_ALPHABET.index(char) * pow(3, place, 31) for place, char in enumerate(body))
    return _CREDIT_ALPHABET[-total % 31]


def make_credit_code(rng: Random, division: str) -> str:
    """A company's credit code whose organisation number starts with four zeros: nobody's."""
    organisation = f"0000{rng.randrange(10_000):04d}"
    organisation += organisation_check_character(organisation)
    body = f"91{division}{organisation}"
    return body + credit_check_character(body)


def make_phone(index: int) -> str:
    """A mobile number under 154, a prefix that was never given to an operator."""
    return f"154{index:08d}"
