"""What the HR desk can be tuned with."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr


class MailSettings(BaseModel):
    """Where e-mail to officers goes out. No host: no e-mail."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    host: str = Field("", description="SMTP server; empty: no e-mail")
    port: int = Field(587, ge=1, le=65535, description="its port")
    username: str = Field("", description="its user; empty: none")
    password: SecretStr | None = Field(None, description="the user's password")
    security: Literal["starttls", "tls", "none"] = Field(
        "starttls", description="starttls, tls or none"
    )
    sender: str = Field("", description="From address")
    timeout_seconds: float = Field(20, gt=0, description="patience with the server")


class HookSettings(BaseModel):
    """Where changes of cases are reported, so that a company's own desk can take over."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    url: str = Field("", description="gets a signed POST for each change; empty: none")
    secret: SecretStr | None = Field(None, description="signs both ways, 16 characters or more")
    words: bool = Field(False, description="send what is written too, not only that it was")
    timeout_seconds: float = Field(10, gt=0, description="patience with the other desk")


class DeskSettings(BaseModel):
    """Thresholds of cases, assignment, promises and notices."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    reopen_days: int = Field(7, ge=0, description="a real question opens a resolved case again")
    capacity: int = Field(20, ge=1, description="cases of one officer, unless their profile says")
    offer_minutes: int = Field(
        15, ge=1, description="business minutes until the next in line is asked"
    )
    offers_before_manager: int = Field(2, ge=1, description="officers asked before the manager")
    bundle_minutes: float = Field(3, ge=0, description="notices to an officer are collected")
    not_understood: int = Field(2, ge=1, description="questions in a row until a person is offered")
    look_up_days: int = Field(
        5, ge=1, description="days after which HR looks up again what was filed by hand"
    )
    look_ups_a_day: int = Field(
        20, ge=1, description="looked up in a day, of an employer's workbooks without a result"
    )
    hours_file: Path | None = Field(None, description="opening hours instead of our own file")
    sla_file: Path | None = Field(None, description="promises instead of our own file")
    replies_file: Path | None = Field(None, description="quick replies instead of our own file")

    mail: MailSettings = MailSettings.model_validate({})
    hook: HookSettings = HookSettings.model_validate({})


_current = DeskSettings.model_validate({})


def use(settings: DeskSettings) -> None:
    """Set the process's settings; called once at start, before any verb."""
    global _current  # noqa: PLW0603 - one process has one set of rules, as it has one clock
    _current = settings


def rules() -> DeskSettings:
    """The settings in use."""
    return _current
