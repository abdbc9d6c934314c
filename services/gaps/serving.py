"""HR's published answers, found by likeness for the next person who asks."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from sqlmodel.ext.asyncio.session import AsyncSession

from services.gaps.collecting import gaps_with_words
from services.gaps.likeness import likeness
from storage.models import Gap, GapStatus


@dataclass(frozen=True)
class HrAnswer:
    """An answer of HR's. `scope` is the region prefix it holds for, empty for everywhere."""

    gap_id: int
    title: str | None = field(repr=False)
    answer: str = field(repr=False)
    source: str = field(repr=False)
    scope: str
    published_at: datetime


async def find(
    session: AsyncSession, words: str, region_code: str | None, least: float
) -> HrAnswer | None:
    """The published answer to a question that is spelt like this, for this region."""
    best: tuple[float, Gap | None] = (least, None)
    for gap, members in await gaps_with_words(session, (GapStatus.PUBLISHED,)):
        if not (region_code or "").startswith(gap.scope):
            continue
        ratio = likeness(words, members)
        if ratio >= best[0]:
            best = (ratio, gap)
    return None if best[1] is None else _answer(best[1])


async def get(session: AsyncSession, gap_id: int) -> HrAnswer | None:
    """The published answer of a gap; None when it is none (any more)."""
    gap = await session.get(Gap, gap_id)
    if gap is None or gap.status is not GapStatus.PUBLISHED:
        return None
    return _answer(gap)


def _answer(gap: Gap) -> HrAnswer:
    assert gap.published_at is not None
    return HrAnswer(
        gap.id or 0, gap.title, gap.answer or "", gap.source or "", gap.scope, gap.published_at
    )
