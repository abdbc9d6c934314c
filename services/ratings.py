"""满意度评价: one to five for an application or case; asked once, changeable, its owner frozen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy.exc import IntegrityError
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from storage.models import Rating

BEST, WORST = 5, 1
_LONGEST_COMMENT = 1000


class RatingError(Exception):
    """`code`: not_asked, not_yours or bad_score."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True)
class RatingView:
    """One rating, answered or not yet."""

    subject: str
    person_id: int
    owner: str | None
    score: int | None
    reasons: tuple[str, ...] = field(repr=False)
    comment: str | None = field(repr=False)
    asked_at: datetime
    answered_at: datetime | None


async def ask(
    session: AsyncSession, subject: str, person_id: int, owner: str | None, now: datetime
) -> bool:
    """Note that a rating is asked for; False when it was before, so that nobody asks twice.

    Args:
        subject: `application:12` or `case:7`.
        owner: whose work is rated, frozen now: later changes of hands don't move the score.
    """
    if await get(session, subject) is not None:
        return False
    row = Rating(subject=subject, person_id=person_id, owner=owner, asked_at=now)
    try:
        async with session.begin_nested():
            session.add(row)
            await session.flush()
    except IntegrityError:
        return False  # another turn asked at the same moment
    return True


async def rate(
    session: AsyncSession,
    subject: str,
    person_id: int,
    score: int,
    now: datetime,
    *,
    reasons: Sequence[str] | None = None,
) -> RatingView:
    """Give a score or change it. Raises `RatingError`."""
    if not WORST <= score <= BEST:
        raise RatingError("bad_score")
    row = await _own(session, subject, person_id)
    row.score, row.answered_at = score, now
    if reasons is not None:
        row.reasons = list(reasons)
    await session.flush()
    return _view(row)


async def comment(
    session: AsyncSession, subject: str, person_id: int, text: str, now: datetime
) -> RatingView:
    """Add or change the comment. Raises `RatingError`."""
    row = await _own(session, subject, person_id)
    row.comment = text.replace("\x00", "").strip()[:_LONGEST_COMMENT] or None
    row.answered_at = row.answered_at or now
    await session.flush()
    return _view(row)


async def get(session: AsyncSession, subject: str) -> RatingView | None:
    """The rating of a subject, if one was asked for."""
    row = (await session.exec(select(Rating).where(col(Rating.subject) == subject))).one_or_none()
    return None if row is None else _view(row)


async def _own(session: AsyncSession, subject: str, person_id: int) -> Rating:
    query = select(Rating).where(col(Rating.subject) == subject).with_for_update()
    row = (await session.exec(query)).one_or_none()
    if row is None:
        raise RatingError("not_asked")
    if row.person_id != person_id:
        raise RatingError("not_yours")
    return row


def _view(row: Rating) -> RatingView:
    return RatingView(
        subject=row.subject,
        person_id=row.person_id,
        owner=row.owner,
        score=row.score,
        reasons=tuple(row.reasons or ()),
        comment=row.comment,
        asked_at=row.asked_at,
        answered_at=row.answered_at,
    )
