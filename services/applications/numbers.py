"""Numbers that people read to each other: random, checkable, and silent about the person.

Crockford's alphabet (no I, L, O, U) with a Luhn mod 32 check character: every single wrong
character and nearly every swap of neighbours is noticed before a look-up.
"""

from __future__ import annotations

import secrets
import unicodedata

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
APPLICATION = "SB"
CASE = "GD"
_RANDOM = 7
_BASE = len(ALPHABET)
_LOOKALIKES = str.maketrans({"O": "0", "I": "1", "L": "1"})


def check_character(body: str) -> str:
    """Luhn mod N over the alphabet (the generalisation of the credit card's check digit)."""
    total = 0
    for place, character in enumerate(reversed(body)):
        product = ALPHABET.index(character) * (2 if place % 2 == 0 else 1)
        total += product // _BASE + product % _BASE
    return ALPHABET[-total % _BASE]


def new_number(prefix: str = APPLICATION) -> str:
    """A fresh number such as `SB-7K2M-9QXT`. The database's unique column has the last word."""
    body = "".join(secrets.choice(ALPHABET) for _ in range(_RANDOM))
    return _written(prefix, body + check_character(body))


def read_number(text: str, prefix: str = APPLICATION) -> str | None:
    """The number in its written form, or None: tolerant of case, spaces, O for 0, I and L for 1."""
    plain = unicodedata.normalize("NFKC", text).upper()
    plain = "".join(character for character in plain if character.isalnum())
    if not plain.startswith(prefix):
        return None
    rest = plain[len(prefix) :].translate(_LOOKALIKES)
    if len(rest) != _RANDOM + 1 or any(character not in ALPHABET for character in rest):
        return None
    if check_character(rest[:-1]) != rest[-1]:
        return None
    return _written(prefix, rest)


def _written(prefix: str, rest: str) -> str:
    return f"{prefix}-{rest[:4]}-{rest[4:]}"
