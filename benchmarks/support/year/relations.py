"""A mover's insurance relations as the agencies have them, while the months go by."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from benchmarks.support.year.plan import REGIONS, Plan
from knowledge.transfers import wanted

if TYPE_CHECKING:
    from benchmarks.support.year.year import Year

INSURANCES = ("pension", "medical", "unemployment")


@dataclass(frozen=True)
class Truth:
    """What is so of one insurance.

    Args:
        origin: where the relation really lies; HR's records may say otherwise.
        stops, starts, settled: days from which the origin no longer pays, the destination pays,
            and no arrears are left.
    """

    origin: str
    stops: date
    starts: date
    settled: date


class Relations:
    """All relations of one mover; `live` keeps the agencies' records in step."""

    def __init__(self, year: Year, plan: Plan) -> None:
        if plan.moves_on is None or plan.moves_to is None:
            raise ValueError("only movers have relations to move")
        self._year, self._plan = year, plan
        self.moved, self.destination = plan.moves_on, plan.moves_to
        self.by = {name: self._draw(name) for name in INSURANCES}
        needed = wanted(plan.region, self.destination)
        self.needed = tuple(each.insurance for each in needed if each.need == "transfer")

    def _draw(self, name: str) -> Truth:
        a, rng = self._year.a, self._plan.dice("relation", name)
        common = self._plan.dice("relation")  # one employer, one day for all insurances

        def day(least_most: tuple[int, int]) -> date:
            return self.moved + timedelta(days=common.randint(*least_most))

        stops, starts = day(a.origin_stops_days), day(a.destination_starts_days)
        owes = rng.random() < a.arrears
        settled = self.moved + timedelta(days=rng.randint(*a.arrears_days) if owes else 0)
        origin, elsewhere = self._plan.region, rng.random() < a.origin_elsewhere
        if elsewhere:
            others = [r for r in REGIONS if r[:4] not in (origin[:4], self.destination[:4])]
            origin = rng.choice(others)
        return Truth(origin, stops, starts, settled)

    async def live(self) -> None:
        """The agencies' records, from the beginning to the last change."""
        days = {self.moved}
        for truth in self.by.values():
            days |= {truth.stops, truth.starts, truth.settled}
        await self._write()
        for day in sorted(days):
            await self._year.days.until(day)
            await self._write()

    async def _write(self) -> None:
        today = self._year.today
        rows: list[dict[str, Any]] = []
        for name, truth in self.by.items():
            owes = truth.settled > max(today, self.moved)
            common = {
                "id_number": self._plan.person.id_number,
                "name": self._plan.person.name,
                "insurance": name,
            }
            rows.append(
                common
                | {
                    "region": truth.origin,
                    "status": "paying" if today < truth.stops else "stopped",
                    "arrears": 1 if owes else 0,
                    "first_month": f"{max(self._plan.hired.year, 2010)}-01",
                    "last_month": _month(self.moved - timedelta(days=1)),
                }
            )
            if today >= truth.starts:
                month = _month(self.moved)
                paid = {"status": "paying", "first_month": month, "last_month": month}
                rows.append(common | {"region": self.destination} | paid)
        await self._year.outside.accounts(rows)


def _month(day: date) -> str:
    return f"{day:%Y-%m}"
