"""How the two sides judge a request, written apart from the bot's checks.

Without any relation of the person on file a side has nothing to compare with.
"""

from __future__ import annotations

import sqlite3
from datetime import date
from typing import Any

from sandbox.agencies.models import TransferFault, TransferRequest
from sandbox.bureau.rules import valid_id_number
from sandbox.store import rows

# Men from 50, women from 40 who come to a province that is not that of their household.
_TEMPORARY_FROM = {"男": 50, "女": 40}


def judge_destination(
    db: sqlite3.Connection, request: TransferRequest, today: date
) -> TransferFault | None:
    """The destination's review."""
    number = request.applicant.id_number
    if not valid_id_number(number):
        return TransferFault(
            code="number_mismatch", field="applicant.id_number", message="公民身份号码校验不通过"
        )
    held = accounts_of(db, number)
    if any(each["name"] != request.applicant.name for each in held):
        return TransferFault(
            code="name_mismatch", field="applicant.name", message="姓名与参保登记不一致"
        )
    if request.insurance == "pension" and _only_temporary(request, today):
        message = "按规定在新参保地建立临时缴费账户，养老关系保留在原参保地"
        return TransferFault(code="temporary_account", field=None, message=message)
    here = [each for each in _of(held, request) if _same_pool(each["region"], request.destination)]
    if held and not any(each["status"] == "paying" for each in here):
        message = "在转入地没有查到正在缴费的参保关系"
        return TransferFault(code="not_enrolled", field="destination", message=message)
    return None


def judge_origin(db: sqlite3.Connection, request: TransferRequest) -> TransferFault | None:
    """The origin's answer, as things stand when it is asked."""
    held = accounts_of(db, request.applicant.id_number)
    there = [each for each in _of(held, request) if _same_pool(each["region"], request.origin)]
    if not held:
        return None
    if not there:
        message = "在所填的转出地没有这个险种的参保关系"
        return TransferFault(code="wrong_origin", field="origin", message=message)
    account = there[0]
    if account["status"] == "drawing":
        message = "已经领取待遇，不再办理转移"
        return TransferFault(code="already_drawing", field=None, message=message)
    if account["status"] == "paying":
        message = "转出地还在缴费，请先停保"
        return TransferFault(code="still_paying", field=None, message=message)
    if account["arrears"]:
        message = f"转出地有{account['arrears']}个月欠费，请先补清"
        return TransferFault(code="arrears", field=None, message=message)
    return None


def accounts_of(db: sqlite3.Connection, id_number: str) -> list[dict[str, Any]]:
    """Every relation of a person."""
    query = "SELECT * FROM accounts WHERE id_number = ? ORDER BY insurance, first_month"
    return rows(db, query, id_number)


def _of(held: list[dict[str, Any]], request: TransferRequest) -> list[dict[str, Any]]:
    return [each for each in held if each["insurance"] == request.insurance]


def _same_pool(one: str, other: str) -> bool:
    """A pool is a city here."""
    return one[:4] == other[:4]


def _only_temporary(request: TransferRequest, today: date) -> bool:
    number = request.applicant.id_number
    birth = date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    years = today.year - birth.year - ((today.month, today.day) < (birth.month, birth.day))
    sex = "男" if int(number[16]) % 2 else "女"
    home = request.applicant.household or number[:6]
    far = request.origin[:2] != request.destination[:2]
    return far and years >= _TEMPORARY_FROM[sex] and home[:2] != request.destination[:2]
