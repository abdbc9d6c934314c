"""`python -m sandbox` as a process of its own: kill -9 loses nothing that was answered."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
from pathlib import Path

import aiohttp
from aiohttp import web

from sandbox.settings import SandboxSettings, load_secrets
from sandbox.web import SECRETS
from tests.sandbox.conftest import Receiver, Running
from tests.sandbox.made import submission


async def start(
    data: Path, port: int, session: aiohttp.ClientSession
) -> asyncio.subprocess.Process:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "sandbox", "--data", str(data), "--port", str(port)),
        stdout=asyncio.subprocess.DEVNULL,
        cwd=Path(__file__).parents[2],
        env={**os.environ, "SANDBOX_CALLBACKS__BACKOFF_FIRST": "0.05"},
    )
    async with asyncio.timeout(60):
        while True:
            assert process.returncode is None
            try:
                async with session.get(f"http://127.0.0.1:{port}/panel/static/icon.svg"):
                    return process
            except aiohttp.ClientConnectionError:
                await asyncio.sleep(0.05)


async def test_kill_nine_keeps_answers_and_callbacks(tmp_path: Path, receiver: Receiver) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    app = web.Application()
    app[SECRETS] = load_secrets(SandboxSettings(data=tmp_path))
    receiver.verdict = lambda headers, body: 503
    async with aiohttp.ClientSession() as session:
        sandbox = Running(f"http://127.0.0.1:{port}", app, session)
        process = await start(tmp_path, port, session)
        try:
            body = submission(callback_url=receiver.url)
            _, receipt = await sandbox.submit(body)
            await sandbox.step(receipt["reference"])
            await receiver.until(1)
        finally:
            process.send_signal(signal.SIGKILL)
            await process.wait()
        receiver.verdict, receiver.came = lambda headers, body: 200, []
        process = await start(tmp_path, port, session)
        try:
            await receiver.until(1)
            assert await sandbox.submit(body) == (200, receipt)
            assert (await sandbox.status(receipt["reference"]))["status"] == "making"
        finally:
            process.send_signal(signal.SIGTERM)
            await process.wait()
