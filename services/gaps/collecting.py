"""The gap list: every unanswered, doubted or corrected question, grouped by likeness."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from services.gaps.likeness import likeness
from storage.models import Gap, GapKind, GapQuestion, GapStatus
from storage.queue import lock

WAITING = (GapStatus.OPEN, GapStatus.DRAFTED)
_LONGEST = 1000


async def note(
    session: AsyncSession,
    person_id: int,
    words: str,
    kind: GapKind,
    now: datetime,
    *,
    least: float,
    region_code: str | None = None,
    topic: str | None = None,
    answer_id: int | None = None,
) -> int:
    """Put a question on the list; returns its gap. The same answer is noted once.

    Args:
        least: likeness (rapidfuzz ratio, 0 to 100) from which two questions are one gap.
        region_code: the place that was asked about, else the person's own.
        answer_id: the row of what was answered; a later, worse `kind` replaces the earlier one.
    """
    await lock(session, "gaps")
    if answer_id is not None:
        noted = await _noted(session, answer_id)
        if noted is not None:
            noted.kind = kind
            session.add(noted)
            return noted.gap_id
    gap = await _like(session, words, least)
    if gap is None:
        gap = Gap(topic=topic, created_at=now, updated_at=now)
        session.add(gap)
        await session.flush()
    return await _add(
        session,
        gap,
        GapQuestion(
            gap_id=gap.id or 0,
            person_id=person_id,
            answer_id=answer_id,
            kind=kind,
            words=words.replace("\x00", "")[:_LONGEST],
            region_code=region_code,
            at=now,
        ),
    )


async def note_pair(
    session: AsyncSession, person_id: int, origin: str, destination: str, now: datetime
) -> int:
    """Count a move between two regions that the rules know only from the levels above."""
    await lock(session, "gaps")
    pair = f"{origin}-{destination}"
    query = select(Gap).where(col(Gap.pair) == pair, col(Gap.status).in_(WAITING))
    gap = (await session.exec(query.limit(1))).first()
    if gap is None:
        gap = Gap(pair=pair, created_at=now, updated_at=now)
        session.add(gap)
        await session.flush()
    question = GapQuestion(
        gap_id=gap.id or 0,
        person_id=person_id,
        kind=GapKind.UNCOVERED,
        region_code=destination,
        at=now,
    )
    return await _add(session, gap, question)


async def _add(session: AsyncSession, gap: Gap, question: GapQuestion) -> int:
    gap.updated_at = question.at
    session.add_all([gap, question])
    await session.flush()
    return gap.id or 0


async def _noted(session: AsyncSession, answer_id: int) -> GapQuestion | None:
    query = select(GapQuestion).where(col(GapQuestion.answer_id) == answer_id)
    return (await session.exec(query.limit(1))).first()


async def _like(session: AsyncSession, words: str, least: float) -> Gap | None:
    best: tuple[float, Gap | None] = (least, None)
    for gap, members in await gaps_with_words(session, WAITING):
        if gap.pair is None:
            ratio = likeness(words, members)
            if ratio >= best[0]:
                best = (ratio, gap)
    return best[1]


async def gaps_with_words(
    session: AsyncSession, statuses: Sequence[GapStatus]
) -> list[tuple[Gap, list[str]]]:
    """Gaps of some statuses with the wordings of their questions (and HR's title first)."""
    gaps = (
        await session.exec(select(Gap).where(col(Gap.status).in_(statuses)).order_by(col(Gap.id)))
    ).all()
    wordings: defaultdict[int, list[str]] = defaultdict(list)
    inside = select(Gap.id).where(col(Gap.status).in_(statuses))
    query = select(GapQuestion).where(
        col(GapQuestion.gap_id).in_(inside), col(GapQuestion.words).is_not(None)
    )
    for question in await session.exec(query.order_by(col(GapQuestion.id))):
        wordings[question.gap_id].append(question.words or "")
    return [(g, [*([g.title] if g.title else []), *wordings[g.id or 0]]) for g in gaps]
