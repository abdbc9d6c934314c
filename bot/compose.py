"""Puts the parts together, and runs them as one process."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta

import structlog
from aiohttp import web
from telegram.error import TelegramError

from bot.application import bot_of, build_application
from bot.intake import ALLOWED, Poller
from bot.janitor import Janitor
from bot.logs import describe_error
from bot.renderer import JinjaRenderer
from bot.runtime import Reader, Runtime
from bot.sender import Sender
from bot.settings import Settings
from bot.summaries import Measuring
from bot.tasks import TaskRunner
from bot.turns import TurnRunner
from bot.web.app import create_app
from bot.works import WORKS
from handlers.flows import registry
from handlers.toolbox import Toolbox
from knowledge.ask import Answerer
from services import cases, ratings
from services.applications.settings import use
from services.documents.reader import DocumentReader
from services.gateways import Gateways
from services.measures.settings import use as use_measures
from services.policies import Library, ensure, worklists
from services.policies.published import SIGNAL as POLICIES
from storage import queue
from storage.clock import Clock, SystemClock
from storage.database import Database
from storage.files import FolderStore
from storage.state import clock_offset

log = structlog.get_logger(__name__)
Step = Callable[[], Awaitable[bool]]
_IDLE_ROUNDS = 10


async def build_runtime(
    settings: Settings,
    clock: Clock | None = None,
    *,
    reader: Reader | None = None,
    answerer: Answerer | None = None,
) -> Runtime:
    """Every part of one process, not yet running. What is costly to start may be brought along."""
    if answerer is None:
        answerer = await asyncio.to_thread(Answerer.load, settings=settings.answers)
    keyring = settings.keyring()
    runner = settings.runner
    database = Database(
        settings.database_url, keyring, pool_size=runner.turn_workers + runner.task_workers + 4
    )
    use(settings.applications)
    clock = clock or SystemClock(await _clock_offset(database))
    ratings.use(settings.ratings)
    use_measures(settings.measures)
    cases.use(settings.desk)
    gateways = Gateways.from_settings(settings.gateways)
    flows = registry()
    return Runtime(
        settings=settings,
        database=database,
        clock=clock,
        files=FolderStore(settings.files_dir, keyring),
        application=build_application(settings, flows),
        registry=flows,
        renderer=JinjaRenderer(),
        reader=reader or DocumentReader(settings.documents),
        gateways=gateways,
        tools=Toolbox(
            people=settings.people,
            banks=gateways,
            policies=await _library(Library(answerer, settings.policies), database, clock),
            max_upload_bytes=settings.documents.loading.max_bytes,
            console=settings.console,
            console_url=settings.console_address,
            tick=clock.tick,
            stale_days=settings.answers.policy_stale_days,
        ),
    )


async def _library(library: Library, database: Database, clock: Clock) -> Library:
    """With the policies in force, which at the first start are those of the program."""
    async with database.transaction() as session:
        if await ensure(session, clock.now()):
            log.info("policies.packaged_published")
        await worklists.arm(session, library.settings, clock.now())
        await library.edition(session, clock.now())
    return library


async def _refresh(runtime: Runtime) -> bool:
    """Read a new bundle before the first question asks for it."""
    if runtime.tools.policies is not None:
        async with runtime.database.reading() as session:
            await runtime.tools.policies.edition(session, runtime.clock.now())
    return False


async def _clock_offset(database: Database) -> timedelta:
    """The demo's moved clock survives a restart."""
    async with database.reading() as session:
        return await clock_offset(session)


async def connect_bot(runtime: Runtime) -> None:
    """Introduce ourselves to the Bot API, waiting for it as long as it takes."""
    while not runtime.stopping.is_set():
        try:
            await runtime.application.initialize()
            await _announce(runtime)
            return
        except TelegramError as error:
            log.warning("bot_api.unreachable", cause=describe_error(error))
            await runtime.pause(2)


