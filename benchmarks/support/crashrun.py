"""One crash run: people talk, workers die and come back, and then everything is counted."""

from __future__ import annotations

import asyncio
import random
import time
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import aiohttp
import psycopg
from rich.console import Console
from rich.progress import Progress, TaskID

from benchmarks.support import leak
from benchmarks.support.calm import Calm
from benchmarks.support.canaries import Searcher
from benchmarks.support.cast import Cast, Member, introduce, prepare
from benchmarks.support.chat import Chat
from benchmarks.support.entrance import entrance
from benchmarks.support.helpdesk import HelpDesk, Relay
from benchmarks.support.judge import (
    Doubt,
    Sent,
    Verdict,
    judge_bureau,
    judge_chat,
    read_doubts,
    sent_messages,
    unexplained,
)
from benchmarks.support.relayjudge import RelayVerdict, judge_relays
from benchmarks.support.story import Storyteller
from benchmarks.support.town import Admin, Town
from benchmarks.support.workers import PHASES, Kill, Marksman, Worker
from messenger.client import MessengerClient
from storage.crypto import Keyring
from storage.database import Database
from tests.support.postgres import Server

_REDELIVERED = 0.25
_AIM_SECONDS = 12.0
_GRACE_SECONDS = 10.0
_LONGEST_QUIET = 180.0
_STORY_SECONDS = 1500.0


@dataclass(frozen=True)
class Options:
    """How large a run is. `updates` is the least number that must have been sent.

    `lease`: seconds for which a dead process holds a message.
    """

    engine: str
    employees: int
    kills: int
    updates: int
    workers: int
    intake: str
    seed: int
    lease: int = 15


@dataclass
class Result:
    """Figures and violations of a run."""

    options: Options
    seconds: float = 0.0
    kills: list[Kill] = field(default_factory=list)
    updates: dict[str, int] = field(default_factory=dict)
    verdicts: list[Verdict] = field(default_factory=list)
    relay: RelayVerdict = field(default_factory=RelayVerdict)
    doubts: list[Doubt] = field(default_factory=list)
    unexplained: int = 0
    bureau: list[str] = field(default_factory=list)
    leaks: leak.Leaks = field(default_factory=leak.Leaks)
    restarts: int = 0
    violations: list[str] = field(default_factory=list)

    @property
    def doubled(self) -> list[Sent]:
        """Every message that was sent twice, to employees and to the group."""
        to_employees = [m for verdict in self.verdicts for m in verdict.doubled]
        return to_employees + self.relay.doubled


