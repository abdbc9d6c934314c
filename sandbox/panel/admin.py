"""The test API (/admin/…): seeds, steps, faults, clock, logs. Its own token; never for a client."""

from __future__ import annotations

import json
import time
from typing import Annotated, Any

from aiohttp import web
from pydantic import Field

from sandbox.agencies import window
from sandbox.agencies.models import TransferFault, TransferReason, TransferStatus
from sandbox.agencies.routes import rules_for
from sandbox.bureau.models import CardStatus, Reason, ReasonCode, Status, Url, Wire
from sandbox.bureau.routes import BUREAU
from sandbox.bureau.steps import Rules, history
from sandbox.clock import to_text
from sandbox.faults import Fault
from sandbox.hr.routes import StaffChanges, keep
from sandbox.panel import seeding
from sandbox.panel.demo import Demo
from sandbox.settings import Delays
from sandbox.store import get_value, put_value, rows
from sandbox.web import (
    CLOCK,
    FAULTS,
    SECRETS,
    SETTINGS,
    STORE,
    ApiError,
    answer,
    invalid,
    read_model,
)

_LISTS = {  # name in the URL: table, order, filter allowed
    "people": ("people", "rowid", None),
    "employers": ("employers", "rowid", None),
    "cards": ("cards", "id", "bank"),
    "lookups": ("lookups", "id", "service"),
    "requests": ("requests", "id", "service"),
    "deliveries": ("deliveries", "rowid", "reference"),
    "applications": ("applications", "rowid", "status"),
    "accounts": ("accounts", "rowid", None),
    "transfers": ("transfers", "rowid", "status"),
    "history": ("history", "rowid", "reference"),
}
_LIST_LIMIT = 1_000_000


class StepOrder(Wire):
    """POST /admin/applications/{reference}/step: `to` empty means what follows by itself."""

    to: Status | None = None
    reason_code: ReasonCode | None = None
    reason_message: str | None = None
    reason_field: str | None = None


class TransferOrder(Wire):
    """POST /admin/transfers/{reference}/step: the same for an agency's window."""

    to: TransferStatus | None = None
    reason_code: TransferReason | None = None
    reason_message: str | None = None
    reason_field: str | None = None


class ClockOrder(Wire):
    """POST /admin/clock: one of the two, in seconds."""

    advance_seconds: Annotated[float, Field(ge=0)] | None = None
    offset_seconds: float | None = None


class ListenerOrder(Wire):
    """POST /admin/clock/listeners; without a secret the sandbox's own clock secret is sent."""

    url: Url
    secret: str | None = None


class CardOrder(Wire):
    """PATCH /admin/cards/{id}."""

    status: CardStatus


class ResetOrder(Wire):
    """POST /admin/reset."""

    keep_demo: bool = True
    keep_clock: bool = False


def add_admin_routes(router: web.UrlDispatcher) -> None:
    """Adds /admin/… to the application that guards it."""
    router.add_get("/state", _state)
    router.add_post("/seed", _seed)
    router.add_patch("/cards/{id:[0-9]+}", _patch_card)
    router.add_get("/applications/{reference}", _application)
    router.add_post("/applications/{reference}/step", _step)
    router.add_post("/transfers/{reference}/step", _step_transfer)
    router.add_post("/hr", _post_staff)
    router.add_get("/faults", _get_faults)
    router.add_delete("/faults", _clear_faults)
    router.add_put("/faults/{service}", _put_fault)
    router.add_get("/clock", _get_clock)
    router.add_post("/clock", _set_clock)
    router.add_post("/clock/listeners", _add_listener)
    router.add_put("/delays", _put_delays)
    router.add_post("/demo", _post_demo)
    router.add_post("/reset", _reset)
    router.add_get("/{list:[a-z]+}", _list)


async def _state(request: web.Request) -> web.Response:
    """Everything the panel shows, in one answer."""
    app = request.app
    applications = await app[STORE].run(
        rows,
        "SELECT reference, number, name, region, bank, kind, revision, status, sequence,"
        " verdict, received_at, status_at, seal_at FROM applications ORDER BY rowid DESC LIMIT 100",
    )
    for one in applications:
        own = await app[STORE].run(history, one["reference"])
        one["past"] = [entry["status"] for entry in own]
        one["reason"] = own[-1]["reason"] if own else None
        one["verdict"] = json.loads(one["verdict"]) if one["verdict"] else None
    return answer(
        {
            "now": to_text(app[CLOCK].now()),
            "offset_seconds": app[CLOCK].offset_seconds,
            "services": {name: app[FAULTS].of(name).model_dump() for name in app[FAULTS].services},
            "bank_names": app[SETTINGS].banks,
            "delays": app[BUREAU].delays.model_dump(),
            "applications": applications,
            "transfers": await app[STORE].run(
                rows,
                "SELECT reference, number, name, agency, insurance, origin, destination, status"
                " FROM transfers ORDER BY rowid DESC LIMIT 100",
            ),
            "demo": await app[STORE].run(get_value, "demo", {}),
        }
    )


