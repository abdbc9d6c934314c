"""An officer's answer to a gap: a draft, which a second person publishes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from knowledge import regions
from services.people import audit, roles
from services.people.people import mailbox_of
from services.people.roles import region_prefix_of
from storage.models import Gap, GapQuestion, GapStatus, Role
from storage.queue import accept, lock

ANSWERED = "gap.answered"
_LONGEST = 2500


class GapError(ValueError):
    """`code`: unknown, not_officer, no_answer, no_source, too_long, no_region, not_drafted,
    same_person, changed or over (published or dismissed already)."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True)
class Draft:
    """What an officer writes.

    Args:
        source: where the answer comes from (a document, a call to 12333 and its day).
        title: the question in HR's own, neutral words; what askers wrote is shown to nobody else.
        scope: code of the region that it holds for; None: the one region of all who asked.
    """

    answer: str = field(repr=False)
    source: str = field(repr=False)
    title: str | None = field(default=None, repr=False)
    scope: str | None = None


async def answer(
    session: AsyncSession, gap_id: int, officer_id: int, draft: Draft, now: datetime
) -> None:
    """Write or rewrite the draft; whoever wrote last is its author. Raises `GapError`."""
    row = await _waiting(session, gap_id)
    text, source = draft.answer.strip(), draft.source.strip()
    if not text:
        raise GapError("no_answer")
    if not source:
        raise GapError("no_source")
    if len(text) + len(source) > _LONGEST:
        raise GapError("too_long")
    row.scope = await _scope(session, row, draft.scope)
    await _officer(session, officer_id, row.scope)
    row.answer, row.source = text.replace("\x00", ""), source.replace("\x00", "")
    row.title = (draft.title or "").strip().replace("\x00", "") or row.title
    row.status = GapStatus.DRAFTED
    row.drafted_by, row.drafted_at, row.updated_at = officer_id, now, now
    session.add(row)
    await _audit(session, officer_id, "gap.drafted", gap_id, now)


async def publish(
    session: AsyncSession,
    gap_id: int,
    officer_id: int,
    now: datetime,
    *,
    drafted_at: datetime | None = None,
) -> int:
    """Let a draft of somebody else be served, and tell those who asked; returns how many.

    Questions from outside the draft's region stay on the list, as a gap of their own.

    Args:
        drafted_at: the state that the publisher has read; a draft rewritten since is refused.

    Raises:
        GapError: among others `same_person`: nobody publishes their own words.
    """
    row = await _waiting(session, gap_id)
    if row.status is not GapStatus.DRAFTED or row.drafted_by is None:
        raise GapError("not_drafted")
    if drafted_at is not None and row.drafted_at != drafted_at:
        raise GapError("changed")
    if row.drafted_by == officer_id:
        raise GapError("same_person")
    await _officer(session, officer_id, row.scope)
    row.status = GapStatus.PUBLISHED
    row.published_by, row.published_at, row.updated_at = officer_id, now, now
    session.add(row)
    await _audit(session, officer_id, "gap.published", gap_id, now)
    inside = await _split(session, row, now)
    return await _tell(session, row, inside, now)


async def dismiss(session: AsyncSession, gap_id: int, officer_id: int, now: datetime) -> None:
    """Take a gap off the list without an answer (not a question, not ours). Raises `GapError`."""
    row = await _waiting(session, gap_id)
    await _officer(session, officer_id, None)
    row.status, row.updated_at = GapStatus.DISMISSED, now
    session.add(row)
    await _audit(session, officer_id, "gap.dismissed", gap_id, now)


async def withdraw(session: AsyncSession, gap_id: int, officer_id: int, now: datetime) -> None:
    """Serve a published answer no longer; it is on the list again. Raises `GapError`."""
    await lock(session, "gaps")
    row = await session.get(Gap, gap_id)
    if row is None or row.status is not GapStatus.PUBLISHED:
        raise GapError("unknown")
    await _officer(session, officer_id, row.scope)
    row.status, row.published_by, row.published_at = GapStatus.DRAFTED, None, None
    row.updated_at = now
    session.add(row)
    await _audit(session, officer_id, "gap.withdrawn", gap_id, now)


async def _waiting(session: AsyncSession, gap_id: int) -> Gap:
    await lock(session, "gaps")
    row = await session.get(Gap, gap_id, populate_existing=True)
    if row is None:
        raise GapError("unknown")
    if row.status not in (GapStatus.OPEN, GapStatus.DRAFTED):
        raise GapError("over")
    return row


async def _officer(session: AsyncSession, person_id: int, scope: str | None) -> None:
    """An officer for the region of the answer; everywhere needs one for every region."""
    code = None if scope is None else scope.ljust(6, "0") if scope else ""
    if not await roles.has_role(session, person_id, Role.OFFICER, code):
        raise GapError("not_officer")


async def _scope(session: AsyncSession, row: Gap, wanted: str | None) -> str:
    if wanted is not None:
        if wanted and regions.find(wanted) is None:
            raise GapError("no_region")
        return region_prefix_of(wanted) if wanted else ""
    codes = {q.region_code for q in await _members(session, row.id or 0) if q.region_code}
    cities = {regions.city_of(code).code for code in codes}
    if len(cities) == 1:
        return region_prefix_of(cities.pop())
    provinces = {regions.province_of(code).code for code in codes}
    return region_prefix_of(provinces.pop()) if len(provinces) == 1 else ""


async def _members(session: AsyncSession, gap_id: int) -> Sequence[GapQuestion]:
    query = select(GapQuestion).where(col(GapQuestion.gap_id) == gap_id)
    return (await session.exec(query.order_by(col(GapQuestion.id)))).all()


async def _split(session: AsyncSession, row: Gap, now: datetime) -> list[GapQuestion]:
    """Those whom the answer concerns; the others move to a new gap."""
    members = await _members(session, row.id or 0)
    inside = [q for q in members if (q.region_code or "").startswith(row.scope)]
    outside = [q for q in members if q not in inside]
    if outside:
        rest = Gap(topic=row.topic, created_at=row.created_at, updated_at=now)
        session.add(rest)
        await session.flush()
        for question in outside:
            question.gap_id = rest.id or 0
            session.add(question)
    return inside


async def _tell(
    session: AsyncSession, row: Gap, questions: Sequence[GapQuestion], now: datetime
) -> int:
    """One event for each person who asked; the conversation tells it in their language."""
    untold = [q for q in questions if q.told_at is None and q.person_id is not None]
    homes = {q.person_id: await mailbox_of(session, q.person_id or 0) for q in untold}
    for question in untold:
        if homes[question.person_id] is not None:
            question.told_at = now
            session.add(question)
    reached = sorted((home, person) for person, home in homes.items() if home)
    moment = row.published_at.timestamp() if row.published_at else 0
    for home, person in reached:
        await accept(
            session,
            key=f"gap:{row.id}:{moment:.0f}:{person}",
            mailbox=home,
            kind=ANSWERED,
            payload={"gap_id": row.id},
            at=now,
            actor="gaps",
        )
    return len(reached)


async def _audit(
    session: AsyncSession, officer_id: int, verb: str, gap_id: int, now: datetime
) -> None:
    await audit.record(session, f"person:{officer_id}", verb, f"gap:{gap_id}", now)
    await session.flush()
