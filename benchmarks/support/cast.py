"""The people of a run: made up, with their papers drawn, known to bureau and HR."""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from benchmarks.support.town import Admin, Town
from sandbox.company import Company, Employee, make_company
from sandbox.company.writers import write_company
from sandbox.papers import render

_NEEDED_PER_MEMBER = 4
_TROUBLESOME = {"expired", "rare_character", "unreadable_character", "middle_dot"}
_ELSEWHERE = {"44": "110000"}
"""Region of the card that a member has in another province; 440300 for everybody else."""


@dataclass(frozen=True)
class Member:
    """One employee with their pictures; `elsewhere` has a valid card in another province."""

    employee: Employee
    pictures: dict[str, bytes]
    elsewhere: bool
    link: str = ""

    def __repr__(self) -> str:
        return f"Member({self.employee.number})"


def choose(company: Company, count: int) -> list[Employee]:
    """Employees without a card whose papers are in order."""
    holders = {card.employee_number for card in company.cards}
    plain = [
        e for e in company.employees if e.number not in holders and not e.traits & _TROUBLESOME
    ]
    if len(plain) < count:
        raise LookupError("the made-up company is too small")
    # Longer names first: two characters are too few bytes to be searched for in a leak test.
    return sorted(plain, key=lambda e: (len(e.person.name) < 3, e.number))[:count]


def draw(employee: Employee) -> dict[str, bytes]:
    """The pictures that one employee will send."""
    seed = employee.person.face
    return {
        "front": render("id_front", employee, seed=seed, grade="clean").image,
        "back": render("id_back", employee, seed=seed, grade="clean").image,
        "portrait": render("portrait", employee, seed=seed, background="white").image,
        "blue": render("portrait", employee, seed=seed, background="blue").image,
    }


@dataclass(frozen=True)
class Cast:
    """The members, and the officer with their invitation."""

    members: list[Member]
    officer: Employee
    officer_link: str


def prepare(
    town: Town, count: int, seed: int, today: date, drawn: Callable[[], None] = lambda: None
) -> Cast:
    """Make the company, import it as HR would, draw the papers, appoint and invite."""
    company = make_company(seed=seed, size=count * _NEEDED_PER_MEMBER + 12, today=today)
    folder = town.folder / "company"
    write_company(company, folder, pictures=False)
    chosen = choose(company, count)
    members = []
    with ProcessPoolExecutor(2) as pool:
        for place, (employee, pictures) in enumerate(
            zip(chosen, pool.map(draw, chosen), strict=True)
        ):
            members.append(Member(employee, pictures, elsewhere=place % 5 == 4))
            drawn()
    officer = next(e for e in company.employees if e not in chosen)
    links = _enlist(town, folder, [*chosen, officer])
    town.bot_command("roles", "grant", officer.number, "officer")
    invited = [replace(m, link=links[m.employee.number]) for m in members]
    return Cast(invited, officer, links[officer.number])


def _enlist(town: Town, folder: Path, chosen: list[Employee]) -> dict[str, str]:
    town.bot_command("db", "upgrade")
    town.bot_command("people", "import", str(folder / "roster.csv"), "--json")
    numbers = [word for employee in chosen for word in ("--number", employee.number)]
    entries = json.loads(town.bot_command("people", "invite", *numbers, "--json"))
    return {entry["number"]: entry["link"] for entry in entries}


async def introduce(admin: Admin, members: list[Member]) -> None:
    """The bureau knows the members, their employers, and some cards elsewhere."""
    employers = {
        (e.employer.credit_code, unit): e.employer.name
        for e in (m.employee for m in members)
        for unit in e.employer.units.values()
    }
    cards = [
        {
            "id_number": m.employee.person.id_number,
            "name": m.employee.person.name,
            "region": _ELSEWHERE.get(m.employee.region[:2], "440300"),
            "bank": "icbc",
            "last_four": f"{place:04d}",
            "status": "normal",
        }
        for place, m in enumerate(members)
        if m.elsewhere
    ]
    body = {
        "people": [
            {"id_number": m.employee.person.id_number, "name": m.employee.person.name}
            for m in members
        ],
        "employers": [
            {"credit_code": code, "unit_number": unit, "name": name}
            for (code, unit), name in employers.items()
        ],
        "cards": cards,
        "applications": [],
    }
    await admin.sandbox("POST", "seed", body)