class CrashRun:
    """See the module."""

    def __init__(
        self, options: Options, folder: Path, url: str, server: Server | None, console: Console
    ) -> None:
        self.options, self.server, self.console = options, server, console
        self.town = Town(folder, url, options.intake, options.lease)
        self.workers = [Worker(self.town, f"worker-{n + 1}") for n in range(options.workers)]
        self.marksman = Marksman(self.workers, options.kills, options.seed)
        self.random = random.Random(options.seed)
        self.chats: list[Chat] = []
        self.pictures: list[bytes] = []
        self.troubles: list[str] = []
        self.relays: list[Relay] = []
        self.group = 0

    async def run(self) -> Result:
        """Everything from the first process to the last verdict."""
        before = leak.shared_memory()
        result = Result(self.options)
        with self.town.neighbours(), Progress(console=self.console, transient=True) as progress:
            cast = await self._cast(progress)
            members = cast.members
            began = time.monotonic()
            async with AsyncExitStack() as stack:
                http = await stack.enter_async_context(aiohttp.ClientSession())
                admin = Admin(self.town, http)
                await introduce(admin, members)
                await stack.enter_async_context(
                    entrance(self.town.entrance_port, self._running_ports)
                )
                await self._play(stack, admin, cast, progress)
                result.seconds = time.monotonic() - began
                await self._judge(result, admin, members)
            for worker in self.workers:
                await asyncio.to_thread(worker.stop)
        await asyncio.to_thread(self._search, result, members, before)
        self._sum_up(result)
        return result

    # -- the run -----------------------------------------------------------------------------

    async def _cast(self, progress: Progress) -> Cast:
        bar = progress.add_task("papers", total=self.options.employees)
        return await asyncio.to_thread(
            prepare,
            self.town,
            self.options.employees,
            self.options.seed,
            date.today(),  # noqa: DTZ011
            lambda: progress.advance(bar),
        )

    def _running_ports(self) -> list[int]:
        return [worker.port for worker in self.workers if worker.running.is_set()]

    async def _play(
        self, stack: AsyncExitStack, admin: Admin, cast: Cast, progress: Progress
    ) -> None:
        fault = {"kind": "duplicate_updates", "probability": _REDELIVERED, "copies": 1}
        await admin.messenger("POST", "faults", fault | {"seed": self.options.seed})
        desk = HelpDesk(await stack.enter_async_context(MessengerClient(self.town.messenger_url)))
        desk.group = (await admin.bot_api("createGroup", {"title": "HR", "is_forum": True}))["id"]
        await asyncio.to_thread(self.town.bot_command, "desk", "bind", "--", str(desk.group))
        for worker in self.workers:
            worker.start()
        await desk.join(self.town, admin, cast.officer_link, cast.officer.person.name)
        self.relays, self.group, tellers = desk.relays, desk.group, []
        for place, member in enumerate(cast.members):
            client = await stack.enter_async_context(MessengerClient(self.town.messenger_url))
            await client.sign_in(member.link)
            chat = Chat(client, member.employee.number)
            self.chats.append(chat)
            tellers.append(Storyteller(member, chat, admin, desk, self.options.seed + place))
        stories = [asyncio.create_task(self._tell(teller)) for teller in tellers]
        shooting = asyncio.create_task(self._shoot())
        watching = asyncio.create_task(self._watch(progress, admin))
        try:
            await asyncio.gather(*stories)
            await self._keep_talking(tellers, shooting)
            await self._quiet(admin)
        finally:
            for task in (shooting, watching):
                task.cancel()
            await asyncio.gather(shooting, watching, return_exceptions=True)
        self.pictures = await _pictures(self.chats)

    async def _tell(self, teller: Storyteller) -> None:
        try:
            async with asyncio.timeout(_STORY_SECONDS):
                await teller.run()
        except Exception as error:
            self.troubles.append(f"{teller.member!r}: {type(error).__name__} {error}")

    async def _keep_talking(self, tellers: list[Storyteller], shooting: asyncio.Task[None]) -> None:
        """Small talk until there are enough kills and updates (a bounded number of rounds)."""
        for _ in range(40):
            enough = sum(chat.deeds for chat in self.chats) >= self.options.updates
            if shooting.done() and enough:
                return
            for teller in tellers:
                if teller.chat.finished:
                    await teller.chatter(open_step=False, deeds=2)
            await asyncio.sleep(1.5)

    async def _shoot(self) -> None:
        """Kill, wait until the victim is back, kill again."""
        while not self.marksman.done:
            victims = [worker for worker in self.workers if worker.running.is_set()]
            if len(victims) <= len(self.workers) // 2:
                await asyncio.sleep(0.2)
                continue
            victim = self.random.choice(victims)
            await asyncio.sleep(self.random.uniform(0.2, 1.5))
            await self._shoot_at(victim)

    async def _shoot_at(self, victim: Worker) -> None:
        kills = len(victim.kills)
        for any_detail in (False, True):
            victim.aim(self.marksman.next_aim(any_detail=any_detail))
            deadline = time.monotonic() + _AIM_SECONDS
            while time.monotonic() < deadline:
                if len(victim.kills) > kills or not victim.running.is_set():
                    victim.aim(None)
                    return
                await asyncio.sleep(0.05)
        victim.aim(None)

    async def _watch(self, progress: Progress, admin: Admin) -> None:
        """Start the dead again, fetch metrics, move the bars."""
        bars = self._bars(progress)
        number = 0
        while True:
            for worker in self.workers:
                if worker.dead:
                    worker.start()
            progress.update(bars[0], completed=sum(chat.deeds for chat in self.chats))
            progress.update(bars[1], completed=len(self.marksman.kills))
            progress.update(bars[2], completed=sum(chat.finished for chat in self.chats))
            number += 1
            if number % 50 == 0:
                await self._fetch_metrics(admin.http, number)
            await asyncio.sleep(0.1)

    def _bars(self, progress: Progress) -> list[TaskID]:
        return [
            progress.add_task("updates", total=max(self.options.updates, 1)),
            progress.add_task("kills", total=self.options.kills),
            progress.add_task("cards", total=self.options.employees),
        ]

    async def _fetch_metrics(self, http: aiohttp.ClientSession, number: int) -> None:
        for worker in self.workers:
            if not worker.running.is_set():
                continue
            try:
                async with http.get(f"http://127.0.0.1:{worker.port}/metrics") as answer:
                    text = await answer.text()
            except (aiohttp.ClientError, OSError):
                continue
            path = self.town.folder / "metrics" / f"{worker.name}.{number}.txt"
            await asyncio.to_thread(path.write_text, text, "utf-8")

    async def _quiet(self, admin: Admin) -> None:
        """Until nothing is on its way any more, and everybody is alive (a bounded time)."""
        calm = Calm(self.town.longest_lease + _GRACE_SECONDS)
        deadline = time.monotonic() + _LONGEST_QUIET
        while time.monotonic() < deadline:
            stats = await admin.messenger("GET", "stats")
            alive = all(worker.running.is_set() for worker in self.workers)
            if calm.reached(stats, alive=alive, at=time.monotonic()):
                return
            await asyncio.sleep(0.5)

    # -- verdicts ----------------------------------------------------------------------------

    async def _judge(self, result: Result, admin: Admin, members: list[Member]) -> None:
        result.updates = (await admin.messenger("GET", "stats"))["updates"]
        messages = sent_messages(await admin.request_log())
        database = Database(self.town.database_url, Keyring.from_text(self.town.key))
        try:
            result.doubts = await read_doubts(database)
        finally:
            await database.dispose()
        for chat in self.chats:
            number = chat.client.account_id
            mine = [message for message in messages if message.chat == number]
            parked = sum(d.chat == number and d.resolution == "park" for d in result.doubts)
            result.verdicts.append(judge_chat(chat, mine, parked))
        result.relay = judge_relays(self.relays, self.group, messages)
        result.unexplained = len(unexplained(result.doubled, result.doubts))
        lists = {
            name: (await admin.sandbox("GET", f"{name}?limit=1000000"))[name]
            for name in ("applications", "cards", "requests")
        }
        result.bureau = judge_bureau(members, *lists.values())
        leak.keep_as_text(self.town, "bot-api-requests", await admin.request_log(content=False))
        leak.keep_as_text(self.town, "gateway-requests", lists["requests"])
        await self._fetch_metrics(admin.http, 0)
        result.kills = self.marksman.kills
        result.restarts = sum(worker.started - 1 for worker in self.workers)

    def _search(self, result: Result, members: list[Member], before: frozenset[Path]) -> None:
        if self.server is not None:
            with psycopg.connect(self.town.database_url, autocommit=True) as connection:
                connection.execute("checkpoint")
        searcher = Searcher(leak.canaries_of(members, self.pictures))
        result.leaks = leak.search_everything(self.town, searcher, self.server, before)
        result.leaks.planted_found = leak.planted(members, searcher)
        result.leaks.core = leak.core_files(self.workers)

    def _sum_up(self, result: Result) -> None:
        options, found = self.options, result.violations
        found += self.troubles
        for verdict in result.verdicts:
            found += [f"{verdict.name}: {fault}" for fault in verdict.lost + verdict.disordered]
        found += result.relay.faults
        if result.relay.cases < options.employees:
            found.append(f"only {result.relay.cases} cases")
        found += result.bureau
        if result.unexplained:
            found.append(f"{result.unexplained} messages sent twice without a recorded doubt")
        created, again = result.updates["created"], result.updates["redelivered"]
        if created < options.updates:
            found.append(f"only {created} updates")
        if again < 0.2 * created:
            found.append(f"only {again} of {created} updates redelivered")
        if len(result.kills) < options.kills:
            found.append(f"only {len(result.kills)} kills")
        found += [f"no kill hit a {phase}" for phase in PHASES if not self.marksman.hits(phase)]
        crashed = sum(worker.ended_by_itself for worker in self.workers)
        if crashed:
            found.append(f"{crashed} workers ended by themselves")
        leaks = result.leaks
        if not leaks.planted_found:
            found.append("the search does not find a planted canary")
        found += [f"leak: {f.place}: {f.what} as {f.form} at {f.offset}" for f in leaks.findings]
        found += [f"core files possible: {line}" for line in leaks.core]


async def _pictures(chats: list[Chat]) -> list[bytes]:
    """Every picture as the messenger hands it out: re-encoded uploads, and the bot's crops."""
    found: list[bytes] = []
    for chat in chats:
        files: set[str] = set()
        for message in chat.client.messages.values():
            sizes: list[dict[str, Any]] = message.get("photo") or []
            files |= {size["file_id"] for size in sizes[-1:]}
        found += [await chat.client.download(file_id) for file_id in sorted(files)]
    return found
