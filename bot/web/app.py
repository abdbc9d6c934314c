"""The program's web routes: webhook, callbacks, console, health, metrics, the demo's clock."""

from __future__ import annotations

from datetime import timedelta

import structlog
from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from pydantic import SecretStr
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from bot import metrics
from bot.intake import RUNTIME, same, webhook
from bot.logs import describe_error
from bot.runtime import Runtime
from bot.web.console.app import add_console
from services import applications as apps
from services import cases
from services.cases import hook
from services.gateways import CallbackError, verify_callback
from services.people.people import by_number
from storage import queue
from storage.clock import SystemClock
from storage.state import set_clock_offset

log = structlog.get_logger(__name__)
_MAX_BODY = 1024 * 1024


def create_app(runtime: Runtime) -> web.Application:
    """The aiohttp application of one process."""
    app = web.Application(client_max_size=_MAX_BODY)
    app[RUNTIME] = runtime
    app.router.add_get("/healthz", healthz)
    app.router.add_get("/readyz", readyz)
    app.router.add_get("/metrics", show_metrics)
    app.router.add_post("/telegram/webhook", webhook)
    app.router.add_post("/callbacks/bureau", bureau_callback)
    app.router.add_post("/callbacks/desk", desk_hook)
    if runtime.settings.demo_token is not None:
        app.router.add_post("/demo/clock", move_clock)
    add_console(app, runtime)
    return app


async def healthz(_request: web.Request) -> web.Response:
    """The process lives."""
    return web.json_response({"ok": True})


async def readyz(request: web.Request) -> web.Response:
    """The database answers."""
    try:
        async with request.app[RUNTIME].database.reading() as session:
            await session.execute(text("select 1"))
    except (SQLAlchemyError, OSError) as error:
        log.error("readyz.failed", cause=describe_error(error))
        return web.json_response({"ok": False}, status=503)
    return web.json_response({"ok": True})


async def show_metrics(request: web.Request) -> web.Response:
    """Prometheus text; behind a bearer token when one is set."""
    runtime = request.app[RUNTIME]
    token = runtime.settings.metrics_token
    if token is not None and not _bearer(request, token):
        raise web.HTTPUnauthorized
    try:
        async with runtime.database.reading() as session:
            for name, count in (await queue.depth(session)).items():
                metrics.QUEUE.labels(name).set(count)
    except (SQLAlchemyError, OSError) as error:  # the other figures are still of use
        log.error("metrics.no_database", cause=describe_error(error))
    body = generate_latest(metrics.REGISTRY)
    return web.Response(body=body, headers={"Content-Type": CONTENT_TYPE_LATEST})


async def bureau_callback(request: web.Request) -> web.Response:
    """A bureau's report: verified, written into the inbox, then acknowledged."""
    runtime = request.app[RUNTIME]
    secret = runtime.settings.gateways.callback_secret
    if secret is None:
        raise web.HTTPNotFound
    body = await request.read()
    now = runtime.clock.tick()
    try:
        report = verify_callback(request.headers, body, secret.get_secret_value(), now)
    except CallbackError as error:
        log.warning("callback.refused", cause=type(error).__name__)
        raise web.HTTPForbidden from None
    try:
        async with runtime.database.transaction() as session:
            application = await apps.by_number(session, report.number)
            if application is None:
                raise web.HTTPNotFound
            mailbox = await apps.mailbox_for(session, report.number)
            await queue.accept(
                session,
                key=f"bureau:{report.delivery}",
                mailbox=mailbox or f"person:{application.person_id}",
                kind="bureau.state",
                payload={
                    "application_id": application.id,
                    "report": report.model_dump(mode="json"),
                },
                at=now,
                actor="bureau",
            )
    except (SQLAlchemyError, OSError) as error:
        log.error("callback.not_accepted", cause=describe_error(error))
        raise web.HTTPServiceUnavailable from None
    return web.Response()


async def desk_hook(request: web.Request) -> web.Response:
    """A verb of the company's own desk: verified, written into the inbox, then acknowledged."""
    runtime = request.app[RUNTIME]
    tick = runtime.clock.tick()
    try:
        message_id, verb = hook.verify(request.headers, await request.read(), tick)
    except hook.HookError as error:
        log.warning("desk_hook.refused", cause=error.code)
        raise (web.HTTPNotFound if error.code == "no_secret" else web.HTTPForbidden) from None
    try:
        async with runtime.database.transaction() as session:
            case = await cases.by_number(session, verb.number)
            found = await by_number(session, verb.officer, case.employer_id) if case else ()
            if case is None or len(found) != 1:
                raise web.HTTPUnprocessableEntity
            await queue.accept(
                session,
                key=f"hook:{message_id}",
                mailbox=cases.mailbox(case.id),
                kind="case.verb",
                payload={
                    **verb.model_dump(mode="json"),
                    "case_id": case.id,
                    "officer_id": found[0].id,
                },
                at=tick,
                actor="hook",
                ordered=False,
            )
    except (SQLAlchemyError, OSError) as error:
        log.error("desk_hook.not_accepted", cause=describe_error(error))
        raise web.HTTPServiceUnavailable from None
    return web.Response(status=202)


async def move_clock(request: web.Request) -> web.Response:
    """Demo only: domain time follows the sandbox's. `{"offset_seconds": n}`."""
    runtime = request.app[RUNTIME]
    token = runtime.settings.demo_token
    given = request.headers.get("X-Sandbox-Secret", "")
    if token is None or not same(given, token.get_secret_value()):
        raise web.HTTPForbidden
    try:
        offset = timedelta(seconds=float((await request.json())["offset_seconds"]))
    except (ValueError, TypeError, KeyError, OverflowError):
        raise web.HTTPBadRequest from None
    if isinstance(runtime.clock, SystemClock):
        runtime.clock.offset = offset
    async with runtime.database.transaction() as session:
        await set_clock_offset(session, offset)
        for topic in (queue.TIMERS, queue.TASKS):
            queue.wake(session, topic)
    return web.json_response({"ok": True})


def _bearer(request: web.Request, token: SecretStr) -> bool:
    given = request.headers.get("Authorization", "").removeprefix("Bearer ")
    return same(given, token.get_secret_value())
