"""What was shown to whom: one row an answer, with the very versions of the entries behind it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, update
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from knowledge.policies.moves import MOVES_NAME
from services.measures.settings import rules as measure_rules
from services.policies.published import record_ids
from storage.models import AnswerGiven, AnswerRecord, GapQuestion, PolicyBundle, PolicyRecord

SOLVED, UNSOLVED, CORRECTED, PERSON = "solved", "unsolved", "corrected", "person"
_LONGEST = 1000


@dataclass(frozen=True)
class Shown:
    """What is recorded of an answer; see `AnswerGiven`."""

    outcome: str
    question: str | None = field(default=None, repr=False)
    reason: str | None = None
    topic: str | None = None
    region_code: str | None = None
    policy_ids: tuple[str, ...] = ()
    fact_ids: tuple[str, ...] = ()
    gap_id: int | None = None
    asked: Mapping[str, Any] | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Past:
    """An earlier answer of a person."""

    id: int
    person_id: int
    bundle_id: int
    outcome: str
    reason: str | None
    topic: str | None
    region_code: str | None
    question: str | None = field(repr=False)
    verdict: str | None
    at: datetime
    asked: Mapping[str, Any] | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Traced:
    """One answer for the auditor: (entry, its version number) under the bundle's version."""

    at: datetime
    outcome: str
    topic: str | None
    region_code: str | None
    bundle: str
    entries: tuple[tuple[str, int], ...]
    verdict: str | None


async def record(
    session: AsyncSession, person_id: int, bundle_id: int, shown: Shown, now: datetime
) -> int:
    """Write down an answer; returns its id."""
    question = shown.question.replace("\x00", "")[:_LONGEST] if shown.question else None
    row = AnswerGiven(
        person_id=person_id,
        bundle_id=bundle_id,
        gap_id=shown.gap_id,
        outcome=shown.outcome,
        reason=shown.reason,
        topic=shown.topic,
        region_code=shown.region_code,
        question=question,
        asked=dict(shown.asked) if shown.asked else None,
        at=now,
    )
    session.add(row)
    await session.flush()
    names = (*shown.policy_ids, *shown.fact_ids, *((MOVES_NAME,) if shown.asked else ()))
    ids = await record_ids(session, bundle_id, names)
    session.add_all(AnswerRecord(answer_id=row.id or 0, record_id=each) for each in ids)
    await session.flush()
    return row.id or 0


async def get(session: AsyncSession, answer_id: int, person_id: int) -> Past | None:
    """A person's own answer."""
    row = await session.get(AnswerGiven, answer_id)
    return _past(row) if row is not None and row.person_id == person_id else None


async def last(session: AsyncSession, person_id: int, since: datetime) -> Past | None:
    """The newest question that a person asked in their own words since a moment."""
    query = (
        select(AnswerGiven)
        .where(
            col(AnswerGiven.person_id) == person_id,
            col(AnswerGiven.at) >= since,
            col(AnswerGiven.outcome).not_in(("guard", "recall")),
            col(AnswerGiven.question).is_not(None),
        )
        .order_by(col(AnswerGiven.id).desc())
        .limit(1)
    )
    row = (await session.exec(query)).first()
    return _past(row) if row else None


async def judge(
    session: AsyncSession, answer_id: int, person_id: int, verdict: str, now: datetime
) -> Past | None:
    """Keep what the person says of their answer; None when it isn't theirs (or is forgotten).

    A complaint stays one: calling for HR afterwards, or pressing anything when `contact_hours` are
    over and the answer has been counted, doesn't take it back.
    """
    row = await session.get(AnswerGiven, answer_id)
    if row is None or row.person_id != person_id:
        return None
    counted = now > row.at + timedelta(hours=measure_rules().contact_hours)
    if row.verdict in (UNSOLVED, CORRECTED) and (verdict == PERSON or counted):
        return _past(row)
    row.verdict, row.verdict_at = verdict, now
    session.add(row)
    await session.flush()
    return _past(row)


async def traced(session: AsyncSession, person_id: int, limit: int = 50) -> tuple[Traced, ...]:
    """What a person was told, newest first, by bundle and entry version."""
    query = (
        select(AnswerGiven, PolicyBundle.version)
        .join(PolicyBundle, col(PolicyBundle.id) == col(AnswerGiven.bundle_id))
        .where(col(AnswerGiven.person_id) == person_id)
        .order_by(col(AnswerGiven.id).desc())
        .limit(limit)
    )
    found = []
    for row, version in (await session.exec(query)).all():
        behind = (
            select(PolicyRecord.name, PolicyRecord.number)
            .join(AnswerRecord, col(AnswerRecord.record_id) == col(PolicyRecord.id))
            .where(col(AnswerRecord.answer_id) == row.id)
            .order_by(col(PolicyRecord.name))
        )
        entries = tuple((await session.exec(behind)).all())
        found.append(
            Traced(row.at, row.outcome, row.topic, row.region_code, version, entries, row.verdict)
        )
    return tuple(found)


async def latest(session: AsyncSession, person_ids: Iterable[int]) -> tuple[Past, ...]:
    """For each person, topic and region (of a guide also the place that is left), what they were
    told last. Answers of one that were told before guides could be compared are left out."""
    query = select(AnswerGiven).where(
        col(AnswerGiven.person_id).in_(sorted(person_ids)),
        col(AnswerGiven.outcome).in_(("answer", "guide", "recall")),
        col(AnswerGiven.topic).is_not(None),
    )
    newest: dict[tuple[int, str | None, str | None, str | None], AnswerGiven] = {}
    for row in await session.exec(query.order_by(col(AnswerGiven.id))):
        if row.outcome == "guide" and row.asked is None:
            continue
        left = row.asked["origin"] if row.asked else None
        newest[(row.person_id, row.topic, row.region_code, left)] = row
    return tuple(_past(row) for row in newest.values())


async def forget_old(session: AsyncSession, now: datetime, days: int) -> None:
    """Questions and answers past their time go; counts in the gap list stay."""
    old = now - timedelta(days=days)
    gone = select(AnswerGiven.id).where(col(AnswerGiven.at) < old)
    await session.exec(delete(AnswerRecord).where(col(AnswerRecord.answer_id).in_(gone)))
    await session.exec(delete(AnswerGiven).where(col(AnswerGiven.at) < old))
    await session.exec(
        update(GapQuestion)
        .where(col(GapQuestion.at) < old, col(GapQuestion.words).is_not(None))
        .values(words=None, person_id=None)
    )


def _past(row: AnswerGiven) -> Past:
    return Past(
        row.id or 0,
        row.person_id,
        row.bundle_id,
        row.outcome,
        row.reason,
        row.topic,
        row.region_code,
        row.question,
        row.verdict,
        row.at,
        row.asked,
    )
