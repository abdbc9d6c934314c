"""In by a one-shot link, and out again.

The link's code stands behind `#`: it is in no request line, so in no log and no `Referer`, and a
preview that fetches the link does not see it. Only the button's POST uses it up.
"""

from __future__ import annotations

from urllib.parse import urlencode

import structlog
from aiohttp import web
from sqlmodel.ext.asyncio.session import AsyncSession

from bot.intake import RUNTIME
from bot.web.console.forms import read_form
from bot.web.console.guard import (
    RENDERER,
    TOKEN_FIELD,
    cookie_name,
    drop_cookie,
    new_token,
    same_origin,
    same_token,
    session_token,
    set_cookie,
)
from bot.web.console.pages import Pages
from bot.web.console.visit import PREFIX, Visit
from bot.web.console.words import LANGUAGES
from services.console import signing
from services.console.signing import STAFF, Opened
from storage import queue

log = structlog.get_logger(__name__)
pages = Pages("account")
_FORM_COOKIE = "console-form"
_FORM_SECONDS = 3600


async def show(request: web.Request) -> web.Response:
    """The page with the button. It changes nothing."""
    return _page(request)


def _page(request: web.Request, *, failed: bool = False) -> web.Response:
    runtime, token = request.app[RUNTIME], new_token()
    language = request.query.get("language")
    if language not in LANGUAGES:
        asked = request.headers.get("Accept-Language", "zh").lower()
        language = "en" if asked.startswith("en") else "zh"
    text = request.app[RENDERER].page("signin", language, token=token, failed=failed)
    status = 403 if failed else 200
    response = web.Response(text=text, content_type="text/html", status=status)
    set_cookie(runtime, response, _FORM_COOKIE, token, seconds=_FORM_SECONDS)
    return response


async def enter(request: web.Request) -> web.StreamResponse:
    """Use the link up: always a new session, whatever cookie the browser had before."""
    runtime = request.app[RUNTIME]
    if not same_origin(request):
        raise web.HTTPForbidden
    form = await read_form(request, files=False, largest=0)
    kept = request.cookies.get(cookie_name(runtime, _FORM_COOKIE), "")
    if not kept or not same_token(form.text(TOKEN_FIELD), kept):
        return _page(request, failed=True)
    tick, settings = runtime.clock.tick(), runtime.settings.console
    async with runtime.database.transaction() as session:
        now = runtime.clock.now()
        opened = await signing.redeem(session, form.text("code")[:128], tick, now, settings)
        if opened is not None:
            if before := session_token(request):
                await signing.sign_out(session, before, tick)
            await _tell(request, session, opened)
    if opened is None:
        log.warning("console.link_refused")
        return _page(request, failed=True)
    response = web.Response(status=303, headers={"Location": f"{PREFIX}/"})
    seconds = int(settings.session_hours * 3600)
    set_cookie(runtime, response, "console", opened.token, seconds=seconds)
    drop_cookie(runtime, response, _FORM_COOKIE)
    return response


async def _tell(request: web.Request, session: AsyncSession, opened: Opened) -> None:
    """The person hears in the chat that somebody came in with their link."""
    mailbox = opened.person.mailbox
    if mailbox is None:
        return
    runtime = request.app[RUNTIME]
    await queue.accept(
        session,
        key=f"console:in:{opened.session_id}",
        mailbox=mailbox,
        kind="console.signed_in",
        payload={"at": runtime.clock.now().isoformat()},
        at=runtime.clock.tick(),
        actor="console",
    )


@pages.get("/", roles=STAFF)
async def home(visit: Visit) -> web.StreamResponse:
    """To the first page of the navigation that the visitor may open."""
    first = next(iter(visit.navigation), None)
    return visit.goes(first.path if first else "/account")


@pages.get("/account", roles=STAFF)
async def account(visit: Visit) -> web.StreamResponse:
    """Who is signed in, until when, and the ways out."""
    return visit.render("account")


@pages.post("/sign-out", roles=STAFF)
async def sign_out(visit: Visit) -> web.StreamResponse:
    """End this session."""
    async with visit.transaction() as session:
        await signing.sign_out(session, visit.token, visit.runtime.clock.tick())
    return _out(visit)


@pages.post("/sign-out-everywhere", roles=STAFF)
async def sign_out_everywhere(visit: Visit) -> web.StreamResponse:
    """End all sessions and links of this person."""
    async with visit.transaction() as session:
        await signing.end_all(session, visit.person.id, visit.runtime.clock.tick(), visit.now)
    return _out(visit)


def _out(visit: Visit) -> web.Response:
    query = urlencode({"language": visit.language})
    address = f"{PREFIX}/sign-in?{query}"
    response = web.Response(status=303, headers={"Location": address})
    drop_cookie(visit.runtime, response, "console")
    return response


@pages.post("/language", roles=STAFF)
async def language(visit: Visit) -> web.StreamResponse:
    """Chinese or English, for this session."""
    wanted = visit.form.text("language")
    if wanted not in LANGUAGES:
        raise web.HTTPBadRequest
    async with visit.transaction() as session:
        await signing.set_language(session, visit.who.session_id, wanted)
    return visit.goes("/account")
