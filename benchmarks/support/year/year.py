"""The year itself: who wishes what on which day, in one run with or without the bot's checks."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from unittest import mock

from benchmarks.support.year import house as houses
from benchmarks.support.year import outside as outsides
from benchmarks.support.year.assumptions import Assumptions
from benchmarks.support.year.cardwish import CardWish
from benchmarks.support.year.days import Days
from benchmarks.support.year.house import House
from benchmarks.support.year.outside import Outside
from benchmarks.support.year.pictures import Album
from benchmarks.support.year.plan import FIRST_DAY, LAST_DAY, RUN_OUT, Company, Plan
from benchmarks.support.year.relations import Relations
from benchmarks.support.year.tally import Result, Wish
from benchmarks.support.year.transferwish import ask_for_transfers
from services.applications import papers
from services.people import people

_VALID = frozenset({"normal", "making", "collectable"})
_JUDGES = ("own_findings", "identity_findings")


@dataclass
class Year:
    """What every wish of one run shares."""

    a: Assumptions
    checks: bool
    seed: int
    company: Company
    album: Album
    house: House
    outside: Outside
    days: Days
    result: Result = field(init=False)

    def __post_init__(self) -> None:
        self.result = Result(self.checks)

    @property
    def today(self) -> date:
        """In China."""
        return self.days.today

    def wish(self, kind: str, *, crossed: bool) -> Wish:
        """A new one, from today."""
        found = Wish("card" if kind == "card" else "transfer", self.today, crossed)
        self.result.wishes.append(found)
        return found


@contextlib.contextmanager
def unchecked() -> Iterator[None]:
    """The stand-in for what papers say of each other: it finds nothing. Here alone: the product has
    no such switch."""
    with contextlib.ExitStack() as stack:
        for name in _JUDGES:
            stack.enter_context(mock.patch.object(papers, name, return_value=[]))
        yield


async def run(
    a: Assumptions,
    company: Company,
    album: Album,
    folder: Path,
    url: str,
    *,
    checks: bool,
    seed: int,
    step: Callable[[date], None],
) -> Result:
    """One run from the first day to the end of the run-out."""
    began = time.monotonic()
    folder.mkdir(parents=True, exist_ok=True)
    async with (
        outsides.opened(folder, seed) as outside,
        houses.opened(url, outside, a.banks_connected) as house,
    ):

        async def begins(day: date) -> None:
            house.today = day
            await outside.day(house.now, a)

        days = Days(LAST_DAY + RUN_OUT, begins)
        year = Year(a, checks, seed, company, album, house, outside, days)
        _arrange(year)
        with contextlib.nullcontext() if checks else unchecked():
            await days.run(step)
        await _judge(year)
        year.result.verbs = house.verbs
    year.result.seconds = time.monotonic() - began
    return year.result


def _arrange(year: Year) -> None:
    """HR's rosters, then every wish on its day."""
    people_, begin = year.company.people, year.days.begin
    begin(FIRST_DAY, lambda: _open(year))
    for month in range(1, 13):
        first = FIRST_DAY.replace(month=month)
        begin(first, lambda m=month: _roster(year, m))  # type: ignore[misc]
    for plan in people_:
        if plan.leaves_on is not None:
            begin(plan.leaves_on, lambda p=plan: _leave(year, p))  # type: ignore[misc]
        if plan.joins:
            begin(plan.hired, lambda p=plan: CardWish(year, p, p.region).live())  # type: ignore[misc]
        if plan.asks_again_on is not None:
            begin(
                plan.asks_again_on,
                lambda p=plan: CardWish(year, p, p.region).live(),  # type: ignore[misc]
            )
        if plan.moves_on is not None:
            _move(year, plan, plan.moves_on)


def _move(year: Year, plan: Plan, on: date) -> None:
    rng, a, target = plan.dice("move"), year.a, plan.moves_to or plan.region
    asks_card, wants, days = rng.random(), rng.random(), rng.randint(0, 20)
    if asks_card < a.mover_asks_card:
        year.days.begin(
            on + timedelta(days=days), lambda: CardWish(year, plan, target, crossed=True).live()
        )
    if wants < a.wants_transfer:
        relations = Relations(year, plan)
        year.days.begin(FIRST_DAY, relations.live)
        asks = on + timedelta(days=rng.randint(*a.asks_transfer_days))
        year.days.begin(asks, lambda: ask_for_transfers(year, plan, relations))


async def _open(year: Year) -> None:
    await year.outside.seed(year.company)
    here = [(plan, plan.region) for plan in year.company.people if not plan.joins]
    await year.house.roster(year.company, here)


async def _roster(year: Year, month: int) -> None:
    """Those who join and those who move in a month, as HR knows at its beginning."""
    first = FIRST_DAY.replace(month=month)
    rows = [
        (plan, plan.region)
        for plan in year.company.people
        if plan.joins and (plan.hired.year, plan.hired.month) == (first.year, month)
    ]
    rows += [
        (plan, plan.moves_to or plan.region)
        for plan in year.company.people
        if plan.moves_on == first and not plan.left(first)
    ]
    await year.house.roster(year.company, rows)


async def _leave(year: Year, plan: Plan) -> None:
    person_id = await year.house.person(plan)
    await year.house.do(lambda s: people.leave(s, person_id, year.house.now))


async def _judge(year: Year) -> None:
    """Cards are counted at the bureau's and banks' own storage, not by what the bot believes."""
    seen: set[tuple[str, str]] = set()
    for card in await year.outside.cards():
        year.result.cards_made += card["reference"] is not None
        if card["status"] in _VALID:
            key = (card["id_number"], card["province"])
            year.result.second_cards += key in seen
            seen.add(key)
    year.result.bad_desk_days = year.outside.bad_desk_days
