"""Faults on demand, and the request log from which crash tests count."""

from __future__ import annotations

import asyncio
import hashlib
import time

import aiohttp
import pytest

from tests.messenger.conftest import Person, Running


async def test_retry_after(running: Running, person: Person) -> None:
    chat = (await person()).account_id
    await running.fault("retry_after", method="sendMessage", retry_after=7, times=1)
    status, body = await running.raw("sendMessage", chat_id=chat, text="x")
    assert status == 429
    assert body == {
        "ok": False,
        "error_code": 429,
        "description": "Too Many Requests: retry after 7",
        "parameters": {"retry_after": 7},
    }
    assert (await running.raw("sendMessage", chat_id=chat, text="x"))[0] == 200


async def test_kinds_of_failure(running: Running, person: Person) -> None:
    employee = await person()
    chat = employee.account_id
    await running.fault("error", status=502, times=1)
    assert (await running.raw("sendMessage", chat_id=chat, text="a"))[0] == 502
    await running.fault("blocked", chat_id=chat, times=1)
    assert (await running.raw("getMe"))[0] == 200
    assert (await running.raw("sendMessage", chat_id=chat, text="b"))[0] == 403
    number = await running.fault("slow", seconds=0.3, method="getMe")
    began = time.monotonic()
    await running.call("getMe")
    assert time.monotonic() - began >= 0.3
    await running.admin("DELETE", f"faults/{number}")
    assert (await running.admin("GET", "faults"))["faults"] == []
    assert await employee.history() == []


async def test_a_lost_answer_was_sent_and_a_lost_request_not(
    running: Running, person: Person
) -> None:
    employee = await person()
    chat = employee.account_id
    await running.fault("lost_answer", method="sendMessage", times=1)
    with pytest.raises(aiohttp.ClientError):
        await running.raw("sendMessage", chat_id=chat, text="送到了")
    await running.fault("lost_request", method="sendMessage", times=1)
    with pytest.raises(aiohttp.ClientError):
        await running.raw("sendMessage", chat_id=chat, text="没送到")
    assert [m["text"] for m in await employee.history()] == ["送到了"]
    await asyncio.sleep(0.05)
    lines = await running.requests(method="sendMessage", content="1")
    assert [(line["outcome"], line["parameters"]["text"]) for line in lines] == [
        ("lost_answer", "送到了"),
        ("lost_request", "没送到"),
    ]
    assert lines[0]["message_id"] == 1
    assert lines[1]["message_id"] is None


async def test_the_log_counts_what_was_sent(running: Running, person: Person) -> None:
    chat = (await person()).account_id
    sent = await running.call("sendMessage", chat_id=chat, text="甲")
    await running.raw("sendMessage", chat_id=chat, text="")
    [good, bad] = await running.requests(method="sendMessage", chat_id=str(chat))
    assert good["message_id"] == sent["message_id"]
    assert good["text_sha256"] == hashlib.sha256("甲".encode()).hexdigest()
    assert "parameters" not in good
    assert (bad["outcome"], bad["error_code"]) == ("error", 400)
    assert await running.requests(after=str(bad["id"])) == []
    stats = await running.admin("GET", "stats")
    assert stats["requests"]["sendMessage"] == {"ok": 1, "error": 1}


async def test_a_share_of_requests(running: Running) -> None:
    await running.fault("error", method="getMe", probability=0.5, seed=7)
    codes = [(await running.raw("getMe"))[0] for _ in range(40)]
    assert 8 <= codes.count(502) <= 32


async def test_admin_needs_its_token(running: Running) -> None:
    for headers in ({}, {"Authorization": "Bearer wrong"}):
        async with running.http.get(f"{running.url}/admin/stats", headers=headers) as answer:
            assert answer.status == 401
    running.settings.admin_token = None
    async with running.http.get(f"{running.url}/admin/stats") as answer:
        assert answer.status == 404


async def test_a_wrong_fault_is_refused(running: Running) -> None:
    headers = {"Authorization": "Bearer admin-token-for-tests"}
    url = f"{running.url}/admin/faults"
    async with running.http.post(url, json={"kind": "fire"}, headers=headers) as answer:
        assert answer.status == 422
