"""What employees say of the service: ratings, and what of them was published."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, Index, UniqueConstraint
from sqlmodel import Field

from storage.models.base import Row
from storage.types import big, choice, encrypted_json, encrypted_text, id_field, reference


class About(StrEnum):
    """Whose work a rating speaks of; the two are never mixed."""

    BOT = "bot"
    OFFICER = "officer"


class FollowUp(StrEnum):
    """Whether somebody else shall look after a low rating: the employee's own choice."""

    NONE = "none"
    OFFERED = "offered"
    ASKED = "asked"
    DECLINED = "declined"


class Rating(Row, table=True):
    """One to five for one application or case; asked once, changeable for some days.

    `owner` (`person:7`, or None for the bot) is frozen when asked.
    """

    __tablename__ = "rating"
    __table_args__ = (
        UniqueConstraint("subject"),
        Index("ix_rating_answered_at", "answered_at"),
    )

    id: int | None = id_field()
    subject: str = Field(max_length=64)
    person_id: int = reference("person.id")
    about: About = choice(About, default=About.BOT)
    owner: str | None = Field(default=None, max_length=64)
    score: int | None = None
    reasons: Any = encrypted_json("rating.reasons", nullable=True, default=None)
    comment: str | None = encrypted_text("rating.comment", nullable=True, default=None)
    follow_up: FollowUp = choice(FollowUp, default=FollowUp.NONE)
    asked_at: datetime
    answered_at: datetime | None = None
    changed_at: datetime | None = None


class RatingRelease(Row, table=True):
    """A rating as it was published: its score then, and the groups that it is counted in.

    There is no person here, and `rating_id` is no foreign key: when the rating is erased, what was
    published stays and belongs to nobody.
    """

    __tablename__ = "rating_release"
    __table_args__ = (Index("ix_rating_release_day", "day", "about"),)

    rating_id: int = big(primary_key=True, sa_column_kwargs={"autoincrement": False})
    day: date
    about: About = choice(About)
    employer_id: int = big()
    region: str = Field(max_length=8)
    matter: str = Field(max_length=48)
    officer_id: int = big(default=0)
    step: str = Field(default="rest", max_length=16)
    score: int
    reasons: Any = Field(default_factory=list, sa_type=JSON)
