"""Webhooks: the methods that set them, and the delivery, retried until the bot answers 2xx."""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import aiohttp
import structlog

from messenger.botapi.params import Params
from messenger.botapi.registry import method
from messenger.core import updates
from messenger.core.hub import SLOW_POLL, UPDATES
from messenger.core.unit import Messenger, Unit
from messenger.errors import ApiError, bad_request
from messenger.models import Bot, Update

log = structlog.get_logger(__name__)

_SECRET = re.compile(r"[A-Za-z0-9_-]{1,256}")
_ADDRESS = re.compile(r"https?://[^\s/]+(?:/\S*)?")
_MAX_CONNECTIONS = 100
_ANSWER_SECONDS = 60
_FIRST_DELAY, _LONGEST_DELAY = 0.5, 60.0
_LOOK_AHEAD = 1000
_REPLY_LIMIT = 1024 * 1024

#: Runs a method that a bot put into its answer to a webhook call.
Call = Callable[[str, Params], Awaitable[Any]]


@method("setWebhook")
async def set_webhook(unit: Unit, params: Params) -> bool:
    url = params.text("url") or ""
    secret = params.text("secret_token")
    if url and not _ADDRESS.fullmatch(url):
        raise bad_request("bad webhook: invalid webhook URL specified")
    if secret and not _SECRET.fullmatch(secret):
        raise bad_request("bad webhook: secret token contains unallowed characters")
    connections = params.integer("max_connections") or 40
    bot = await unit.bot()
    bot.webhook_url = url or None
    bot.webhook_secret = (secret or None) if url else None
    bot.max_connections = min(max(connections, 1), _MAX_CONNECTIONS)
    bot.last_error_at = bot.last_error_message = None
    allowed = params.json("allowed_updates")
    if isinstance(allowed, list):
        bot.allowed_updates = json.dumps(allowed)
    unit.session.add(bot)
    if params.flag("drop_pending_updates"):
        await updates.drop_all(unit.session, unit.now)
    unit.woken.add(UPDATES)
    return True


@method("deleteWebhook")
async def delete_webhook(unit: Unit, params: Params) -> bool:
    drop = params.flag("drop_pending_updates")
    await set_webhook(unit, Params({"url": "", "drop_pending_updates": drop}))
    return True


@method("getWebhookInfo")
async def get_webhook_info(unit: Unit, params: Params) -> dict[str, Any]:
    bot = await unit.bot()
    retention = timedelta(hours=unit.messenger.settings.update_retention_hours)
    info: dict[str, Any] = {
        "url": bot.webhook_url or "",
        "has_custom_certificate": False,
        "pending_update_count": await updates.count_pending(unit.session, unit.now, retention),
    }
    if bot.webhook_url:
        info["max_connections"] = bot.max_connections
    if bot.last_error_at is not None:
        info["last_error_date"] = int(bot.last_error_at.timestamp())
        info["last_error_message"] = bot.last_error_message
    if bot.allowed_updates and json.loads(bot.allowed_updates):
        info["allowed_updates"] = json.loads(bot.allowed_updates)
    return info


@dataclass
class _Delay:
    """When a chat's next delivery may be tried."""

    failures: int = 0
    until: float = 0.0