async def _seed(request: web.Request) -> web.Response:
    seeds = await read_model(request, seeding.Seeds)
    app = request.app
    rules = Rules(
        app[SETTINGS],
        app[BUREAU].delays.model_dump(),
        app[FAULTS].of("bureau").callbacks,
        time.time(),
    )
    written = await app[STORE].run(seeding.seed, rules, seeds, to_text(app[CLOCK].now()))
    return answer(written, 201)


async def _patch_card(request: web.Request) -> web.Response:
    order = await read_model(request, CardOrder)
    card = int(request.match_info["id"])
    await request.app[STORE].run(seeding.set_card_status, card, order.status)
    return answer({"status": order.status})


async def _application(request: web.Request) -> web.Response:
    reference = request.match_info["reference"]
    return answer(await request.app[STORE].run(seeding.application, reference))


async def _step(request: web.Request) -> web.Response:
    order = await read_model(request, StepOrder)
    reason = None
    if order.reason_code:
        reason = Reason(
            code=order.reason_code,
            field=order.reason_field,
            message=order.reason_message or "请按要求修改后重新提交",
        )
    reference = request.match_info["reference"]
    entered = await request.app[BUREAU].step(reference, order.to, reason)
    return answer({"reference": reference, "status": entered})


async def _step_transfer(request: web.Request) -> web.Response:
    order, app = await read_model(request, TransferOrder), request.app
    reason = None
    if order.reason_code:
        message = order.reason_message or "请核对后重新提交"
        reason = TransferFault(code=order.reason_code, field=order.reason_field, message=message)
    reference, now = request.match_info["reference"], to_text(app[CLOCK].now())
    row = await app[STORE].run(window.get, reference)
    rules = rules_for(app, row["agency"])
    entered = await app[STORE].run(window.step, rules, reference, now, to=order.to, reason=reason)
    app[BUREAU].sender.wake()
    return answer({"reference": reference, "status": entered})


async def _post_staff(request: web.Request) -> web.Response:
    told = await read_model(request, StaffChanges)
    return answer({"cursor": await request.app[STORE].run(keep, told.changes)}, 201)


async def _get_faults(request: web.Request) -> web.Response:
    board = request.app[FAULTS]
    return answer({name: board.of(name).model_dump() for name in board.services})


async def _clear_faults(request: web.Request) -> web.Response:
    await request.app[FAULTS].clear()
    return await _get_faults(request)


async def _put_fault(request: web.Request) -> web.Response:
    fault = await read_model(request, Fault)
    try:
        await request.app[FAULTS].put(request.match_info["service"], fault)
    except KeyError:
        raise ApiError(404, "not_found", "没有这个服务") from None
    return answer(fault.model_dump())


async def _get_clock(request: web.Request) -> web.Response:
    clock = request.app[CLOCK]
    return answer({"now": to_text(clock.now()), "offset_seconds": clock.offset_seconds})


async def _set_clock(request: web.Request) -> web.Response:
    order, clock = await read_model(request, ClockOrder), request.app[CLOCK]
    base = clock.offset_seconds if order.offset_seconds is None else order.offset_seconds
    await clock.set_offset(base + (order.advance_seconds or 0))
    request.app[BUREAU].wake()
    return await _get_clock(request)


async def _add_listener(request: web.Request) -> web.Response:
    order = await read_model(request, ListenerOrder)
    secret = order.secret or request.app[SECRETS].clock_secret
    await request.app[CLOCK].add_listener(order.url, secret)
    return answer({"url": order.url}, 201)


async def _put_delays(request: web.Request) -> web.Response:
    delays = await read_model(request, Delays)
    await request.app[BUREAU].set_delays(delays)
    return answer(delays.model_dump())


async def _post_demo(request: web.Request) -> web.Response:
    demo = await read_model(request, Demo)
    await request.app[STORE].run(put_value, "demo", demo.model_dump())
    return answer({"people": len(demo.people)})


async def _reset(request: web.Request) -> web.Response:
    order = await read_model(request, ResetOrder)
    await request.app[FAULTS].clear()
    await request.app[STORE].run(seeding.wipe, order.keep_demo)
    if not order.keep_clock:
        await request.app[CLOCK].set_offset(0.0)
    return answer({"reset": True})


async def _list(request: web.Request) -> web.Response:
    name = request.match_info["list"]
    if name not in _LISTS:
        raise ApiError(404, "not_found", "没有这个列表")
    table, order, column = _LISTS[name]
    wanted = request.query.get(column) if column else None
    where = (column, wanted) if column and wanted else None
    limit = request.query.get("limit", "1000")
    if not (limit.isascii() and limit.isdigit()):
        raise invalid("limit", "应为整数")
    found: list[dict[str, Any]] = await request.app[STORE].run(
        seeding.list_table, table, order, min(int(limit), _LIST_LIMIT), where
    )
    return answer({name: found})
