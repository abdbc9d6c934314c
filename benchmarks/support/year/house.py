"""The bot's own side of the year: its database, files, connectors and clock, and its real verbs."""

from __future__ import annotations

import csv
import io
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import UTC, date, datetime
from datetime import time as clock_time
from typing import Any, TypeVar

from sqlmodel.ext.asyncio.session import AsyncSession

from benchmarks.support.year.outside import SECRET, Outside
from benchmarks.support.year.plan import BANKS, Company, Plan
from sandbox.company.writers import ROSTER_HEADINGS
from services.applications import ApplicationSettings, use
from services.gateways import Gateways, GatewaySettings
from services.imports import import_roster
from services.imports.settings import ImportSettings
from services.people import people
from storage import migrate
from storage.clock import SHANGHAI
from storage.crypto import Keyring, generate_key
from storage.database import Database
from storage.models import StoredFile

T = TypeVar("T")
_MOMENT = clock_time(10, 30)
"""The one moment of a day at which things happen; reminders fall due at ten."""


class MemoryStore:
    """The file store's interface without a disk: pictures of a year would fill it."""

    def __init__(self) -> None:
        self._kept: dict[str, bytes] = {}

    async def write(self, content: bytes) -> str:
        name = secrets.token_hex(16)
        self._kept[name] = content
        return name

    async def read(self, name: str) -> bytes:
        return self._kept[name]

    async def delete(self, name: str) -> None:
        self._kept.pop(name, None)

    async def names(self) -> list[tuple[str, float]]:
        return [(name, 0.0) for name in self._kept]


class House:
    """Database, files and connectors of one run."""

    def __init__(self, database: Database, gateways: Gateways) -> None:
        self.database, self.gateways = database, gateways
        self.files = MemoryStore()
        self.today = date.min
        self.ids: dict[str, int] = {}
        self.verbs = 0

    @property
    def now(self) -> datetime:
        """UTC."""
        return datetime.combine(self.today, _MOMENT, SHANGHAI).astimezone(UTC)

    async def do(self, verb: Callable[[AsyncSession], Awaitable[T]]) -> T:
        """One transaction."""
        self.verbs += 1
        async with self.database.transaction() as session:
            return await verb(session)

    def writing(self) -> AbstractAsyncContextManager[AsyncSession]:
        """One transaction for what one moment of a person does."""
        self.verbs += 1
        return self.database.transaction()

    async def look(self, query: Callable[[AsyncSession], Awaitable[T]]) -> T:
        """Reading alone."""
        async with self.database.reading() as session:
            return await query(session)

    async def store(self, session: AsyncSession, person_id: int, image: bytes | None) -> int | None:
        """A file of its own for every upload."""
        if image is None:
            return None
        row = StoredFile(
            name=await self.files.write(image),
            person_id=person_id,
            media_type="image/jpeg",
            size=len(image),
            created_at=self.now,
        )
        session.add(row)
        await session.flush()
        return row.id

    async def roster(self, company: Company, rows: Iterable[tuple[Plan, str]]) -> None:
        """HR's roster of some people in the regions where they are now.

        Raises:
            RuntimeError: the roster's checks refuse it.
        """
        wanted = list(rows)
        if not wanted:
            return
        content = _sheet(company, wanted)
        report = await self.do(
            lambda s: import_roster(s, content, self.now, settings=ImportSettings())
        )
        if not report.ok:
            raise RuntimeError(f"the roster was refused: {report.errors[:3]}")

    async def person(self, plan: Plan) -> int:
        """Whose row it is."""
        if plan.number not in self.ids:
            found = await self.look(lambda s: people.by_number(s, plan.number))
            self.ids[plan.number] = found[0].id
        return self.ids[plan.number]


def _sheet(company: Company, rows: Iterable[tuple[Plan, str]]) -> bytes:
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(ROSTER_HEADINGS)
    employer = company.employer
    for plan, region in rows:
        writer.writerow(
            (
                plan.number,
                plan.person.name,
                "居民身份证",
                plan.person.id_number,
                plan.phone,
                employer.name,
                employer.credit_code,
                employer.units[region],
                plan.hired.isoformat(),
                region,
            )
        )
    return out.getvalue().encode("utf-8-sig")


def gateway_settings(outside: Outside, banks: int) -> GatewaySettings:
    """Every region, both agencies and so many banks by HTTP. Without pauses and breaker: those
    count real seconds, and a day takes less than one here."""

    def connector(path: str, **more: Any) -> dict[str, Any]:
        return {"base_url": f"{outside.url}/{path}", "token": SECRET, **more}

    places = tuple("123456")
    return GatewaySettings.model_validate(
        {
            "bureaus": {"sandbox": connector("bureau")},
            "regions": dict.fromkeys(places, "sandbox"),
            "banks": {code: connector(f"bank/{code}") for code in tuple(BANKS)[:banks]},
            "agencies": [
                connector(f"agency/{code}", agency=code, regions=places)
                for code in ("hrss", "nhsa")
            ],
            "backoff_seconds": 0,
            "breaker_failures": 1_000_000,
            "attempt_seconds": 60,
            "deadline_seconds": 120,
        }
    )


@asynccontextmanager
async def opened(url: str, outside: Outside, banks: int) -> AsyncIterator[House]:
    """The house on a database that is made for it."""
    migrate.upgrade(url)
    use(ApplicationSettings())
    database = Database(url, Keyring.from_text(generate_key()))
    gateways = Gateways.from_settings(gateway_settings(outside, banks))
    try:
        yield House(database, gateways)
    finally:
        await gateways.close()
        await database.dispose()
