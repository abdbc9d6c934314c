"""Who may: cookies, form tokens, roles, areas; and what every answer says to the browser."""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Awaitable, Callable
from typing import Final
from urllib.parse import urlsplit

import structlog
from aiohttp import web

from bot.intake import RUNTIME
from bot.logs import describe_error
from bot.runtime import Runtime
from bot.web.console import words
from bot.web.console.forms import Form, read_form
from bot.web.console.pages import Page
from bot.web.console.rendering import Renderer
from bot.web.console.visit import Visit
from services.console import signing
from services.console.reach import Area, Reach
from services.console.signing import SignedIn
from services.console.subjects import SUBJECTS

log = structlog.get_logger(__name__)
RENDERER: Final = web.AppKey("console_renderer", Renderer)
LANGUAGE: Final = web.RequestKey("console_language", str)
TOKEN_FIELD = "token"  # noqa: S105 - a field's name
_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",  # pictures of papers are part of their page: they have no address
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
HEADERS = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # Not `no-referrer`: browsers then send `Origin: null` with our own forms.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
    "X-Robots-Tag": "noindex",
}


def is_secure(runtime: Runtime) -> bool:
    """Whether browsers come by https."""
    return runtime.settings.console_address.startswith("https://")


def cookie_name(runtime: Runtime, name: str) -> str:
    """`__Host-` binds a cookie to this host and to https; browsers refuse it on plain http."""
    return f"__Host-{name}" if is_secure(runtime) else name


def set_cookie(
    runtime: Runtime, response: web.StreamResponse, name: str, value: str, *, seconds: int
) -> None:
    """A cookie that scripts cannot read and other sites cannot send along with a form."""
    response.set_cookie(
        cookie_name(runtime, name),
        value,
        max_age=seconds,
        path="/",
        secure=is_secure(runtime),
        httponly=True,
        samesite="Lax",
    )


def drop_cookie(runtime: Runtime, response: web.StreamResponse, name: str) -> None:
    """Forget a cookie."""
    set_cookie(runtime, response, name, "", seconds=0)


def session_token(request: web.Request) -> str:
    """The session's token that the browser sent; empty for none."""
    return request.cookies.get(cookie_name(request.app[RUNTIME], "console"), "")


async def add_headers(_request: web.Request, response: web.StreamResponse) -> None:
    """On every answer, also of errors and streams."""
    for name, value in HEADERS.items():
        response.headers[name] = value
    response.headers.setdefault("Cache-Control", "no-store")
    response.headers.pop("Server", None)


def same_origin(request: web.Request) -> bool:
    """Whether a POST comes from one of our own pages, as far as the browser says."""
    if request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
        return False
    origin = request.headers.get("Origin")
    if origin is None:
        return True  # the form's token decides
    ours = urlsplit(request.app[RUNTIME].settings.console_address).netloc
    return urlsplit(origin).netloc in (request.host, ours)


def same_token(given: str, expected: str) -> bool:
    """Compared in constant time."""
    return hmac.compare_digest(given.encode(), expected.encode())


def new_token() -> str:
    """A token for a form of somebody who is not signed in yet."""
    return secrets.token_urlsafe(24)


def guarded(page: Page) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    """The page's handler behind every check, in this order: session, role, form, area.

    Not signed in: 401. Not the role, or not our own form: 403. What is not there and what is not in
    one's area look the same: 404.
    """

    async def handler(request: web.Request) -> web.StreamResponse:
        runtime, renderer = request.app[RUNTIME], request.app[RENDERER]
        token = session_token(request)
        who = await _who(runtime, token)
        if who is None:
            raise web.HTTPUnauthorized
        request[LANGUAGE] = who.language
        reach = Reach.of(who.grants, page.roles)
        if not reach.areas or (page.everywhere and Area() not in reach.areas):
            raise web.HTTPForbidden
        form = Form()
        if page.method == "POST":
            form = await _own_form(request, who, page)
        await _check_area(request, page, reach, who.person.id)
        return await page.handler(Visit(request, runtime, page, who, reach, renderer, token, form))

    return handler


async def _who(runtime: Runtime, token: str) -> SignedIn | None:
    if not token:
        return None
    tick = runtime.clock.tick()
    async with runtime.database.reading() as session:
        who = await signing.signed_in(session, token, tick, runtime.settings.console)
        stale = who is not None and await signing.must_note(session, who.session_id, tick)
    if who is not None and stale:
        async with runtime.database.transaction() as session:
            await signing.keep_alive(session, who.session_id, tick)
    return who


async def still_in(visit: Visit) -> bool:
    """Whether the session behind an open stream still lives; a stream does not keep it alive."""
    tick, settings = visit.runtime.clock.tick(), visit.runtime.settings.console
    async with visit.runtime.database.reading() as session:
        return await signing.signed_in(session, visit.token, tick, settings) is not None


async def _own_form(request: web.Request, who: SignedIn, page: Page) -> Form:
    if not same_origin(request):
        raise web.HTTPForbidden
    limit = request.app[RUNTIME].settings.console.upload_bytes
    form = await read_form(request, files=page.files, largest=limit)
    if not same_token(form.text(TOKEN_FIELD), who.form_token):
        raise web.HTTPForbidden
    return form


async def _check_area(request: web.Request, page: Page, reach: Reach, person_id: int) -> None:
    if page.subject is None:
        return
    async with request.app[RUNTIME].database.reading() as session:
        place = await SUBJECTS[page.subject](session, request.match_info["ref"])
    if place is None or not reach.covers(place) or place.alone not in (None, person_id):
        raise web.HTTPNotFound


@web.middleware
async def explain(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    """Refusals and faults as pages that say what to do next."""
    try:
        return await handler(request)
    except web.HTTPException as refusal:
        if refusal.status < 400:
            raise
        return refused(request, refusal.status)
    except ConnectionResetError:
        raise  # the browser has gone
    except Exception as error:
        log.error("console.failed", cause=describe_error(error))
        return refused(request, 500)


def refused(request: web.Request, status: int) -> web.Response:
    """The page of a refusal."""
    language = request.get(LANGUAGE) or _browser_language(request)
    kind = status if words.known(f"refused.title_{status}") else 400
    text = request.app[RENDERER].page("refused", language, status=status, kind=kind)
    return web.Response(text=text, content_type="text/html", status=status)


def _browser_language(request: web.Request) -> str:
    wanted = request.headers.get("Accept-Language", "zh").lower()
    return "en" if wanted.startswith("en") else "zh"
