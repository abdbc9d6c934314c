"""The published schemas, held against real objects and against objects that must be refused."""

from __future__ import annotations

import ast
import copy
import json
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator
from sqlalchemy import select
from telegram import Update

from bot.intake import accept_update
from knowledge.ask import Answerer
from knowledge.move import guide
from services.applications import states
from services.documents.check import check_paths
from services.documents.document import ReadDocument
from storage import queue
from storage.database import Database
from storage.models import ApplicationStatus, CardStatus, InboxEvent
from tests.support.clock import ManualClock

ROOT = Path(__file__).parents[2]
SCHEMAS = sorted((ROOT / "docs" / "contracts").glob("*.schema.json"))


def schema(name: str) -> dict[str, Any]:
    """One contract's text."""
    path = ROOT / "docs" / "contracts" / f"{name}.schema.json"
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


def validator(name: str) -> Draft202012Validator:
    """One contract."""
    return Draft202012Validator(schema(name))


def assert_exact(name: str, value: dict[str, Any]) -> None:
    """It validates; without any one required field, or with one more, it does not."""
    contract = validator(name)
    contract.validate(json.loads(json.dumps(value)))
    for required in schema(name)["required"]:
        smaller = copy.deepcopy(value)
        del smaller[required]
        assert not contract.is_valid(smaller), required
    assert not contract.is_valid(value | {"surprise": 1})


@pytest.mark.parametrize("path", SCHEMAS, ids=lambda path: path.name)
def test_schemas_are_schemas(path: Path) -> None:
    found = json.loads(path.read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(found)
    assert found["$id"] == path.name
    assert f"contracts/{path.name}" in (ROOT / "docs" / "contracts.md").read_text(encoding="utf-8")


def envelope(row: InboxEvent) -> dict[str, Any]:
    """A row as the contract writes it."""
    names = ("key", "mailbox", "kind", "version", "actor", "payload")
    return {name: getattr(row, name) for name in names}


async def events(database: Database) -> list[dict[str, Any]]:
    """What lies in the inbox."""
    async with database.reading() as session:
        return [envelope(row) for row in (await session.execute(select(InboxEvent))).scalars()]


async def test_an_update_becomes_an_event(database: Database, clock: ManualClock) -> None:
    raw = {
        "update_id": 7,
        "message": {
            "message_id": 3,
            "date": 1764000000,
            "chat": {"id": -100200, "type": "supergroup", "is_forum": True},
            "message_thread_id": 9,
            "is_topic_message": True,
            "text": "办社保卡",
        },
    }
    assert Update.de_json(raw, None).update_id == 7
    runtime: Any = SimpleNamespace(database=database, clock=clock)
    assert await accept_update(runtime, raw)
    (event,) = await events(database)
    assert (event["key"], event["mailbox"]) == ("tg:7", "-100200:9")
    assert_exact("event", event)
    assert not validator("event").is_valid(event | {"payload": {"message": {}}})


async def test_a_timer_becomes_an_event(database: Database, clock: ManualClock) -> None:
    async with database.transaction() as session:
        await queue.set_timer(
            session,
            "r:1",
            mailbox="12",
            kind="application.reminder",
            due_at=clock.now(),
            payload={},
        )
        await queue.fire_due_timers(session, clock.now() + timedelta(days=1))
    (event,) = await events(database)
    assert_exact("event", event)


@pytest.mark.parametrize(
    ("change", "wrong"),
    [("mailbox", "room 1"), ("key", "7"), ("kind", "made.up"), ("version", 0), ("actor", 5)],
)
def test_a_malformed_event_is_refused(change: str, wrong: object) -> None:
    event = {
        "key": "sent:1",
        "mailbox": "12",
        "kind": "sent",
        "version": 1,
        "actor": "sender",
        "payload": {"ref": "case:1", "message_id": 5},
    }
    validator("event").validate(event)
    assert not validator("event").is_valid(event | {change: wrong})


def happenings() -> Iterator[str]:
    """Every kind of event that a conversation waits for."""
    for path in (ROOT / "handlers").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "happened":
                yield from (str(a.value) for a in node.args if isinstance(a, ast.Constant))


def test_every_kind_of_event_is_listed() -> None:
    waited = set(happenings())
    listed = {one.get("const") for one in schema("event")["properties"]["kind"]["oneOf"]}
    assert len(waited) > 10
    assert {kind for kind in waited if not kind.endswith(".failed")} <= listed


def test_a_read_document(tmp_path: Path) -> None:
    broken = tmp_path / "身份证.jpg"
    broken.write_bytes(b"not a picture")
    (line,) = check_paths([broken], today=date(2026, 11, 24))
    assert not line["ok"]
    assert line["findings"]
    assert_exact("check-document", line)
    document = ReadDocument(1, "id_back", "back", {"authority": "样例市公安局"}, ("authority",))
    assert_exact("check-document", document.as_json("scan.pdf"))
    assert not validator("check-document").is_valid(document.as_json("x") | {"kind": "passeport"})


@pytest.fixture(scope="module")
def answerer() -> Answerer:
    """The policy base, loaded once."""
    return Answerer.load()


@pytest.mark.parametrize(
    "question", ["社保卡丢了怎么补办", "今天天气怎么样", "", "我从济南到德州，医保怎么转", "卡"]
)
def test_an_answer(answerer: Answerer, question: str) -> None:
    assert_exact("ask", answerer.ask(question, region="370100").record("q1"))


def test_a_batch_of_questions(answerer: Answerer) -> None:
    asked: list[dict[str, Any]] = [
        {"id": "1", "question": "制卡要多久"},
        {"id": 2, "question": "?", "previous": "补卡"},
    ]
    for row in asked:
        validator("ask-question").validate(row)
    answers = list(answerer.ask_batch(asked))
    assert [row["id"] for row in answers] == ["1", "2"]
    for row in answers:
        assert_exact("ask", row)


@pytest.mark.parametrize(
    ("origin", "destination"),
    [("370100", "371400"), ("370100", "320500"), ("440300", "440300"), ("110000", "650000")],
)
def test_a_guide(origin: str, destination: str) -> None:
    assert_exact("move", guide(origin, destination).as_dict())


def test_the_gateways_words_are_ours() -> None:
    """A state that the bureau may tell must be one that we can keep."""
    document = yaml.safe_load((ROOT / "docs" / "gateway.openapi.yaml").read_text(encoding="utf-8"))
    schemas = document["components"]["schemas"]
    cards = set(schemas["CardRecord"]["properties"]["status"]["enum"])
    assert cards <= {status.value for status in CardStatus}
    told = set(schemas["Status"]["enum"])
    assert told == set(states.STATUS_OF)
    assert set(states.STATUS_OF.values()) <= set(ApplicationStatus)
