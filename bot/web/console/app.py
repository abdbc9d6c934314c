"""The console as an aiohttp application below `/console`."""

from __future__ import annotations

from aiohttp import web

from bot.intake import RUNTIME
from bot.runtime import Runtime
from bot.web.console import signin
from bot.web.console.guard import RENDERER, add_headers, explain, guarded
from bot.web.console.rendering import STATIC, renderer_of
from bot.web.console.table import every_page
from bot.web.console.visit import PREFIX

_FIELDS_BYTES = 1024 * 1024
_KEPT = "public, max-age=31536000, immutable"
_TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}


def add_console(app: web.Application, runtime: Runtime) -> None:
    """Serve the console from the program's web application."""
    app.add_subapp(PREFIX, create_console(runtime))
    app.router.add_get(PREFIX, _slash)


async def _slash(_request: web.Request) -> web.StreamResponse:
    raise web.HTTPFound(f"{PREFIX}/")


def create_console(runtime: Runtime) -> web.Application:
    """Every page of the table behind the guard, and what needs no session: sign-in and files."""
    pages = every_page()
    limit = runtime.settings.console.upload_bytes + _FIELDS_BYTES
    app = web.Application(middlewares=[explain], client_max_size=limit)
    app[RUNTIME] = runtime
    app[RENDERER] = renderer_of(pages)
    app.on_response_prepare.append(add_headers)
    app.router.add_get("/sign-in", signin.show)
    app.router.add_post("/sign-in", signin.enter)
    app.router.add_get("/static/{name}", static_file)
    for page in pages:
        app.router.add_route(page.method, page.path, guarded(page))
    return app


async def static_file(request: web.Request) -> web.StreamResponse:
    """A style sheet, script or icon of ours. The address carries its digest, so it may be kept."""
    name = request.match_info["name"]
    found = {path.name: path for path in STATIC.iterdir()}.get(name)
    if found is None:
        raise web.HTTPNotFound
    return web.Response(
        body=found.read_bytes(),
        headers={"Content-Type": f"{_TYPES[found.suffix]}; charset=utf-8", "Cache-Control": _KEPT},
    )
