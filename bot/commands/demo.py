"""`demo`: messenger, sandbox and bot on this machine, with made-up employees."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import secrets
import shutil
import signal
from collections.abc import AsyncIterator, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Annotated, Any, TextIO, get_args

import aiohttp
import typer

from bot.commands.bad_month import load_bad_month
from bot.commands.context import fail, out
from bot.commands.demo_neighbours import (
    PORTS_EACH,
    Neighbour,
    Ports,
    free_ports,
    make_company,
    messenger,
    page_url,
    sandbox,
)
from bot.commands.demo_people import Seeded, seed
from bot.commands.demo_texts import say
from bot.compose import build_runtime, running
from bot.logs import configure
from bot.runtime import Runtime
from bot.settings import Settings
from services.gateways.contract import DocumentType
from storage import migrate

_SECRETS = "demo-secrets.json"
_COPIES = 20
Secrets = dict[str, str]


def demo(
    port: Annotated[int, typer.Option(help="网页的端口；被占用时自动换下一个")] = 8700,
    folder: Annotated[Path, typer.Option(help="演示数据放在哪里")] = Path("var/demo"),
    size: Annotated[int, typer.Option(min=4, max=200, help="虚构员工的人数")] = 21,
    keep: Annotated[bool, typer.Option(help="接着上次的演示数据，不重新开始")] = False,
    seed_number: Annotated[int, typer.Option("--seed", help="虚构公司的随机种子")] = 7,
    bad_month: Annotated[
        bool, typer.Option("--bad-month", help="再装入虚构公司的半年数据，上个月出了问题")
    ] = False,
) -> None:
    """在本机完整体验：网页聊天、HR群、沙盒社保局和银行。不需要任何账号。"""
    configure(os.environ.get("SHEBAO_LOG_LEVEL", "WARNING"), "console")
    try:
        lock, mine, copy = _own_folder(folder.resolve())
        _prepare(mine, keep)
    except OSError as error:
        fail(say("no_folder", folder=folder, cause=error.strerror))
    with lock:
        if copy:
            out(say("another", taken=folder, folder=mine))
        # apart from the start, or two that begin at once would find the same ports free
        ports = free_ports(port + copy * PORTS_EACH)
        if ports is None:
            raise fail(say("no_port"))
        asyncio.run(_until_stopped(_demo(mine, ports, size, seed_number, bad_month=bad_month)))


def _own_folder(wanted: Path) -> tuple[TextIO, Path, int]:
    """The open file that says that a folder is ours, the folder, and how many demos came first.

    Raises:
        OSError: no file can be written there.
    """
    import fcntl  # not on Windows, where the bot itself runs

    wanted.parent.mkdir(parents=True, exist_ok=True)
    for copy in range(_COPIES):
        folder = wanted.with_name(f"{wanted.name}-{copy + 1}") if copy else wanted
        lock = folder.with_name(f"{folder.name}.lock").open("w")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.close()
            continue
        return lock, folder, copy
    raise BlockingIOError(None, f"{_COPIES}")


def _prepare(folder: Path, keep: bool) -> None:
    """The folder, empty unless kept. What isn't a demo's is never emptied."""
    known = (folder / _SECRETS).exists()
    if folder.exists() and not known and any(folder.iterdir()):
        fail(say("not_ours", folder=folder))
    if known and keep:
        out(say("kept"))
    elif known:
        shutil.rmtree(folder)
    folder.mkdir(parents=True, exist_ok=True)


async def _until_stopped(work: Coroutine[Any, Any, None]) -> None:
    """Run until done, or until Ctrl+C, SIGTERM or a closed terminal, also while starting."""
    task = asyncio.ensure_future(work)
    loop = asyncio.get_running_loop()

    def stop() -> None:
        if not task.cancelling():
            out(say("ending"))
            task.cancel()

    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        loop.add_signal_handler(number, stop)
    with contextlib.suppress(asyncio.CancelledError):
        await task


async def _demo(
    folder: Path, ports: Ports, size: int, seed_number: int, *, bad_month: bool
) -> None:
    out(say("preparing"))
    secret = _secrets(folder)
    chat, outside = messenger(folder, ports, secret), sandbox(folder, ports, secret)
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(_beside(chat, outside))
        settings = _settings(folder, ports, secret)
        _, runtime, *ready = await asyncio.gather(
            make_company(folder, size, seed_number),
            _runtime(settings),
            chat.ready(),
            outside.ready(),
        )
        if not all(ready):
            fail(say("not_started"))
        await stack.enter_async_context(running(runtime))
        seeded = await seed(runtime, folder, page_url(ports), secret["admin"])
        await _publish(ports, secret, seeded)
        out(say("ready", url=f"{page_url(ports)}/", console=seeded.console_url))
        if bad_month:
            out(say("loading"))
            month = await load_bad_month(runtime, folder, seeded.officer)
            address = f"{settings.console_address}/console/measures?month={month}"
            out(say("loaded", month=month, address=address))
        async with _warming(runtime):
            await asyncio.Event().wait()


@asynccontextmanager
async def _beside(*neighbours: Neighbour) -> AsyncIterator[None]:
    try:
        for neighbour in neighbours:
            await neighbour.start()
        yield
    finally:
        await asyncio.gather(*(neighbour.stop() for neighbour in neighbours))


async def _runtime(settings: Settings) -> Runtime:
    await asyncio.to_thread(migrate.upgrade, settings.database_url)
    return await build_runtime(settings)


@asynccontextmanager
async def _warming(runtime: Runtime) -> AsyncIterator[None]:
    """Load the document reader's models while the person still looks around."""
    task = asyncio.create_task(runtime.reader.start())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def _secrets(folder: Path) -> Secrets:
    """Tokens between the demo's processes, made once."""
    path = folder / _SECRETS
    if path.exists():
        found: Secrets = json.loads(path.read_text())
        return found
    names = ("bot", "admin", "clock", "callback", "bureau", "bank_icbc", "bank_ccb", "bank_qlb")
    made = {name: secrets.token_urlsafe(24) for name in names}
    made["bot"] = f"10001:{made['bot']}"
    path.touch(mode=0o600)
    path.write_text(json.dumps(made))
    return made


