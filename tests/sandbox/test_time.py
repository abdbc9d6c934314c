"""The clock: progress by itself, sealing, listeners, restart."""

from __future__ import annotations

import asyncio
import itertools
import json
from datetime import datetime, timedelta
from pathlib import Path

from sandbox.settings import Delays
from tests.sandbox.conftest import Receiver, Running, running

DAY = 86_400
PACE = Delays(reviewing=2 * DAY, making=5 * DAY, collectable=DAY, collected=60, social_enabled=60)


async def until(sandbox: Running, reference: str, status: str) -> dict[str, object]:
    async with asyncio.timeout(20):
        while (told := await sandbox.status(reference))["status"] != status:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    return told


async def advance(sandbox: Running, seconds: float) -> None:
    status, _ = await sandbox.call("POST", "/admin/clock", {"advance_seconds": seconds})
    assert status == 200


async def test_a_month_at_once_passes_each_state_at_its_time(tmp_path: Path) -> None:
    async with running(tmp_path, delays=PACE) as sandbox:
        reference = await sandbox.submitted()
        await advance(sandbox, 3 * DAY)
        await until(sandbox, reference, "making")
        await advance(sandbox, 30 * DAY)
        await until(sandbox, reference, "financial_activated")
        history = (await sandbox.status(reference))["history"]
        times = [datetime.fromisoformat(entry["at"]) for entry in history]
        gaps = [later - earlier for earlier, later in itertools.pairwise(times)]
        assert gaps == [timedelta(seconds=s) for s in (2 * DAY, 5 * DAY, DAY, 60, 60)]


async def test_uncollected_card_is_sealed_and_blocks_no_more(tmp_path: Path) -> None:
    async with running(tmp_path, seal_after_days=90) as sandbox:
        reference = await sandbox.submitted()
        await sandbox.step(reference)
        await sandbox.step(reference)
        await advance(sandbox, 89 * DAY)
        assert (await sandbox.status(reference))["status"] == "collectable"
        await advance(sandbox, DAY)
        await until(sandbox, reference, "sealed")
        assert (await sandbox.listed("cards"))[0]["status"] == "sealed"
        await sandbox.submitted("A-0002")


async def test_delays_can_change_for_those_that_wait(sandbox: Running) -> None:
    reference = await sandbox.submitted()
    body = {"reviewing": 0.01, "making": 0.01}
    assert (await sandbox.call("PUT", "/admin/delays", body))[0] == 200
    await until(sandbox, reference, "collectable")


async def test_faulty_one_is_returned_by_itself(tmp_path: Path) -> None:
    async with running(tmp_path, delays=PACE) as sandbox:
        reference = await sandbox.submitted(applicant={"sex": "女"})
        await advance(sandbox, 2 * DAY)
        await until(sandbox, reference, "returned")


async def test_listener_follows_and_a_restart_keeps_everything(
    tmp_path: Path, receiver: Receiver
) -> None:
    order = {"url": receiver.url, "secret": "s3cret"}
    async with running(tmp_path, delays=PACE) as sandbox:
        assert (await sandbox.call("POST", "/admin/clock/listeners", order))[0] == 201
        await receiver.until(1)
        reference = await sandbox.submitted()
        await advance(sandbox, DAY)
        await receiver.until(2)
        before, secrets = await sandbox.status(reference), sandbox.secrets
    async with running(tmp_path, delays=PACE) as sandbox:
        came = await receiver.until(3)  # told again: it may have started anew too
        assert [json.loads(body)["offset_seconds"] for _, body in came] == [0, DAY, DAY]
        assert {headers["X-Sandbox-Secret"] for headers, _ in came} == {"s3cret"}
        assert sandbox.secrets == secrets
        assert await sandbox.status(reference) == before
        await advance(sandbox, DAY)
        await until(sandbox, reference, "making")


async def test_reset_forgets_all_but_the_demo(sandbox: Running) -> None:
    await sandbox.submitted()
    people = [{"number": "1", "name": "样本一"}]
    assert (await sandbox.call("POST", "/admin/demo", {"people": people}))[0] == 200
    await advance(sandbox, DAY)
    assert (await sandbox.call("POST", "/admin/reset", {}))[0] == 200
    _, state = await sandbox.call("GET", "/admin/state")
    assert (state["applications"], state["offset_seconds"]) == ([], 0)
    assert state["demo"]["people"][0]["name"] == "样本一"
