"""A bank's HTTP interface (docs/gateway.openapi.yaml, contract v1)."""

from __future__ import annotations

import sqlite3
from typing import Any

from aiohttp import web

from sandbox.bureau.book import card_record, log_look_up
from sandbox.bureau.models import LookupQuery
from sandbox.clock import to_text
from sandbox.store import rows
from sandbox.web import (
    CLOCK,
    FAULTS,
    STORE,
    answer,
    errors_as_json,
    read_model,
    require_token,
    service_faults,
)

CODE = web.AppKey("bank_code", str)


def bank_app(outer: web.Application, code: str, token: str) -> web.Application:
    """The sub-application to mount under /bank/{code}."""
    app = web.Application(
        middlewares=[
            service_faults(code, outer[STORE], outer[FAULTS]),
            errors_as_json,
            require_token(token),
        ]
    )
    app[STORE], app[CLOCK], app[CODE] = outer[STORE], outer[CLOCK], code
    app.router.add_get("/v1/health", _health, allow_head=False)
    app.router.add_post("/v1/cards/lookup", _look_up)
    return app


async def _health(request: web.Request) -> web.Response:
    return answer({"status": "ok"})


async def _look_up(request: web.Request) -> web.Response:
    query = await read_model(request, LookupQuery)
    cards = await request.app[STORE].run(_cards_of, request.app[CODE], query)
    return answer({"as_of": to_text(request.app[CLOCK].now()), "cards": cards})


def _cards_of(db: sqlite3.Connection, bank: str, query: LookupQuery) -> list[dict[str, Any]]:
    """The bank's own register, which may know a card before the bureau does, or the reverse."""
    cards = rows(
        db,
        "SELECT * FROM cards WHERE bank = ? AND id_number = ? AND name = ? AND at_bank = 1"
        " ORDER BY id",
        bank,
        query.id_number,
        query.name,
    )
    log_look_up(db, bank, query.id_number, len(cards))
    return [card_record(card) for card in cards]
