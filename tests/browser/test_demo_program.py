"""`python -m bot demo` as a program: two at once, Ctrl+C, and going on with the old data."""

from __future__ import annotations

import asyncio
import json
import signal
from pathlib import Path
from typing import Any

import aiohttp
import psutil
from typer.testing import CliRunner

from bot.cli import app
from messenger.client import MessengerClient
from tests.browser.demo import address, running_demo, start
from tests.support.world import free_port


async def _people(folder: Path, url: str) -> list[dict[str, Any]]:
    """Whom the page shows."""
    token = json.loads((folder / "demo-secrets.json").read_text())["admin"]
    headers = {"Authorization": f"Bearer {token}"}
    async with (
        aiohttp.ClientSession(headers=headers) as http,
        http.get(f"{url}admin/state") as answer,
    ):
        found: list[dict[str, Any]] = (await answer.json())["demo"]["people"]
        return found


async def _signed_in(link: str) -> MessengerClient:
    origin = link.partition("/join")[0]
    client = await MessengerClient(origin).__aenter__()
    await client.sign_in(link)
    return client


async def test_goes_on_with_the_old_data(tmp_path: Path) -> None:
    folder = tmp_path / "演示 数据"
    # a home where nothing can be written, as for a service's account
    async with running_demo(folder, "--size", "4", HOME="/dev/null") as demo:
        first = (await _people(folder, demo.url))[0]
        assert first["note"] == "没有社保卡"
        client = await _signed_in(first["invite_url"])
        await client.start()
        await client.wait_for(lambda m: "个人信息处理告知" in (m.get("text") or ""), timeout=60)
        account = client.account_id
        await client.__aexit__(None, None, None)
    async with running_demo(folder, "--keep") as demo:
        again = (await _people(folder, demo.url))[0]
        assert again["number"] == first["number"]
        assert again["invite_url"] != first["invite_url"]
        client = await _signed_in(again["invite_url"])
        assert client.account_id == account
        told = await client.history()
        assert any("个人信息处理告知" in (m.get("text") or "") for m in told)
        await client.__aexit__(None, None, None)


async def test_two_at_once_and_nothing_is_left_behind(tmp_path: Path) -> None:
    port, folder = str(free_port()), tmp_path / "demo"
    one, two = [await start(folder, "--size", "4", "--port", port) for _ in range(2)]
    assert len({await address(one), await address(two)}) == 2
    assert len(list(tmp_path.glob("demo*/demo-secrets.json"))) == 2
    family = [*psutil.Process(one.pid).children(), *psutil.Process(two.pid).children()]
    assert len(family) >= 4
    one.send_signal(signal.SIGINT)
    said, _ = await asyncio.wait_for(one.communicate(), 60)
    assert (one.returncode, b"Traceback" in said) == (0, False)
    # a killed one cannot tidy up: its neighbours notice by themselves
    two.kill()
    await two.communicate()
    _, alive = await asyncio.to_thread(psutil.wait_procs, family, 30)
    assert alive == []


def test_never_empties_a_folder_that_is_not_its_own(tmp_path: Path) -> None:
    (tmp_path / "diary.txt").write_text("mine")
    told = CliRunner().invoke(app, ["demo", "--folder", str(tmp_path)])
    assert told.exit_code == 1
    assert "--folder" in told.output
    assert (tmp_path / "diary.txt").read_text() == "mine"


def test_says_so_when_the_folder_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    told = CliRunner().invoke(app, ["demo", "--folder", str(tmp_path / "file" / "demo")])
    assert told.exit_code == 1
    assert "--folder" in told.output


async def test_ctrl_c_while_it_starts(tmp_path: Path) -> None:
    process = await start(tmp_path / "demo", "--size", "4")
    assert process.stdout is not None
    await process.stdout.readline()  # it has begun
    process.send_signal(signal.SIGINT)
    said, _ = await asyncio.wait_for(process.communicate(), 60)
    assert (process.returncode, b"Traceback" in said) == (0, False), said.decode()
