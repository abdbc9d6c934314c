"""Faults on demand: what makes the outside behave as badly as the real one."""

from __future__ import annotations

import asyncio
import sqlite3
import struct
from collections import Counter
from socket import SO_LINGER, SOL_SOCKET
from typing import Literal

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field

from sandbox.store import Store, rows

FAULT_NOTE: web.ResponseKey[str] = web.ResponseKey("sandbox_fault", str)
REFUSED, HUNG, LOST = "refused", "hung", "lost"
SILENT = frozenset({REFUSED, HUNG, LOST})  # marks of responses that the client never sees


class CallbackFault(BaseModel):
    """How the bureau's callbacks misbehave."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    delay_seconds: float = Field(0, ge=0, description="late, real seconds")
    duplicates: int = Field(0, ge=0, le=10, description="further copies after the first 2xx")
    out_of_order: bool = Field(False, description="every even sequence waits for the next one")
    wrong_signature: bool = False
    never: bool = Field(False, description="made and never sent: only polling finds the change")


class Fault(BaseModel):
    """What is wrong with one service (`bureau` or a bank's code) at present."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    down: Literal["no", "503", "refuse"] = "no"
    retry_after: int | None = Field(None, ge=0, description="seconds, sent with 503 and 429")
    slow_seconds: float = Field(0, ge=0, le=600)
    hang: bool = Field(False, description="processes nothing and stays silent")
    error_every: int = Field(0, ge=0, description="every nth request fails before processing")
    error_status: int = Field(500, ge=429, le=599)
    lose_every: int = Field(0, ge=0, description="every nth is processed, its answer dropped")
    only: str = Field("", description="limits the fault to routes that contain this text")
    times: int | None = Field(None, ge=0, description="the fault ends after so many hits")
    callbacks: CallbackFault = CallbackFault()


class FaultBoard:
    """The faults of all services, kept in the store, with their counters in memory."""

    def __init__(self, store: Store, services: list[str], hang_seconds: float) -> None:
        self._store = store
        self._hang = hang_seconds
        self._faults = {name: Fault() for name in services}
        self._seen: Counter[tuple[str, str]] = Counter()
        self._hits: Counter[str] = Counter()
        self._changed = asyncio.Event()

    @property
    def services(self) -> list[str]:
        """Names of the services a fault can be set for."""
        return list(self._faults)

    async def load(self) -> None:
        """Takes up the faults that were set before a restart."""
        for row in await self._store.run(rows, "SELECT service, fault FROM faults"):
            if row["service"] in self._faults:
                self._faults[row["service"]] = Fault.model_validate_json(row["fault"])

    def of(self, service: str) -> Fault:
        """The fault of a service; KeyError when there is no such service."""
        return self._faults[service]

    async def put(self, service: str, fault: Fault) -> None:
        """Sets a fault and starts its counters anew; requests that hang are let go."""
        if service not in self._faults:
            raise KeyError(service)
        await self._store.run(_keep_fault, service, fault.model_dump_json())
        self._faults[service] = fault
        self._hits[service] = 0
        for key in [key for key in self._seen if key[0] == service]:
            del self._seen[key]
        self.release()

    async def clear(self) -> None:
        """Everything works again."""
        for service in self.services:
            await self.put(service, Fault())

    def release(self) -> None:
        """Lets go every request that hangs or is slow."""
        self._changed.set()
        self._changed = asyncio.Event()

    async def before(self, service: str, route: str) -> web.Response | None:
        """Applies what happens before processing. A response ends the request; None goes on."""
        fault = self._faults[service]
        if fault.only not in route:
            return None
        if fault.down == "refuse" and self._hit(service, fault):
            return note(web.Response(status=503), REFUSED)
        if fault.down == "503" and self._hit(service, fault):
            return note(_failure(503, fault.retry_after), "down")
        if fault.hang and self._hit(service, fault):
            await self._wait(self._hang)
            return note(web.Response(status=504), HUNG)
        if self._nth(service, "error", fault.error_every) and self._hit(service, fault):
            return note(_failure(fault.error_status, fault.retry_after), "error")
        if fault.slow_seconds and self._hit(service, fault):
            await self._wait(fault.slow_seconds)
        return None

    def loses_answer(self, service: str, route: str) -> bool:
        """Whether this processed request's answer is to be dropped (mark it `LOST`)."""
        fault = self._faults[service]
        if fault.only not in route or not self._nth(service, "lose", fault.lose_every):
            return False
        return self._hit(service, fault)

    def _nth(self, service: str, what: str, every: int) -> bool:
        if not every:
            return False
        self._seen[service, what] += 1
        return self._seen[service, what] % every == 0

    def _hit(self, service: str, fault: Fault) -> bool:
        if fault.times is not None and self._hits[service] >= fault.times:
            return False
        self._hits[service] += 1
        return True

    async def _wait(self, seconds: float) -> None:
        """Real wait that ends early when faults are changed, so that a reset frees everybody."""
        try:
            await asyncio.wait_for(self._changed.wait(), seconds)
        except TimeoutError:
            return


def note(response: web.Response, what: str) -> web.Response:
    """Marks a response with the fault that made it, for the request log."""
    response[FAULT_NOTE] = what
    return response


def cut(request: web.Request) -> None:
    """Resets the connection: the client sees no answer at all."""
    transport = request.transport
    if transport is None:
        return
    sock = transport.get_extra_info("socket")
    if sock is not None:  # RST instead of FIN
        sock.setsockopt(SOL_SOCKET, SO_LINGER, struct.pack("ii", 1, 0))
    transport.abort()


def _failure(status: int, retry_after: int | None) -> web.Response:
    headers = {} if retry_after is None else {"Retry-After": str(retry_after)}
    error = {"code": "unavailable", "message": "服务暂不可用，请稍后重试", "field": None}
    return web.json_response({"error": error}, status=status, headers=headers)


def _keep_fault(db: sqlite3.Connection, service: str, fault: str) -> None:
    db.execute(
        "INSERT INTO faults VALUES (?, ?) "
        "ON CONFLICT (service) DO UPDATE SET fault = excluded.fault",
        (service, fault),
    )
