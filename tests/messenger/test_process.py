"""The program itself: settings, start, shutdown with open streams; and its migrations."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
import time
from pathlib import Path

import aiohttp
import pytest
from alembic import command
from pydantic import ValidationError

from messenger import migrations
from messenger.client import MessengerClient
from messenger.settings import MessengerSettings
from tests.messenger.conftest import ADMIN, TOKEN

ROOT = Path(__file__).parents[2]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


async def start(folder: Path, port: int, url: str) -> asyncio.subprocess.Process:
    environment = {
        **os.environ,
        "SHEBAO_MESSENGER_BOT_TOKEN": TOKEN,
        "SHEBAO_MESSENGER_ADMIN_TOKEN": ADMIN,
        "SHEBAO_MESSENGER_KEY_FILE": str(folder / "key"),
        "SHEBAO_MESSENGER_FILES_DIR": str(folder / "files"),
        "PYTHONPATH": str(ROOT),
    }
    command_line = ["-m", "messenger", "--port", str(port), "--database", url, "--verbose"]
    return await asyncio.create_subprocess_exec(
        sys.executable,
        *command_line,
        env=environment,
        cwd=folder,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )


async def ready(port: int) -> None:
    async with asyncio.timeout(30), aiohttp.ClientSession() as http:
        while True:
            try:
                async with http.get(f"http://127.0.0.1:{port}/readyz") as answer:
                    if answer.status == 200:
                        return
            except aiohttp.ClientError:
                pass
            await asyncio.sleep(0.1)


async def test_runs_and_stops_with_open_streams(tmp_path: Path, messenger_url: str) -> None:
    port = free_port()
    program = await start(tmp_path, port, messenger_url)
    await ready(port)
    base = f"http://127.0.0.1:{port}"
    async with aiohttp.ClientSession() as http, MessengerClient(base) as client:
        call = f"{base}/bot{TOKEN}/createInviteLink"
        async with http.post(call, json={"display_name": "样本甲"}) as answer:
            link = (await answer.json())["result"]["link"]
        await client.sign_in(link)
        poll = asyncio.create_task(http.post(f"{base}/bot{TOKEN}/getUpdates", json={"timeout": 50}))
        await asyncio.sleep(0.5)
        began = time.monotonic()
        program.send_signal(signal.SIGTERM)
        output, _ = await asyncio.wait_for(program.communicate(), 30)
        assert program.returncode == 0
        # Far below the long poll's fifty seconds.
        assert time.monotonic() - began < 25
        assert (await (await poll).json())["result"] == []
    assert (tmp_path / "key").stat().st_mode & 0o777 == 0o600
    logged = output.decode()
    assert "/bot{token}/{method}" in logged
    for secret in (TOKEN, client.path, link.split("#")[1]):
        assert secret not in logged


async def test_missing_settings_are_named(tmp_path: Path) -> None:
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)}
    program = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "messenger",
        env=environment,
        cwd=tmp_path,
        stderr=asyncio.subprocess.PIPE,
    )
    _, complaint = await program.communicate()
    assert program.returncode == 2
    assert b"SHEBAO_MESSENGER_BOT_TOKEN: Field required" in complaint


@pytest.mark.parametrize(
    "wrong", [{"bot_token": "short"}, {"frame_ancestors": "*; script-src evil"}, {"port": -1}]
)
def test_wrong_settings(wrong: dict[str, str]) -> None:
    given = {"bot_token": TOKEN, **wrong}
    with pytest.raises(ValidationError):
        MessengerSettings(_env_file=None, **given)  # type: ignore[arg-type]


def test_migrations_match_the_models_both_ways(messenger_url: str) -> None:
    settings = migrations.config(messenger_url)
    migrations.upgrade(messenger_url)
    command.check(settings)
    command.downgrade(settings, "base")
    migrations.upgrade(messenger_url)
    command.check(settings)
