"""`GET …/api/events`: the stream to a page. It resumes after the last id that the page has seen."""

from __future__ import annotations

import json
from collections import deque
from typing import Any

from aiohttp import web
from sqlalchemy import func
from sqlmodel import col, or_, select

from messenger.core.accounts import Session
from messenger.core.hub import EVENTS
from messenger.core.messages import find
from messenger.core.unit import Messenger, Unit
from messenger.core.views import client_message
from messenger.models import Chat, Event, Member, SignIn
from messenger.web.api import last_event_id
from messenger.web.chatviews import client_chat
from messenger.web.guard import require_session

_PING_SECONDS = 15.0
_BATCH = 200
_NOTICES = 50


class EventStream:
    """Server-sent events."""

    def __init__(self, messenger: Messenger) -> None:
        self.messenger = messenger

    def routes(self) -> list[web.RouteDef]:
        """To add to the application."""
        return [web.get("/c/{slug:[0-9a-f]{16}}/api/events", self.handle)]

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Stream until the page goes, the sign-in ends, or we shut down."""
        session = await require_session(self.messenger, request)
        answer = web.StreamResponse(
            headers={
                "Content-Type": "text/event-stream; charset=utf-8",
                "Cache-Control": "no-store",
                "X-Accel-Buffering": "no",
            }
        )
        async with self.messenger.read() as unit:
            position = await _start(unit, request)
        await answer.prepare(request)
        stream = _Stream(self.messenger, session, answer)
        stop = self.messenger.hub.subscribe(stream.notices.append)
        try:
            await stream.run(position)
        except (ConnectionResetError, ConnectionError):
            pass
        finally:
            stop()
        return answer


async def _start(unit: Unit, request: web.Request) -> int | None:
    """The id to go on after; None when it lies before what is kept."""
    given = request.headers.get("Last-Event-ID") or request.query.get("after") or ""
    newest = await last_event_id(unit)
    if not given.isdigit():
        return newest
    oldest = (await unit.session.exec(select(func.min(Event.id)))).one() or 0
    after = int(given)
    return after if oldest - 1 <= after <= newest else None


class _Stream:
    def __init__(self, messenger: Messenger, session: Session, answer: web.StreamResponse) -> None:
        self.messenger = messenger
        self.session = session
        self.answer = answer
        self.notices: deque[dict[str, Any]] = deque(maxlen=_NOTICES)
        self.chats: set[int] = set()

    async def run(self, position: int | None) -> None:
        hub = self.messenger.hub
        if position is None:
            async with self.messenger.read() as unit:
                position = await last_event_id(unit)
            await self._write("reset", {}, position)
        else:
            await self.answer.write(b": connected\n\n")
        while not hub.closing:
            seen = hub.count(EVENTS)
            position, alive = await self._new(position)
            if not alive:
                await self._write("signed_out", {}, None)
                return
            await self._typing()
            if not await self._idle(seen):
                await self.answer.write(b": ping\n\n")

    async def _idle(self, seen: int) -> bool:
        """Wait for something of ours; False after a quiet while."""
        hub = self.messenger.hub
        mine = self.chats | {self.session.account_id}
        while not hub.closing:
            before = hub.count(EVENTS)
            if hub.touched_since(mine, seen) or self.notices:
                return True
            await hub.wait(EVENTS, before, _PING_SECONDS)
            if hub.count(EVENTS) == before:
                return False
        return True

    async def _new(self, position: int) -> tuple[int, bool]:
        """Send the events after `position`; whether the sign-in still stands."""
        async with self.messenger.read() as unit:
            alive = await unit.session.get(SignIn, self.session.sign_in_id) is not None
            if not alive:
                return position, False
            query = select(Member.chat_id).where(Member.account_id == self.session.account_id)
            self.chats = set(await unit.session.exec(query))
            while rows := await self._events(unit, position):
                for row in rows:
                    assert row.id is not None
                    position = row.id
                    data = await self._data(unit, row)
                    if data is not None:
                        await self._write(row.kind, data, row.id)
        return position, True

    async def _events(self, unit: Unit, position: int) -> list[Event]:
        query = (
            select(Event)
            .where(
                col(Event.id) > position,
                col(Event.chat_id).in_(self.chats),
                or_(
                    col(Event.account_id).is_(None),
                    Event.account_id == self.session.account_id,
                ),
            )
            .order_by(col(Event.id))
            .limit(_BATCH)
        )
        return list(await unit.session.exec(query))

    async def _data(self, unit: Unit, row: Event) -> dict[str, Any] | None:
        """An event's data; None when its message is gone since."""
        account_id = self.session.account_id
        if row.kind in ("message", "edited"):
            message = await find(unit, row.chat_id, row.message_id or 0)
            if message is None:
                return None
            shown = await client_message(unit, message, account_id)
            return {"chat_id": row.chat_id, "message": shown}
        if row.kind == "deleted":
            return {"chat_id": row.chat_id, "message_id": row.message_id}
        if row.kind == "chat":
            chat = await unit.session.get_one(Chat, row.chat_id)
            member = await unit.session.get_one(Member, (row.chat_id, account_id))
            return {"chat": await client_chat(unit, chat, member)}
        payload: dict[str, Any] = row.payload
        return payload

    async def _typing(self) -> None:
        while self.notices:
            notice = self.notices.popleft()
            if notice["chat_id"] in self.chats:
                await self._write("typing", notice, None)

    async def _write(self, kind: str, data: dict[str, Any], number: int | None) -> None:
        head = f"id: {number}\n" if number is not None else ""
        body = json.dumps(data, ensure_ascii=False)
        await self.answer.write(f"{head}event: {kind}\ndata: {body}\n\n".encode())
