"""Who works there, who comes, moves and goes: drawn from a seed before anything happens."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta
from random import Random

from benchmarks.support.year.assumptions import Assumptions
from knowledge.agencies import partner_banks
from sandbox.company.dice import dice
from sandbox.company.model import Employer, Person
from sandbox.company.numbers import make_credit_code, make_phone
from sandbox.company.people import make_person

FIRST_DAY, LAST_DAY = date(2026, 1, 1), date(2026, 12, 31)
RUN_OUT = timedelta(days=210)
"""So long after the year what was begun in it may end."""
BANKS = {
    "icbc": "工商银行",
    "abc": "农业银行",
    "boc": "中国银行",
    "ccb": "建设银行",
    "psbc": "邮储银行",
}
REGIONS: tuple[str, ...] = (
    *("370100", "440300", "320500", "110000", "510100", "310000", "420100", "330100", "610100"),
    *("370200", "410100", "430100", "500000", "440100", "340100", "350200", "210100", "220100"),
    *("120000", "130100", "230100", "320100", "320400", "330200", "370600", "441900", "210200"),
    *("140100", "360100", "450100"),
)
_OLD_CARD = 0.9
"""So many of those who have long worked there hold a valid card of their province."""


@dataclass(frozen=True)
class Plan:
    """One person's year. Days are dates in China; None: it does not happen to them.

    Args:
        cards: valid cards at the beginning: region, bank, whether the bureau's register has it.
    """

    number: str
    person: Person
    phone: str
    region: str
    hired: date
    joins: bool
    cards: tuple[tuple[str, str, bool], ...]
    moves_on: date | None = None
    moves_to: str | None = None
    leaves_on: date | None = None
    asks_again_on: date | None = None

    def dice(self, *about: object) -> Random:
        """Chance of their own for each matter: both runs throw the same where they ask the same."""
        return dice(self.person.id_number, *about)

    def left(self, day: date) -> bool:
        """Whether they have left by then."""
        return self.leaves_on is not None and self.leaves_on <= day


@dataclass(frozen=True)
class Company:
    """Everybody, and the legal entity that employs them."""

    employer: Employer
    regions: tuple[str, ...]
    people: tuple[Plan, ...]


def banks_of(region: str) -> tuple[str, ...]:
    """Those of the five banks that issue cards in a region, as far as it is known."""
    known = partner_banks(region)
    names = [bank.code for bank in known.banks] if known else []
    if known is None or not known.complete:
        names += BANKS
    return tuple(code for code in BANKS if code in names)


def draw(a: Assumptions, employees: int, regions: int, seed: int) -> Company:
    """A company of so many people at its beginning, the same for a seed."""
    places = REGIONS[:regions]
    rng = dice("year", seed, "employer")
    units = {place: f"{place}{rng.randrange(10**6):06d}" for place in places}
    employer = Employer("样本集团有限公司", make_credit_code(rng, "370102"), units)
    taken: set[str] = set()
    joining = round(employees * a.joiners)
    people = [
        _one(a, places, seed, index, joins=index >= employees, taken=taken)
        for index in range(employees + joining)
    ]
    return Company(employer, places, tuple(people))


def _one(
    a: Assumptions,
    places: tuple[str, ...],
    seed: int,
    index: int,
    *,
    joins: bool,
    taken: set[str],
) -> Plan:
    rng = dice("year", seed, "person", index)
    person = make_person(rng, FIRST_DAY)
    while person.id_number in taken:
        person = make_person(rng, FIRST_DAY)
    taken.add(person.id_number)
    region = rng.choices(places, [len(places) - n / 2 for n in range(len(places))])[0]
    hired = FIRST_DAY - timedelta(days=rng.randint(200, 4000))
    if joins:
        hired = FIRST_DAY + timedelta(days=rng.randrange(365))
    plan = Plan(
        number=f"Y{index:06d}",
        person=_valid(person, a, rng),
        phone=make_phone(index),
        region=region,
        hired=hired,
        joins=joins,
        cards=_cards(a, rng, region, places, joins=joins),
    )
    return _events(plan, a, rng, places)


def _valid(person: Person, a: Assumptions, rng: Random) -> Person:
    """The ID card outlasts the year, or has expired."""
    issued = FIRST_DAY - timedelta(days=rng.randint(400, 3000))
    ends = FIRST_DAY + timedelta(days=rng.randint(900, 5000))
    if rng.random() < a.expired_id:
        ends = FIRST_DAY - timedelta(days=rng.randint(10, 300))
        issued = ends.replace(year=ends.year - 10, day=min(ends.day, 28))
    until = None if person.valid_to is None and ends > FIRST_DAY else ends
    return replace(person, valid_from=issued, valid_to=until)


def _cards(
    a: Assumptions, rng: Random, region: str, places: tuple[str, ...], *, joins: bool
) -> tuple[tuple[str, str, bool], ...]:
    here, throw = rng.random(), rng.random()
    registered = rng.random() >= a.unregistered
    bank = rng.choice(banks_of(region))
    away = [place for place in places if place[:2] != region[:2]]
    if not joins:
        return ((region, bank, registered),) if here < _OLD_CARD else ()
    if throw < a.has_card_here:
        return ((region, bank, registered),)
    if throw < a.has_card_here + a.has_card_elsewhere and away:
        place = rng.choice(away)
        return ((place, rng.choice(banks_of(place)), registered),)
    return ()


def _events(plan: Plan, a: Assumptions, rng: Random, places: tuple[str, ...]) -> Plan:
    moves, leaves, again, month = (rng.random() for _ in range(4))
    target = rng.choice([place for place in places if place != plan.region] or [plan.region])
    days = [rng.randrange(365) for _ in range(2)]
    if leaves < a.leavers:
        day = FIRST_DAY + timedelta(days=days[0])
        plan = replace(plan, leaves_on=day if day > plan.hired else None)
    if plan.joins or target == plan.region:
        return plan
    if moves < a.movers:
        # Insurance moves with the month.
        on = FIRST_DAY.replace(month=1 + int(month * 12))
        if not plan.left(on):
            return replace(plan, moves_on=on, moves_to=target)
    if again < a.tries_again and plan.cards:
        return replace(plan, asks_again_on=FIRST_DAY + timedelta(days=days[1]))
    return plan
