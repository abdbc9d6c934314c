"""The windows' HTTP interface (docs/gateway.openapi.yaml, contract v1), and their time."""

from __future__ import annotations

import asyncio
import re
import time

from aiohttp import web

from sandbox.agencies import window
from sandbox.agencies.models import AGENCIES, AccountsQuery, TransferRequest
from sandbox.agencies.rules import accounts_of
from sandbox.bureau.routes import BUREAU
from sandbox.bureau.steps import Rules
from sandbox.clock import to_text
from sandbox.web import (
    CLOCK,
    FAULTS,
    SETTINGS,
    STORE,
    ApiError,
    answer,
    errors_as_json,
    invalid,
    read_model,
    remember,
    require_token,
    service_faults,
)

AGENCY = web.AppKey("agency", str)
_KEY = re.compile(r"[\x21-\x7e]{8,128}")
_SHOWN = ("insurance", "region", "status", "first_month", "last_month", "arrears")


def agency_app(outer: web.Application, code: str, token: str) -> web.Application:
    """The sub-application to mount under /agency/{code}."""
    app = web.Application(
        middlewares=[
            service_faults(code, outer[STORE], outer[FAULTS]),
            errors_as_json,
            require_token(token),
        ]
    )
    app[STORE], app[CLOCK], app[FAULTS] = outer[STORE], outer[CLOCK], outer[FAULTS]
    app[SETTINGS], app[BUREAU] = outer[SETTINGS], outer[BUREAU]
    app[AGENCY] = code
    app.router.add_post("/v1/transfers", _take)
    app.router.add_get("/v1/transfers/{reference}", _state, allow_head=False)
    app.router.add_post("/v1/transfers/{reference}/withdraw", _withdraw)
    app.router.add_post("/v1/accounts/lookup", _accounts)
    return app


def rules_for(app: web.Application, agency: str) -> Rules:
    """What a step at a window needs to know."""
    return Rules(
        settings=app[SETTINGS],
        delays=app[BUREAU].delays.model_dump(),
        callbacks=app[FAULTS].of(agency).callbacks,
        real_now=time.time(),
    )


async def run(app: web.Application) -> None:
    """Lets time pass at both windows until cancelled."""
    while True:
        now = to_text(app[CLOCK].now())
        if await app[STORE].run(window.step_due, rules_for(app, "hrss"), now):
            app[BUREAU].sender.wake()
        await asyncio.sleep(app[SETTINGS].poll_seconds)


async def _take(request: web.Request) -> web.Response:
    key, agency = request.headers.get("Idempotency-Key", ""), request.app[AGENCY]
    if not _KEY.fullmatch(key):
        raise ApiError(400, "key_missing", "需要 Idempotency-Key（8至128个可见字符）")
    wanted = await read_model(request, TransferRequest)
    remember(request, wanted.number, None)
    if wanted.insurance not in AGENCIES[agency]:
        raise invalid("insurance", "本窗口不办理这个险种")
    if wanted.origin[:4] == wanted.destination[:4]:
        raise invalid("origin", "转出地和转入地在同一个统筹区，不用转移")
    receipt, repeated = await request.app[STORE].run(
        window.take,
        rules_for(request.app, agency),
        wanted,
        agency=agency,
        key=key,
        now=to_text(request.app[CLOCK].now()),
    )
    remember(request, wanted.number, receipt["reference"])
    return answer(receipt, 200 if repeated else 201)


async def _state(request: web.Request) -> web.Response:
    reference, agency = request.match_info["reference"], request.app[AGENCY]
    found = await request.app[STORE].run(window.state, agency, reference)
    remember(request, found["number"], found["reference"])
    return answer(found)


async def _withdraw(request: web.Request) -> web.Response:
    agency, now = request.app[AGENCY], to_text(request.app[CLOCK].now())
    found = await request.app[STORE].run(
        window.withdraw,
        rules_for(request.app, agency),
        agency,
        request.match_info["reference"],
        now,
    )
    remember(request, found["number"], found["reference"])
    return answer(found)


async def _accounts(request: web.Request) -> web.Response:
    query = await read_model(request, AccountsQuery)
    held = await request.app[STORE].run(accounts_of, query.id_number)
    own = AGENCIES[request.app[AGENCY]]
    found = [
        {name: each[name] for name in _SHOWN}
        for each in held
        if each["name"] == query.name and each["insurance"] in own
    ]
    return answer({"as_of": to_text(request.app[CLOCK].now()), "accounts": found})
