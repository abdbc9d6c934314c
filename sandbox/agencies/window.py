"""The window: taking a request, its states on both sides, the way back; a transaction each."""

from __future__ import annotations

import json
import secrets
import sqlite3
from dataclasses import dataclass
from typing import Any, Final

from sandbox.agencies.models import TransferFault, TransferRequest, TransferStatus
from sandbox.agencies.rules import judge_destination, judge_origin
from sandbox.bureau.steps import Rules
from sandbox.clock import SHANGHAI, from_text, later
from sandbox.store import insert, one, rows
from sandbox.web import ApiError, invalid

FOLLOWS: Final[dict[TransferStatus, tuple[TransferStatus, ...]]] = {
    "reviewing": ("origin_asked", "returned", "withdrawn"),
    "origin_asked": ("origin_sent", "returned", "withdrawn"),
    "origin_sent": ("done",),
    "returned": ("withdrawn",),  # back to reviewing only by a mended request
    "done": (),
    "withdrawn": (),
}
OPEN: Final = ("reviewing", "origin_asked", "origin_sent", "returned")


@dataclass(frozen=True)
class Entry:
    """A state to enter. `tell` is false for what the client's own call brought about."""

    status: TransferStatus
    at: str
    reason: TransferFault | None = None
    tell: bool = True


def take(
    db: sqlite3.Connection,
    rules: Rules,
    request: TransferRequest,
    *,
    agency: str,
    key: str,
    now: str,
) -> tuple[dict[str, Any], bool]:
    """The receipt, and whether the same key had been answered before.

    Raises ApiError 409 duplicate_transfer, 422 for a revision out of turn or a key used twice."""
    kept = one(db, "SELECT * FROM transfer_keys WHERE key = ?", key)
    if kept is not None:
        if (kept["number"], kept["revision"]) != (request.number, request.revision):
            raise ApiError(422, "key_reused", "这个 Idempotency-Key 已用于别的申请")
        return json.loads(kept["answer"]), True
    earlier = one(db, "SELECT * FROM transfers WHERE number = ?", request.number)
    _check_turn(earlier, request)
    _check_other(db, request)
    reference = earlier["reference"] if earlier else _reference(request)
    _write(db, agency, request, reference, now, new=earlier is None)
    enter(db, rules, reference, Entry("reviewing", now, tell=False))
    answer = {"reference": reference, "status": "reviewing", "received_at": now, "due": None}
    insert(
        db,
        "transfer_keys",
        key=key,
        number=request.number,
        revision=request.revision,
        answer=json.dumps(answer),
    )
    return answer, False


def state(db: sqlite3.Connection, agency: str, reference: str) -> dict[str, Any]:
    """GET /v1/transfers/{reference}. Raises ApiError 404, for another agency's too."""
    row = get(db, reference)
    if row["agency"] != agency:
        raise ApiError(404, "not_found", "没有这个受理编号")
    return {
        "reference": reference,
        "number": row["number"],
        "status": row["status"],
        "sequence": row["sequence"],
        "history": history(db, reference),
    }


def withdraw(
    db: sqlite3.Connection, rules: Rules, agency: str, reference: str, now: str
) -> dict[str, Any]:
    """Until the origin has sent; a second call changes nothing. Raises ApiError 404 or 409."""
    row = get(db, reference)
    if row["agency"] == agency and row["status"] != "withdrawn":
        if "withdrawn" not in FOLLOWS[row["status"]]:
            raise ApiError(409, "too_late", "转出地已经转出，不能撤回")
        enter(db, rules, reference, Entry("withdrawn", now, tell=False))
    return state(db, agency, reference)


def step(
    db: sqlite3.Connection,
    rules: Rules,
    reference: str,
    at: str,
    *,
    to: TransferStatus | None = None,
    reason: TransferFault | None = None,
) -> TransferStatus:
    """Moves on to `to`, or to what follows by each side's own judgement.

    Raises ApiError 404, or 409 when that state can't follow."""
    row = get(db, reference)
    request = TransferRequest.model_validate_json(row["body"])
    verdict = None
    if to is None and row["status"] == "reviewing":
        verdict = judge_destination(db, request, from_text(at).astimezone(SHANGHAI).date())
    if to is None and row["status"] == "origin_asked":
        verdict = judge_origin(db, request)
    possible = FOLLOWS[row["status"]]
    natural = next(iter(possible), None)
    target: TransferStatus | None = to or ("returned" if verdict else natural)
    if target is None or target not in possible or (to is None and row["status"] == "returned"):
        raise ApiError(409, "not_possible", "当前状态不能这样变更", "to", possible=list(possible))
    if target == "returned":
        reason = reason or verdict or TransferFault(code="other", message="请核对后重新提交")
    enter(db, rules, reference, Entry(target, at, reason))
    return target


