"""Moving an application from state to state: history, card, deadlines and callback in one
transaction. Every function here runs inside `Store.run`."""

from __future__ import annotations

import json
import secrets
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from sandbox.bureau.models import Reason, Status
from sandbox.bureau.states import BLOCKING_CARD, choices, natural_next
from sandbox.clock import SHANGHAI, from_text, later, to_text
from sandbox.faults import CallbackFault
from sandbox.settings import SandboxSettings
from sandbox.store import insert, one, rows
from sandbox.web import ApiError

_DAY = 86_400.0
_CARD_YEARS = 10
# what a state does to the application's newest card, as long as the card is what it should be:
# its bank or the test API may have changed it meanwhile
_CARD_UPDATES = {
    "collectable": ("status = 'collectable'", "making"),
    "collected": ("status = 'normal', issued_on = :day", "collectable"),
    "social_enabled": ("social = 'enabled'", "normal"),
    "financial_activated": ("financial = 'active'", "normal"),
    "sealed": ("status = 'sealed'", "collectable"),
    "returned": ("status = 'cancelled'", "making"),  # it could not be made
}


@dataclass(frozen=True)
class Rules:
    """What a step needs to know besides the database."""

    settings: SandboxSettings
    delays: Mapping[str, float]
    callbacks: CallbackFault
    real_now: float


@dataclass(frozen=True)
class Change:
    """A state to enter. `tell` is false for changes that the client's own call brought about."""

    status: Status
    at: str
    reason: Reason | None = None
    due: str | None = None
    place: str | None = None
    tell: bool = True


def enter(db: sqlite3.Connection, rules: Rules, reference: str, change: Change) -> None:
    """Writes the change, keeps the card in step and queues the callback."""
    row = get(db, reference)
    change = _settled(db, rules, row, change)
    sequence = row["sequence"] + 1
    delay = rules.delays.get(change.status, 0.0)
    seal = rules.settings.seal_after_days
    seal_at = later(change.at, seal * _DAY) if change.status == "collectable" and seal else None
    if change.status == "reported" and change.due:
        seal_at = _midnight_after(change.due)
    db.execute(
        "UPDATE applications SET status = ?, sequence = ?, status_at = ?, next_at = ?, seal_at = ?"
        " WHERE reference = ?",
        (
            change.status,
            sequence,
            change.at,
            later(change.at, delay) if delay else None,
            seal_at,
            reference,
        ),
    )
    written = {
        "sequence": sequence,
        "status": change.status,
        "at": change.at,
        "reason": change.reason.model_dump() if change.reason else None,
        "due": change.due,
        "place": change.place,
    }
    reason = json.dumps(written["reason"], ensure_ascii=False) if change.reason else None
    insert(
        db,
        "history",
        reference=reference,
        revision=row["revision"],
        **(written | {"reason": reason}),
    )
    _keep_card(db, row, change)
    _keep_old_card(db, rules, row, change)
    if change.tell and row["callback_url"]:
        _queue_callback(db, rules, row, written)


def step(
    db: sqlite3.Connection,
    rules: Rules,
    reference: str,
    *,
    at: str,
    to: Status | None = None,
    reason: Reason | None = None,
) -> Status:
    """Moves on to `to`, or to what follows by itself. Returns the state entered.

    Raises ApiError 404 (unknown), 409 (that state can't follow, or none follows)."""
    row = get(db, reference)
    past = [entry["status"] for entry in history(db, reference)]
    verdict = Reason.model_validate_json(row["verdict"]) if row["verdict"] else None
    target = to or natural_next(row["status"], past, verdict is not None, row["kind"])
    possible = list(choices(row["status"], past, row["kind"]))
    if target is None or target not in possible:
        raise ApiError(409, "not_possible", "当前状态不能这样变更", "to", possible=possible)
    if target == "returned":
        reason = reason or verdict or Reason(code="other", message="请核对资料后重新提交")
    enter(db, rules, reference, Change(target, at, reason=reason))
    return get(db, reference)["status"]  # type: ignore[no-any-return]


def step_due(db: sqlite3.Connection, rules: Rules, now: str, limit: int = 200) -> int:
    """Enters every state whose time has come, in order of time and each at its own time, so that
    a week let pass at once looks like a week. Returns how many."""
    done = 0
    while done < limit:
        row = one(
            db,
            "SELECT reference, kind, next_at, seal_at,"
            " min(coalesce(next_at, seal_at), coalesce(seal_at, next_at)) AS due"
            " FROM applications WHERE next_at <= ? OR seal_at <= ? ORDER BY due LIMIT 1",
            now,
            now,
        )
        if row is None:
            break
        sealed = row["seal_at"] is not None and row["due"] == row["seal_at"]
        if sealed:
            ends: Status = "lapsed" if row["kind"] == "loss_report" else "sealed"
            enter(db, rules, row["reference"], Change(ends, row["due"]))
        else:
            _step_or_rest(db, rules, row["reference"], row["due"])
        done += 1
    return done


def get(db: sqlite3.Connection, reference: str) -> dict[str, Any]:
    """The application's row. Raises ApiError 404."""
    row = one(db, "SELECT * FROM applications WHERE reference = ?", reference)
    if row is None:
        raise ApiError(404, "not_found", "没有这个受理编号")
    return row


def history(db: sqlite3.Connection, reference: str) -> list[dict[str, Any]]:
    """The application's states so far, as the contract writes them."""
    found = rows(
        db,
        "SELECT sequence, status, at, reason, due, place FROM history"
        " WHERE reference = ? ORDER BY sequence",
        reference,
    )
    return [
        entry | {"reason": json.loads(entry["reason"]) if entry["reason"] else None}
        for entry in found
    ]


