"""The duplicate test's run: everybody applies at once, desks break, and everything is counted."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any, TypeVar

import aiohttp
from rich.console import Console
from rich.progress import Progress
from sqlalchemy.exc import IntegrityError

from benchmarks.support.cases import (
    Case,
    Fate,
    card_seed,
    make_cases,
    second_cards,
    seeds,
    verdicts,
)
from benchmarks.support.town import Admin, Town
from bot.compose import build_runtime
from bot.logs import configure
from bot.runtime import Runtime
from bot.settings import Settings
from bot.tasks import TaskRunner
from bot.turns import TurnRunner
from bot.works import WORKS
from sandbox.company import Company, make_company
from sandbox.company.writers import write_company
from sandbox.papers import render
from services import applications as apps
from services.imports import import_roster
from services.people import consents
from services.people.notices import Recipients
from services.people.people import Employee, by_number
from storage import migrate, queue
from storage.clock import SystemClock
from storage.database import Database
from storage.models import Card, CardStatus, ConsentKind, Evidence, StoredFile

_AT_ONCE = 12
_SERVICES = ("bureau", "icbc", "ccb", "qlb")
_WEATHER: tuple[dict[str, Any], ...] = (
    {"down": "503"},
    {"down": "refuse"},
    {"error_every": 2, "error_status": 500},
    {"lose_every": 2},
    {"slow_seconds": 0.6},
)
_KINDS = ("id_front", "id_back", "portrait")
_PATIENCE_SECONDS = 600.0
_WAITING = ("checking", "waiting", "submitting")
T = TypeVar("T")


@dataclass(frozen=True)
class Options:
    """How large a run is."""

    engine: str
    people: int
    seed: int


@dataclass
class Result:
    """What came out."""

    options: Options
    fates: list[Fate] = field(default_factory=list)
    second_cards: int = 0
    outages: int = 0
    refused_by_bureau: int = 0
    inserts_tried: int = 0
    inserts_refused: int = 0
    races_tried: int = 0
    races_held: int = 0
    seconds: float = 0.0
    violations: list[str] = field(default_factory=list)


class DuplicateRun:
    """See the module."""

    def __init__(self, options: Options, folder: Path, url: str, console: Console) -> None:
        self.options, self.console = options, console
        self.town = Town(folder, url)
        self.dice = random.Random(options.seed)
        self.cases = make_cases(options.people, options.seed, date.today())  # noqa: DTZ011
        self.runtime: Runtime
        self.second_device: Database
        self.admin: Admin
        self.pictures: dict[str, bytes] = {}
        self.result = Result(options)

    async def run(self) -> Result:
        """Everything from the roster to the last verdict."""
        began = time.monotonic()
        configure("CRITICAL")
        await asyncio.to_thread(migrate.upgrade, self.town.database_url)
        with self.town.neighbours():
            async with AsyncExitStack() as stack:
                await self._open(stack)
                await self._seed()
                await self._everybody(stack)
                await self._issue()
                await self._judge()
                await self._constraint_alone()
        self.result.seconds = time.monotonic() - began
        return self.result

    # -- the stage ---------------------------------------------------------------------------

    async def _open(self, stack: AsyncExitStack) -> None:
        gateways = self.town.gateways() | {
            "attempt_seconds": 3,
            "deadline_seconds": 6,
            "breaker_seconds": 1,
            "backoff_seconds": 0.1,
            "callback_url": None,
        }
        settings = Settings(
            _env_file=None,
            database_url=self.town.database_url,
            files_dir=self.town.folder / "files",
            key=self.town.key,
            bot_token=self.town.bot_token,
            api_url=self.town.messenger_url,
            gateways=gateways,
            # Time runs fast here, and machines may be slow.
            applications={"check_fresh_minutes": 600, "retry_minutes": (1, 2, 3)},
        )
        self.runtime = await build_runtime(settings, SystemClock())
        await self.runtime.application.initialize()
        stack.push_async_callback(self.runtime.database.dispose)
        stack.push_async_callback(self.runtime.gateways.close)
        self.second_device = Database(self.town.database_url, self.runtime.database.keyring)
        stack.push_async_callback(self.second_device.dispose)
        http = await stack.enter_async_context(aiohttp.ClientSession())
        self.admin = Admin(self.town, http)

    async def _seed(self) -> None:
        company = make_company(self.options.seed, self.options.people, date.today())  # noqa: DTZ011
        await self._import(company)
        await self.admin.sandbox("POST", "seed", seeds(self.cases))
        anybody = self.cases[0].employee
        for kind in _KINDS:
            self.pictures[kind] = render(kind, anybody, seed=1, grade="clean").image

    async def _import(self, company: Company) -> None:
        folder = self.town.folder / "company"
        await asyncio.to_thread(write_company, company, folder, pictures=False)
        content = (folder / "roster.csv").read_bytes()
        async with self.runtime.database.transaction() as session:
            report = await import_roster(
                session, content, self.runtime.clock.now(), settings=self.runtime.settings.imports
            )
        if not report.ok:
            raise RuntimeError("the made-up roster was refused")

    async def _everybody(self, stack: AsyncExitStack) -> None:
        await self.runtime.database.start()
        await stack.enter_async_context(self._background())
        gate = asyncio.Semaphore(_AT_ONCE)
        with Progress(console=self.console, transient=True) as progress:
            bar = progress.add_task("people", total=len(self.cases))

            async def one(case: Case) -> Fate:
                async with gate:
                    fate = await self._live(case)
                progress.advance(bar)
                return fate

            self.result.fates = await asyncio.gather(*(one(case) for case in self.cases))

    @asynccontextmanager
    async def _background(self) -> AsyncIterator[None]:
        """Turns, tasks, outages, and time that passes while somebody waits."""
        runtime = self.runtime
        started = [runtime.loop(queue.INBOX, TurnRunner(runtime).run_one) for _ in range(3)]
        started += [runtime.loop(queue.TASKS, TaskRunner(runtime, WORKS).run_one) for _ in range(4)]
        tasks = [asyncio.create_task(work) for work in (*started, self._weather(), self._time())]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _weather(self) -> None:
        """One desk after the other goes down for a while; between, all is well."""
        while True:
            await asyncio.sleep(self.dice.uniform(0.2, 0.8))
            service = self.dice.choice(_SERVICES)
            await self.admin.sandbox("PUT", f"faults/{service}", self.dice.choice(_WEATHER))
            self.result.outages += 1
            await asyncio.sleep(self.dice.uniform(0.5, 2.0))
            await self.admin.sandbox("DELETE", "faults")

    async def _time(self) -> None:
        """Two minutes of domain time a second, so that what waits is tried again."""
        clock = self.runtime.clock
        assert isinstance(clock, SystemClock)
        while True:
            await asyncio.sleep(0.5)
            clock.offset += timedelta(minutes=1)
            async with self.runtime.database.transaction() as session:
                queue.wake(session, queue.TASKS)

    # -- one life ----------------------------------------------------------------------------

    async def _live(self, case: Case) -> Fate:
        fate = Fate(case)
        try:
            async with asyncio.timeout(_PATIENCE_SECONDS):
                await self._apply(case, fate)
        except Exception as error:
            fate.troubles.append(f"{type(error).__name__} {error}")
        return fate

    async def _apply(self, case: Case, fate: Fate) -> None:
        person = await self._person(case)
        now = self.runtime.clock.now
        application = await self._on_both(
            lambda s: apps.open_first(s, person.id, case.employee.region, now())
        )
        fate.number = application.number
        await self._do(lambda s: apps.choose_bank(s, application.id, "ccb", now()))
        await self._papers(case, person, application.id)
        for surprise_is_due in (case.surprise is not None, False, False, False):
            await self._on_both(lambda s: apps.begin_check(s, application.id, now()))
            view = await self._settled(application.id, fate)
            if view.status != "draft":
                break
            if surprise_is_due:
                await self._surprise(case)
            outcome = await self._on_both(lambda s: apps.submit(s, application.id, now()))
            if outcome.outcome in ("queued", "already"):
                view = await self._settled(application.id, fate)
                break
        fate.status = str(view.status)

    async def _person(self, case: Case) -> Employee:
        async with self.runtime.database.reading() as session:
            (person,) = await by_number(session, case.employee.number)
        return person

    async def _papers(self, case: Case, person: Employee, application_id: int) -> None:
        """Documents as a perfect reader would have read them, confirmed; and both consents."""
        now = self.runtime.clock.now()
        fields = case.employee.person.fields()
        back = {name: fields[name] for name in ("authority", "valid_from", "valid_to")}
        front = {name: value for name, value in fields.items() if name not in back}
        names = {kind: await self.runtime.files.write(self.pictures[kind]) for kind in _KINDS}
        values = {"id_front": front, "id_back": back | {"valid_to": "长期"}, "portrait": {}}
        async with self.runtime.database.transaction() as session:
            for consent in ConsentKind:
                await consents.give(
                    session,
                    person.id,
                    consent,
                    now,
                    version=consents.current_version(consent),
                    recipients=Recipients("样本社保局", "建设银行")
                    if consent is ConsentKind.PICTURES
                    else None,
                )
            for kind in _KINDS:
                image = self.pictures[kind]
                stored = StoredFile(
                    name=names[kind],
                    person_id=person.id,
                    media_type="image/jpeg",
                    size=len(image),
                    created_at=now,
                )
                session.add(stored)
                await session.flush()
                document = await apps.expect_document(session, application_id, kind, None, now)
                reading = apps.Reading(kind=kind, ok=True, fields=values[kind], file_id=stored.id)
                await apps.record_reading(session, document.id, [reading], now)
                await apps.confirm_fields(session, document.id, now)

    async def _settled(self, application_id: int, fate: Fate) -> apps.ApplicationView:
        """Wait until neither a check nor a submission is under way."""
        while True:
            async with self.runtime.database.reading() as session:
                view = await apps.get(session, application_id)
            fate.waited = fate.waited or view.status == "waiting"
            if view.status not in _WAITING:
                return view
            await asyncio.sleep(0.1)

    async def _surprise(self, case: Case) -> None:
        """Between check and submission somebody else was quicker."""
        person = case.employee.person
        who = {"id_number": person.id_number, "name": person.name}
        body: dict[str, Any] = {"cards": [], "applications": []}
        if case.surprise == "card":
            card = card_seed(case.employee.region, "icbc", "9999", "normal", "both")
            body["cards"] = [who | card]
        else:
            body["applications"] = [who | {"region": case.employee.region, "bank": "icbc"}]
        await self.admin.sandbox("POST", "seed", body)

    async def _do(self, verb: Callable[[Any], Awaitable[T]]) -> T:
        async with self.runtime.database.transaction() as session:
            return await verb(session)

    async def _on_both(self, verb: Callable[[Any], Awaitable[T]]) -> T:
        """The same verb from two devices at the same time, on two connections."""

        async def device(database: Database) -> T:
            async with database.transaction() as session:
                return await verb(session)

        mine, other = await asyncio.gather(
            device(self.runtime.database), device(self.second_device), return_exceptions=True
        )
        for outcome in (mine, other):
            if not isinstance(outcome, BaseException):
                return outcome
        assert isinstance(mine, BaseException)
        raise mine

    # -- verdicts ----------------------------------------------------------------------------

    async def _issue(self) -> None:
        """The bureau makes every card that it was asked for."""
        await self.admin.sandbox("DELETE", "faults")
        numbers = {fate.number for fate in self.result.fates}
        for row in (await self.admin.sandbox("GET", "applications"))["applications"]:
            if row["number"] in numbers:
                for state in ("making", "collectable", "collected"):
                    path = f"applications/{row['reference']}/step"
                    await self.admin.sandbox("POST", path, {"to": state})

    async def _judge(self) -> None:
        result = self.result
        lists = {
            name: (await self.admin.sandbox("GET", f"{name}?limit=1000000"))[name]
            for name in ("applications", "cards", "requests")
        }
        result.second_cards = second_cards(lists["cards"])
        result.refused_by_bureau = sum(
            row["status"] == 409 and row["service"] == "bureau" for row in lists["requests"]
        )
        if result.second_cards:
            result.violations.append(f"{result.second_cards} second valid cards in a province")
        result.violations += verdicts(result.fates, lists["applications"])

    async def _constraint_alone(self) -> None:
        """Direct inserts, past every verb: the database itself says no."""
        everybody = [await self._person(case) for case in self.cases]
        for person in everybody:
            await self._race(person)
            if await self._refused(person):
                self.result.inserts_refused += 1
            self.result.inserts_tried += 1
        if self.result.inserts_refused < self.result.inserts_tried:
            self.result.violations.append("the database took a second valid card")
        if self.result.races_held < self.result.races_tried:
            self.result.violations.append("two connections wrote a valid card each")

    async def _race(self, person: Employee) -> None:
        """Two connections insert a valid card each for a province that has none."""

        async def insert(database: Database) -> bool:
            try:
                async with database.transaction() as session:
                    session.add(self._card(person, "650000"))
            except IntegrityError:
                return False
            return True

        both = await asyncio.gather(insert(self.runtime.database), insert(self.second_device))
        self.result.races_tried += 1
        self.result.races_held += sum(both) == 1

    async def _refused(self, person: Employee) -> bool:
        try:
            async with self.runtime.database.transaction() as session:
                session.add(self._card(person, "650000", "icbc"))
        except IntegrityError:
            return True
        return False

    def _card(self, person: Employee, province: str, bank: str = "ccb") -> Card:
        return Card(
            person_id=person.id,
            province_code=province,
            region_code=province,
            bank_code=bank,
            status=CardStatus.NORMAL,
            evidence=Evidence.CONNECTOR,
            evidence_at=self.runtime.clock.now(),
        )
