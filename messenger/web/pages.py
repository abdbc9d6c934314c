"""The pages, signing in, and another device's link."""

from __future__ import annotations

import io
from datetime import timedelta
from html import escape
from pathlib import Path
from string import Template

import segno
from aiohttp import web

from messenger.core.accounts import Invitation, invite, redeem
from messenger.core.unit import Messenger
from messenger.errors import ClientError
from messenger.models import Account
from messenger.web.guard import (
    COOKIE,
    Handler,
    RateLimit,
    address_of,
    check_csrf,
    require_session,
)

_HERE = Path(__file__).parent
_DEVICE_LINK_LIFE = timedelta(minutes=10)
_CODE_LENGTH = 64
_SLUG = "{slug:[0-9a-f]{16}}"


class Pages:
    """Handlers for browsers that aren't signed in yet, and the pages' shells."""

    def __init__(self, messenger: Messenger) -> None:
        self.messenger = messenger
        self.sign_ins = RateLimit(messenger.settings.sign_in_attempts_per_minute)

    def routes(self) -> list[web.AbstractRouteDef]:
        """To add to the application."""
        return [
            web.get("/", self._page("welcome.html")),
            web.get("/join", self._page("join.html")),
            web.get(f"/c/{_SLUG}/", self._page("chat.html")),
            web.get("/favicon.ico", self._icon),
            web.get("/healthz", self._alive),
            web.get("/readyz", self._ready),
            web.post("/api/sign-in", self.sign_in),
            web.post(f"/c/{_SLUG}/api/device-link", self.device_link),
            web.static("/static", _HERE / "static"),
        ]

    def _page(self, name: str) -> Handler:
        template = Template((_HERE / "pages" / name).read_text(encoding="utf-8"))
        # The chat takes files from the pages that may frame it, and from no others.
        allowed = escape(self.messenger.settings.frame_ancestors)
        text = template.substitute(frame_ancestors=allowed)

        async def handler(request: web.Request) -> web.Response:
            headers = {"Cache-Control": "no-cache"}
            return web.Response(text=text, content_type="text/html", headers=headers)

        return handler

    async def _icon(self, request: web.Request) -> web.StreamResponse:
        return web.FileResponse(_HERE / "static" / "icon.svg")

    async def _alive(self, request: web.Request) -> web.Response:
        return web.json_response({"ok": True})

    async def _ready(self, request: web.Request) -> web.Response:
        try:
            async with self.messenger.read() as unit:
                await unit.bot()
        except Exception:
            return web.json_response({"ok": False}, status=503)
        return web.json_response({"ok": True})

    async def sign_in(self, request: web.Request) -> web.Response:
        """Use a link up; the cookie belongs to this identity's path alone."""
        check_csrf(request)
        settings = self.messenger.settings
        wait = self.sign_ins.wait(address_of(request, settings.trusted_proxies))
        if wait:
            raise ClientError(429, "rate_limited", retry_after=wait)
        try:
            code = (await request.json())["code"]
        except (ValueError, KeyError, TypeError):
            raise ClientError(422, "invalid") from None
        if not isinstance(code, str) or not 1 <= len(code) <= _CODE_LENGTH:
            raise ClientError(404, "invite_invalid")
        async with self.messenger.write() as unit:
            slug, token = await redeem(unit, code)
        path = f"/c/{slug}/"
        answer = web.json_response({"slug": slug, "path": path})
        answer.set_cookie(
            COOKIE,
            token,
            path=path,
            max_age=settings.session_days * 86400,
            httponly=True,
            samesite=settings.cookie_samesite,
            secure=settings.base_url.startswith("https:"),
        )
        return answer

    async def device_link(self, request: web.Request) -> web.Response:
        """A short-lived link, and its QR code, for the same account on another device."""
        session = await require_session(self.messenger, request)
        async with self.messenger.write() as unit:
            account = await unit.session.get_one(Account, session.account_id)
            expires_at = unit.now + _DEVICE_LINK_LIFE
            invitation = Invitation(
                name=account.name, language=account.language, account_id=account.id
            )
            link = await invite(unit, invitation, expires_at)
        picture = io.BytesIO()
        segno.make(link, error="m").save(picture, kind="svg", scale=4, border=2)
        return web.json_response(
            {
                "link": link,
                "expires_at": int(expires_at.timestamp()),
                "qr": picture.getvalue().decode(),
            },
            headers={"Cache-Control": "no-store"},
        )
