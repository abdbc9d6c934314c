"""Faults on demand, as a client meets them."""

from __future__ import annotations

import asyncio
from pathlib import Path

import aiohttp
import pytest

from tests.sandbox.conftest import Running, running
from tests.sandbox.made import id_number, submission

WHO = {"id_number": id_number(), "name": "样本一"}
BANK = "/bank/ccb/v1/cards/lookup"


async def test_down_tells_when_to_retry_and_others_work(sandbox: Running) -> None:
    await sandbox.fault("ccb", down="503", retry_after=7)
    headers = {"Authorization": f"Bearer {sandbox.secrets.bank_tokens['ccb']}"}
    async with sandbox.session.post(sandbox.url + BANK, json=WHO, headers=headers) as answer:
        assert (answer.status, answer.headers["Retry-After"]) == (503, "7")
    assert (await sandbox.call("POST", "/bank/icbc/v1/cards/lookup", WHO))[0] == 200
    assert (await sandbox.call("DELETE", "/admin/faults"))[0] == 200
    assert (await sandbox.call("POST", BANK, WHO))[0] == 200


async def test_refused_connection(sandbox: Running) -> None:
    await sandbox.fault("ccb", down="refuse")
    with pytest.raises(aiohttp.ClientConnectionError):
        await sandbox.call("POST", BANK, WHO)


async def test_every_nth_fails_unprocessed(sandbox: Running) -> None:
    await sandbox.fault("ccb", error_every=3, error_status=502)
    statuses = [(await sandbox.call("POST", BANK, WHO))[0] for _ in range(6)]
    assert statuses == [200, 200, 502, 200, 200, 502]
    assert len(await sandbox.listed("lookups")) == 4


async def test_lost_answer_was_processed_and_the_key_finds_it(sandbox: Running) -> None:
    await sandbox.fault("bureau", lose_every=1, times=1, only="/v1/applications")
    with pytest.raises(aiohttp.ClientConnectionError):
        await sandbox.submit(submission())
    (kept,) = await sandbox.listed("applications")
    status, body = await sandbox.submit(submission())
    assert (status, body["reference"]) == (200, kept["reference"])
    log = await sandbox.listed("requests")
    assert [(one["fault"], one["idempotency_key"]) for one in log] == [
        ("lost", "A-0001:1"),
        (None, "A-0001:1"),
    ]
    assert log[0]["reference"] == kept["reference"]
    assert id_number() not in str(log)


async def test_hang_is_silent_until_the_fault_ends(sandbox: Running) -> None:
    await sandbox.fault("ccb", hang=True)
    hanging = asyncio.create_task(sandbox.call("POST", BANK, WHO))
    done, _ = await asyncio.wait({hanging}, timeout=0.2)
    assert not done
    await sandbox.call("DELETE", "/admin/faults")
    with pytest.raises(aiohttp.ClientConnectionError):
        await hanging
    assert await sandbox.listed("lookups") == []


async def test_slow_answers_after_all(sandbox: Running) -> None:
    await sandbox.fault("ccb", slow_seconds=600)
    slow = asyncio.create_task(sandbox.call("POST", BANK, WHO))
    done, _ = await asyncio.wait({slow}, timeout=0.2)
    assert not done
    await sandbox.fault("ccb")
    assert (await slow)[0] == 200


async def test_faults_outlive_a_restart(tmp_path: Path) -> None:
    async with running(tmp_path) as sandbox:
        await sandbox.fault("qlb", down="503")
    async with running(tmp_path) as sandbox:
        assert (await sandbox.call("GET", "/bank/qlb/v1/health"))[0] == 503


async def test_unknown_service_and_bad_fault_are_refused(sandbox: Running) -> None:
    assert (await sandbox.call("PUT", "/admin/faults/nobody", {}))[0] == 404
    assert (await sandbox.call("PUT", "/admin/faults/ccb", {"down": "maybe"}))[0] == 422
