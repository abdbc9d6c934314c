"""A town to live in: messenger and sandbox as processes, and settings for bots that join them."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp

from storage.crypto import generate_key

ROOT = Path(__file__).resolve().parents[2]
BANKS = ("icbc", "ccb", "qlb")
_START_SECONDS = 120


def free_ports(count: int) -> list[int]:
    """Ports that nobody listens on now."""
    probes = [socket.socket() for _ in range(count)]
    for probe in probes:
        probe.bind(("127.0.0.1", 0))
    found = [int(probe.getsockname()[1]) for probe in probes]
    for probe in probes:
        probe.close()
    return found


@dataclass
class Town:
    """Where everything of one run lives. Nothing outside `folder` is written."""

    folder: Path
    database_url: str
    intake: str = "polling"
    longest_lease: int = 15
    key: str = field(default_factory=generate_key)
    secret: str = field(default_factory=lambda: secrets.token_urlsafe(24))

    def __post_init__(self) -> None:
        self.messenger_port, self.sandbox_port, self.entrance_port = free_ports(3)
        for name in ("logs", "tmp", "metrics", "messenger", "sandbox"):
            (self.folder / name).mkdir(parents=True, exist_ok=True)
        self.bot_token = f"7000000003:{self.secret}"

    @property
    def messenger_url(self) -> str:
        return f"http://127.0.0.1:{self.messenger_port}"

    @property
    def sandbox_url(self) -> str:
        return f"http://127.0.0.1:{self.sandbox_port}"

    @property
    def entrance_url(self) -> str:
        """What stands before the workers: where bureau and messenger reach any of them."""
        return f"http://127.0.0.1:{self.entrance_port}"

    def base_environment(self) -> dict[str, str]:
        """The caller's environment without settings of its own, with temporary files in reach."""
        ours = ("SHEBAO_", "SANDBOX_")
        kept = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
        return kept | {"TMPDIR": str(self.folder / "tmp"), "PYTHONUNBUFFERED": "1"}

    def bot_environment(self, port: int, **settings: str) -> dict[str, str]:
        """Settings of one bot process, as an operator would set them; leases are short here."""
        return self.base_environment() | {
            "SHEBAO_DATABASE_URL": self.database_url,
            "SHEBAO_FILES_DIR": str(self.folder / "files"),
            "SHEBAO_KEY": self.key,
            "SHEBAO_BOT_TOKEN": self.bot_token,
            "SHEBAO_API_URL": self.messenger_url,
            "SHEBAO_MESSENGER": "embedded",
            "SHEBAO_INTAKE": self.intake,
            "SHEBAO_PUBLIC_URL": self.entrance_url,
            "SHEBAO_WEBHOOK_SECRET": self.secret,
            "SHEBAO_PORT": str(port),
            "SHEBAO_LOG_LEVEL": "DEBUG",
            "SHEBAO_GATEWAYS": json.dumps(self.gateways()),
            "SHEBAO_DOCUMENTS__TIME_LIMIT_SECONDS": "180",
            "SHEBAO_DOCUMENTS__START_LIMIT_SECONDS": "180",
            "SHEBAO_DOCUMENTS__OCR__THREADS": "1",
            "SHEBAO_RUNNER__TURN_WORKERS": "3",
            "SHEBAO_RUNNER__TASK_WORKERS": "2",
            "SHEBAO_RUNNER__SENDERS": "3",
            "SHEBAO_RUNNER__POLL_SECONDS": "0.5",
            "SHEBAO_RUNNER__TASK_LEASE_SECONDS": "6",
            "SHEBAO_RUNNER__SEND_LEASE_SECONDS": str(self.longest_lease),
            "SHEBAO_RUNNER__LEADER_SECONDS": "6",
            "SHEBAO_RUNNER__BACKOFF_SECONDS": "0.2",
            "SHEBAO_RUNNER__BACKOFF_LIMIT_SECONDS": "5",
            "SHEBAO_RUNNER__CHAT_RATE_PER_SECOND": "20",
            "SHEBAO_RUNNER__CHAT_BURST": "20",
            **settings,
        }

    def gateways(self) -> dict[str, Any]:
        """Every region and three banks are connected. Patience is long: the machine may be slow."""
        return {
            "bureaus": {
                "sandbox": {"base_url": f"{self.sandbox_url}/bureau", "token": self.secret}
            },
            "regions": dict.fromkeys("123456", "sandbox"),
            "banks": {
                code: {"base_url": f"{self.sandbox_url}/bank/{code}", "token": self.secret}
                for code in BANKS
            },
            "callback_url": f"{self.entrance_url}/callbacks/bureau",
            "callback_secret": self.secret,
            "attempt_seconds": 40,
            "deadline_seconds": 90,
        }

    def bot_command(self, *words: str) -> str:
        """Run `python -m bot …` to its end; what it printed.

        Raises:
            RuntimeError: it failed.
        """
        done = subprocess.run(
            [sys.executable, "-m", "bot", *words],
            env=self.bot_environment(0) | {"SHEBAO_LOG_LEVEL": "WARNING"},
            cwd=ROOT,
            capture_output=True,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(f"bot {words[:2]} failed: {done.stderr.decode()[-1500:]}")
        return done.stdout.decode()

    @contextmanager
    def neighbours(self) -> Iterator[None]:
        """Messenger and sandbox, until the block ends."""
        with contextlib.ExitStack() as stack:
            stack.enter_context(self._neighbour("messenger", self._messenger_environment()))
            words = ("--data", str(self.folder / "sandbox"), "--port", str(self.sandbox_port))
            stack.enter_context(self._neighbour("sandbox", self._sandbox_environment(), *words))
            _wait_for(f"{self.messenger_url}/healthz")
            _wait_for(f"{self.sandbox_url}/")
            yield

    @contextmanager
    def _neighbour(self, module: str, environment: dict[str, str], *words: str) -> Iterator[None]:
        with (self.folder / "logs" / f"{module}.log").open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", module, *words],
                env=self.base_environment() | environment,
                cwd=ROOT,
                stdout=log,
                stderr=log,
            )
            try:
                yield
            finally:
                process.terminate()
                try:
                    process.wait(15)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()

    def _messenger_environment(self) -> dict[str, str]:
        data = self.folder / "messenger"
        return {
            "SHEBAO_MESSENGER_PORT": str(self.messenger_port),
            "SHEBAO_MESSENGER_DATABASE_URL": f"sqlite:///{data}/messenger.db",
            "SHEBAO_MESSENGER_FILES_DIR": str(data / "files"),
            "SHEBAO_MESSENGER_KEY": generate_key(),
            "SHEBAO_MESSENGER_BOT_TOKEN": self.bot_token,
            "SHEBAO_MESSENGER_ADMIN_TOKEN": self.secret,
            "SHEBAO_MESSENGER_SIGN_IN_ATTEMPTS_PER_MINUTE": "10000",
            "SHEBAO_MESSENGER_MESSAGE_RATE_PER_MINUTE": "0",
        }

    def _sandbox_environment(self) -> dict[str, str]:
        return {
            "SANDBOX_BUREAU_TOKEN": self.secret,
            "SANDBOX_BANK_TOKENS": json.dumps(dict.fromkeys(BANKS, self.secret)),
            "SANDBOX_ADMIN_TOKEN": self.secret,
            "SANDBOX_CALLBACK_SECRET": self.secret,
            "SANDBOX_CLOCK_SECRET": self.secret,
            "SANDBOX_CALLBACKS__BACKOFF_FIRST": "0.3",
            "SANDBOX_CALLBACKS__BACKOFF_MAX": "2",
        }


