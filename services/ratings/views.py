"""A rating as conversations see it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from storage.models import About, FollowUp, Rating


class RatingError(Exception):
    """`code`: not_asked, not_yours, bad_score, bad_reason or too_late."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True)
class RatingView:
    """One rating, answered or not yet."""

    subject: str
    person_id: int
    about: About
    owner: str | None
    score: int | None
    reasons: tuple[str, ...] = field(repr=False)
    comment: str | None = field(repr=False)
    follow_up: FollowUp
    asked_at: datetime
    answered_at: datetime | None


def view(row: Rating) -> RatingView:
    """The frozen view of a row."""
    return RatingView(
        subject=row.subject,
        person_id=row.person_id,
        about=row.about,
        owner=row.owner,
        score=row.score,
        reasons=tuple(row.reasons or ()),
        comment=row.comment,
        follow_up=row.follow_up,
        asked_at=row.asked_at,
        answered_at=row.answered_at,
    )
