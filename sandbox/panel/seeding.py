"""What the test API writes and lists: made-up people, employers, cards and applications."""

from __future__ import annotations

import secrets
import sqlite3
from typing import Any

from pydantic import Field

from sandbox.agencies.models import Account
from sandbox.bureau.models import (
    BankCode,
    Card,
    IdNumber,
    Kind,
    Region,
    Status,
    Text,
    Wire,
    province_of,
)
from sandbox.bureau.steps import Change, Rules, enter, get, history
from sandbox.store import insert, rows
from sandbox.web import ApiError


class Person(Wire):
    """A person on the bureau's file; without an address none is compared."""

    id_number: IdNumber
    name: Text
    address: Text | None = None


class FiledEmployer(Wire):
    """An employer on the bureau's file."""

    credit_code: Text
    unit_number: Text
    name: Text


class OpenApplication(Wire):
    """An application that is under way before the bot comes."""

    id_number: IdNumber
    name: Text
    region: Region
    bank: BankCode
    kind: Kind = "first"
    status: Status = "reviewing"
    number: Text | None = None


class Seeds(Wire):
    """Everything that can be seeded, at once and as one transaction."""

    people: list[Person] = Field(default_factory=list)
    employers: list[FiledEmployer] = Field(default_factory=list)
    cards: list[Card] = Field(default_factory=list)
    applications: list[OpenApplication] = Field(default_factory=list)
    accounts: list[Account] = Field(default_factory=list)


def seed(db: sqlite3.Connection, rules: Rules, seeds: Seeds, now: str) -> dict[str, Any]:
    """Writes the seeds. Raises ApiError 409 when a second valid card or a second open application
    in a province would come of it; then nothing is written."""
    try:
        for person in seeds.people:
            db.execute(
                "INSERT OR REPLACE INTO people VALUES (?, ?, ?)",
                (person.id_number, person.name, person.address),
            )
        for employer in seeds.employers:
            db.execute(
                "INSERT OR REPLACE INTO employers VALUES (?, ?, ?)",
                (employer.credit_code, employer.unit_number, employer.name),
            )
        for account in seeds.accounts:
            _put_account(db, account)
        ids = [_insert_card(db, card) for card in seeds.cards]
        references = [_insert_application(db, rules, one, now) for one in seeds.applications]
    except sqlite3.IntegrityError:
        raise ApiError(409, "duplicate_card", "每人每省只能有一张有效卡或一个在办申请") from None
    return {"cards": ids, "applications": references}


def set_card_status(db: sqlite3.Connection, card: int, status: str) -> None:
    """Changes one card, as its bank would. Raises ApiError 404 or 409."""
    try:
        cursor = db.execute("UPDATE cards SET status = ? WHERE id = ?", (status, card))
    except sqlite3.IntegrityError:
        raise ApiError(409, "duplicate_card", "每人每省只能有一张有效卡") from None
    if cursor.rowcount == 0:
        raise ApiError(404, "not_found", "没有这张卡")


def list_table(
    db: sqlite3.Connection, table: str, order: str, limit: int, where: tuple[str, str] | None
) -> list[dict[str, Any]]:
    """Rows of a listed table, oldest first, at most `limit` of the newest."""
    condition, values = ("", []) if where is None else (f"WHERE {where[0]} = ?", [where[1]])
    newest = f"SELECT * FROM {table} {condition} ORDER BY {order} DESC LIMIT ?"  # noqa: S608
    return rows(db, newest, *values, limit)[::-1]


def application(db: sqlite3.Connection, reference: str) -> dict[str, Any]:
    """One application with its history. Raises ApiError 404."""
    return get(db, reference) | {"history": history(db, reference)}


def wipe(db: sqlite3.Connection, keep_demo: bool) -> None:
    """Forgets everything; with `keep_demo` the demo page's frames and people stay."""
    tables = (
        "transfer_history",
        "transfers",
        "transfer_keys",
        "accounts",
        "history",
        "applications",
        "cards",
        "people",
        "employers",
        "idempotency",
        "deliveries",
        "lookups",
        "requests",
        "staff_changes",
    )
    for table in tables:
        db.execute(f"DELETE FROM {table}")  # noqa: S608
    if not keep_demo:
        db.execute("DELETE FROM kv WHERE key = 'demo'")


def _put_account(db: sqlite3.Connection, account: Account) -> None:
    """A relation of that insurance and place is replaced."""
    db.execute(
        "DELETE FROM accounts WHERE id_number = ? AND insurance = ? AND region = ?",
        (account.id_number, account.insurance, account.region),
    )
    insert(db, "accounts", **account.model_dump())


def _insert_card(db: sqlite3.Connection, card: Card) -> int:
    return insert(db, "cards", province=province_of(card.region), **card.model_dump(mode="json"))


def _insert_application(
    db: sqlite3.Connection, rules: Rules, given: OpenApplication, now: str
) -> str:
    reference = f"SB{given.region[:4]}-{secrets.token_hex(5).upper()}"
    insert(
        db,
        "applications",
        reference=reference,
        number=given.number or f"OTHER-{secrets.token_hex(5).upper()}",
        kind=given.kind,
        province=province_of(given.region),
        region=given.region,
        bank=given.bank,
        id_number=given.id_number,
        name=given.name,
        body="{}",
        revision=1,
        status="reviewing",
        sequence=0,
        received_at=now,
        status_at=now,
    )
    road: dict[Status, tuple[Status, ...]] = {
        "making": ("reviewing", "making"),
        "collectable": ("reviewing", "making", "collectable"),
        "collected": ("reviewing", "making", "collectable", "collected"),
        "sealed": ("reviewing", "making", "collectable", "sealed"),
    }
    for status in road.get(given.status, (given.status,)):
        enter(db, rules, reference, Change(status, now, tell=False))
    return reference
