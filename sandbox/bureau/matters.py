"""What the counter asks of a matter about an existing card: form, card, state, days. The bureau's
own rules (matter_rules.yaml), written apart from the bot's."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from datetime import date, timedelta
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

from sandbox.bureau.models import Submission, province_of
from sandbox.store import one, rows
from sandbox.web import ApiError, invalid

_MESSAGES = {
    "no_such_card": "没有查到要办理的这张社会保障卡",
    "not_reported_lost": "这张卡还没有挂失，请先挂失再补领",
    "card_state": "这张卡目前的状态不能这样办理",
    "too_early": "还没到可以办理的日期",
}


@cache
def bureau_rules() -> Mapping[str, Any]:
    """The rules as they are written."""
    text = files("sandbox.bureau").joinpath("matter_rules.yaml").read_text("utf-8")
    loaded: Mapping[str, Any] = yaml.safe_load(text)
    return loaded


def days(name: str, region: str) -> int:
    """A period in calendar days, by the longest matching region prefix."""
    table: Mapping[str, int] = bureau_rules()["days"][name]
    found = [prefix for prefix in table if prefix != "default" and region.startswith(prefix)]
    return table[max(found, key=len)] if found else table["default"]


def check_form(submission: Submission) -> None:
    """Whether the submission has what its kind needs. Raises ApiError 422 with the field."""
    kind, details = submission.kind, submission.details
    reasons = bureau_rules()["reasons"].get(kind)
    if reasons is None:
        if details is not None:
            raise invalid("details", "首次申领不需要 details")
    elif details is None or details.card is None:
        raise invalid("details.card", "需要指明是哪张卡")
    elif details.reason not in reasons:
        raise invalid("details.reason", "不受理的办理原因")
    elif details.reason in ("changed_name", "changed_number") and details.previous is None:
        raise invalid("details.previous", "需要变更前的信息")
    _check_documents(submission)


def _check_documents(submission: Submission) -> None:
    name: str = submission.kind
    if submission.details is not None and submission.kind == "loss_report":
        name = f"{submission.kind}:{submission.details.reason}"
    paper = submission.applicant.document_type
    usual, own = (set(bureau_rules()["papers"][each]) for each in ("id_card", paper))
    wanted = set(bureau_rules()["documents"][name])
    wanted = (wanted - usual) | own if wanted & usual else wanted
    given = [document.kind for document in submission.documents]
    if set(given) != wanted or len(given) != len(wanted):
        listed = "、".join(sorted(wanted)) or "没有"
        raise invalid("documents", f"需要的资料：{listed}，各一份")
    if wanted:
        for field in bureau_rules()["fields"][paper]:
            if getattr(submission.applicant, field) is None:
                raise invalid(f"applicant.{field}", "必填")


def known_as(submission: Submission) -> tuple[str, str]:
    """Number and name under which the card is on file: before a change, the old ones."""
    previous = submission.details.previous if submission.details else None
    number = previous.id_number if previous and previous.id_number else None
    name = previous.name if previous and previous.name else None
    return number or submission.applicant.id_number, name or submission.applicant.name


def card_of(db: sqlite3.Connection, submission: Submission, today: date) -> dict[str, Any] | None:
    """The card that the matter is about; None for a first one.

    Raises ApiError 409 no_such_card, not_reported_lost, card_state or too_early."""
    details = submission.details
    if details is None or details.card is None:
        return None
    id_number, name = known_as(submission)
    found = rows(
        db,
        "SELECT * FROM cards WHERE id_number = ? AND name = ? AND province = ? AND bank = ?"
        " AND registered = 1 AND (? IS NULL OR last_four = ?)"
        " AND status IN ('normal', 'lost', 'sealed') ORDER BY id DESC",
        id_number,
        name,
        province_of(submission.region),
        details.card.bank,
        details.card.last_four,
        details.card.last_four,
    )
    if not found:
        raise refused("no_such_card")
    card, reason = found[0], details.reason or ""
    if reason == "lost" and card["status"] == "normal":
        raise refused("not_reported_lost")
    if card["status"] not in bureau_rules()["card"][reason]:
        raise refused("card_state")
    _check_days(submission, card, today)
    return card


def _check_days(submission: Submission, card: Mapping[str, Any], today: date) -> None:
    reason = submission.details.reason if submission.details else None
    if reason == "expired" and card["valid_until"]:
        before = timedelta(days=days("renew", submission.region))
        if today < date.fromisoformat(card["valid_until"]) - before:
            raise refused("too_early")
    if reason == "bank" and card["issued_on"]:
        after = timedelta(days=days("bank_change", submission.region))
        if today < date.fromisoformat(card["issued_on"]) + after:
            raise refused("too_early")


def refused(code: str) -> ApiError:
    """A refusal at the counter: nothing is taken."""
    return ApiError(409, code, _MESSAGES[code], cards=[], open_applications=[])


def lapses_on(submission: Submission, today: date) -> date | None:
    """The day on which a temporary loss report ends by itself."""
    if submission.details is None or submission.details.reason != "temporary":
        return None
    return today + timedelta(days=days("temporary", submission.region))


def report_for(db: sqlite3.Connection, card: int) -> dict[str, Any] | None:
    """The loss report in force for a card."""
    return one(
        db,
        "SELECT * FROM applications WHERE kind = 'loss_report' AND status = 'reported'"
        " AND card_id = ?",
        card,
    )


def may_lift(db: sqlite3.Connection, row: Mapping[str, Any]) -> bool:
    """Whether a loss report may be taken back: not when a replacement was handed in, nor where a
    formal one is final."""
    details = json.loads(row["body"]).get("details") or {}
    final = bureau_rules()["formal_is_final"]
    if details.get("reason") == "formal" and str(row["region"]).startswith(tuple(final)):
        return False
    replacing = one(
        db,
        "SELECT 1 FROM applications WHERE card_id = ? AND kind = 'replacement'"
        " AND status IN ('reviewing', 'returned', 'making', 'collectable')",
        row["card_id"],
    )
    return replacing is None
