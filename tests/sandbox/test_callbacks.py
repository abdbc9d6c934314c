"""Callbacks: signature, redelivery, faults; and what a restart keeps."""

from __future__ import annotations

import hashlib
import hmac
import json
from pathlib import Path
from typing import Any

from tests.sandbox.conftest import Receiver, Running, running


def signature(secret: str, headers: dict[str, str], body: bytes) -> str:
    signed = headers["X-Shebao-Timestamp"].encode() + b"." + body
    return "sha256=" + hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()


def sequences(came: list[tuple[dict[str, str], bytes]]) -> list[int]:
    return [json.loads(body)["sequence"] for _, body in came]


async def test_signed_and_complete(sandbox: Running, receiver: Receiver) -> None:
    reference = await sandbox.submitted(callback_url=receiver.url)
    await sandbox.step(reference, "returned", reason_code="photo_face", reason_message="请重拍")
    ((headers, body),) = await receiver.until(1)
    assert headers["X-Shebao-Signature"] == signature(
        sandbox.secrets.callback_secret, headers, body
    )
    told: dict[str, Any] = json.loads(body)
    assert headers["X-Shebao-Delivery"] == told["delivery"]
    assert (told["reference"], told["number"]) == (reference, "A-0001")
    assert (told["sequence"], told["status"]) == (2, "returned")
    assert told["reason"] == {"code": "photo_face", "field": None, "message": "请重拍"}
    polled = (await sandbox.status(reference))["history"][-1]
    assert {name: told[name] for name in polled} == polled


async def test_redelivered_until_taken(sandbox: Running, receiver: Receiver) -> None:
    receiver.answers = [500, 302, 404]
    reference = await sandbox.submitted(callback_url=receiver.url)
    await sandbox.step(reference)
    came = await receiver.until(4)
    assert len({headers["X-Shebao-Delivery"] for headers, _ in came}) == 1
    await sandbox.step(reference)
    assert sequences(await receiver.until(5)) == [2, 2, 2, 2, 3]
    first = (await sandbox.listed("deliveries"))[0]
    assert (first["attempts"], first["last_status"]) == (4, 200)


async def test_undelivered_survives_a_restart(tmp_path: Path, receiver: Receiver) -> None:
    receiver.verdict = lambda headers, body: 503
    async with running(tmp_path) as sandbox:
        reference = await sandbox.submitted(callback_url=receiver.url)
        await sandbox.step(reference)
        await receiver.until(1)
        secret, before = sandbox.secrets.callback_secret, await sandbox.status(reference)
    receiver.verdict, receiver.came = lambda headers, body: 200, []
    async with running(tmp_path) as sandbox:
        ((headers, body),) = await receiver.until(1)
        assert sandbox.secrets.callback_secret == secret
        assert headers["X-Shebao-Signature"] == signature(secret, headers, body)
        assert await sandbox.status(reference) == before


async def test_duplicates(sandbox: Running, receiver: Receiver) -> None:
    await sandbox.fault("bureau", callbacks={"duplicates": 2})
    reference = await sandbox.submitted(callback_url=receiver.url)
    await sandbox.step(reference)
    came = await receiver.until(3)
    assert len({headers["X-Shebao-Delivery"] for headers, _ in came}) == 1


async def test_out_of_order(sandbox: Running, receiver: Receiver) -> None:
    await sandbox.fault("bureau", callbacks={"out_of_order": True})
    reference = await sandbox.submitted(callback_url=receiver.url)
    for _ in range(4):
        await sandbox.step(reference)
    came = sequences(await receiver.until(4))
    assert sorted(came) == [2, 3, 4, 5]
    assert came.index(3) < came.index(2)
    assert came.index(5) < came.index(4)


async def test_wrong_signature_until_the_fault_ends(sandbox: Running, receiver: Receiver) -> None:
    secret = sandbox.secrets.callback_secret
    receiver.verdict = lambda headers, body: (
        200 if headers["X-Shebao-Signature"] == signature(secret, headers, body) else 401
    )
    await sandbox.fault("bureau", callbacks={"wrong_signature": True})
    reference = await sandbox.submitted(callback_url=receiver.url)
    await sandbox.step(reference)
    await receiver.until(2)
    await sandbox.fault("bureau")
    refused = len(receiver.came)
    await receiver.until(refused + 1)
    while (await sandbox.listed("deliveries"))[0]["delivered_real"] is None:
        await receiver.until(len(receiver.came) + 1)
    assert receiver.verdict(*receiver.came[-1]) == 200


async def test_never_and_late(sandbox: Running, receiver: Receiver) -> None:
    await sandbox.fault("bureau", callbacks={"never": True})
    reference = await sandbox.submitted(callback_url=receiver.url)
    await sandbox.step(reference)
    await sandbox.fault("bureau", callbacks={"delay_seconds": 0.3})
    await sandbox.step(reference)
    assert sequences(await receiver.until(1)) == [3]
    (kept,) = await sandbox.listed("deliveries")
    assert kept["sequence"] == 3
    assert [one["sequence"] for one in (await sandbox.status(reference))["history"]] == [1, 2, 3]
