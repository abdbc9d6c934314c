"""A whole world for a transcript: messenger, sandbox and bot in one event loop, over real HTTP.

    async def test_status(world):
        employee = await world.enrolled()
        await employee.says("查进度")
        await employee.sees("没有正在办理的申请")

A test enters through the messenger's HTTP alone and reads what the messenger received.
"""

from __future__ import annotations

import asyncio
import json
import secrets
import socket
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp import web
from sqlmodel import col, select

from bot.application import bot_of
from bot.commands.demo_people import import_company, seed_sandbox
from bot.compose import build_runtime, running
from bot.runtime import Reader, Runtime
from bot.settings import Settings
from bot.tasks import Job
from bot.works import WORKS
from knowledge.ask import Answerer
from messenger import migrations
from messenger.app import create_app as create_messenger
from messenger.client import MessengerClient
from messenger.settings import MessengerSettings
from sandbox.company import Company, Employee, make_company
from sandbox.company.writers import to_json, write_company
from sandbox.papers import render
from sandbox.server import create_app as create_sandbox
from sandbox.settings import CallbackSettings, SandboxSettings
from services.desk import set_desk
from services.people import invitations, roles
from services.people.people import by_number
from storage import queue
from storage.clock import SystemClock, local_date
from storage.crypto import generate_key
from storage.models import EventStatus, InboxEvent, OutboxMessage, OutboxStatus, Role

BOT_TOKEN = "7000000001:made-up-token-for-transcripts"
SECRET = "made-up-secret-for-transcripts"
PATIENCE = 60.0
PAPERS = ["id_card", "temporary_id", "hmt_permit", "foreign_permit", "passport"]


def picture(employee: Employee, kind: str, **how: Any) -> bytes:
    """A made-up picture of an employee's paper, drawn once a run."""
    key = (employee.person.id_number, kind, *sorted(how.items()))
    if key not in _DRAWN:
        _DRAWN[key] = render(kind, employee, seed=5, grade="clean", **how).image
    return _DRAWN[key]


_DRAWN: dict[tuple[Any, ...], bytes] = {}


@cache
def answerer() -> Answerer:
    """The policy answers, loaded once a run: nothing in them changes."""
    return Answerer.load()


class Talker:
    """Somebody in a chat. What they see is read in its order, each message once."""

    def __init__(self, client: MessengerClient, person: Employee, chat: int | None = None) -> None:
        self.client, self.person, self.chat = client, person, chat

    async def says(
        self, words: str, reply_to: int | None = None, thread: int | None = None
    ) -> dict[str, Any]:
        """Write words, in a topic of the group when `thread` names one."""
        return await self.client.say(words, self.chat, thread, reply_to=reply_to)

    async def sees(self, words: str, timeout: float = PATIENCE) -> dict[str, Any]:
        """The next message that contains the words; earlier ones are passed over."""
        try:
            return await self.client.wait_for(lambda m: words in text_of(m), timeout=timeout)
        except TimeoutError:
            chat = [text_of(self.client.messages[key]) for key in sorted(self.client.messages)]
            raise AssertionError(f"never saw {words!r}; the chat ends with {chat[-4:]}") from None

    async def presses(self, label: str, message_id: int | None = None) -> dict[str, Any]:
        """Press the newest button with this label, once it is there; the bot's answer."""
        async with asyncio.timeout(PATIENCE):
            while True:
                try:
                    pressed = await self.client.press(label, message_id=message_id, chat=self.chat)
                    break
                except LookupError:
                    await asyncio.sleep(0.05)
        answered: dict[str, Any] = await self.client.wait_event(
            "callback_answer",
            lambda data: data["callback_query_id"] == pressed["callback_query_id"],
            timeout=PATIENCE,
        )
        return answered

    async def sends(self, *pictures: bytes, kind: str = "photo") -> None:
        """Send pictures; two or more are an album."""
        files = [(f"{i}.jpg", content, "image/jpeg") for i, content in enumerate(pictures)]
        await self.client.upload(files, kind=kind, chat=self.chat)

    async def sends_papers(self) -> None:
        """Both sides of the ID card and a good portrait, as one album."""
        await self.sends(
            picture(self.person, "id_front"),
            picture(self.person, "id_back"),
            picture(self.person, "portrait", background="white"),
        )

    def saw(self, words: str) -> list[dict[str, Any]]:
        """Every message so far that contains the words."""
        return [
            message
            for message in self.client.messages.values()
            if words in text_of(message) and not message["mine"]
        ]


