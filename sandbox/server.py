"""Bureau, banks, HR system, test API and demo page in one aiohttp application on one port."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

from aiohttp import web

from sandbox.agencies import routes as agencies
from sandbox.banks.routes import bank_app
from sandbox.bureau.office import Bureau
from sandbox.bureau.routes import BUREAU, bureau_app
from sandbox.clock import SandboxClock
from sandbox.faults import FaultBoard
from sandbox.hr.routes import HR, hr_app
from sandbox.panel.admin import add_admin_routes
from sandbox.panel.pages import add_page_routes, only_admin
from sandbox.settings import AGENCIES, SandboxSettings, load_secrets
from sandbox.store import Store
from sandbox.web import CLOCK, FAULTS, SECRETS, SETTINGS, STORE, errors_as_json


def create_app(settings: SandboxSettings) -> web.Application:
    """The whole sandbox: /bureau/…, /bank/{code}/…, /agency/{code}/…, /hr/…, /admin/…, / and
    /panel.

    Opens `settings.data`/sandbox.sqlite3; the application closes it at clean-up. Tokens are in
    `app[SECRETS]`."""
    app = web.Application(middlewares=[errors_as_json])
    secrets = load_secrets(settings)
    store = Store(settings.data / "sandbox.sqlite3")
    app[SETTINGS], app[SECRETS], app[STORE] = settings, secrets, store
    app[CLOCK] = SandboxClock(store)
    services = ["bureau", HR, *AGENCIES, *settings.banks]
    app[FAULTS] = FaultBoard(store, services, settings.hang_seconds)
    app[BUREAU] = Bureau(store, app[CLOCK], app[FAULTS], settings, secrets.callback_secret)

    app.add_subapp("/bureau", bureau_app(app, secrets.bureau_token))
    for code in settings.banks:
        app.add_subapp(f"/bank/{code}", bank_app(app, code, secrets.bank_tokens[code]))
    for code in AGENCIES:
        token = secrets.agency_tokens[code]
        app.add_subapp(f"/agency/{code}", agencies.agency_app(app, code, token))
    app.add_subapp("/hr", hr_app(app, secrets.hr_token))
    admin = web.Application(middlewares=[only_admin])
    _share(app, admin)
    add_admin_routes(admin.router)
    app.add_subapp("/admin", admin)
    add_page_routes(app)

    app.cleanup_ctx.append(_running)
    app.on_shutdown.append(_release)
    return app


def _share(outer: web.Application, inner: web.Application) -> None:
    inner[STORE], inner[CLOCK], inner[FAULTS] = outer[STORE], outer[CLOCK], outer[FAULTS]
    inner[SECRETS], inner[SETTINGS] = outer[SECRETS], outer[SETTINGS]
    inner[BUREAU] = outer[BUREAU]


async def _running(app: web.Application) -> AsyncIterator[None]:
    """Loads what was kept, runs the background loops, and ends them before the store closes."""
    await app[FAULTS].load()
    await app[CLOCK].load()
    await app[BUREAU].load()
    loops = [
        asyncio.create_task(app[BUREAU].run(), name="bureau-time"),
        asyncio.create_task(app[BUREAU].sender.run(), name="bureau-callbacks"),
        asyncio.create_task(agencies.run(app), name="agency-time"),
    ]
    yield
    for loop in loops:
        loop.cancel()
    for loop in loops:
        with contextlib.suppress(asyncio.CancelledError):
            await loop
    await app[CLOCK].stop()
    app[STORE].close()


async def _release(app: web.Application) -> None:
    app[FAULTS].release()
