"""Limits and rhythms of applications, in one place."""

from __future__ import annotations

from datetime import time

from pydantic import BaseModel, ConfigDict, Field


class ApplicationSettings(BaseModel):
    """What the room `applications` can be tuned with. Days and hours are domain time."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    check_fresh_minutes: int = Field(30, ge=1, description="a duplicate check by connectors holds")
    evidence_fresh_hours: int = Field(72, ge=1, description="an officer's confirmed evidence holds")
    retry_minutes: tuple[float, ...] = Field(
        (1, 3, 10, 30, 60),
        min_length=1,
        description="pauses while an interface is down; last stays",
    )
    escalate_after_attempts: int = Field(6, ge=1, description="then HR hears of the outage")
    tries_before_escalation: int = Field(2, ge=1, description="unreadable pictures of one kind")
    fields_to_type: int = Field(2, ge=0, description="unreadable fields that a person types")
    retakes_before_typing: int = Field(
        1, ge=0, description="refused pictures of an identity paper before its gaps may be typed"
    )
    poll_minutes: float = Field(60, gt=0, description="between polls of a running application")
    poll_slow_minutes: float = Field(1440, gt=0, description="the same while the person must act")
    # Where the bureau names no day, the national rules are assumed:
    # review 10 workdays (fact 000000-card_apply-01), making 30 (000000-card_apply-02).
    review_workdays: int = Field(10, ge=1, description="a review takes at most")
    make_workdays: int = Field(30, ge=1, description="a card is made within")
    submit_workdays: int = Field(3, ge=1, description="a new hire is handed in within")
    newhire_days: int = Field(45, ge=1, description="days after hire in which HR's watch lists")
    remind_at: time = Field(time(10, 0), description="hour of reminders, Asia/Shanghai")
    half_done_days: tuple[int, ...] = Field((1, 3, 7), description="after the last step")
    collect_days: tuple[int, ...] = Field((3, 10, 20), description="after the card is ready")
    seal_before_days: tuple[int, ...] = Field((30, 7, 1), description="before the card is sealed")
    lapse_before_days: tuple[int, ...] = Field(
        (3, 1), description="before a temporary loss report lapses"
    )
    code_tries: int = Field(5, ge=1, description="wrong collection codes an officer has an hour")
    overdue_days: tuple[int, ...] = Field(
        (1, 8, 15), description="after a transfer's deadline: the desk is chased"
    )
    enable_days: tuple[int, ...] = Field((2, 7, 21), description="after it was collected")
    activate_days: tuple[int, ...] = Field((4, 14, 28), description="after it was collected")


_current = ApplicationSettings()


def use(settings: ApplicationSettings) -> None:
    """Set the process's settings; called once at start, before any verb."""
    global _current  # noqa: PLW0603 - one process has one set of rules, as it has one clock
    _current = settings


def rules() -> ApplicationSettings:
    """The settings in use."""
    return _current
