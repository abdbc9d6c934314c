"""Bureau, banks and agencies of the year: the sandbox over HTTP, its clock, and bad days."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp import web

from benchmarks.support.year.assumptions import Assumptions
from benchmarks.support.year.plan import BANKS, Company
from sandbox.company.dice import dice
from sandbox.server import create_app
from sandbox.settings import AGENCIES, SandboxSettings

SECRET = "made-up-secret-of-a-simulated-year"
_CHUNK = 500
DESKS = ("bureau", *AGENCIES, *BANKS)


class Outside:
    """The sandbox's test interface, as whoever directs the year uses it."""

    def __init__(self, url: str, http: aiohttp.ClientSession, seed: int) -> None:
        self.url, self._http, self._seed = url, http, seed
        self._clock: datetime | None = None
        self._bad: dict[str, str] = {}
        self.bad_desk_days = 0

    async def call(self, verb: str, path: str, body: Any = None) -> Any:
        """`/admin/…`.

        Raises:
            RuntimeError: the sandbox refused.
        """
        headers = {"Authorization": f"Bearer {SECRET}"}
        async with self._http.request(
            verb, f"{self.url}/admin/{path}", json=body, headers=headers
        ) as answer:
            if answer.status >= 300:
                raise RuntimeError(f"{verb} {path}: {answer.status} {await answer.text()}")
            return await answer.json()

    async def day(self, now: datetime, a: Assumptions) -> None:
        """It is another day there too: the clock, and which desks are down or lose answers."""
        if self._clock == now:
            return
        self._clock = now
        await self.call("POST", "clock", {"offset_seconds": now.timestamp() - time.time()})
        for desk in DESKS:
            throw = dice("weather", self._seed, desk, now.date()).random()
            weather = "down" if throw < a.outage_days else ""
            if a.outage_days <= throw < a.outage_days + a.flaky_days:
                weather = "flaky"
            self.bad_desk_days += bool(weather)
            if weather != self._bad.get(desk, ""):
                fault = {"down": {"down": "503"}, "flaky": {"lose_every": 3}, "": {}}[weather]
                await self.call("PUT", f"faults/{desk}", fault)
                self._bad[desk] = weather

    async def step(
        self,
        reference: str,
        to: str | None = None,
        *,
        reason: str | None = None,
        field: str | None = None,
    ) -> str:
        """The bureau moves an application on; where to."""
        order = {"to": to, "reason_code": reason, "reason_field": field}
        found = await self.call("POST", f"applications/{reference}/step", order)
        return str(found["status"])

    async def step_transfer(self, reference: str, to: str | None = None) -> str:
        """An agency moves a transfer on; where to."""
        found = await self.call("POST", f"transfers/{reference}/step", {"to": to})
        return str(found["status"])

    async def seed(self, company: Company) -> None:
        """Everybody on file, and the cards that there are."""
        people = [
            {
                "id_number": plan.person.id_number,
                "name": plan.person.name,
                "address": plan.person.address,
            }
            for plan in company.people
        ]
        employers = [
            {
                "credit_code": company.employer.credit_code,
                "unit_number": unit,
                "name": company.employer.name,
            }
            for unit in company.employer.units.values()
        ]
        cards = [
            card_of(plan.person.id_number, plan.person.name, card, f"{n % 10_000:04d}")
            for n, plan in enumerate(company.people)
            for card in plan.cards
        ]
        await self.call("POST", "seed", {"employers": employers})
        for name, found in (("people", people), ("cards", cards)):
            for start in range(0, len(found), _CHUNK):
                await self.call("POST", "seed", {name: found[start : start + _CHUNK]})

    async def accounts(self, accounts: Sequence[dict[str, Any]]) -> None:
        """Insurance relations as they stand now."""
        await self.call("POST", "seed", {"accounts": list(accounts)})

    async def cards(self) -> list[dict[str, Any]]:
        """Every card that there is, by the sandbox's own storage."""
        found = await self.call("GET", "cards?limit=1000000")
        return list(found["cards"])


def card_of(id_number: str, name: str, card: tuple[str, str, bool], digits: str) -> dict[str, Any]:
    """A valid card as it is seeded; one that the register lacks is known to its bank."""
    region, bank, registered = card
    return {
        "id_number": id_number,
        "name": name,
        "region": region,
        "bank": bank,
        "last_four": digits,
        "registered": registered,
    }


@asynccontextmanager
async def opened(folder: Path, seed: int) -> AsyncIterator[Outside]:
    """The sandbox on a port of its own until the block ends."""
    settings = SandboxSettings(
        data=folder / "sandbox",
        bureau_token=SECRET,
        bank_tokens=dict.fromkeys(BANKS, SECRET),
        agency_tokens=dict.fromkeys(AGENCIES, SECRET),
        admin_token=SECRET,
        banks=BANKS,
        poll_seconds=30,
    )
    runner = web.AppRunner(create_app(settings), access_log=None, shutdown_timeout=1)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        port = runner.addresses[0][1]
        async with aiohttp.ClientSession() as http:
            yield Outside(f"http://127.0.0.1:{port}", http, seed)
    finally:
        await runner.cleanup()
