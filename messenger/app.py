"""The application: routes, background tasks, start and shutdown."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

from aiohttp import web

from messenger import migrations, sweeper
from messenger.admin.faults import FaultBook
from messenger.admin.routes import AdminRoutes
from messenger.botapi.server import BotApi
from messenger.core.media import MEGABYTE
from messenger.core.unit import Messenger
from messenger.settings import MessengerSettings
from messenger.web.api import ClientApi
from messenger.web.events import EventStream
from messenger.web.guard import client_errors, security_headers
from messenger.web.pages import Pages
from storage.clock import Clock

MESSENGER: web.AppKey[Messenger] = web.AppKey("messenger", Messenger)
FAULTS: web.AppKey[FaultBook] = web.AppKey("faults", FaultBook)
_FORM_BYTES = 2 * MEGABYTE


def create_app(settings: MessengerSettings, clock: Clock | None = None) -> web.Application:
    """The messenger as an aiohttp application. It migrates its database when it starts."""
    messenger = Messenger(settings, clock)
    faults = FaultBook()
    messenger.extra_copies = faults.extra_copies
    api = BotApi(messenger, faults)
    # Files have limits of their own; this one is for JSON and forms.
    app = web.Application(client_max_size=_FORM_BYTES, middlewares=[client_errors])
    app[MESSENGER] = messenger
    app[FAULTS] = faults
    app.add_routes(api.routes())
    app.add_routes(AdminRoutes(messenger, faults).routes())
    app.add_routes(Pages(messenger).routes())
    app.add_routes(ClientApi(messenger).routes())
    app.add_routes(EventStream(messenger).routes())
    app.on_response_prepare.append(_headers(settings))
    app.cleanup_ctx.append(_running(messenger, api))
    app.on_shutdown.append(_let_go)
    return app


def _headers(
    settings: MessengerSettings,
) -> Callable[[web.Request, web.StreamResponse], Awaitable[None]]:
    headers = security_headers(settings.frame_ancestors, settings.base_url.startswith("https:"))

    async def add(request: web.Request, response: web.StreamResponse) -> None:
        for name, value in headers.items():
            response.headers.setdefault(name, value)

    return add


def _running(messenger: Messenger, api: BotApi) -> Callable[[web.Application], AsyncIterator[None]]:
    async def context(app: web.Application) -> AsyncIterator[None]:
        await asyncio.to_thread(migrations.upgrade, messenger.settings.database_url)
        await messenger.prepare()
        tasks = [
            asyncio.create_task(api.deliverer.run(), name="messenger-webhook"),
            asyncio.create_task(sweeper.run(messenger), name="messenger-sweeper"),
        ]
        yield
        messenger.hub.close()
        # They end by themselves. A task cancelled inside a transaction would leave its
        # connection waiting for a thread that is gone.
        await asyncio.gather(*tasks, return_exceptions=True)
        await messenger.db.dispose()

    return context


async def _let_go(app: web.Application) -> None:
    """Open streams and long polls end now, rather than hold up the shutdown."""
    app[MESSENGER].hub.close()
