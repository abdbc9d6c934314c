"""The request log: every Bot API call with its outcome, its content encrypted."""

from __future__ import annotations

import hashlib
from typing import Any

from sqlalchemy import func
from sqlmodel import col, select

from messenger.botapi.params import Params
from messenger.core.unit import Unit
from messenger.models import Account, Message, Outcome, RequestLog, Update

_PAGE = 5000


def entry(
    unit: Unit,
    method: str,
    params: Params,
    outcome: Outcome,
    *,
    result: Any = None,
    error: tuple[int, str] | None = None,
    fault: str | None = None,
    milliseconds: int = 0,
) -> None:
    """Write one line in the unit's transaction."""
    first = result[0] if isinstance(result, list) and result else result
    sent = first if isinstance(first, dict) else {}
    kept = dict(params.values)
    if params.uploads:
        kept["uploads"] = {
            name: {"sha256": hashlib.sha256(u.content).hexdigest(), "size": len(u.content)}
            for name, u in params.uploads.items()
        }
    unit.session.add(
        RequestLog(
            at=unit.now,
            method=method,
            chat_id=_number(params.values.get("chat_id")),
            thread_id=_number(params.values.get("message_thread_id")),
            message_id=sent.get("message_id") or _number(params.values.get("message_id")),
            parameters=kept,
            outcome=outcome,
            error_code=error[0] if error else None,
            description=error[1][:255] if error else None,
            fault=fault,
            milliseconds=milliseconds,
        )
    )


def chat_of(params: Params) -> int | None:
    """The chat that a request is about."""
    return _number(params.values.get("chat_id"))


def _number(value: Any) -> int | None:
    try:
        number = int(value)
    except (TypeError, ValueError):
        return None
    return number if -(2**63) <= number < 2**63 else None


async def page(
    unit: Unit,
    *,
    after: int,
    limit: int,
    method: str | None,
    chat_id: int | None,
    content: bool,
) -> list[dict[str, Any]]:
    """Lines after an id, oldest first."""
    query = select(RequestLog).where(col(RequestLog.id) > after)
    if method:
        query = query.where(RequestLog.method == method)
    if chat_id is not None:
        query = query.where(RequestLog.chat_id == chat_id)
    rows = await unit.session.exec(query.order_by(col(RequestLog.id)).limit(min(limit, _PAGE)))
    return [_line(row, content=content) for row in rows]


def _line(row: RequestLog, *, content: bool) -> dict[str, Any]:
    said = (row.parameters or {}).get("text") or (row.parameters or {}).get("caption")
    line: dict[str, Any] = {
        "id": row.id,
        "at": row.at.isoformat(),
        "method": row.method,
        "chat_id": row.chat_id,
        "message_thread_id": row.thread_id,
        "message_id": row.message_id,
        "text_sha256": hashlib.sha256(said.encode()).hexdigest() if said else None,
        "outcome": row.outcome.value,
        "error_code": row.error_code,
        "description": row.description,
        "fault": row.fault,
        "milliseconds": row.milliseconds,
    }
    if content:
        line["parameters"] = row.parameters
    return line


async def stats(unit: Unit) -> dict[str, Any]:
    """Counts of updates, requests, messages and accounts."""
    open_ = col(Update.confirmed_at).is_(None)
    totals = (
        await unit.session.exec(
            select(
                func.count(),
                func.coalesce(func.sum(Update.deliveries), 0),
                func.count().filter(open_),
                func.count().filter(col(Update.deliveries) > 1),
            ).select_from(Update)
        )
    ).one()
    created, deliveries, pending, redelivered = (int(number) for number in totals)
    requests: dict[str, dict[str, int]] = {}
    grouped = select(RequestLog.method, RequestLog.outcome, func.count()).group_by(
        RequestLog.method, RequestLog.outcome
    )
    for method, outcome, number in await unit.session.exec(grouped):
        requests.setdefault(method, {})[Outcome(outcome).value] = number
    return {
        "updates": {
            "created": created,
            "confirmed": created - pending,
            "pending": pending,
            "deliveries": deliveries,
            "redelivered": redelivered,
        },
        "requests": requests,
        "messages": (await unit.session.exec(select(func.count()).select_from(Message))).one(),
        "accounts": (await unit.session.exec(select(func.count()).select_from(Account))).one(),
    }
