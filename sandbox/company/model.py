"""What a made-up company consists of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

LONG_TERM = "长期"


@dataclass(frozen=True, slots=True)
class Person:
    """Everything that stands on a person's ID card, and which face they wear."""

    name: str
    sex: str  # 男 or 女
    ethnicity: str  # without 族, as the card prints it
    birth: date
    address: str
    id_number: str
    authority: str
    valid_from: date
    valid_to: date | None  # None prints as 长期
    face: int  # seed of the portrait, see sandbox.papers.faces

    def fields(self) -> dict[str, str]:
        """The card's fields in the names and formats of ``check-document``."""
        return {
            "name": self.name,
            "sex": self.sex,
            "ethnicity": self.ethnicity,
            "birth": self.birth.isoformat(),
            "address": self.address,
            "id_number": self.id_number,
            "authority": self.authority,
            "valid_from": self.valid_from.isoformat(),
            "valid_to": self.valid_to.isoformat() if self.valid_to else LONG_TERM,
        }


@dataclass(frozen=True, slots=True)
class Employer:
    """A legal entity of the group; ``units`` gives its 单位编号 per insurance region."""

    name: str
    credit_code: str
    units: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Employee:
    """A person's employment. ``region`` is the GB/T 2260 code of the insurance region."""

    number: str
    person: Person
    phone: str
    employer: Employer
    hire_date: date
    region: str
    traits: frozenset[str]


@dataclass(frozen=True, slots=True)
class KnownCard:
    """A social security card that HR knows of; statuses are those of the bureau's registry."""

    employee_number: str
    province: str
    region: str
    bank: str
    last_four: str
    status: str
    valid_until: date | None


@dataclass(frozen=True, slots=True)
class Company:
    """A group of employers, its employees and the cards that HR already knows."""

    name: str
    seed: int
    today: date
    employers: tuple[Employer, ...]
    employees: tuple[Employee, ...]
    cards: tuple[KnownCard, ...]

    def employee(self, number: str) -> Employee:
        """The employee of that 工号. Raises KeyError when there is none."""
        for employee in self.employees:
            if employee.number == number:
                return employee
        raise KeyError(number)

    def with_trait(self, trait: str) -> tuple[Employee, ...]:
        """Everybody who has the trait, in order of their number."""
        return tuple(one for one in self.employees if trait in one.traits)

    def cards_of(self, number: str) -> tuple[KnownCard, ...]:
        """The known cards of one employee."""
        return tuple(card for card in self.cards if card.employee_number == number)
