"""`/bot<token>/<method>` and `/file/bot<token>/<path>`."""

from __future__ import annotations

import asyncio
import hmac
import json
import time
from dataclasses import dataclass, field
from typing import Any

import structlog
from aiohttp import web

from messenger.admin import requestlog
from messenger.admin.faults import FaultBook, FaultKind, FaultRule
from messenger.botapi import editing, extensions, info, sending, topics, webhook
from messenger.botapi.params import Params, read_params
from messenger.botapi.polling import Poller
from messenger.botapi.registry import METHODS, Method
from messenger.core.media import MEGABYTE
from messenger.core.unit import Messenger
from messenger.errors import ApiError
from messenger.models import File, Outcome

log = structlog.get_logger(__name__)

#: Importing them fills the table.
METHOD_MODULES = (editing, extensions, info, sending, topics, webhook)
_POLL = "getupdates"


class BotApi:
    """The bot's side of the messenger."""

    def __init__(self, messenger: Messenger, faults: FaultBook) -> None:
        self.messenger = messenger
        self.faults = faults
        self.poller = Poller(messenger)
        self.deliverer = webhook.Deliverer(messenger, self.call)

    def routes(self) -> list[web.RouteDef]:
        """To add to the application."""
        return [
            web.route("*", "/bot{token}/{method}", self.handle),
            web.get("/file/bot{token}/{path:.+}", self.download),
        ]

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Answer one method call in Telegram's shape."""
        try:
            self._check_token(request)
            name = request.match_info["method"]
            if name.lower() != _POLL and name.lower() not in METHODS:
                raise ApiError(404, "Not Found: method not found")
            limit = self.messenger.settings.bot_upload_limit_mb * MEGABYTE
            params = await read_params(request, limit)
            fault = self.faults.strike(name, requestlog.chat_of(params))
            result = await self.call(name, params, fault)
        except ApiError as error:
            return _json(error.body(), error.code)
        except _DropConnection:
            return _drop(request)
        except Exception as error:
            # Its text could repeat a person's words.
            log.error(
                "bot_api.failed", method=request.match_info["method"], kind=type(error).__name__
            )
            return _json(ApiError(500, "Internal Server Error").body(), 500)
        return _json({"ok": True, "result": result})

    def _check_token(self, request: web.Request) -> None:
        expected = self.messenger.settings.bot_token.get_secret_value()
        if not hmac.compare_digest(request.match_info["token"].encode(), expected.encode()):
            raise ApiError(401, "Unauthorized")

    async def call(self, name: str, params: Params, fault: FaultRule | None = None) -> Any:
        """Run a method, with the fault that strikes it, and log how it ended.

        Raises:
            ApiError: as the bot is told.
        """
        if name.lower() == _POLL:
            return await self._poll(params, fault)
        found = METHODS.get(name.lower())
        if found is None:
            raise ApiError(404, "Not Found: method not found")
        attempt = _Attempt(found, params, fault)
        try:
            await _before(fault)
            return await self._run(attempt)
        except ApiError as error:
            await self._log_failure(attempt, Outcome.ERROR, (error.code, error.description))
            raise
        except _RequestLost:
            await self._log_failure(attempt, Outcome.LOST_REQUEST, None)
            raise

    async def _poll(self, params: Params, fault: FaultRule | None) -> Any:
        await _before(fault)
        result = await self.poller.get_updates(params)
        if fault is not None and fault.kind is FaultKind.LOST_ANSWER:
            raise _DropConnection
        return result

    async def _run(self, attempt: _Attempt) -> Any:
        found, params = attempt.method, attempt.params
        if found.stage is not None:
            await found.stage(self.messenger, params)
        lost = attempt.fault is not None and attempt.fault.kind is FaultKind.LOST_ANSWER
        async with self.messenger.write() as unit:
            result = await found.run(unit, params)
            requestlog.entry(
                unit,
                found.name,
                params,
                Outcome.LOST_ANSWER if lost else Outcome.OK,
                result=result,
                fault=attempt.fault_name,
                milliseconds=attempt.milliseconds,
            )
        if lost:
            raise _DropConnection
        return result

    async def _log_failure(
        self, attempt: _Attempt, outcome: Outcome, error: tuple[int, str] | None
    ) -> None:
        async with self.messenger.write() as unit:
            requestlog.entry(
                unit,
                attempt.method.name,
                attempt.params,
                outcome,
                error=error,
                fault=attempt.fault_name,
                milliseconds=attempt.milliseconds,
            )

    async def download(self, request: web.Request) -> web.StreamResponse:
        """A file that getFile named."""
        try:
            self._check_token(request)
        except ApiError as error:
            return _json(error.body(), error.code)
        file_id = request.match_info["path"].rsplit("/", 1)[-1].split(".", 1)[0]
        async with self.messenger.read() as unit:
            file = await unit.session.get(File, file_id)
        limit = self.messenger.settings.bot_download_limit_mb * MEGABYTE
        if file is None or file.size > limit:
            return _json(ApiError(404, "Not Found").body(), 404)
        try:
            content = await self.messenger.files.read(file.stored)
        except FileNotFoundError:
            return _json(ApiError(404, "Not Found").body(), 404)
        return web.Response(body=content, content_type="application/octet-stream")


@dataclass(frozen=True)
class _Attempt:
    """One call on its way."""

    method: Method
    params: Params
    fault: FaultRule | None
    started: float = field(default_factory=time.monotonic)

    @property
    def fault_name(self) -> str | None:
        return self.fault.kind.value if self.fault else None

    @property
    def milliseconds(self) -> int:
        return int((time.monotonic() - self.started) * 1000)


class _DropConnection(Exception):
    """The connection is cut instead of an answer."""


class _RequestLost(_DropConnection):
    """Cut before anything was done."""


async def _before(fault: FaultRule | None) -> None:
    """What a fault does before the method runs."""
    if fault is None:
        return
    match fault.kind:
        case FaultKind.SLOW:
            await asyncio.sleep(fault.seconds)
        case FaultKind.RETRY_AFTER:
            seconds = fault.retry_after
            raise ApiError(429, f"Too Many Requests: retry after {seconds}", retry_after=seconds)
        case FaultKind.ERROR:
            raise ApiError(fault.status, fault.description)
        case FaultKind.BLOCKED:
            raise ApiError(403, "Forbidden: bot was blocked by the user")
        case FaultKind.LOST_REQUEST:
            raise _RequestLost


def _drop(request: web.Request) -> web.Response:
    if request.transport is not None:
        request.transport.abort()
    return web.Response(status=499)


def _json(value: Any, status: int = 200) -> web.Response:
    body = json.dumps(value, ensure_ascii=False).encode()
    headers = {}
    retry_after = value.get("parameters", {}).get("retry_after")
    if retry_after is not None:
        headers["Retry-After"] = str(retry_after)
    return web.Response(body=body, status=status, content_type="application/json", headers=headers)
