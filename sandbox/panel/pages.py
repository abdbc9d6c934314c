"""The demo page, its sign-in and its sample pictures."""

from __future__ import annotations

import hmac
from importlib.resources import files
from pathlib import Path
from typing import Final

from aiohttp import web
from aiohttp.typedefs import Handler

from sandbox.panel.pictures import SamplePictures
from sandbox.web import SECRETS, SETTINGS, has_bearer

PICTURES: Final = web.AppKey[SamplePictures | None]("pictures")

_STATIC: Final = {
    "panel.css": "text/css",
    "icon.svg": "image/svg+xml",
    **dict.fromkeys(
        (
            "applications.js",
            "base.js",
            "frames.js",
            "panel.js",
            "people.js",
            "services.js",
        ),
        "text/javascript",
    ),
}
_YEAR: Final = 365 * 86_400


def add_page_routes(app: web.Application) -> None:
    """Adds / (demo page), /panel (panel alone), /panel/static and /panel/pictures."""
    folder = app[SETTINGS].company_dir
    app[PICTURES] = SamplePictures(folder) if folder else None
    app.router.add_get("/", _demo)
    app.router.add_get("/panel", _demo)  # the page hides its frames there
    app.router.add_post("/panel/login", _login)
    app.router.add_get("/panel/static/{name}", _static)
    app.router.add_get("/panel/pictures/{path:.+}", _picture)


def cookie_name(request: web.Request) -> str:
    """Cookies know no ports: two sandboxes on one machine must not overwrite each other's."""
    return f"sandbox_admin_{request.url.port}"


def is_admin(request: web.Request) -> bool:
    """Bearer token, or the cookie that the demo page was given."""
    secrets = request.config_dict[SECRETS]
    cookie = request.cookies.get(cookie_name(request), "")
    return has_bearer(request, secrets.admin_token) or hmac.compare_digest(
        cookie.encode("utf-8", "surrogateescape"), secrets.admin_token.encode()
    )


@web.middleware
async def only_admin(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Guards the test API. A cookie alone must come from the page itself, not from another site."""
    foreign = request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none")
    if is_admin(request) and not foreign:
        return await handler(request)
    error = {"code": "unauthorized", "message": "令牌无效", "field": None}
    return web.json_response({"error": error}, status=401)


async def _demo(request: web.Request) -> web.StreamResponse:
    return _page(request, "demo.html")


async def _login(request: web.Request) -> web.StreamResponse:
    """The token typed by hand, where the panel isn't open."""
    given = str((await request.post()).get("token", ""))
    response = web.Response(status=303, headers={"Location": "/"})
    if hmac.compare_digest(
        given.encode("utf-8", "surrogateescape"), request.app[SECRETS].admin_token.encode()
    ):
        _give_cookie(request, response)
    return response


async def _static(request: web.Request) -> web.Response:
    name = request.match_info["name"]
    if name not in _STATIC:
        raise web.HTTPNotFound
    return web.Response(text=_read(name), content_type=_STATIC[name], headers=_headers())


async def _picture(request: web.Request) -> web.StreamResponse:
    """A sample picture of the company folder; nothing outside of it."""
    pictures = request.app[PICTURES]
    path = await pictures.find(request.match_info["path"]) if pictures else None
    if path is None:
        raise web.HTTPNotFound
    # the chat, on another port, may take a picture that is dragged to it
    headers = {"Cache-Control": "no-store", "Access-Control-Allow-Origin": "*"}
    return web.FileResponse(path, headers=headers)


def _page(request: web.Request, name: str) -> web.StreamResponse:
    open_panel = request.app[SETTINGS].open_panel and _is_loopback(request)
    if not open_panel and not is_admin(request):
        name = "login.html"
    response = web.Response(text=_read(name), content_type="text/html", headers=_headers())
    if open_panel:
        _give_cookie(request, response)
    return response


def _is_loopback(request: web.Request) -> bool:
    """An open panel is for this machine; a foreign Host is a rebinding attempt."""
    host = (request.url.host or "").strip("[]")
    return host in ("localhost", "127.0.0.1", "::1")


def _give_cookie(request: web.Request, response: web.Response) -> None:
    response.set_cookie(
        cookie_name(request),
        request.app[SECRETS].admin_token,
        httponly=True,
        samesite="Strict",
        max_age=_YEAR,
        secure=request.secure,
    )


def _headers() -> dict[str, str]:
    policy = (
        "default-src 'self'; img-src 'self' data: http: https:; frame-src http: https:;"
        " style-src 'self'; script-src 'self'; frame-ancestors 'self'"
    )
    return {"Content-Security-Policy": policy, "Cache-Control": "no-store"}


def _read(name: str) -> str:
    static: Path = files("sandbox.panel").joinpath("static")  # type: ignore[assignment]
    return static.joinpath(name).read_text("utf-8")
