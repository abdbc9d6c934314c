"""Verdicts, from the messenger's request log and the bureau's storage alone.

Only one comparison reads the bot's own tables: whether each message that was sent twice stands in
`delivery_doubt`.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlmodel import col, select

from benchmarks.support.cast import Member
from benchmarks.support.chat import Chat
from benchmarks.support.kinds import ASIDE, SEVERAL, TOLD, fingerprint, kind_of
from storage.database import Database
from storage.models import DeliveryDoubt, OutboxMessage

_SENDING = frozenset({"sendMessage", "sendPhoto", "sendDocument"})
_ARRIVED = frozenset({"ok", "lost_answer"})


@dataclass(frozen=True)
class Sent:
    """One message that reached the messenger."""

    chat: int
    kind: str
    text: str
    fingerprint: str
    thread: int = 0


@dataclass
class Verdict:
    """What was found in one chat."""

    name: str
    expected: int = 0
    arrived: int = 0
    lost: list[str] = field(default_factory=list)
    disordered: list[str] = field(default_factory=list)
    doubled: list[Sent] = field(default_factory=list)
    parked: int = 0


def sent_messages(log: Iterable[dict[str, Any]]) -> list[Sent]:
    """The messages of a request log, in its order."""
    found = []
    for entry in log:
        if entry["method"] in _SENDING and entry["outcome"] in _ARRIVED:
            parameters = entry.get("parameters") or {}
            text = str(parameters.get("text") or parameters.get("caption") or "")
            chat = int(entry["chat_id"] or 0)
            thread = int(entry["message_thread_id"] or 0)
            found.append(Sent(chat, kind_of(text), text, fingerprint(entry), thread))
    return found


def without_repeats(messages: Sequence[Sent]) -> tuple[list[Sent], list[Sent]]:
    """One chat's messages without those that repeat their predecessor exactly; and those."""
    once: list[Sent] = []
    doubled: list[Sent] = []
    for message in messages:
        if once and message.fingerprint == once[-1].fingerprint:
            doubled.append(message)
        else:
            once.append(message)
    return once, doubled


def compare(expected: Sequence[frozenset[str]], actual: Sequence[str]) -> list[str]:
    """Differences between expected blocks (any order within one) and actual kinds.

    A kind of `SEVERAL` may come more than once in a row.
    """
    position = 0
    for block in expected:
        wanted = set(block)
        while wanted:
            if position >= len(actual):
                return [f"lost {'/'.join(sorted(wanted))}"]
            kind = actual[position]
            if kind not in wanted:
                return [f"place {position + 1}: {'/'.join(sorted(wanted))} awaited, {kind} came"]
            wanted.remove(kind)
            position += 1
            while kind in SEVERAL and actual[position : position + 1] == [kind]:
                position += 1
    return [f"place {position + 1}: {kind} came unasked" for kind in actual[position:]]


def judge_chat(chat: Chat, messages: Sequence[Sent], parked: int) -> Verdict:
    """Whether a chat holds exactly what its employee had a right to hear, in order."""
    once, doubled = without_repeats(messages)
    kinds = [message.kind for message in once if message.kind not in ASIDE]
    told = [block for block in chat.told]
    rated = frozenset({"rate_ask"})
    if parked and "rate_ask" not in kinds and rated in told:
        told.remove(rated)  # in doubt, and for an operator to look after: that is recorded
    replies = [frozenset({kind}) for kind in chat.replies]
    # An answer in several messages may be asked for twice in a row.
    merged = [r for n, r in enumerate(replies) if n == 0 or r != replies[n - 1] or r - SEVERAL]
    verdict = Verdict(chat.name, len(replies) + sum(map(len, told)), len(once), doubled=doubled)
    verdict.parked = parked
    for name, awaited, came in (
        ("answers", merged, [kind for kind in kinds if kind not in TOLD]),
        ("told", told, [kind for kind in kinds if kind in TOLD]),
    ):
        for fault in compare(awaited, came):
            where = verdict.lost if fault.startswith("lost") else verdict.disordered
            where.append(f"{name}: {fault}")
    if not chat.finished:
        verdict.lost.append("the conversation did not reach its end")
    return verdict


def judge_bureau(
    members: Sequence[Member],
    applications: Sequence[dict[str, Any]],
    cards: Sequence[dict[str, Any]],
    requests: Sequence[dict[str, Any]],
) -> list[str]:
    """Doubled or lost effects in the bureau's storage."""
    faults = []
    accepted = Counter(
        str(row["number"])
        for row in requests
        if row["service"] == "bureau"
        and row["status"] == 201
        and row["number"]
        and str(row["route"]).endswith("/applications")
    )
    for member in members:
        person = member.employee.person.id_number
        mine = [row for row in applications if row["id_number"] == person]
        if len(mine) != 1:
            faults.append(f"{member!r}: {len(mine)} applications at the bureau")
            continue
        if mine[0]["revision"] != 1 or mine[0]["status"] != "financial_activated":
            faults.append(f"{member!r}: revision {mine[0]['revision']}, {mine[0]['status']}")
        if accepted[mine[0]["number"]] != 1:
            faults.append(f"{member!r}: accepted {accepted[mine[0]['number']]} times")
        valid = [
            card
            for card in cards
            if card["id_number"] == person
            and card["province"] == mine[0]["province"]
            and card["status"] in ("normal", "making", "collectable")
        ]
        if len(valid) != 1:
            faults.append(f"{member!r}: {len(valid)} valid cards in the province")
    return faults


@dataclass(frozen=True)
class Doubt:
    """A row of `delivery_doubt` with its message, as it went out."""

    chat: int
    method: str
    text: str
    markup: str
    note: str
    reason: str
    resolution: str


async def read_doubts(database: Database) -> list[Doubt]:
    """Every doubt that the bot has recorded."""
    query = select(DeliveryDoubt, OutboxMessage).where(
        col(DeliveryDoubt.outbox_id) == col(OutboxMessage.id)
    )
    found = []
    async with database.reading() as session:
        for doubt, message in (await session.exec(query)).all():
            payload = message.payload or {}
            found.append(
                Doubt(
                    chat=int(message.chat),
                    method=message.method,
                    text=str(payload.get("text") or payload.get("caption") or ""),
                    markup=json.dumps(payload.get("reply_markup"), sort_keys=True),
                    note=message.note or "",
                    reason=doubt.reason,
                    resolution=doubt.resolution,
                )
            )
    return found


def unexplained(doubled: Sequence[Sent], doubts: Sequence[Doubt]) -> list[Sent]:
    """Messages sent twice for which no recorded doubt allows it."""
    allowed = Counter((d.chat, d.text) for d in doubts if d.resolution == "resend")
    found = []
    for message in doubled:
        key = message.chat, message.text
        if allowed[key] > 0:
            allowed[key] -= 1
        else:
            found.append(message)
    return found
