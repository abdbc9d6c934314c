"""The demo's other processes: messenger, sandbox, and the maker of the company's tables."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import sys
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp
import typer

_HOST = "127.0.0.1"  # one name for all: cookies are strict about the site
_START_SECONDS = 120  # on a slow, busy machine
_PAUSE_SECONDS = 0.2
_STOP_SECONDS = 4
_PORTS_TRIED = 300
PORTS_EACH = 3


@dataclass(frozen=True)
class Ports:
    """Three neighbours; another copy of the demo takes the next free ones."""

    page: int
    messenger: int
    bot: int


def free_ports(first: int) -> Ports | None:
    """The first three free ports from here on; None when there are none."""
    found: list[int] = []
    for candidate in range(first, min(first + _PORTS_TRIED, 65536)):
        with socket.socket() as probe:
            # as servers do: a port that was just given back is free
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((_HOST, candidate))
            except OSError:
                continue
        found.append(candidate)
        if len(found) == PORTS_EACH:
            return Ports(*found)
    return None


def page_url(ports: Ports) -> str:
    """The demo page's origin, which is the sandbox's too."""
    return f"http://{_HOST}:{ports.page}"


@dataclass
class Neighbour:
    """A process that ends with us, even if we are killed: see `bot.commands.leash`."""

    module: str
    arguments: list[str]
    environment: dict[str, str]
    health: str
    _process: asyncio.subprocess.Process | None = field(default=None, init=False)

    async def start(self) -> None:
        """Start it; its own Ctrl+C is ours to give."""
        self._process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "bot.commands.leash",
            self.module,
            *self.arguments,
            env={**_bystanders(), **self.environment},
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.DEVNULL,
            start_new_session=True,
        )

    async def ready(self) -> bool:
        """Wait until it answers. False when it ended or never did."""
        assert self._process is not None
        async with aiohttp.ClientSession() as client:
            for _ in range(int(_START_SECONDS / _PAUSE_SECONDS)):
                if self._process.returncode is not None:
                    return False
                try:
                    async with client.get(self.health) as answer:
                        if answer.status < 500:
                            return True
                except aiohttp.ClientError:
                    pass
                await asyncio.sleep(_PAUSE_SECONDS)
        return False

    async def stop(self) -> None:
        """Ask it to end, and make it."""
        process = self._process
        if process is None or process.returncode is not None:
            return
        process.terminate()
        try:
            await asyncio.wait_for(process.wait(), _STOP_SECONDS)
        except TimeoutError:
            process.kill()
            await process.wait()


def _bystanders() -> dict[str, str]:
    """The environment without settings that are meant for a real installation."""
    ours = ("SHEBAO_", "SANDBOX_")
    return {name: value for name, value in os.environ.items() if not name.startswith(ours)}


async def make_company(folder: Path, size: int, seed_number: int) -> None:
    """Write the company's tables, once; its pictures are made when they are looked at."""
    company = folder / "company"
    if (company / "company.json").exists():
        return
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "sandbox.company", "--no-pictures", "--out", str(company)),
        *("--seed", str(seed_number), "--size", str(size)),
        stdout=asyncio.subprocess.DEVNULL,
    )
    if await process.wait() != 0:
        raise typer.Exit(1)


def messenger(folder: Path, ports: Ports, secret: dict[str, str]) -> Neighbour:
    """The web chat and its Bot API."""
    data = folder / "messenger"
    data.mkdir(exist_ok=True)
    environment = {
        "SHEBAO_MESSENGER_PORT": str(ports.messenger),
        "SHEBAO_MESSENGER_DATABASE_URL": f"sqlite:///{data}/messenger.db",
        "SHEBAO_MESSENGER_FILES_DIR": str(data / "files"),
        "SHEBAO_MESSENGER_KEY_FILE": str(data / "key"),
        "SHEBAO_MESSENGER_BOT_TOKEN": secret["bot"],
        "SHEBAO_MESSENGER_FRAME_ANCESTORS": page_url(ports),
    }
    arguments = ["--env-file", os.devnull]
    return Neighbour(
        "messenger", arguments, environment, f"http://{_HOST}:{ports.messenger}/readyz"
    )


def sandbox(folder: Path, ports: Ports, secret: dict[str, str]) -> Neighbour:
    """Bureau, banks and the demo page."""
    banks = {code: secret[f"bank_{code}"] for code in ("icbc", "ccb", "qlb")}
    environment = {
        "SANDBOX_BUREAU_TOKEN": secret["bureau"],
        "SANDBOX_BANK_TOKENS": json.dumps(banks),
        "SANDBOX_AGENCY_TOKENS": json.dumps(dict.fromkeys(("hrss", "nhsa"), secret["bureau"])),
        "SANDBOX_ADMIN_TOKEN": secret["admin"],
        "SANDBOX_CALLBACK_SECRET": secret["callback"],
        "SANDBOX_CLOCK_SECRET": secret["clock"],
    }
    arguments = ["--data", str(folder / "sandbox"), "--port", str(ports.page), "--open-panel"]
    arguments += ["--company", str(folder / "company")]
    return Neighbour("sandbox", arguments, environment, f"{page_url(ports)}/panel/static/icon.svg")