async def _announce(runtime: Runtime) -> None:
    bot = bot_of(runtime.application)
    names = (
        "menu",
        "apply",
        "status",
        "cards",
        "ask",
        "person",
        "mydata",
        "language",
        "help",
        "cancel",
    )
    for language, code in (("zh", None), ("en", "en")):
        label = runtime.renderer.label
        commands = [(name, label(f"command.{name}", language, {})) for name in names]
        await bot.set_my_commands(commands, language_code=code)
    settings = runtime.settings
    if settings.intake == "webhook" and settings.webhook_secret:
        await bot.set_webhook(
            f"{settings.public_url}/telegram/webhook",
            secret_token=settings.webhook_secret.get_secret_value(),
            max_connections=1,
            allowed_updates=ALLOWED,
        )
    else:
        await bot.delete_webhook()


def jobs(runtime: Runtime) -> list[asyncio.Task[None]]:
    """Start every loop of this process."""
    runner = runtime.settings.runner
    started = [
        *_start_many(
            runtime, queue.INBOX, lambda: TurnRunner(runtime).run_one, runner.turn_workers
        ),
        *_start_many(
            runtime, queue.TASKS, lambda: TaskRunner(runtime, WORKS).run_one, runner.task_workers
        ),
        *_start_many(runtime, queue.OUTBOX, lambda: Sender(runtime).send_one, runner.senders),
    ]
    janitor = Janitor(runtime)
    rounds = runtime.settings.measures.refresh_seconds / runner.poll_seconds
    started.append(_start(runtime, "measures", Measuring(runtime).step, rounds))
    started.append(_start(runtime, "sweep", Sender(runtime).sweep))
    started.append(_start(runtime, queue.TIMERS, janitor.fire_timers))
    started.append(_start(runtime, POLICIES, lambda: _refresh(runtime), rounds=_IDLE_ROUNDS))
    started.append(asyncio.create_task(janitor.run(), name="janitor"))
    if runtime.settings.intake == "polling":
        started.append(asyncio.create_task(Poller(runtime).run(), name="poller"))
    return started


def _start(runtime: Runtime, topic: str, step: Step, rounds: float = 1) -> asyncio.Task[None]:
    return asyncio.create_task(runtime.loop(topic, step, rounds=rounds), name=topic)


def _start_many(
    runtime: Runtime, topic: str, make: Callable[[], Step], count: int
) -> list[asyncio.Task[None]]:
    """Workers of one topic. A signal wakes all; only the first looks at every slow poll."""
    return [
        _start(runtime, topic, make(), 1 if number == 0 else _IDLE_ROUNDS)
        for number in range(count)
    ]


@asynccontextmanager
async def running(runtime: Runtime, *, serve: bool = True) -> AsyncIterator[Runtime]:
    """The whole program, until the block ends."""
    await runtime.database.start()
    web_runner = web.AppRunner(create_app(runtime), access_log=None)
    await web_runner.setup()
    if serve:
        await web.TCPSite(web_runner, runtime.settings.host, runtime.settings.port).start()
    await connect_bot(runtime)
    started = jobs(runtime)
    log.info("bot.running", intake=runtime.settings.intake, name=runtime.name)
    try:
        yield runtime
    finally:
        await _finish(runtime, started)
        await web_runner.cleanup()
        await runtime.reader.close()
        await runtime.gateways.close()
        await runtime.application.shutdown()
        await runtime.database.dispose()


async def _finish(runtime: Runtime, started: list[asyncio.Task[None]]) -> None:
    """Let each loop end its turn, task or message; what takes too long is cut off.

    What is cut off comes again: a turn rolls back, a task's lease runs out, a message is in doubt.
    """
    runtime.stop()
    _, late = await asyncio.wait(started, timeout=runtime.settings.runner.stop_seconds)
    for task in late:
        task.cancel()
    await asyncio.gather(*started, return_exceptions=True)
    if late:
        log.warning("bot.cut_off", loops=sorted(task.get_name() for task in late))


async def run(settings: Settings) -> None:
    """Run until SIGTERM or SIGINT."""
    runtime = await build_runtime(settings)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, runtime.stopping.set)
    async with running(runtime):
        await runtime.stopping.wait()
