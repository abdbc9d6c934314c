"""getUpdates: a real long poll. An update is given out until an offset above it confirms it."""

from __future__ import annotations

import json
import time
from datetime import timedelta
from typing import Any

from messenger.botapi.params import Params
from messenger.core import updates
from messenger.core.hub import SLOW_POLL, UPDATES
from messenger.core.unit import Messenger
from messenger.errors import ApiError

_LONGEST_POLL = 50
_LIMIT = 100
_WEBHOOK_SET = (
    "Conflict: can't use getUpdates method while webhook is active; "
    "use deleteWebhook to delete the webhook first"
)
_OTHER_POLLER = (
    "Conflict: terminated by other getUpdates request; "
    "make sure that only one bot instance is running"
)


class Poller:
    """The one long poll at a time; a newer one ends the older, as in Telegram."""

    def __init__(self, messenger: Messenger) -> None:
        self.messenger = messenger
        self._current: object | None = None

    async def get_updates(self, params: Params) -> list[dict[str, Any]]:
        """Updates, or an empty list when the timeout has passed.

        Raises:
            ApiError: 409, a webhook is set or another poll has begun.
        """
        mine = self._current = object()
        # Wakes the older poll, so that it finds out.
        self.messenger.hub.wake(UPDATES)
        limit = min(max(params.integer("limit") or _LIMIT, 1), _LIMIT)
        timeout = min(max(params.integer("timeout") or 0, 0), _LONGEST_POLL)
        await self._begin(params)
        deadline = time.monotonic() + timeout
        while True:
            seen = self.messenger.hub.count(UPDATES)
            if self._current is not mine:
                raise ApiError(409, _OTHER_POLLER)
            found = await self._take(limit)
            left = deadline - time.monotonic()
            if found or left <= 0 or self.messenger.hub.closing:
                return found
            await self.messenger.hub.wait(UPDATES, seen, min(left, SLOW_POLL))

    async def _begin(self, params: Params) -> None:
        """Confirm what the offset confirms, and note the kinds that are wanted."""
        offset = params.integer("offset") or 0
        allowed = params.json("allowed_updates")
        async with self.messenger.write() as unit:
            bot = await unit.bot()
            if bot.webhook_url:
                raise ApiError(409, _WEBHOOK_SET)
            if isinstance(allowed, list):
                bot.allowed_updates = json.dumps(allowed)
                unit.session.add(bot)
            if offset < 0:
                newest = await updates.last_ids(unit.session, -offset)
                offset = min(newest, default=0)
            if offset > 0:
                await updates.confirm_below(unit.session, offset, unit.now)

    async def _take(self, limit: int) -> list[dict[str, Any]]:
        retention = timedelta(hours=self.messenger.settings.update_retention_hours)
        async with self.messenger.read() as unit:
            rows = await updates.pending(
                unit.session, now=unit.now, retention=retention, limit=limit
            )
        if rows:
            async with self.messenger.write() as unit:
                await updates.count_deliveries(unit.session, [row.id for row in rows])
        return [updates.wire(row) for row in rows]