def text_of(message: dict[str, Any]) -> str:
    """A message's words, or its caption."""
    return str(message.get("text") or message.get("caption") or "")


@dataclass
class World:
    """See the module."""

    runtime: Runtime
    company: Company
    messenger_url: str
    sandbox_url: str
    http: aiohttp.ClientSession
    stack: AsyncExitStack
    taken: list[str] = field(default_factory=list)

    # -- people ---------------------------------------------------------------------------

    def somebody(self, *, region: str | None = None, with_card: bool = False) -> Employee:
        """An employee nobody has spoken for yet, with papers that are in order."""
        holders = {card.employee_number for card in self.company.cards}
        for employee in self.company.employees[1:]:
            fits = region is None or employee.region.startswith(region)
            if employee.number in self.taken or not fits or "expired" in employee.traits:
                continue
            if (employee.number in holders) == with_card:
                self.taken.append(employee.number)
                return employee
        raise LookupError("the made-up company has no such employee")

    async def link(self, employee: Employee, **more: Any) -> str:
        """An invitation's link, as HR would send it."""
        runtime = self.runtime
        async with runtime.database.transaction() as session:
            (person,) = await by_number(session, employee.number)
            invited = await invitations.invite(
                session, person.id, runtime.clock.now(), runtime.settings.people
            )
        wanted = {
            "start_parameter": invited.code,
            "display_name": employee.person.name,
            "phone_number": employee.phone,
            **more,
        }
        bot = bot_of(runtime.application)
        answer: Any = await bot.do_api_request("createInviteLink", api_kwargs=wanted)
        return str(answer["link"])

    async def guest(self, employee: Employee, *, code: str | None = None) -> Talker:
        """Somebody signed in to the messenger whom the bot does not know."""
        wanted: dict[str, Any] = {
            "display_name": "客人",
            "phone_number": employee.phone,
            **({"start_parameter": code} if code else {}),
        }
        bot = bot_of(self.runtime.application)
        answer: Any = await bot.do_api_request("createInviteLink", api_kwargs=wanted)
        return Talker(await self.client(str(answer["link"])), employee)

    async def client(self, link: str) -> MessengerClient:
        """Sign in with a link."""
        client = await self.stack.enter_async_context(MessengerClient(self.messenger_url))
        await client.sign_in(link)
        return client

    async def enrolled(self, employee: Employee | None = None, **which: Any) -> Talker:
        """An employee who is bound and has agreed to the notice."""
        employee = employee or self.somebody(**which)
        talker = Talker(await self.client(await self.link(employee)), employee)
        await talker.client.start()
        await talker.sees("个人信息处理告知")
        await talker.presses("同意")
        await talker.sees("我是社保小助手")
        return talker

    async def collecting(self, talker: Talker, bank: str = "中国建设银行") -> None:
        """From the menu to the step where pictures are collected."""
        await talker.says("办社保卡")
        await talker.sees("请选择开户银行")
        await talker.presses(bank)
        await talker.sees("单独同意")
        await talker.presses("同意")
        await talker.sees("请把下面的图片发给我")

    async def at_summary(self, talker: Talker) -> None:
        """From the menu to the summary, with good papers."""
        await self.collecting(talker)
        await talker.sends_papers()
        for _ in range(2):
            await talker.sees("请核对")
        await self.confirm_papers(talker)
        await talker.sees("请最后核对一遍")

    async def confirm_papers(self, talker: Talker) -> None:
        """Say yes to everything that was read."""
        for message in list(talker.client.messages.values()):
            if "请核对" in text_of(message) and message.get("reply_markup"):
                await talker.presses("没问题", message_id=message["message_id"])

    async def submitted(self, talker: Talker) -> str:
        """From the menu to the bureau's receipt; the bureau's reference."""
        await self.at_summary(talker)
        return await self.hands_in(talker)

    async def hands_in(self, talker: Talker) -> str:
        """From the summary to the bureau's receipt; the bureau's reference."""
        await talker.presses("确认提交")
        await talker.sees("提交成功")
        rows = (await self.admin("GET", "applications"))["applications"]
        return str(rows[-1]["reference"])

    async def hr(self, *, forum: bool = False) -> Talker:
        """An officer in the HR group; with `forum` it has topics."""
        bot = bot_of(self.runtime.application)
        group: Any = await bot.do_api_request(
            "createGroup", api_kwargs={"title": "HR社保群", "is_forum": forum}
        )
        async with self.runtime.database.transaction() as session:
            await set_desk(session, str(group["id"]))
        return await self.officer(int(group["id"]), self.company.employees[0])

    async def officer(self, group: int, employee: Employee | None = None) -> Talker:
        """Another officer in the HR group."""
        runtime, employee = self.runtime, employee or self.somebody()
        async with runtime.database.transaction() as session:
            (person,) = await by_number(session, employee.number)
            await roles.grant(session, person.id, Role.OFFICER, runtime.clock.now())
        client = await self.client(await self.link(employee, group_chat_id=group))
        await client.start()
        officer = Talker(client, employee)
        await officer.sees("个人信息处理告知")
        await officer.presses("同意")
        await officer.sees("我是社保小助手")
        officer.chat = group
        return officer

    # -- the outside -----------------------------------------------------------------------

    async def admin(self, verb: str, path: str, body: Any = None) -> Any:
        """The sandbox's admin API."""
        async with self.http.request(
            verb,
            f"{self.sandbox_url}/admin/{path}",
            json=body,
            headers={"Authorization": f"Bearer {SECRET}"},
        ) as answer:
            assert answer.status < 300, (path, answer.status, await answer.text())
            return await answer.json()

    async def step(self, reference: str, to: str, **reason: str) -> None:
        """The bureau moves an application."""
        await self.admin("POST", f"applications/{reference}/step", {"to": to, **reason})

    async def step_transfer(self, insurance: str, to: str | None = None, **reason: str) -> None:
        """An agency's window moves the newest request for an insurance."""
        rows = (await self.admin("GET", "transfers"))["transfers"]
        reference = [row for row in rows if row["insurance"] == insurance][-1]["reference"]
        await self.admin("POST", f"transfers/{reference}/step", {"to": to, **reason})

    async def fault(self, service: str, **fault: Any) -> None:
        """Something outside breaks."""
        await self.admin("PUT", f"faults/{service}", fault)

    async def passes(self, **time: float) -> None:
        """Let domain time pass, outside and inside."""
        by = timedelta(**time)
        await self.admin("POST", "clock", {"advance_seconds": by.total_seconds()})
        assert isinstance(self.runtime.clock, SystemClock)
        self.runtime.clock.offset += by
        async with self.runtime.database.transaction() as session:
            for topic in (queue.TIMERS, queue.TASKS):
                queue.wake(session, topic)

    @contextmanager
    def giving_up(self, *tasks: str) -> Iterator[None]:
        """Meanwhile the works of these tasks fail, and are given up at the first try."""

        async def fail(_job: Job) -> None:
            raise RuntimeError("as this test wants it")

        runner = self.runtime.settings.runner
        kept, tries = {name: WORKS[name] for name in tasks}, runner.task_attempts
        WORKS.update(dict.fromkeys(tasks, fail))
        runner.task_attempts = 1
        try:
            yield
        finally:
            WORKS.update(kept)
            runner.task_attempts = tries

    async def quiet(self) -> None:
        """Wait until nothing is left to do."""
        for _ in range(600):
            async with self.runtime.database.reading() as session:
                events = select(InboxEvent.id).where(InboxEvent.status == EventStatus.PENDING)
                unsent = select(OutboxMessage.id).where(
                    col(OutboxMessage.status).in_((OutboxStatus.PENDING, OutboxStatus.SENDING))
                )
                found = [(await session.exec(query.limit(1))).first() for query in (events, unsent)]
                if not any(found):
                    return
            await asyncio.sleep(0.05)
        raise TimeoutError("the queue does not become empty")


