"""The photo page of a passport of Utopia, the country that ICAO uses for specimens."""

from __future__ import annotations

from datetime import date
from random import Random
from typing import Any

from sandbox.company.model import Person
from sandbox.papers.model import Sheet
from sandbox.papers.permits import GIVEN, SURNAMES
from sandbox.papers.portraits import plain_portrait
from sandbox.papers.press import Colour, Press, dots, guilloche

PAGE = (125.0, 88.0)
_STATE = "UTO"
_LABEL: Colour = (90, 84, 120)
_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")


def check_digit(text: str) -> str:
    """The check digit of a machine-readable field (ICAO 9303): weights 7, 3, 1."""
    total = 0
    for place, char in enumerate(text):
        value = 0 if char == "<" else int(char, 36)
        total += value * (7, 3, 1)[place % 3]
    return str(total % 10)


def zone(names: tuple[str, str], number: str, birth: date, sex: str, until: date) -> list[str]:
    """The two machine-readable lines of 44 characters."""
    surname, given = names
    first = f"P<{_STATE}{surname}<<{given.replace(' ', '<')}".ljust(44, "<")[:44]
    padded = number.ljust(9, "<")
    born, ends = f"{birth:%y%m%d}", f"{until:%y%m%d}"
    second = f"{padded}{check_digit(padded)}{_STATE}{born}{check_digit(born)}{sex}"
    second += f"{ends}{check_digit(ends)}" + "<" * 14 + "<"
    composite = second[0:10] + second[13:20] + second[21:43]
    return [first, second[:43] + check_digit(composite)]


def print_passport(person: Person, rng: Random, template: str, face: str) -> Sheet:
    """The page with portrait and machine-readable zone."""
    surname, given = rng.choice(SURNAMES), rng.choice(GIVEN[person.sex])
    number = f"L{rng.randrange(10**8):08d}"
    issued = person.valid_from
    until = date(issued.year + 10, issued.month, min(issued.day, 28))
    sex = "M" if person.sex == "男" else "F"
    press = Press(guilloche(rng, PAGE, (238, 232, 246), (246, 240, 228), (196, 176, 206)), face)
    press.text(6, 4, "PASSPORT", 4.6, face="song")
    press.text(52, 4.6, "UTOPIA", 4.2, face="song", spacing=0.6)
    press.sample(76, 36, 20.0, 20, 0.09)
    press.picture(6, 14, plain_portrait(person.face, person.sex, "white", dots(32.0, 40.0)))
    press.sample(22, 50, 4.4, 0, 0.5)
    cells = (
        (44, 12, "Type", "P"),
        (58, 12, "Code of State", _STATE),
        (86, 12, "Passport No.", number),
        (44, 20.5, "Surname", surname),
        (44, 29, "Given names", given),
        (44, 37.5, "Nationality", "UTOPIAN"),
        (80, 37.5, "Sex", sex),
        (44, 46, "Date of birth", _day(person.birth)),
        (80, 46, "Place of birth", "ZENITH"),
        (44, 54.5, "Date of issue", _day(issued)),
        (80, 54.5, "Date of expiry", _day(until)),
    )
    for x, y, label, value in cells:
        press.text(x, y, label, 2.1, _LABEL, face="hei")
        press.text(x, y + 2.7, value, 3.6)
    lines = zone((surname, given), number, person.birth, sex, until)
    for place, line in enumerate(lines):
        press.number(6, 70 + place * 7.2, line, 4.3, pitch=2.58)
    fields: dict[str, Any] = {
        "name": f"{surname}, {given}",
        "sex": person.sex,
        "birth": person.birth.isoformat(),
        "nationality": _STATE,
        "passport_number": number,
        "valid_from": issued.isoformat(),
        "valid_to": until.isoformat(),
    }
    printed = {
        "surname": surname,
        "given": given,
        "sex": sex,
        "birth": _day(person.birth),
        "passport_number": number,
        "valid_to": _day(until),
        "zone": "\n".join(lines),
    }
    return Sheet(press.pixels, fields, printed, {"template": template, "face": face})


def _day(day: date) -> str:
    return f"{day.day:02d} {_MONTHS[day.month - 1]} {day.year}"
