"""Thresholds of understanding and answering; ``bot/settings.py`` composes this class."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class AskSettings(BaseModel):
    """When a question is answered, asked back or refused. Scores are those of the classifier."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    near_exact: float = Field(97, description="rapidfuzz ratio from which a wording counts as said")
    did_you_mean: float = Field(75, description="rapidfuzz ratio from which a wording is suggested")
    answer_score: float = Field(0.22, description="lowest score of an outright answer")
    answer_margin: float = Field(0.14, description="lowest lead over the second topic")
    offer_score: float = Field(0.13, description="lowest score of a topic that is offered")
    out_of_scope_lead: float = Field(0.08, description="lead from which out-of-scope is believed")
    doubt_lead: float = Field(-0.15, description="lead from which out-of-scope forbids an answer")
    second_intent: float = Field(0.30, description="score from which a second question is answered")
    most_offered: int = Field(3, description="topics offered at most")
    most_notes: int = Field(3, description="notes shown at most")
    policy_stale_days: int = Field(31, description="days after which a check is due again")