def _settings(folder: Path, ports: Ports, secret: Secrets) -> Settings:
    outside, data = page_url(ports), folder / "bot"
    data.mkdir(exist_ok=True)
    banks = {
        code: {
            "base_url": f"{outside}/bank/{code}",
            "token": secret[f"bank_{code}"],
            "papers": get_args(DocumentType),
        }
        for code in ("icbc", "ccb", "qlb")
    }
    values: dict[str, Any] = {
        "database_url": f"sqlite:///{data}/shebao.db",
        "files_dir": data / "files",
        "key_file": data / "key",
        "create_key": True,
        "bot_token": secret["bot"],
        "api_url": f"http://127.0.0.1:{ports.messenger}",
        "messenger": "embedded",
        "port": ports.bot,
        "console": {"link_minutes": 24 * 60},  # printed once, used when somebody comes to it
        "demo_token": secret["clock"],
        "gateways": {
            "bureaus": {
                "sandbox": {
                    "base_url": f"{outside}/bureau",
                    "token": secret["bureau"],
                    "papers": get_args(DocumentType),
                }
            },
            # Guangdong (44) has no connector here, so that the evidence road can be seen too.
            "regions": {str(code): "sandbox" for code in range(10, 70) if code != 44},
            "banks": banks,
            "agencies": [
                {
                    "agency": code,
                    "regions": [str(prefix) for prefix in range(10, 70) if prefix != 44],
                    "base_url": f"{outside}/agency/{code}",
                    "token": secret["bureau"],
                }
                for code in ("hrss", "nhsa")
            ],
            "callback_url": f"http://127.0.0.1:{ports.bot}/callbacks/bureau",
            "callback_secret": secret["callback"],
        },
    }
    return Settings(_env_file=None, **values)


async def _publish(ports: Ports, secret: Secrets, seeded: Seeded) -> None:
    """Tell the page whom it can show, and let the bot's clock follow the sandbox's."""
    headers = {"Authorization": f"Bearer {secret['admin']}"}
    async with aiohttp.ClientSession(headers=headers, raise_for_status=True) as client:
        base = page_url(ports)
        await client.post(f"{base}/admin/demo", json=seeded.page())
        listener = {"url": f"http://127.0.0.1:{ports.bot}/demo/clock", "secret": secret["clock"]}
        await client.post(f"{base}/admin/clock/listeners", json=listener)