def step_due(db: sqlite3.Connection, rules: Rules, now: str) -> int:
    """Enters every state whose time has come. Returns how many."""
    due = rows(db, "SELECT reference, next_at FROM transfers WHERE next_at <= ?", now)
    for row in due:
        try:
            step(db, rules, row["reference"], row["next_at"])
        except ApiError:
            db.execute(
                "UPDATE transfers SET next_at = NULL WHERE reference = ?", (row["reference"],)
            )
    return len(due)


def enter(db: sqlite3.Connection, rules: Rules, reference: str, entry: Entry) -> None:
    """Writes the state, moves the relation with the last one, and queues the callback."""
    row = get(db, reference)
    sequence = row["sequence"] + 1
    delay = rules.delays.get(entry.status, 0.0)
    db.execute(
        "UPDATE transfers SET status = ?, sequence = ?, next_at = ? WHERE reference = ?",
        (entry.status, sequence, later(entry.at, delay) if delay else None, reference),
    )
    reason = entry.reason.model_dump() if entry.reason else None
    insert(
        db,
        "transfer_history",
        reference=reference,
        sequence=sequence,
        status=entry.status,
        at=entry.at,
        reason=json.dumps(reason, ensure_ascii=False) if reason else None,
    )
    if entry.status == "done":
        db.execute(
            "UPDATE accounts SET status = 'moved' WHERE id_number = ? AND insurance = ?"
            " AND substr(region, 1, 4) = ?",
            (row["id_number"], row["insurance"], row["origin"][:4]),
        )
    if entry.tell and row["callback_url"] and not rules.callbacks.never:
        _queue(db, rules, row, history(db, reference)[-1])


def get(db: sqlite3.Connection, reference: str) -> dict[str, Any]:
    """The transfer's row. Raises ApiError 404."""
    row = one(db, "SELECT * FROM transfers WHERE reference = ?", reference)
    if row is None:
        raise ApiError(404, "not_found", "没有这个受理编号")
    return row


def history(db: sqlite3.Connection, reference: str) -> list[dict[str, Any]]:
    """The transfer's states so far, as the contract writes them."""
    found = rows(
        db,
        "SELECT sequence, status, at, reason FROM transfer_history WHERE reference = ?"
        " ORDER BY sequence",
        reference,
    )
    plain = {"due": None, "place": None}
    return [
        each | plain | {"reason": json.loads(each["reason"]) if each["reason"] else None}
        for each in found
    ]


def _check_turn(earlier: dict[str, Any] | None, request: TransferRequest) -> None:
    if earlier is None:
        if request.revision != 1:
            raise invalid("revision", "首次提交的 revision 应为 1")
        return
    if earlier["revision"] == request.revision or earlier["status"] != "returned":
        raise ApiError(409, "duplicate_transfer", "这个申请已受理")
    if request.revision != earlier["revision"] + 1:
        raise invalid("revision", f"应为 {earlier['revision'] + 1}")


def _check_other(db: sqlite3.Connection, request: TransferRequest) -> None:
    other = one(
        db,
        "SELECT 1 FROM transfers WHERE id_number = ? AND insurance = ? AND number <> ?"
        " AND status IN (SELECT value FROM json_each(?))",
        request.applicant.id_number,
        request.insurance,
        request.number,
        json.dumps(OPEN),
    )
    if other is not None:
        raise ApiError(409, "duplicate_transfer", "这个险种已有在办的转移申请")


def _reference(request: TransferRequest) -> str:
    return f"ZY{request.destination[:4]}-{secrets.token_hex(5).upper()}"


def _write(
    db: sqlite3.Connection,
    agency: str,
    request: TransferRequest,
    reference: str,
    now: str,
    *,
    new: bool,
) -> None:
    values = {
        "insurance": request.insurance,
        "origin": request.origin,
        "destination": request.destination,
        "id_number": request.applicant.id_number,
        "name": request.applicant.name,
        "callback_url": request.callback_url,
        "body": request.model_dump_json(),
        "revision": request.revision,
    }
    if new:
        fixed = {"agency": agency, "number": request.number, "received_at": now}
        insert(
            db,
            "transfers",
            reference=reference,
            status="reviewing",
            sequence=0,
            **fixed,
            **values,
        )
        return
    marks = ", ".join(f"{name} = :{name}" for name in values)
    db.execute(
        f"UPDATE transfers SET {marks} WHERE reference = :reference",  # noqa: S608
        values | {"reference": reference},
    )


def _queue(
    db: sqlite3.Connection, rules: Rules, row: dict[str, Any], written: dict[str, Any]
) -> None:
    fault, delivery = rules.callbacks, secrets.token_hex(12)
    body = {"delivery": delivery, "reference": row["reference"], "number": row["number"]}
    held = fault.out_of_order and written["sequence"] % 2 == 0
    insert(
        db,
        "deliveries",
        delivery=delivery,
        reference=row["reference"],
        sequence=written["sequence"],
        url=row["callback_url"],
        body=json.dumps(body | written, ensure_ascii=False),
        due_real=rules.real_now + fault.delay_seconds,
        hold_until_real=rules.real_now + rules.settings.callbacks.hold if held else None,
        repeats=fault.duplicates,
    )