def blocking_cards(db: sqlite3.Connection, id_number: str, province: str) -> list[dict[str, Any]]:
    """Registered cards that rule out another one in the province."""
    return rows(
        db,
        "SELECT * FROM cards WHERE id_number = ? AND province = ? AND registered = 1"
        " AND status IN (SELECT value FROM json_each(?))",
        id_number,
        province,
        json.dumps(BLOCKING_CARD),
    )


def _step_or_rest(db: sqlite3.Connection, rules: Rules, reference: str, at: str) -> None:
    """A step by the timer. At the end of the road the timer is taken away instead."""
    try:
        step(db, rules, reference, at=at)
    except ApiError:
        db.execute("UPDATE applications SET next_at = NULL WHERE reference = ?", (reference,))


def _settled(db: sqlite3.Connection, rules: Rules, row: dict[str, Any], change: Change) -> Change:
    """Fills in due day and place; turns making into a return when a valid card has appeared."""
    status, reason = change.status, change.reason
    others = [
        card
        for card in blocking_cards(db, row["id_number"], row["province"])
        if card["id"] != row["card_id"]
    ]
    if status == "making" and others:
        status = "returned"
        reason = Reason(code="other", message="本省已有有效社会保障卡，不能重复制卡")
    days = {
        **rules.settings.due_days.model_dump(),
        "collectable": rules.settings.seal_after_days or None,
    }.get(status)
    due = change.due
    if due is None and days is not None:
        day = from_text(change.at).astimezone(SHANGHAI).date() + timedelta(days=days)
        due = day.isoformat()
    place = change.place
    if place is None and status == "collectable":
        bank = rules.settings.banks.get(row["bank"], row["bank"])
        place = f"{bank}示例网点（样本）"
    return Change(status, change.at, reason, due, place, change.tell)


def _keep_card(db: sqlite3.Connection, row: dict[str, Any], change: Change) -> None:
    """The card is made with `making` and follows its application from there."""
    reference = row["reference"]
    day = from_text(change.at).astimezone(SHANGHAI).date()
    if change.status == "making":
        if row["card_id"] is not None:
            _retire(db, row)
        insert(
            db,
            "cards",
            id_number=row["id_number"],
            name=row["name"],
            province=row["province"],
            region=row["region"],
            bank=row["bank"],
            last_four=f"{secrets.randbelow(10_000):04d}",
            status="making",
            valid_until=(day + timedelta(days=round(_CARD_YEARS * 365.25))).isoformat(),
            social="not_enabled",
            financial="inactive",
            issued_on=None,
            reference=reference,
        )
        return
    if change.status in _CARD_UPDATES:
        set_, while_ = _CARD_UPDATES[change.status]
        db.execute(
            f"UPDATE cards SET {set_} WHERE status = :while AND id ="  # noqa: S608
            " (SELECT max(id) FROM cards WHERE reference = :reference)",
            {"reference": reference, "day": day.isoformat(), "while": while_},
        )


def _retire(db: sqlite3.Connection, row: dict[str, Any]) -> None:
    """The card that is being replaced makes room for the new one."""
    old = one(db, "SELECT status FROM cards WHERE id = ?", row["card_id"])
    db.execute(
        "UPDATE applications SET card_was = ? WHERE reference = ?",
        (old["status"] if old else None, row["reference"]),
    )
    db.execute("UPDATE cards SET status = 'cancelled' WHERE id = ?", (row["card_id"],))


_OLD_CARD = {
    ("loss_report", "reported"): "lost",
    ("loss_report", "lapsed"): "normal",
    ("loss_report", "withdrawn"): "normal",
    ("cancellation", "done"): "cancelled",
}


def _keep_old_card(
    db: sqlite3.Connection, rules: Rules, row: dict[str, Any], change: Change
) -> None:
    """What a state does to the existing card, and to the loss report that led to it."""
    if row["card_id"] is None:
        return
    status = _OLD_CARD.get((row["kind"], change.status))
    if change.status == "returned" and row["status"] == "making":
        status = row["card_was"]
    if status is not None:
        db.execute("UPDATE cards SET status = ? WHERE id = ?", (status, row["card_id"]))
    report = one(
        db,
        "SELECT reference FROM applications WHERE kind = 'loss_report' AND status = 'reported'"
        " AND card_id = ?",
        row["card_id"],
    )
    if report is None or row["kind"] == "loss_report":
        return
    if row["kind"] == "replacement" and change.status == "reviewing":
        # Handing in a replacement makes the report formal: it no longer ends by itself.
        db.execute(
            "UPDATE applications SET seal_at = NULL WHERE reference = ?", (report["reference"],)
        )
    if change.status in ("making", "done"):
        enter(db, rules, report["reference"], Change("done", change.at))


def _midnight_after(day: str) -> str:
    """The end of a day in China, as a time text."""
    last = datetime.combine(date.fromisoformat(day), time(), SHANGHAI) + timedelta(days=1)
    return to_text(last)


def _queue_callback(
    db: sqlite3.Connection, rules: Rules, row: dict[str, Any], written: dict[str, Any]
) -> None:
    fault = rules.callbacks
    if fault.never:
        return
    delivery = secrets.token_hex(12)
    body = {
        "delivery": delivery,
        "reference": row["reference"],
        "number": row["number"],
        **written,
    }
    held = fault.out_of_order and written["sequence"] % 2 == 0
    insert(
        db,
        "deliveries",
        delivery=delivery,
        reference=row["reference"],
        sequence=written["sequence"],
        url=row["callback_url"],
        body=json.dumps(body, ensure_ascii=False),
        due_real=rules.real_now + fault.delay_seconds,
        hold_until_real=rules.real_now + rules.settings.callbacks.hold if held else None,
        repeats=fault.duplicates,
    )
