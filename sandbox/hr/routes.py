"""The HR system's HTTP interface (docs/gateway.openapi.yaml): its changes, in order."""

from __future__ import annotations

import json
import sqlite3
from typing import Annotated, Any, Literal

from aiohttp import web
from pydantic import Field, StringConstraints

from sandbox.bureau.models import Day, Region, Text, Wire
from sandbox.store import insert, rows
from sandbox.web import (
    FAULTS,
    STORE,
    answer,
    errors_as_json,
    invalid,
    require_token,
    service_faults,
)

PAGE, MOST = 100, 10**14
HR = "hr"


class StaffRecord(Wire):
    """A person of the staff register."""

    number: Text
    name: Text
    id_number: Text
    phone: Annotated[str, StringConstraints(max_length=20)] | None = None
    credit_code: Text
    employer_name: Text
    region: Region
    hire_date: Day


class StaffChange(Wire):
    """A change to be told: POST /admin/hr."""

    kind: Literal["joined", "moved", "left"]
    on: Day
    person: StaffRecord


class StaffChanges(Wire):
    """Several of them, in order."""

    changes: Annotated[list[StaffChange], Field(min_length=1, max_length=10_000)]


def hr_app(outer: web.Application, token: str) -> web.Application:
    """The sub-application to mount under /hr."""
    app = web.Application(
        middlewares=[
            service_faults(HR, outer[STORE], outer[FAULTS]),
            errors_as_json,
            require_token(token),
        ]
    )
    app[STORE] = outer[STORE]
    app.router.add_get("/v1/people/changes", _changes, allow_head=False)
    return app


async def _changes(request: web.Request) -> web.Response:
    if unknown := [name for name in request.query if name != "after"]:
        raise invalid(ascii(unknown[0])[1:-1][:64], "不认识的参数")
    given = request.query.get("after", "0")
    if not (given.isascii() and given.isdigit() and int(given) <= MOST):
        raise invalid("after", "应为非负整数")
    found = await request.app[STORE].run(_after, int(given))
    return answer({"changes": found[:PAGE], "more": len(found) > PAGE})


def _after(db: sqlite3.Connection, after: int) -> list[dict[str, Any]]:
    kept = rows(
        db, "SELECT id, body FROM staff_changes WHERE id > ? ORDER BY id LIMIT ?", after, PAGE + 1
    )
    return [{"cursor": row["id"], **json.loads(row["body"])} for row in kept]


def keep(db: sqlite3.Connection, changes: list[StaffChange]) -> int:
    """Writes changes down; the last cursor."""
    last = 0
    for change in changes:
        last = insert(db, "staff_changes", body=change.model_dump_json())
    return last
