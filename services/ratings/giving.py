"""Giving a rating, its reasons and words; and whether somebody else shall follow up."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from services.ratings.reasons import reasons_for
from services.ratings.settings import rules
from services.ratings.views import RatingError, RatingView, view
from storage.models import FollowUp, Rating

BEST, WORST = 5, 1
_LONGEST_COMMENT = 1000


async def rate(
    session: AsyncSession, subject: str, person_id: int, score: int, now: datetime
) -> RatingView:
    """Give a score, or change it within `change_days` of the first answer.

    A changed score that is no longer low loses its reasons. Raises `RatingError`.
    """
    if not WORST <= score <= BEST:
        raise RatingError("bad_score")
    row = await _own(session, subject, person_id, now)
    row.answered_at = row.answered_at or now
    row.score, row.changed_at = score, now
    if score > rules().low_score:
        row.reasons = None
    if score <= rules().follow_up_score and row.follow_up is FollowUp.NONE:
        row.follow_up = FollowUp.OFFERED
    await session.flush()
    return view(row)


async def set_reasons(
    session: AsyncSession, subject: str, person_id: int, reasons: Sequence[str], now: datetime
) -> RatingView:
    """The pressed reasons, all at once. Raises `RatingError`."""
    if not set(reasons) <= set(reasons_for(subject)):
        raise RatingError("bad_reason")
    row = await _own(session, subject, person_id, now)
    if row.score is None:
        raise RatingError("not_asked")
    row.reasons, row.changed_at = list(dict.fromkeys(reasons)), now
    await session.flush()
    return view(row)


async def comment(
    session: AsyncSession, subject: str, person_id: int, text: str, now: datetime
) -> RatingView:
    """Add or change the comment. Raises `RatingError`."""
    row = await _own(session, subject, person_id, now)
    row.comment = text.replace("\x00", "").strip()[:_LONGEST_COMMENT] or None
    row.changed_at = now
    await session.flush()
    return view(row)


async def follow_up_wanted(
    session: AsyncSession, subject: str, person_id: int, now: datetime, *, wanted: bool
) -> bool:
    """The employee's answer to the offer; False when it was answered before.

    Raises `RatingError`.
    """
    row = await _own(session, subject, person_id, now)
    if row.follow_up is not FollowUp.OFFERED:
        return False
    row.follow_up = FollowUp.ASKED if wanted else FollowUp.DECLINED
    await session.flush()
    return True


async def follow_up_without(session: AsyncSession, subject: str) -> int | None:
    """Whose work was rated, and who so may not follow it up; None when it was the bot's."""
    row = (await session.exec(select(Rating).where(col(Rating.subject) == subject))).one_or_none()
    kind, _, number = (row.owner or "" if row else "").partition(":")
    return int(number) if kind == "person" else None


async def get(session: AsyncSession, subject: str) -> RatingView | None:
    """The rating of a subject, if one was asked for."""
    row = (await session.exec(select(Rating).where(col(Rating.subject) == subject))).one_or_none()
    return None if row is None else view(row)


async def _own(session: AsyncSession, subject: str, person_id: int, now: datetime) -> Rating:
    query = select(Rating).where(col(Rating.subject) == subject).with_for_update()
    row = (await session.exec(query)).one_or_none()
    if row is None:
        raise RatingError("not_asked")
    if row.person_id != person_id:
        raise RatingError("not_yours")
    days = timedelta(days=rules().change_days)
    if row.answered_at is not None and now > row.answered_at + days:
        raise RatingError("too_late")
    return row
