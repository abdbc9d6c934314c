"""`/c/<slug>/api/…`: a signed-in person's JSON interface."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated

from aiohttp import web
from pydantic import BaseModel, Field, ValidationError
from sqlalchemy import func
from sqlmodel import select

from messenger.core import accounts
from messenger.core.accounts import Session
from messenger.core.media import MEGABYTE
from messenger.core.unit import Messenger, Unit
from messenger.core.views import client_message
from messenger.errors import ClientError
from messenger.models import Account, Event, File, Message
from messenger.web import actions, chatviews
from messenger.web.actions import Place, place
from messenger.web.guard import COOKIE, RateLimit, require_session
from messenger.web.uploads import INLINE_TYPES, read_upload, stage_all

Route = Callable[[web.Request, Session], Awaitable[web.StreamResponse]]
Id = Annotated[int, Field(ge=-(2**53), le=2**53)]
_CHAT = r"{chat:-?\d{1,16}}"
_MESSAGE = _CHAT + r"/messages/{message:\d{1,15}}"
_PAGE = 100


class Body(BaseModel):
    """A request's JSON; every field has a default, each route reads its own."""

    text: str = Field(default="", max_length=20_000)
    thread: Id = 0
    reply_to: Id | None = None
    client_key: str | None = Field(default=None, max_length=48)
    row: int = 0
    column: int = 0
    label: str | None = Field(default=None, max_length=256)
    message_id: Id = 0
    from_chat: Id = 0
    blocked: bool = True
    language: str | None = Field(default=None, pattern="^(zh|en)$")
    latitude: float = Field(default=0.0, ge=-90, le=90)
    longitude: float = Field(default=0.0, ge=-180, le=180)
    emoji: str = Field(default="👍", min_length=1, max_length=16)
    phone_number: str = Field(default="", max_length=32)
    first_name: str = Field(default="", max_length=64)


async def body_of(request: web.Request) -> Body:
    """The JSON body.

    Raises:
        ClientError: 422.
    """
    text = await request.text()
    try:
        return Body.model_validate_json(text or "{}")
    except ValidationError:
        raise ClientError(422, "invalid") from None


