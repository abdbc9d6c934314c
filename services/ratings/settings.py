"""How often and how long people are asked, in one place."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class RatingSettings(BaseModel):
    """Rhythm of ratings. Days are domain time."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    pause_days: int = Field(7, ge=0, description="a person is not asked again within")
    change_days: int = Field(7, ge=0, description="a rating may be changed for")
    low_score: int = Field(3, ge=1, le=5, description="reasons are asked for at or below")
    follow_up_score: int = Field(2, ge=0, le=5, description="a follow-up is offered at or below")


_current = RatingSettings()


def use(settings: RatingSettings) -> None:
    """Set the process's settings; called once at start."""
    global _current  # noqa: PLW0603 - one process has one set of rules, as it has one clock
    _current = settings


def rules() -> RatingSettings:
    """The settings in use."""
    return _current
