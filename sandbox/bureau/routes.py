"""The bureau's HTTP interface (docs/gateway.openapi.yaml, contract v1)."""

from __future__ import annotations

import re

from aiohttp import web

from sandbox.bureau.matters import check_form
from sandbox.bureau.models import LookupQuery, Submission
from sandbox.bureau.office import Bureau
from sandbox.web import (
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

BUREAU = web.AppKey("bureau", Bureau)
_KEY = re.compile(r"[\x21-\x7e]{8,128}")


def bureau_app(outer: web.Application, token: str) -> web.Application:
    """The sub-application to mount under /bureau."""
    app = web.Application(
        middlewares=[
            service_faults("bureau", outer[STORE], outer[FAULTS]),
            errors_as_json,
            require_token(token),
        ],
        client_max_size=outer[SETTINGS].max_body_bytes,
    )
    app[BUREAU], app[SETTINGS] = outer[BUREAU], outer[SETTINGS]
    app.router.add_get("/v1/health", _health, allow_head=False)
    app.router.add_post("/v1/registry/lookup", _look_up)
    app.router.add_post("/v1/applications", _submit)
    app.router.add_get("/v1/applications/{reference}", _status, allow_head=False)
    app.router.add_post("/v1/applications/{reference}/withdraw", _withdraw)
    return app


async def _health(request: web.Request) -> web.Response:
    return answer({"status": "ok"})


async def _look_up(request: web.Request) -> web.Response:
    query = await read_model(request, LookupQuery)
    return answer(await request.app[BUREAU].look_up(query))


async def _submit(request: web.Request) -> web.Response:
    key = request.headers.get("Idempotency-Key", "")
    if not _KEY.fullmatch(key):
        raise ApiError(400, "key_missing", "需要 Idempotency-Key（8至128个可见字符）")
    submission = await read_model(request, Submission)
    remember(request, submission.number, None)
    regions = request.app[SETTINGS].regions
    if regions and submission.region not in regions:
        raise invalid("region", "本机构不受理该地区的申请")
    check_form(submission)
    receipt = await request.app[BUREAU].submit(submission, key)
    remember(request, submission.number, receipt.body["reference"])
    return answer(receipt.body, 200 if receipt.repeated else 201)


async def _status(request: web.Request) -> web.Response:
    found = await request.app[BUREAU].status(request.match_info["reference"])
    remember(request, found["number"], found["reference"])
    return answer(found)


async def _withdraw(request: web.Request) -> web.Response:
    found = await request.app[BUREAU].withdraw(request.match_info["reference"])
    remember(request, found["number"], found["reference"])
    return answer(found)