class Deliverer:
    """Posts pending updates. Chats go side by side; a chat's own updates keep their order."""

    def __init__(self, messenger: Messenger, call: Call) -> None:
        self.messenger = messenger
        self._call = call
        self._busy: dict[int, asyncio.Task[None]] = {}
        self._delays: dict[int, _Delay] = {}
        self._target = ""

    async def run(self) -> None:
        """Deliver until the messenger closes; deliveries under way get a moment to end."""
        timeout = aiohttp.ClientTimeout(total=_ANSWER_SECONDS)
        async with aiohttp.ClientSession(timeout=timeout) as client:
            while not self.messenger.hub.closing:
                seen = self.messenger.hub.count(UPDATES)
                pause = await self._round(client)
                await self.messenger.hub.wait(UPDATES, seen, pause)
            tasks = list(self._busy.values())
            if tasks:
                await asyncio.wait(tasks, timeout=self.messenger.settings.shutdown_seconds)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _round(self, client: aiohttp.ClientSession) -> float:
        """Start what can be started; returns the seconds to the next retry."""
        retention = timedelta(hours=self.messenger.settings.update_retention_hours)
        # A delivery that ends while we read leaves its update in our rows: not this round.
        busy_before = set(self._busy)
        async with self.messenger.read() as unit:
            bot = await unit.bot()
            if not bot.webhook_url:
                return SLOW_POLL
            rows = await updates.pending(
                unit.session, now=unit.now, retention=retention, limit=_LOOK_AHEAD
            )
        if bot.webhook_url != self._target:
            self._target = bot.webhook_url
            self._delays.clear()
        now = time.monotonic()
        pause = SLOW_POLL
        seen_chats: set[int] = set()
        for row in rows:
            if row.chat_id in seen_chats:
                continue
            seen_chats.add(row.chat_id)
            wait = self._delays.get(row.chat_id, _Delay()).until - now
            if wait > 0:
                pause = min(pause, wait)
            elif row.chat_id not in busy_before and len(self._busy) < bot.max_connections:
                self._busy[row.chat_id] = asyncio.create_task(self._one(client, bot, row))
        return pause

    async def _one(self, client: aiohttp.ClientSession, bot: Bot, row: Update) -> None:
        try:
            async with self.messenger.write() as unit:
                await updates.count_deliveries(unit.session, [row.id])
            failure, reply = await self._post(client, bot, row)
            if failure is None:
                self._delays.pop(row.chat_id, None)
                if row.deliveries + 1 >= row.copies:
                    async with self.messenger.write() as unit:
                        await updates.confirm(unit.session, row.id, unit.now)
                await self._run_reply(reply)
            else:
                await self._failed(row.chat_id, failure)
        finally:
            self._busy.pop(row.chat_id, None)
            self.messenger.hub.wake(UPDATES)

    async def _post(
        self, client: aiohttp.ClientSession, bot: Bot, row: Update
    ) -> tuple[str | None, bytes]:
        """One attempt: what failed (None: nothing), and the answer's body."""
        assert bot.webhook_url is not None
        headers = {"Content-Type": "application/json"}
        if bot.webhook_secret:
            headers["X-Telegram-Bot-Api-Secret-Token"] = bot.webhook_secret
        body = json.dumps(updates.wire(row), ensure_ascii=False).encode()
        try:
            async with client.post(
                bot.webhook_url, data=body, headers=headers, allow_redirects=False
            ) as answer:
                reply = await answer.content.read(_REPLY_LIMIT)
                if 200 <= answer.status < 300:
                    return None, reply
                return f"Wrong response from the webhook: {answer.status} {answer.reason}", b""
        except TimeoutError:
            return "Read timeout expired", b""
        except aiohttp.ClientError as error:
            return f"Connection failed: {type(error).__name__}", b""

    async def _failed(self, chat_id: int, reason: str) -> None:
        delay = self._delays.setdefault(chat_id, _Delay())
        delay.failures += 1
        seconds = min(_LONGEST_DELAY, _FIRST_DELAY * 2 ** (delay.failures - 1))
        delay.until = time.monotonic() + seconds
        log.warning("webhook.failed", reason=reason, retry_in=seconds)
        async with self.messenger.write() as unit:
            bot = await unit.bot()
            bot.last_error_at, bot.last_error_message = unit.now, reason[:255]
            unit.session.add(bot)

    async def _run_reply(self, reply: bytes) -> None:
        """A bot may answer a webhook call with one method to run."""
        try:
            given = json.loads(reply) if reply.strip() else None
        except ValueError:
            return
        if not isinstance(given, dict) or not isinstance(given.get("method"), str):
            return
        name = given.pop("method")
        try:
            await self._call(name, Params(given))
        except ApiError as error:
            log.warning("webhook.reply_failed", method=name, code=error.code)
