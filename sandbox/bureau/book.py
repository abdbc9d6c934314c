"""The counter: look-up, submission, status and withdrawal, each one transaction."""

from __future__ import annotations

import json
import secrets
import sqlite3
import time
from dataclasses import dataclass
from typing import Any

from sandbox.bureau import matters
from sandbox.bureau.models import CARD_RECORD, Reason, Status, Submission
from sandbox.bureau.rules import Known, employer_key, hidden_fault, judge_against_file
from sandbox.bureau.states import OPEN, WITHDRAWABLE
from sandbox.bureau.steps import Change, Rules, blocking_cards, enter, get, history
from sandbox.clock import SHANGHAI, from_text
from sandbox.store import insert, one, rows
from sandbox.web import ApiError, invalid

_OPEN = json.dumps(OPEN)


@dataclass(frozen=True)
class Receipt:
    """The counter's answer. `repeated` when the same key had been answered before."""

    body: dict[str, Any]
    repeated: bool


def card_record(row: dict[str, Any]) -> dict[str, Any]:
    """A card's row as the contract's CardRecord."""
    return {name: row[name] for name in CARD_RECORD}


def look_up(db: sqlite3.Connection, id_number: str, name: str, as_of: str) -> dict[str, Any]:
    """Cards of a person in every province and applications under way. A number with somebody
    else's name finds nothing: a registry doesn't tell strangers."""
    cards = rows(
        db,
        "SELECT * FROM cards WHERE id_number = ? AND name = ? AND registered = 1 ORDER BY id",
        id_number,
        name,
    )
    applications = rows(
        db,
        "SELECT reference, region, bank, kind, status FROM applications"
        " WHERE id_number = ? AND name = ? AND status IN (SELECT value FROM json_each(?))"
        " ORDER BY received_at",
        id_number,
        name,
        _OPEN,
    )
    log_look_up(db, "bureau", id_number, len(cards))
    return {
        "as_of": as_of,
        "cards": [card_record(card) for card in cards],
        "open_applications": applications,
    }


def log_look_up(db: sqlite3.Connection, service: str, id_number: str, found: int) -> None:
    """Remembers that a person was asked about."""
    insert(db, "lookups", at_real=time.time(), service=service, id_number=id_number, found=found)


def submit(
    db: sqlite3.Connection,
    rules: Rules,
    submission: Submission,
    *,
    key: str,
    content_fault: Reason | None,
    now: str,
) -> Receipt:
    """Takes an application or its mended revision.

    Raises ApiError 409 duplicate_card / duplicate_application, 422 for a revision out of turn or
    a key that was used for something else."""
    kept = one(db, "SELECT * FROM idempotency WHERE key = ?", key)
    if kept is not None:
        if (kept["number"], kept["revision"]) != (submission.number, submission.revision):
            raise ApiError(422, "key_reused", "这个 Idempotency-Key 已用于别的申请")
        return Receipt(json.loads(kept["answer"]), repeated=True)
    earlier = one(db, "SELECT * FROM applications WHERE number = ?", submission.number)
    _check_turn(earlier, submission)
    today = from_text(now).astimezone(SHANGHAI).date()
    card = matters.card_of(db, submission, today)
    _check_duplicates(db, submission, card)
    verdict = (
        content_fault
        or judge_against_file(submission.applicant, _known(db, submission))
        or hidden_fault(
            submission.number,
            submission.revision,
            rules.settings.hidden_fault_rate,
            rules.settings.hidden_fault_seed,
        )
    )
    reference = earlier["reference"] if earlier else _new_reference(submission)
    written = Written(verdict, card["id"] if card else None, now)
    _write(db, submission, reference, written, new=earlier is None)
    status: Status = "reported" if submission.kind == "loss_report" else "reviewing"
    lapses = matters.lapses_on(submission, today)
    due = lapses.isoformat() if lapses else None
    enter(db, rules, reference, Change(status, now, due=due, tell=False))
    body = {"reference": reference, "status": status, "received_at": now, "due": due}
    insert(
        db,
        "idempotency",
        key=key,
        number=submission.number,
        revision=submission.revision,
        answer=json.dumps(body),
    )
    return Receipt(body, repeated=False)


def status(db: sqlite3.Connection, reference: str) -> dict[str, Any]:
    """GET /v1/applications/{reference}. Raises ApiError 404."""
    row = get(db, reference)
    return {
        "reference": reference,
        "number": row["number"],
        "status": row["status"],
        "sequence": row["sequence"],
        "history": history(db, reference),
    }


