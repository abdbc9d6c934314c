"""Where updates come in: polling with one leader, or the webhook. Both commit, then confirm."""

from __future__ import annotations

import hmac
import json
from contextlib import suppress
from datetime import timedelta
from typing import Any

import structlog
from aiohttp import web
from sqlalchemy.exc import SQLAlchemyError

from bot import metrics
from bot.application import raw_updates
from bot.events import UPDATE
from bot.inputs import mailbox_of_update
from bot.logs import describe_error
from bot.runtime import Runtime
from storage import queue
from storage.models import Lease

log = structlog.get_logger(__name__)
ALLOWED = ["message", "edited_message", "callback_query", "my_chat_member"]
_SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"  # noqa: S105


async def accept_update(runtime: Runtime, raw: dict[str, Any]) -> bool:
    """Write one update into the inbox; False when it was there already."""
    async with runtime.database.transaction() as session:
        new = await queue.accept(
            session,
            key=f"tg:{raw['update_id']}",
            mailbox=mailbox_of_update(raw),
            kind=UPDATE,
            payload=_whole_characters(raw),
            at=runtime.clock.tick(),
        )
    metrics.UPDATES.labels("new" if new else "repeated").inc()
    return new


def _whole_characters(raw: dict[str, Any]) -> dict[str, Any]:
    """The update without halves of characters, which JSON can spell and UTF-8 cannot keep."""
    try:
        json.dumps(raw, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        text = json.dumps(raw, ensure_ascii=False)
        whole = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        mended: dict[str, Any] = json.loads(whole)
        return mended
    return raw


class Poller:
    """getUpdates by one leader; others wait for its lease to run out."""

    def __init__(self, runtime: Runtime, timeout: int = 25) -> None:
        self.runtime, self.timeout = runtime, timeout
        self.offset: int | None = None

    async def run(self) -> None:
        """Poll until the program stops; then another may lead at once."""
        seconds = self.runtime.settings.runner.leader_seconds
        while not self.runtime.stopping.is_set():
            try:
                if await self._lead():
                    await self._poll()
                else:
                    await self.runtime.pause(seconds / 5)
            except Exception as error:  # nobody would start us again
                log.warning("poll.failed", cause=describe_error(error))
                await self.runtime.pause(1)
        with suppress(SQLAlchemyError, OSError):
            await self._step_down()

    async def _lead(self) -> bool:
        tick = self.runtime.clock.tick()
        until = tick + timedelta(seconds=self.runtime.settings.runner.leader_seconds)
        async with self.runtime.database.transaction() as session:
            await queue.lock(session, "lease:polling")
            lease = await session.get(Lease, "polling")
            if lease is None:
                session.add(Lease(name="polling", holder=self.runtime.name, until=until))
                return True
            if lease.holder != self.runtime.name and lease.until > tick:
                return False
            lease.holder, lease.until = self.runtime.name, until
            return True

    async def _step_down(self) -> None:
        async with self.runtime.database.transaction() as session:
            lease = await session.get(Lease, "polling", with_for_update=True)
            if lease is not None and lease.holder == self.runtime.name:
                lease.until = self.runtime.clock.tick()

    async def _poll(self) -> None:
        """One batch, within half of the lease; what was not confirmed comes again."""
        seconds = self.runtime.settings.runner.leader_seconds
        wait = min(self.timeout, max(int(seconds / 3), 1))
        asked = raw_updates(
            self.runtime.application, offset=self.offset, timeout=wait, allowed=ALLOWED
        )
        updates = await self.runtime.unless_stopping(asked)
        until = self.runtime.clock.tick() + timedelta(seconds=seconds / 2)
        for update in updates or ():
            if self.runtime.clock.tick() > until:
                return
            await accept_update(self.runtime, update)
            self.offset = update["update_id"] + 1


async def webhook(request: web.Request) -> web.Response:
    """`POST /telegram/webhook`: 200 only after the commit; 503 keeps it with the messenger."""
    runtime = request.app[RUNTIME]
    secret = runtime.settings.webhook_secret
    given = request.headers.get(_SECRET_HEADER, "")
    if secret is None or not same(given, secret.get_secret_value()):
        raise web.HTTPForbidden
    try:
        raw = json.loads(await request.read())
        known = isinstance(raw, dict) and isinstance(raw.get("update_id"), int)
    except (ValueError, RecursionError):
        known = False
    if not known:
        raise web.HTTPBadRequest
    try:
        await accept_update(runtime, raw)
    except (SQLAlchemyError, OSError) as error:
        log.error("webhook.not_accepted", cause=describe_error(error))
        raise web.HTTPServiceUnavailable from None
    return web.Response()


def same(given: str, secret: str) -> bool:
    """Whether a header holds the secret, without telling by time how much of it fits."""
    return hmac.compare_digest(given.encode("utf-8", "surrogateescape"), secret.encode())


RUNTIME: web.AppKey[Runtime] = web.AppKey("runtime", Runtime)
