"""Made-up persons: names, births, numbers and validity that agree with each other."""

from __future__ import annotations

from datetime import date, timedelta
from random import Random
from typing import Any

from sandbox.company.model import Person
from sandbox.company.numbers import make_id_number
from sandbox.company.places import make_address, make_authority, pick_division, vocabulary

# Where a minority's made-up people live, by two-digit province code.
_HOMES = {
    "维吾尔": "65",
    "哈萨克": "65",
    "塔吉克": "65",
    "柯尔克孜": "65",
    "藏": "54",
    "蒙古": "15",
    "彝": "51",
    "壮": "45",
    "土家": "43",
    "苗": "52",
    "回": "64",
    "朝鲜": "22",
}
_MIDDLE_DOT = "·"


def make_person(
    rng: Random,
    today: date,
    *,
    trait: str | None = None,
    province: str | None = None,
) -> Person:
    """One person of working age. ``trait`` asks for something special: ``rare_character``,
    ``unreadable_character``, ``middle_dot``, ``minority``, ``double_surname``, ``long_term``,
    ``expired``, or ``check_x`` (an ID number that ends in X)."""
    for _ in range(400):
        person = _draw(rng, today, trait, province)
        if trait != "check_x" or person.id_number.endswith("X"):
            return person
    raise ValueError("no person with that trait was found")


def _draw(rng: Random, today: date, trait: str | None, province: str | None) -> Person:
    sex = rng.choice(("男", "女"))
    name, ethnicity = _identity(rng, sex, trait)
    home = _HOMES.get(ethnicity) if rng.random() < 0.8 else None
    place = pick_division(rng, home or province)
    ages = (47, 59) if trait == "long_term" else (19, 58)
    birth = today - timedelta(days=rng.randint(ages[0] * 365 + 20, ages[1] * 365))
    issued, until = _validity(rng, birth, today, trait)
    return Person(
        name=name,
        sex=sex,
        ethnicity=ethnicity,
        birth=birth,
        address=make_address(rng, place),
        id_number=make_id_number(rng, place.code, birth, sex),
        authority=make_authority(rng, place),
        valid_from=issued,
        valid_to=until,
        face=rng.randrange(1 << 30),
    )


def _identity(rng: Random, sex: str, trait: str | None) -> tuple[str, str]:
    """A name and the ethnicity that goes with its pattern."""
    minorities: dict[str, dict[str, Any]] = vocabulary()["minority"]
    if trait == "middle_dot":
        dotted = [name for name, rule in minorities.items() if rule["dot"]]
        ethnicity = rng.choice(dotted)
        return _minority_name(rng, minorities[ethnicity], sex), ethnicity
    draw = rng.random()
    if trait == "minority" or (trait is None and draw < 0.06):
        ethnicity = rng.choice(list(minorities))
        return _minority_name(rng, minorities[ethnicity], sex), ethnicity
    ethnicity = "汉"
    if trait is None and draw < 0.18:
        plain: dict[str, int] = vocabulary()["plain_minority"]
        ethnicity = rng.choices(list(plain), list(plain.values()))[0]
    return _han_name(rng, sex, trait), ethnicity


def _minority_name(rng: Random, rule: dict[str, Any], sex: str) -> str:
    given: str = rng.choice(rule[sex])
    return f"{given}{_MIDDLE_DOT}{rng.choice(rule['家'])}" if rule["dot"] else given


def _han_name(rng: Random, sex: str, trait: str | None) -> str:
    words = vocabulary()
    surname: str = rng.choice(words["surnames"].replace(" ", ""))
    if trait == "double_surname" or rng.random() < 0.03:
        surname = rng.choice(words["double_surnames"])
    elif trait == "rare_character" and rng.random() < 0.4:
        surname = rng.choice(words["rare_surnames"])
    usual = words["given"][sex].replace(" ", "")
    rare = words["rare_given"].replace(" ", "")
    if trait == "unreadable_character":
        return f"{surname}{rng.choice(usual)}{rng.choice(words['unreadable_given'])}"
    pool = rare if trait == "rare_character" or rng.random() < 0.06 else usual
    given: str = rng.choice(pool)
    if rng.random() < 0.72:
        given = rng.choice(usual) + given if rng.random() < 0.5 else given + rng.choice(usual)
    return surname + given


def _years(age: float) -> int | None:
    """How long a card is valid (居民身份证法 article 5): None is 长期."""
    if age < 16:
        return 5
    if age < 26:
        return 10
    return 20 if age < 46 else None


def _validity(rng: Random, birth: date, today: date, trait: str | None) -> tuple[date, date | None]:
    """Issue and expiry: in force today unless the trait is ``expired``."""
    earliest = max(date(2005, 3, 1), birth + timedelta(days=16 * 365 + 30))
    latest = today - timedelta(days=20)
    for _ in range(2000):
        issued = earliest + timedelta(days=rng.randint(0, max((latest - earliest).days, 0)))
        years = _years((issued - birth).days / 365.2425)
        until = _add_years(issued, years) if years else None
        if trait == "expired":
            if until is not None and until < today:
                return issued, until
        elif trait == "long_term":
            if until is None:
                return issued, until
        elif until is None or until > today + timedelta(days=60):
            return issued, until
    if trait == "expired":  # too young to have outlived a card: they still carry a child's
        return today - timedelta(days=6 * 365), today - timedelta(days=365)
    raise ValueError("no validity found")


def _add_years(day: date, years: int) -> date:
    try:
        return day.replace(year=day.year + years)
    except ValueError:  # 29 February
        return day.replace(year=day.year + years, day=28)
