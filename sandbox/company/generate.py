"""Draws a company from a seed."""

from __future__ import annotations

from datetime import date, timedelta
from random import Random

from sandbox.company.dice import dice
from sandbox.company.model import Company, Employee, Employer, KnownCard, Person
from sandbox.company.numbers import make_credit_code, make_phone
from sandbox.company.people import make_person
from sandbox.company.places import vocabulary

# Where the group insures its people, and the division in each entity's credit code.
_REGIONS = {
    "370100": ("济南", "370102"),
    "370200": ("青岛", "370202"),
    "110000": ("北京", "110108"),
    "440300": ("深圳", "440305"),
    "510100": ("成都", "510107"),
}
_WEIGHTS = (50, 18, 12, 12, 8)
_BANKS = ("icbc", "ccb", "qlb")
# The first employees are a fixed cast, so that a demo or a test finds each situation at once.
# (person trait, situation of their card, region)
_CAST: tuple[tuple[str | None, str, str], ...] = (
    (None, "none", "370100"),
    (None, "same_province", "370100"),
    (None, "other_province", "370100"),
    (None, "lost", "370100"),
    ("rare_character", "none", "370100"),
    ("middle_dot", "none", "370100"),
    ("expired", "none", "370100"),
    ("long_term", "cancelled", "370200"),
    ("check_x", "sealed", "370100"),
    ("unreadable_character", "none", "370200"),
    (None, "same_province", "110000"),
    ("minority", "collectable", "440300"),
)
_SITUATIONS = (
    "none",
    "same_province",
    "other_province",
    "lost",
    "cancelled",
    "sealed",
    "collectable",
    "making",
)
_SITUATION_WEIGHTS = (58, 14, 12, 4, 4, 3, 3, 2)
_STATUS = {"same_province": "normal", "other_province": "normal"}


def make_company(seed: int, size: int, today: date) -> Company:
    """A group with one legal entity per region and ``size`` employees, the same for a seed.

    Raises ValueError when ``size`` is not between 1 and 100,000.
    """
    if not 1 <= size <= 100_000:
        raise ValueError("size must be between 1 and 100000")
    rng = dice("company", seed)
    name, employers = _make_group(rng)
    seen: set[str] = set()
    employees: list[Employee] = []
    cards: list[KnownCard] = []
    for index in range(size):
        own = dice("employee", seed, index)
        trait, situation, region = _role(own, index)
        person = _new_person(own, trait, region, seen, today=today)
        employee = Employee(
            number=f"E{index + 1:05d}",
            person=person,
            phone=make_phone(index + 1),
            employer=employers[region],
            hire_date=today - timedelta(days=own.choice((0, 1, 2, 3, 5, 8, 13, 21, 60, 200))),
            region=region,
            traits=_traits(person, trait, situation),
        )
        employees.append(employee)
        if situation != "none":
            cards.append(_make_card(own, employee, situation, today))
    return Company(
        name=name,
        seed=seed,
        today=today,
        employers=tuple(employers.values()),
        employees=tuple(employees),
        cards=tuple(cards),
    )


def _role(rng: Random, index: int) -> tuple[str | None, str, str]:
    if index < len(_CAST):
        return _CAST[index]
    region = rng.choices(list(_REGIONS), _WEIGHTS)[0]
    return None, rng.choices(_SITUATIONS, _SITUATION_WEIGHTS)[0], region


def _make_group(rng: Random) -> tuple[str, dict[str, Employer]]:
    """The group's name and its legal entity in each region."""
    words = vocabulary()["employer"]
    brand, trade = rng.choice(words["brands"]), rng.choice(words["trades"])
    employers = {}
    for region, (city, division) in _REGIONS.items():
        employers[region] = Employer(
            name=f"{city}{brand}{trade}{words['forms'][0]}",
            credit_code=make_credit_code(rng, division),
            units={region: f"{region[:4]}00{rng.randrange(1_000_000):06d}"},
        )
    return f"{brand}集团", employers


def _new_person(
    rng: Random, trait: str | None, region: str, seen: set[str], *, today: date
) -> Person:
    """A person whose number nobody in the company has yet."""
    province = region[:2] if rng.random() < 0.6 else None
    person = make_person(rng, today, trait=trait, province=province)
    while person.id_number in seen:
        person = make_person(rng, today, trait=trait, province=province)
    seen.add(person.id_number)
    return person


def _traits(person: Person, trait: str | None, situation: str) -> frozenset[str]:
    found = {f"card_{situation}"} | ({trait} if trait else set())
    if person.valid_to is None:
        found.add("long_term")
    if "·" in person.name:
        found.add("middle_dot")
    return frozenset(found)


def _make_card(rng: Random, employee: Employee, situation: str, today: date) -> KnownCard:
    region = employee.region
    if situation == "other_province":
        region = rng.choice([one for one in _REGIONS if one[:2] != region[:2]])
    return KnownCard(
        employee_number=employee.number,
        province=f"{region[:2]}0000",
        region=region,
        bank=rng.choice(_BANKS),
        last_four=f"{rng.randrange(10_000):04d}",
        status=_STATUS.get(situation, situation),
        valid_until=today.replace(day=1) + timedelta(days=rng.randint(200, 3000)),
    )
