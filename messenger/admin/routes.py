"""The admin interface: off (404) unless a token is set."""

from __future__ import annotations

import hmac
import json
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web
from pydantic import ValidationError

from messenger.admin import requestlog
from messenger.admin.faults import FaultBook, FaultRule
from messenger.botapi.extensions import create_group, create_invite_link
from messenger.botapi.params import Params
from messenger.botapi.registry import Run
from messenger.core.unit import Messenger
from messenger.errors import ApiError

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class AdminRoutes:
    """Handlers of `/admin/…`."""

    def __init__(self, messenger: Messenger, faults: FaultBook) -> None:
        self.messenger = messenger
        self.faults = faults

    def routes(self) -> list[web.RouteDef]:
        """To add to the application."""
        return [
            web.post("/admin/faults", self._allowed(self.add_fault)),
            web.get("/admin/faults", self._allowed(self.list_faults)),
            web.delete("/admin/faults", self._allowed(self.remove_faults)),
            web.delete(r"/admin/faults/{number:\d+}", self._allowed(self.remove_faults)),
            web.get("/admin/requests", self._allowed(self.requests)),
            web.get("/admin/stats", self._allowed(self.stats)),
            web.post("/admin/invites", self._allowed(self._run(create_invite_link))),
            web.post("/admin/groups", self._allowed(self._run(create_group))),
        ]

    def _allowed(self, handler: Handler) -> Handler:
        async def guarded(request: web.Request) -> web.StreamResponse:
            token = self.messenger.settings.admin_token
            if token is None:
                raise web.HTTPNotFound
            given = request.headers.get("Authorization", "").encode()
            if not hmac.compare_digest(given, f"Bearer {token.get_secret_value()}".encode()):
                raise web.HTTPUnauthorized
            return await handler(request)

        return guarded

    async def add_fault(self, request: web.Request) -> web.Response:
        try:
            rule = FaultRule.model_validate_json(await request.text())
        except ValidationError as error:
            details = error.errors(include_url=False, include_input=False, include_context=False)
            return web.json_response({"error": details}, status=422)
        return web.json_response({"id": self.faults.add(rule)}, status=201)

    async def list_faults(self, request: web.Request) -> web.Response:
        rules = [
            {"id": number, **rule.model_dump(mode="json")}
            for number, rule in self.faults.listed().items()
        ]
        return web.json_response({"faults": rules})

    async def remove_faults(self, request: web.Request) -> web.Response:
        number = request.match_info.get("number")
        self.faults.remove(int(number) if number else None)
        return web.Response(status=204)

    async def requests(self, request: web.Request) -> web.Response:
        query = request.query
        chat_id = query.get("chat_id")
        try:
            after, limit = int(query.get("after", "0")), int(query.get("limit", "1000"))
            chat = int(chat_id) if chat_id else None
        except ValueError:
            raise web.HTTPUnprocessableEntity from None
        async with self.messenger.read() as unit:
            lines = await requestlog.page(
                unit,
                after=after,
                limit=limit,
                method=query.get("method"),
                chat_id=chat,
                content=query.get("content") == "1",
            )
        following = lines[-1]["id"] if len(lines) >= limit else None
        return _json({"requests": lines, "next": following})

    async def stats(self, request: web.Request) -> web.Response:
        async with self.messenger.read() as unit:
            return _json(await requestlog.stats(unit))

    def _run(self, run: Run) -> Handler:
        async def handler(request: web.Request) -> web.Response:
            try:
                values = await request.json()
                async with self.messenger.write() as unit:
                    return _json(await run(unit, Params(values)))
            except ApiError as error:
                return web.json_response({"error": error.description}, status=error.code)
            except json.JSONDecodeError:
                raise web.HTTPBadRequest from None

        return handler


def _json(value: Any) -> web.Response:
    return web.json_response(value, dumps=lambda v: json.dumps(v, ensure_ascii=False))