class ClientApi:
    """Handlers for people."""

    def __init__(self, messenger: Messenger) -> None:
        self.messenger = messenger
        self.posts = RateLimit(messenger.settings.message_rate_per_minute)

    def routes(self) -> list[web.RouteDef]:
        """To add to the application."""
        base = "/c/{slug:[0-9a-f]{16}}/api"
        table: list[tuple[str, str, Route]] = [
            ("GET", "/me", self.me),
            ("PATCH", "/me", self.change_me),
            ("POST", "/sign-out", self.sign_out),
            ("GET", f"/chats/{_CHAT}/messages", self.history),
            ("POST", f"/chats/{_CHAT}/messages", self.say),
            ("POST", f"/chats/{_CHAT}/start", self.start),
            ("POST", f"/chats/{_CHAT}/files", self.files),
            ("POST", f"/chats/{_CHAT}/contact", self.contact),
            ("POST", f"/chats/{_CHAT}/foreign-contact", self.foreign_contact),
            ("POST", f"/chats/{_CHAT}/location", self.location),
            ("POST", f"/chats/{_CHAT}/sticker", self.sticker),
            ("POST", f"/chats/{_CHAT}/forward", self.forward),
            ("POST", f"/chats/{_CHAT}/read", self.read),
            ("POST", f"/chats/{_CHAT}/block", self.block),
            ("POST", f"/chats/{_CHAT}/leave", self.leave),
            ("PATCH", f"/chats/{_MESSAGE}", self.edit),
            ("DELETE", f"/chats/{_MESSAGE}", self.delete),
            ("POST", f"/chats/{_MESSAGE}/press", self.press),
            ("GET", "/files/{file:[A-Za-z0-9_-]{8,64}}", self.file),
        ]
        return [web.route(verb, base + path, self._signed_in(run)) for verb, path, run in table]

    def _signed_in(self, run: Route) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        async def handler(request: web.Request) -> web.StreamResponse:
            session = await require_session(self.messenger, request)
            if request.method not in ("GET", "HEAD"):
                wait = self.posts.wait(session.account_id)
                if wait:
                    raise ClientError(429, "rate_limited", retry_after=wait)
            return await run(request, session)

        return handler

    async def _place(
        self, unit: Unit, session: Session, request: web.Request, thread: int = 0
    ) -> Place:
        return await place(unit, session.account_id, int(request.match_info["chat"]), thread)

    async def me(self, request: web.Request, session: Session) -> web.Response:
        async with self.messenger.write() as unit:
            await accounts.note_seen(unit, session)
        async with self.messenger.read() as unit:
            found = await chatviews.me(unit, session.account_id)
            found["last_event_id"] = await last_event_id(unit)
        return web.json_response(found)

    async def change_me(self, request: web.Request, session: Session) -> web.Response:
        body = await body_of(request)
        async with self.messenger.write() as unit:
            account = await unit.session.get_one(Account, session.account_id)
            account.language = body.language or account.language
            unit.session.add(account)
        return web.json_response({"language": account.language})

    async def sign_out(self, request: web.Request, session: Session) -> web.Response:
        async with self.messenger.write() as unit:
            await accounts.sign_out(unit, session)
        answer = web.Response(status=204)
        answer.del_cookie(COOKIE, path=f"/c/{session.slug}/")
        return answer

    async def history(self, request: web.Request, session: Session) -> web.Response:
        numbers: dict[str, int | None] = {}
        for name in ("thread", "before", "after", "limit"):
            value = request.query.get(name)
            if value is not None and not value.isdigit():
                raise ClientError(422, "invalid")
            numbers[name] = int(value) if value else None
        async with self.messenger.read() as unit:
            spot = await self._place(unit, session, request)
            messages, more = await chatviews.history(
                unit,
                spot.chat.id,
                session.account_id,
                thread=numbers["thread"],
                before=numbers["before"],
                after=numbers["after"],
                limit=min(max(numbers["limit"] or 50, 1), _PAGE),
            )
        return web.json_response({"messages": messages, "more": more})

    async def _posted(
        self,
        request: web.Request,
        session: Session,
        act: Callable[[Place, Body], Awaitable[Message]],
        status: int = 201,
    ) -> web.Response:
        """Run an action that makes or changes one message, and answer with it."""
        body = await body_of(request)
        async with self.messenger.write() as unit:
            spot = await self._place(unit, session, request, body.thread)
            message = await act(spot, body)
            shown = await client_message(unit, message, session.account_id)
        return web.json_response({"message": shown}, status=status)

    async def say(self, request: web.Request, session: Session) -> web.Response:
        async def act(spot: Place, body: Body) -> Message:
            return await actions.say(
                spot, body.text, reply_to=body.reply_to, client_key=body.client_key
            )

        return await self._posted(request, session, act)

    async def start(self, request: web.Request, session: Session) -> web.Response:
        async def act(spot: Place, body: Body) -> Message:
            return await actions.start(spot)

        return await self._posted(request, session, act)

    async def files(self, request: web.Request, session: Session) -> web.Response:
        # A stranger to the chat is refused before the upload is read.
        async with self.messenger.read() as unit:
            await self._place(unit, session, request)
        limit = self.messenger.settings.max_upload_mb * MEGABYTE
        upload = await read_upload(request, limit)
        staged = await stage_all(self.messenger, upload)
        async with self.messenger.write() as unit:
            spot = await self._place(unit, session, request, upload.thread)
            posted = await actions.send_files(
                spot,
                staged,
                caption=upload.caption,
                reply_to=upload.reply_to,
                client_key=upload.client_key,
            )
            shown = [await client_message(unit, one, session.account_id) for one in posted]
        return web.json_response({"messages": shown}, status=201)

    async def contact(self, request: web.Request, session: Session) -> web.Response:
        async def act(spot: Place, body: Body) -> Message:
            return await actions.share_contact(spot)

        return await self._posted(request, session, act)

    async def foreign_contact(self, request: web.Request, session: Session) -> web.Response:
        async def act(spot: Place, body: Body) -> Message:
            if not body.phone_number.strip() or not body.first_name.strip():
                raise ClientError(422, "invalid")
            card = {"phone_number": body.phone_number, "first_name": body.first_name}
            return await spot.post({"contact": card})

        return await self._posted(request, session, act)

    async def location(self, request: web.Request, session: Session) -> web.Response:
        async def act(spot: Place, body: Body) -> Message:
            point = {"latitude": body.latitude, "longitude": body.longitude}
            return await spot.post({"location": point})

        return await self._posted(request, session, act)

    async def sticker(self, request: web.Request, session: Session) -> web.Response:
        async def act(spot: Place, body: Body) -> Message:
            return await actions.send_sticker(spot, body.emoji)

        return await self._posted(request, session, act)

    async def forward(self, request: web.Request, session: Session) -> web.Response:
        async def act(spot: Place, body: Body) -> Message:
            source = await place(spot.unit, session.account_id, body.from_chat)
            return await actions.forward(spot, source, body.message_id)

        return await self._posted(request, session, act)

    async def edit(self, request: web.Request, session: Session) -> web.Response:
        async def act(spot: Place, body: Body) -> Message:
            return await actions.edit(spot, int(request.match_info["message"]), body.text)

        return await self._posted(request, session, act, status=200)

    async def delete(self, request: web.Request, session: Session) -> web.Response:
        async with self.messenger.write() as unit:
            spot = await self._place(unit, session, request)
            await actions.delete(spot, int(request.match_info["message"]))
        return web.Response(status=204)

    async def press(self, request: web.Request, session: Session) -> web.Response:
        body = await body_of(request)
        async with self.messenger.write() as unit:
            spot = await self._place(unit, session, request)
            number = int(request.match_info["message"])
            answer = await actions.press(spot, number, body.row, body.column, body.label)
        return web.json_response(answer)

    async def read(self, request: web.Request, session: Session) -> web.Response:
        body = await body_of(request)
        async with self.messenger.write() as unit:
            spot = await self._place(unit, session, request, body.thread)
            await actions.mark_read(spot, body.message_id)
        return web.Response(status=204)

    async def block(self, request: web.Request, session: Session) -> web.Response:
        body = await body_of(request)
        async with self.messenger.write() as unit:
            spot = await self._place(unit, session, request)
            await actions.block(spot, blocked=body.blocked)
        return web.Response(status=204)

    async def leave(self, request: web.Request, session: Session) -> web.Response:
        async with self.messenger.write() as unit:
            await actions.leave(await self._place(unit, session, request))
        return web.Response(status=204)

    async def file(self, request: web.Request, session: Session) -> web.Response:
        async with self.messenger.read() as unit:
            found = await unit.session.get(File, request.match_info["file"])
            if found is None:
                raise ClientError(404, "file_not_found")
            await place(unit, session.account_id, found.chat_id)
        try:
            content = await self.messenger.files.read(found.stored)
        except FileNotFoundError:
            raise ClientError(404, "file_not_found") from None
        inline = found.media_type in INLINE_TYPES and "download" not in request.query
        answer = web.Response(body=content)
        answer.content_type = found.media_type if inline else "application/octet-stream"
        answer.headers["Cache-Control"] = "no-store"
        answer.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
        if not inline:
            # The page gives the file its name: names are personal, headers may be logged.
            answer.headers["Content-Disposition"] = "attachment"
        return answer


async def last_event_id(unit: Unit) -> int:
    """The newest line of the streams."""
    return (await unit.session.exec(select(func.max(Event.id)))).one() or 0