def withdraw(db: sqlite3.Connection, rules: Rules, reference: str, now: str) -> dict[str, Any]:
    """Ends an application before the card is made; a second call changes nothing.

    Raises ApiError 404, or 409 when it is too late."""
    row = get(db, reference)
    if row["status"] != "withdrawn":
        if row["status"] not in WITHDRAWABLE:
            raise ApiError(409, "too_late", "已进入制卡环节，不能撤回")
        if row["status"] == "reported" and not matters.may_lift(db, row):
            raise ApiError(409, "too_late", "已申请补卡或已正式挂失，不能解挂")
        enter(db, rules, reference, Change("withdrawn", now, tell=False))
    return status(db, reference)


def _check_turn(earlier: dict[str, Any] | None, submission: Submission) -> None:
    if earlier is None:
        if submission.revision != 1:
            raise invalid("revision", "首次提交的 revision 应为 1")
        return
    same = earlier["revision"] == submission.revision
    if same or earlier["status"] != "returned":
        raise _duplicate("duplicate_application", "这个申请已受理", [], [earlier])
    if submission.revision != earlier["revision"] + 1:
        raise invalid("revision", f"应为 {earlier['revision'] + 1}")


def _check_duplicates(
    db: sqlite3.Connection, submission: Submission, own: dict[str, Any] | None
) -> None:
    """No second card, and no second matter about a card in the same province. `own` is the card
    that the matter is about."""
    id_number, province = submission.applicant.id_number, submission.province
    if submission.kind == "loss_report":
        report = matters.report_for(db, own["id"]) if own else None
        if report is not None:
            raise _duplicate("duplicate_application", "这张卡已经挂失", [], [report])
        return
    cards = blocking_cards(db, id_number, province)
    if own is not None:
        makes_none = submission.kind == "cancellation"
        cards = [card for card in cards if card["id"] != own["id"] and not makes_none]
    others = rows(
        db,
        "SELECT reference, region, bank, kind, status FROM applications WHERE id_number = ?"
        " AND province = ? AND number != ? AND kind <> 'loss_report'"
        " AND status IN (SELECT value FROM json_each(?))",
        id_number,
        province,
        submission.number,
        _OPEN,
    )
    if cards:
        raise _duplicate("duplicate_card", "本省已有有效社会保障卡", cards, others)
    if others:
        raise _duplicate("duplicate_application", "本省已有在办的申请", [], others)


def _duplicate(
    code: str, message: str, cards: list[dict[str, Any]], others: list[dict[str, Any]]
) -> ApiError:
    named = ("reference", "region", "bank", "kind", "status")
    return ApiError(
        409,
        code,
        message,
        cards=[card_record(card) for card in cards],
        open_applications=[{name: other[name] for name in named} for other in others],
    )


def _known(db: sqlite3.Connection, submission: Submission) -> Known:
    """What is on file. Without any employer on file the bureau has nothing to compare with."""
    person = one(
        db, "SELECT * FROM people WHERE id_number = ?", submission.applicant.id_number
    ) or {"name": None, "address": None}
    credit_code, unit_number = employer_key(submission.employer)
    employer = one(
        db,
        "SELECT EXISTS (SELECT 1 FROM employers WHERE credit_code = ? AND unit_number = ?)"
        " OR NOT EXISTS (SELECT 1 FROM employers) AS known",
        credit_code,
        unit_number,
    )
    return Known(person["name"], person["address"], bool(employer and employer["known"]))


def _new_reference(submission: Submission) -> str:
    return f"SB{submission.region[:4]}-{secrets.token_hex(5).upper()}"


@dataclass(frozen=True)
class Written:
    """What the counter adds to a submission."""

    verdict: Reason | None
    card: int | None
    now: str


def _write(
    db: sqlite3.Connection, submission: Submission, reference: str, added: Written, *, new: bool
) -> None:
    body = submission.model_dump(mode="json", exclude={"documents": {"__all__": {"content"}}})
    values = {
        "region": submission.region,
        "province": submission.province,
        "bank": submission.bank,
        "id_number": submission.applicant.id_number,
        "name": submission.applicant.name,
        "callback_url": submission.callback_url,
        "body": json.dumps(body, ensure_ascii=False),
        "revision": submission.revision,
        "card_id": added.card,
        "verdict": added.verdict.model_dump_json() if added.verdict else None,
    }
    if new:
        insert(
            db,
            "applications",
            reference=reference,
            number=submission.number,
            kind=submission.kind,
            status="reviewing",
            sequence=0,
            received_at=added.now,
            status_at=added.now,
            **values,
        )
        return
    marks = ", ".join(f"{name} = :{name}" for name in values)
    db.execute(
        f"UPDATE applications SET {marks} WHERE reference = :reference",  # noqa: S608
        values | {"reference": reference},
    )
