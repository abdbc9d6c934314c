"""Delivers the bureau's callbacks: signed, persisted, redelivered until a 2xx. Real time only."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import sqlite3
import time
from typing import Any

import aiohttp
import structlog

from sandbox.faults import FaultBoard
from sandbox.settings import CallbackSettings
from sandbox.store import Store, rows

log = structlog.get_logger(__name__)
TIMESTAMP, DELIVERY, SIGNATURE = (
    "X-Shebao-Timestamp",
    "X-Shebao-Delivery",
    "X-Shebao-Signature",
)
_DOUBLING_LIMIT = 16


def sign(secret: str, timestamp: str, body: bytes) -> str:
    """The signature header's value: HMAC-SHA256 over timestamp + "." + raw body, in hex."""
    signed = timestamp.encode() + b"." + body
    return "sha256=" + hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()


class CallbackSender:
    """One loop that sends what is due. `wake` saves it the rest of its pause."""

    def __init__(
        self,
        store: Store,
        faults: FaultBoard,
        settings: CallbackSettings,
        secret: str,
        pause: float,
    ) -> None:
        self._store, self._faults, self._settings = store, faults, settings
        self._secret, self._pause = secret, pause
        self._woken = asyncio.Event()

    def wake(self) -> None:
        """Something may be due."""
        self._woken.set()

    async def run(self) -> None:
        """Runs until cancelled. What is under way then is sent again after a restart."""
        timeout = aiohttp.ClientTimeout(total=self._settings.timeout)
        async with aiohttp.ClientSession(timeout=timeout) as session:
            while True:
                due = await self._store.run(_due, time.time(), self._settings.batch)
                roads: dict[str, list[dict[str, Any]]] = {}
                for delivery in due:
                    roads.setdefault(delivery["reference"], []).append(delivery)
                await asyncio.gather(*(self._send_all(session, road) for road in roads.values()))
                if due:
                    continue
                self._woken.clear()
                try:
                    await asyncio.wait_for(self._woken.wait(), self._pause)
                except TimeoutError:
                    continue

    async def _send_all(self, session: aiohttp.ClientSession, road: list[dict[str, Any]]) -> None:
        """One application's deliveries, one after the other: only a fault puts them out of order,
        or one that wasn't taken at once."""
        for delivery in road:
            await self._send(session, delivery)

    async def _send(self, session: aiohttp.ClientSession, delivery: dict[str, Any]) -> None:
        body = delivery["body"].encode()
        timestamp = str(int(time.time()))
        wrong = self._faults.of("bureau").callbacks.wrong_signature
        secret = self._secret[::-1] + "!" if wrong else self._secret
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            TIMESTAMP: timestamp,
            DELIVERY: delivery["delivery"],
            SIGNATURE: sign(secret, timestamp, body),
        }
        status: int | None = None
        try:
            async with session.post(
                delivery["url"], data=body, headers=headers, allow_redirects=False
            ) as answer:
                status = answer.status
        except (aiohttp.ClientError, TimeoutError, ValueError) as error:
            log.info("callback_failed", delivery=delivery["delivery"], kind=type(error).__name__)
        await self._store.run(_sent, delivery, status, time.time(), self._settings)


def _due(db: sqlite3.Connection, now: float, batch: int) -> list[dict[str, Any]]:
    """Deliveries to send now. One that is held goes once a later one of its application has
    arrived, or when its hold is over."""
    return rows(
        db,
        "SELECT d.* FROM deliveries d WHERE d.delivered_real IS NULL AND d.due_real <= ?"
        " AND (d.hold_until_real IS NULL OR d.hold_until_real <= ? OR EXISTS ("
        "  SELECT 1 FROM deliveries l WHERE l.reference = d.reference"
        "  AND l.sequence > d.sequence AND l.delivered_real IS NOT NULL))"
        " ORDER BY d.due_real, d.sequence LIMIT ?",
        now,
        now,
        batch,
    )


def _sent(
    db: sqlite3.Connection,
    delivery: dict[str, Any],
    status: int | None,
    now: float,
    settings: CallbackSettings,
) -> None:
    arrived = status is not None and 200 <= status < 300
    again = delivery["repeats"] > 0
    doublings = min(delivery["attempts"], _DOUBLING_LIMIT)
    pause = min(settings.backoff_first * 2**doublings, settings.backoff_max)
    db.execute(
        "UPDATE deliveries SET attempts = attempts + 1, last_status = ?, due_real = ?,"
        " repeats = ?, delivered_real = ? WHERE delivery = ?",
        (
            status,
            now if arrived else now + pause,
            delivery["repeats"] - 1 if arrived and again else delivery["repeats"],
            now if arrived and not again else None,
            delivery["delivery"],
        ),
    )
