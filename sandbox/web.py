"""What the sandbox's HTTP services have in common: errors as JSON, bearer tokens, checked bodies,
faults and the request log."""

from __future__ import annotations

import hmac
import json
import sqlite3
import time
from typing import Any, TypeVar

import structlog
from aiohttp import web
from aiohttp.typedefs import Handler, Middleware
from pydantic import BaseModel, ValidationError

from sandbox.clock import SandboxClock
from sandbox.faults import FAULT_NOTE, LOST, SILENT, FaultBoard, cut
from sandbox.settings import SandboxSettings, Secrets
from sandbox.store import Store, insert

log = structlog.get_logger(__name__)
M = TypeVar("M", bound=BaseModel)

STORE = web.AppKey("store", Store)
CLOCK = web.AppKey("clock", SandboxClock)
FAULTS = web.AppKey("faults", FaultBoard)
SETTINGS = web.AppKey("settings", SandboxSettings)
SECRETS = web.AppKey("secrets", Secrets)
NUMBER: web.RequestKey[str | None] = web.RequestKey("number", object)  # type: ignore[arg-type]
REFERENCE: web.RequestKey[str | None] = web.RequestKey("reference", object)  # type: ignore[arg-type]


class ApiError(Exception):
    """An answer of the contract's error form; `extra` stands beside `error` in the body."""

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        field: str | None = None,
        **extra: Any,
    ) -> None:
        super().__init__(code)
        self.status = status
        self.body = {"error": {"code": code, "message": message, "field": field}, **extra}


def invalid(field: str, message: str) -> ApiError:
    """422 for one field."""
    return ApiError(422, "invalid", message, field)


def answer(body: Any, status: int = 200) -> web.Response:
    """A JSON answer with Chinese written as such."""
    return web.json_response(body, status=status, dumps=_dumps)


def _dumps(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


async def read_model(request: web.Request, model: type[M]) -> M:
    """The request's JSON body as a checked model. Raises ApiError 415, 400 or 422."""
    if request.content_type != "application/json":
        raise ApiError(415, "media_type", "请求体必须是 application/json")
    try:
        return model.model_validate_json(await request.read())
    except ValidationError as problem:
        first = problem.errors(include_url=False, include_input=False, include_context=False)[0]
        if first["type"] == "json_invalid":
            raise ApiError(400, "bad_json", "请求体不是合法的 JSON") from None
        raise invalid(_field(first["loc"]), str(first["msg"])) from None


def _field(location: tuple[int | str, ...]) -> str:
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in location)
    return text.lstrip(".") or "body"


@web.middleware
async def errors_as_json(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Turns every failure into the contract's error form; tells the log a class, never a value."""
    try:
        return await handler(request)
    except ApiError as error:
        return answer(error.body, error.status)
    except web.HTTPException as error:
        if error.status < 400:
            raise
        headers = {"Allow": error.headers["Allow"]} if "Allow" in error.headers else {}
        body = {"error": {"code": _code(error.status), "message": error.reason, "field": None}}
        return web.json_response(body, status=error.status, headers=headers)
    except Exception as error:
        log.error("sandbox_failed", kind=type(error).__name__, route=route_of(request))
        return answer({"error": {"code": "internal", "message": "内部错误", "field": None}}, 500)


def _code(status: int) -> str:
    return {404: "not_found", 405: "method_not_allowed", 413: "too_large"}.get(status, "refused")


def require_token(token: str) -> Middleware:
    """A middleware that lets nobody in without the bearer token."""

    @web.middleware
    async def check(request: web.Request, handler: Handler) -> web.StreamResponse:
        if not has_bearer(request, token):
            response = answer(
                {"error": {"code": "unauthorized", "message": "令牌无效", "field": None}}, 401
            )
            response.headers["WWW-Authenticate"] = "Bearer"
            return response
        return await handler(request)

    return check


def has_bearer(request: web.Request, token: str) -> bool:
    """Whether the request carries this bearer token."""
    scheme, _, given = request.headers.get("Authorization", "").partition(" ")
    return scheme.lower() == "bearer" and hmac.compare_digest(
        given.encode("utf-8", "surrogateescape"), token.encode()
    )


def route_of(request: web.Request) -> str:
    """The route's pattern, without what was filled in."""
    resource = request.match_info.route.resource
    return resource.canonical if resource is not None else "-"


def remember(request: web.Request, number: str | None, reference: str | None) -> None:
    """Names the application that a request was about, for the request log."""
    request[NUMBER], request[REFERENCE] = number, reference


def service_faults(service: str, store: Store, faults: FaultBoard) -> Middleware:
    """A middleware that applies a service's faults and writes the request log (ids only)."""

    @web.middleware
    async def apply(request: web.Request, handler: Handler) -> web.StreamResponse:
        began, route = time.perf_counter(), route_of(request)
        response: web.StreamResponse | None = await faults.before(service, route)
        if response is None:
            response = await handler(request)
            if faults.loses_answer(service, route):
                response[FAULT_NOTE] = LOST
        row = {
            "at_real": time.time(),
            "service": service,
            "method": request.method,
            "route": route,
            "idempotency_key": _printable(request.headers.get("Idempotency-Key")),
            "number": request.get(NUMBER),
            "reference": request.get(REFERENCE),
            "status": response.status,
            "fault": response.get(FAULT_NOTE),
            "milliseconds": round((time.perf_counter() - began) * 1000, 2),
        }
        await store.run(_log_request, row)
        if row["fault"] in SILENT:
            cut(request)
        return response

    return apply


def _printable(header: str | None) -> str | None:
    """A header may hold bytes that are no text; the log takes them escaped."""
    return None if header is None else ascii(header)[1:-1][:200]


def _log_request(db: sqlite3.Connection, row: dict[str, Any]) -> None:
    insert(db, "requests", **row)
