"""Targets, thresholds and weights of the measures, in one place."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field


class MeasureSettings(BaseModel):
    """What the room `measures` can be tuned with. Workdays are statutory ones."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    submit_workdays: int = Field(
        3, ge=0, description="a first card is to be submitted within, after the hire date"
    )
    hire_days: int = Field(
        90,
        ge=1,
        description="an application belongs to a hire within so many days",
    )
    tell_hours: float = Field(
        24, gt=0, description="a change of state is to be told to the employee within"
    )
    contact_hours: float = Field(
        72, gt=0, description="calling for HR within this after an answer: it did not help"
    )
    smallest_group: int = Field(
        5, ge=2, description="ratings of fewer people are never shown, also not by subtraction"
    )
    confidence: float = Field(0.95, gt=0.5, lt=1, description="of the intervals beside figures")
    significance: float = Field(0.05, gt=0, lt=0.5, description="a difference is said to be real")
    enough: int = Field(20, ge=2, description="below this sample no difference is called real")
    training_sample: int = Field(10, ge=2, description="smallest sample of a training need")
    training_rate: float = Field(
        0.15, gt=0, lt=1, description="share returned for one topic that suggests training"
    )
    alike: float = Field(
        50, gt=0, le=100, description="likeness from which two sentences of ratings are one group"
    )
    recheck_days: int = Field(60, ge=1, description="a confirmed training need is checked after")
    report_hour: int = Field(
        9, ge=0, le=23, description="hour of the monthly summary on the first workday, China"
    )
    refresh_seconds: float = Field(5, gt=0, description="between looks for what has happened")
    refresh_batch: int = Field(500, ge=1, description="matters recomputed in one transaction")
    fonts_dir: Path = Field(
        Path("var/bot/fonts"), description="the face of charts is kept here; may be thrown away"
    )
    weights: dict[str, float] = Field(
        default_factory=lambda: {
            "timeliness": 0.25,
            "return_rate": 0.25,
            "progress_officer": 0.15,
            "first_response": 0.15,
            "resolution": 0.2,
        },
        description="parts of an officer's score; they are divided by their sum",
    )
    targets: dict[str, float] = Field(
        default_factory=lambda: {
            "timeliness": 0.95,
            "return_rate": 0.05,
            "progress_bot": 0.99,
            "progress_officer": 0.85,
            "cross_region_rejection": 0.05,
            "time_to_card": 30,
            "first_response": 240,
            "resolution": 960,
            "reopened": 0.1,
            "deflection_confirmed": 0.4,
            "satisfaction": 4.2,
        },
        description="used while no target is set for the period (rates, workdays, minutes, score)",
    )


_current = MeasureSettings.model_validate({})


def use(settings: MeasureSettings) -> None:
    """Set the process's settings; called once at start."""
    global _current  # noqa: PLW0603 - one process has one set of rules, as it has one clock
    _current = settings


def rules() -> MeasureSettings:
    """The settings in use."""
    return _current
