"""Callbacks: only the bureau's own, only fresh ones, only well-formed ones."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from services.gateways import CallbackError, verify_callback
from services.gateways.callback import sign
from tests.sandbox.conftest import Receiver, Running

NOW = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)
STAMP = str(int(NOW.timestamp()))
SECRET = "callback-secret"
REPORT: dict[str, Any] = {
    "delivery": "d-1",
    "reference": "SB3701-1",
    "number": "SB-7K2M-9QXT",
    "sequence": 2,
    "status": "making",
    "at": "2026-11-24T01:59:00Z",
    "reason": None,
    "due": "2026-12-10",
    "place": None,
}


def signed(body: bytes, stamp: str = STAMP, secret: str = SECRET) -> dict[str, str]:
    return {"x-shebao-timestamp": stamp, "X-SHEBAO-SIGNATURE": sign(stamp, body, secret)}


def code_of(headers: dict[str, str], body: bytes, secret: str | None = SECRET) -> str:
    with pytest.raises(CallbackError) as caught:
        verify_callback(headers, body, secret, NOW)
    return caught.value.code


def test_a_good_one() -> None:
    body = json.dumps(REPORT).encode()
    report = verify_callback(signed(body), body, SECRET, NOW)
    assert (report.number, report.sequence, report.status) == ("SB-7K2M-9QXT", 2, "making")
    assert verify_callback(signed(body), body, SECRET, NOW + timedelta(seconds=299)) == report


def test_refused() -> None:
    body = json.dumps(REPORT).encode()
    assert code_of(signed(body, secret="other"), body) == "signature"
    assert code_of(signed(body), body.replace(b"making", b"sealed")) == "signature"
    assert code_of({**signed(body), "x-shebao-timestamp": str(int(STAMP) + 1)}, body) == "signature"
    assert code_of({}, body) == "timestamp"
    assert code_of(signed(body, stamp="-1"), body) == "timestamp"
    assert code_of(signed(body, stamp="１２"), body) == "timestamp"
    assert code_of({"x-shebao-timestamp": STAMP}, body) == "signature"
    assert code_of({**signed(body), "X-SHEBAO-SIGNATURE": "sha256=ü"}, body) == "signature"
    assert code_of(signed(body), body, None) == "no_secret"
    assert code_of(signed(body), body, "") == "no_secret"


@pytest.mark.parametrize("shift", [-301, 301])
def test_old_or_from_the_future(shift: int) -> None:
    body = json.dumps(REPORT).encode()
    assert code_of(signed(body, stamp=str(int(STAMP) + shift)), body) == "expired"


@pytest.mark.parametrize("change", [{"status": "lost"}, {"sequence": -1}, {"at": "now"}])
def test_malformed(change: dict[str, Any]) -> None:
    body = json.dumps(REPORT | change).encode()
    assert code_of(signed(body), body) == "malformed"
    assert code_of(signed(b"\xff"), b"\xff") == "malformed"


async def test_the_sandbox_signs_what_we_accept(outside: Running, receiver: Receiver) -> None:
    reference = await outside.submitted(callback_url=receiver.url)
    await outside.step(reference)
    ((headers, body),) = await receiver.until(1)
    report = verify_callback(headers, body, outside.secrets.callback_secret, datetime.now(UTC))
    assert (report.reference, report.sequence, report.status) == (reference, 2, "making")
