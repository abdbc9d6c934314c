"""满意度评价: asked once where it happened, given in one press, changeable for some days."""

from __future__ import annotations

from services.ratings.asking import ASK, NOTHING, OFFER, Invitation, invite, wanted
from services.ratings.following import follow_up
from services.ratings.giving import (
    comment,
    follow_up_wanted,
    follow_up_without,
    get,
    rate,
    set_reasons,
)
from services.ratings.reasons import reasons_for
from services.ratings.settings import RatingSettings, rules, use
from services.ratings.views import RatingError, RatingView

__all__ = [
    "ASK",
    "NOTHING",
    "OFFER",
    "Invitation",
    "RatingError",
    "RatingSettings",
    "RatingView",
    "comment",
    "follow_up",
    "follow_up_wanted",
    "follow_up_without",
    "get",
    "invite",
    "rate",
    "reasons_for",
    "rules",
    "set_reasons",
    "use",
    "wanted",
]