@asynccontextmanager
async def serving(app: web.Application, port: int = 0) -> AsyncIterator[str]:
    """An aiohttp application on a free port."""
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


@asynccontextmanager
async def open_world(
    folder: Path,
    database_url: str,
    *,
    reader: Reader | None = None,
    size: int = 16,
    seed: int = 11,
    **settings: Any,
) -> AsyncIterator[World]:
    """Start everything on free ports, import the company, and stop it all at the end.

    `reader` is shared with other worlds; without one this world starts its own processes.
    """
    async with AsyncExitStack() as stack:
        messenger_url = await stack.enter_async_context(serving(_messenger(folder)))
        sandbox_url = await stack.enter_async_context(serving(_sandbox(folder)))
        runtime = await build_runtime(
            bot_settings(folder, database_url, messenger_url, sandbox_url, **settings),
            reader=reader,
            answerer=answerer(),
        )
        await stack.enter_async_context(running(runtime))
        http = await stack.enter_async_context(aiohttp.ClientSession())
        company = make_company(seed=seed, size=size, today=local_date(runtime.clock.now()))
        world = World(runtime, company, messenger_url, sandbox_url, http, stack)
        await _fill(world, folder / "company")
        yield world


async def _fill(world: World, folder: Path) -> None:
    await asyncio.to_thread(write_company, world.company, folder, pictures=False)
    async with world.runtime.database.transaction() as session:
        await import_company(world.runtime, session, folder)
    await seed_sandbox(json.loads(to_json(world.company)), world.sandbox_url, SECRET)