class Admin:
    """The admin interfaces of messenger and sandbox: the only eyes that a judge has."""

    def __init__(self, town: Town, http: aiohttp.ClientSession) -> None:
        self.town, self.http = town, http
        self._headers = {"Authorization": f"Bearer {town.secret}"}

    async def messenger(self, verb: str, path: str, body: Any = None) -> Any:
        """`/admin/…` of the messenger."""
        return await self._call(verb, f"{self.town.messenger_url}/admin/{path}", body)

    async def bot_api(self, method: str, body: Any) -> Any:
        """A Bot API method, as whoever runs the bot may call it."""
        url = f"{self.town.messenger_url}/bot{self.town.bot_token}/{method}"
        async with self.http.post(url, json=body) as answer:
            if answer.status != 200:
                raise RuntimeError(f"{method}: {answer.status}")
            return (await answer.json())["result"]

    async def sandbox(self, verb: str, path: str, body: Any = None) -> Any:
        """`/admin/…` of the sandbox."""
        return await self._call(verb, f"{self.town.sandbox_url}/admin/{path}", body)

    async def request_log(self, *, content: bool = True) -> list[dict[str, Any]]:
        """Every Bot API call that the messenger has seen, in its order."""
        found: list[dict[str, Any]] = []
        after: int | None = 0
        while after is not None:
            page = await self.messenger(
                "GET", f"requests?after={after}&limit=1000&content={int(content)}"
            )
            found += page["requests"]
            after = page["next"]
        return found

    async def _call(self, verb: str, url: str, body: Any) -> Any:
        async with self.http.request(verb, url, json=body, headers=self._headers) as answer:
            if answer.status >= 300:
                raise RuntimeError(f"{verb} {url.split('?', maxsplit=1)[0]}: {answer.status}")
            return await answer.json() if answer.status != 204 else None


def _wait_for(url: str) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while True:
        try:
            with urllib.request.urlopen(url, timeout=5) as answer:
                if answer.status < 500:
                    return
        except OSError:
            pass
        if time.monotonic() > deadline:
            raise RuntimeError(f"{url} does not answer")
        time.sleep(0.2)
