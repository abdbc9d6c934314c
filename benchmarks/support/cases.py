"""Generated people with cards here and there, and an oracle that says what must become of them.

The oracle is written from the rule itself (one valid card per person and province; a valid card
elsewhere only warns; lost, sealed and cancelled ones stand in nobody's way) and from the sandbox's
storage. It shares no code with the program.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sandbox.company import Employee, make_company

BANKS = ("icbc", "ccb", "qlb")
NOT_VALID = ("lost", "sealed", "cancelled")
VALID = ("normal", "making", "collectable")
# Another place in the same province, and two elsewhere.
_NEIGHBOUR = {"37": "370200", "11": "110000", "44": "440100", "51": "510700"}
_FAR = ("320500", "330100", "420100")
_KNOWN_TO = ("both", "bureau", "bank")


@dataclass(frozen=True)
class SeededCard:
    """A card before the story begins. `known_to`: who can tell of it."""

    region: str
    bank: str
    status: str
    known_to: str

    @property
    def province(self) -> str:
        return self.region[:2]


@dataclass(frozen=True)
class Case:
    """One person, what they have, and what happens to them on the way."""

    employee: Employee
    cards: tuple[SeededCard, ...]
    under_way: str | None = None  # region of an application that somebody else handed in
    surprise: str | None = None  # what appears at the bureau between check and submission

    @property
    def situation(self) -> str:
        """A short name, for the table."""
        if self.surprise:
            return f"{self.surprise} appears after the check"
        here = self.employee.region[:2]
        if self.under_way:
            where = "here" if self.under_way[:2] == here else "elsewhere"
            return f"application under way {where}"
        mine = [card for card in self.cards if card.province == here]
        if not self.cards:
            return "no card"
        if not mine:
            valid = any(card.status in VALID for card in self.cards)
            return f"{'valid' if valid else 'other'} card elsewhere"
        card = next((card for card in mine if card.status in VALID), mine[0])
        return f"{card.status} card here, known to {card.known_to}"

    @property
    def must_stop(self) -> bool:
        """The oracle, before the story: something in the province stands in the way."""
        here = self.employee.region[:2]
        blocked = any(card.province == here and card.status in VALID for card in self.cards)
        return blocked or (self.under_way or "")[:2] == here or self.surprise is not None


@dataclass
class Fate:
    """What became of a case."""

    case: Case
    status: str = ""
    number: str = ""
    warned: bool = False
    waited: bool = False
    troubles: list[str] = field(default_factory=list)


def make_cases(count: int, seed: int, today: date) -> list[Case]:
    """The same people for the same seed."""
    dice = random.Random(seed)
    company = make_company(seed=seed, size=count, today=today)
    return [_make_case(dice, employee) for employee in company.employees]


def _make_case(dice: random.Random, employee: Employee) -> Case:
    draw = dice.random()
    if draw < 0.10:
        return Case(employee, (), surprise="card")
    if draw < 0.15:
        return Case(employee, (), surprise="application")
    if draw < 0.25:
        here = dice.random() < 0.5
        region = employee.region if here else _elsewhere(dice, employee)
        return Case(employee, (), under_way=region)
    if draw < 0.40:
        return Case(employee, ())
    cards = [_card(dice, employee, _place(dice, employee))]
    if dice.random() < 0.4:
        cards.append(_card(dice, employee, _place(dice, employee)))
    return Case(employee, tuple(_one_valid_each(cards)))


def _place(dice: random.Random, employee: Employee) -> str:
    near = _NEIGHBOUR[employee.region[:2]]
    return dice.choice((employee.region, employee.region, near, _elsewhere(dice, employee)))


def _elsewhere(dice: random.Random, employee: Employee) -> str:
    return dice.choice([region for region in _FAR if region[:2] != employee.region[:2]])


def _card(dice: random.Random, employee: Employee, region: str) -> SeededCard:
    status = dice.choice((*VALID, "normal", *NOT_VALID))
    # Qilu Bank works in Shandong only; elsewhere it makes no social security cards.
    banks = BANKS if region.startswith("37") else BANKS[:2]
    return SeededCard(region, dice.choice(banks), status, dice.choice(_KNOWN_TO))


def _one_valid_each(cards: Sequence[SeededCard]) -> list[SeededCard]:
    """A person starts with at most one valid card in a province, and one card at a bank there."""
    kept: list[SeededCard] = []
    for card in cards:
        rival = [k for k in kept if k.province == card.province]
        both_valid = card.status in VALID and any(k.status in VALID for k in rival)
        if not both_valid and not any(k.bank == card.bank for k in rival):
            kept.append(card)
    return kept


def seeds(cases: Iterable[Case]) -> dict[str, Any]:
    """The body of the sandbox's `POST /admin/seed`."""
    people, employers, cards, applications = [], {}, [], []
    for place, case in enumerate(cases):
        person = case.employee.person
        who = {"id_number": person.id_number, "name": person.name}
        people.append(who)
        for unit in case.employee.employer.units.values():
            employer = case.employee.employer
            employers[employer.credit_code, unit] = employer.name
        cards += [
            who | card_seed(card.region, card.bank, f"{place:03d}{nth}", card.status, card.known_to)
            for nth, card in enumerate(case.cards)
        ]
        if case.under_way:
            applications.append(who | {"region": case.under_way, "bank": "icbc"})
    return {
        "people": people,
        "employers": [
            {"credit_code": code, "unit_number": unit, "name": name}
            for (code, unit), name in employers.items()
        ],
        "cards": cards,
        "applications": applications,
    }


def card_seed(region: str, bank: str, digits: str, status: str, known_to: str) -> dict[str, Any]:
    """One card as the sandbox is told of it."""
    return {
        "region": region,
        "bank": bank,
        "last_four": digits,
        "status": status,
        "registered": known_to != "bank",
        "at_bank": known_to != "bureau",
    }


def second_cards(cards: Iterable[dict[str, Any]]) -> int:
    """How many (person, province) have more than one valid card, whoever knows them."""
    valid: dict[tuple[str, str], int] = {}
    for card in cards:
        if card["status"] in VALID:
            key = card["id_number"], card["province"]
            valid[key] = valid.get(key, 0) + 1
    return sum(count > 1 for count in valid.values())


def verdicts(fates: Iterable[Fate], applications: Sequence[dict[str, Any]]) -> list[str]:
    """Where fate and oracle differ."""
    faults = []
    for fate in fates:
        faults += [f"{fate.case.situation}: {trouble}" for trouble in fate.troubles]
        mine = [row for row in applications if row["number"] == fate.number]
        if fate.case.must_stop and (fate.status != "stopped" or mine):
            faults.append(f"{fate.case.situation}: not stopped ({fate.status})")
        if not fate.case.must_stop and fate.status == "stopped":
            faults.append(f"{fate.case.situation}: wrongly stopped")
        if not fate.case.must_stop and len(mine) != 1:
            faults.append(f"{fate.case.situation}: {len(mine)} applications at the bureau")
    return faults