def free_port() -> int:
    """A port that nobody listens on now, below those that outgoing connections are given."""
    while True:
        port = 20_000 + secrets.randbelow(12_000)
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


@cache
def _new_messenger() -> bytes:
    """The messenger's database as its first start makes it, to copy."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "messenger.db"
        migrations.upgrade(f"sqlite:///{path}")
        return path.read_bytes()


def _messenger(folder: Path) -> web.Application:
    path = folder / "messenger.db"
    if not path.exists():
        path.write_bytes(_new_messenger())
    return create_messenger(
        MessengerSettings(
            _env_file=None,
            database_url=f"sqlite:///{path}",
            files_dir=folder / "messenger-files",
            key=generate_key(),
            bot_token=BOT_TOKEN,
            admin_token=SECRET,
            sign_in_attempts_per_minute=1000,
            message_rate_per_minute=0,
        )
    )


def _sandbox(folder: Path) -> web.Application:
    return create_sandbox(
        SandboxSettings(
            data=folder / "sandbox",
            bureau_token=SECRET,
            bank_tokens=dict.fromkeys(("icbc", "ccb", "qlb"), SECRET),
            agency_tokens=dict.fromkeys(("hrss", "nhsa"), SECRET),
            hr_token=SECRET,
            admin_token=SECRET,
            callback_secret=SECRET,
            clock_secret=SECRET,
            # A report held back passes the next one on the way; where none follows, nobody waits
            # half a minute for it.
            callbacks=CallbackSettings(hold=1),
        )
    )


def bot_settings(
    folder: Path, database_url: str, messenger_url: str, sandbox_url: str, **more: Any
) -> Settings:
    """The bot's settings for these neighbours. Guangdong (44) has no connector."""
    port = free_port()
    values: dict[str, Any] = {
        "port": port,
        "database_url": database_url,
        "files_dir": folder / "files",
        "key": generate_key(),
        "bot_token": BOT_TOKEN,
        "api_url": messenger_url,
        "messenger": "embedded",
        "runner": {"chat_rate_per_second": 50, "chat_burst": 50, "group_rate_per_minute": 3000},
        "gateways": {
            "bureaus": {
                "sandbox": {"base_url": f"{sandbox_url}/bureau", "token": SECRET, "papers": PAPERS}
            },
            "regions": {str(code): "sandbox" for code in range(10, 70) if code != 44},
            "banks": {
                code: {
                    "base_url": f"{sandbox_url}/bank/{code}",
                    "token": SECRET,
                    "papers": PAPERS,
                }
                for code in ("icbc", "ccb", "qlb")
            },
            "agencies": [
                {
                    "agency": code,
                    "regions": [str(prefix) for prefix in range(10, 70) if prefix != 44],
                    "base_url": f"{sandbox_url}/agency/{code}",
                    "token": SECRET,
                }
                for code in ("hrss", "nhsa")
            ],
            "hr": {"base_url": f"{sandbox_url}/hr", "token": SECRET},
            "callback_url": f"http://127.0.0.1:{port}/callbacks/bureau",
            "callback_secret": SECRET,
        },
    }
    return Settings(_env_file=None, **{**values, **more})
