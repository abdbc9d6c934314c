"""Limits of binding, invitations and keeping, in one place."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class PeopleSettings(BaseModel):
    """What the rooms `people` and `privacy` can be tuned with."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    invitation_days: int = Field(14, ge=1, description="an invitation code lives so long, days")
    code_bytes: int = Field(24, ge=16, le=48, description="random bytes of a code (16 = 128 bits)")
    bind_tries: int = Field(5, ge=1, description="failed tries of one account in the window")
    bind_tries_total: int = Field(200, ge=1, description="failed tries of all accounts together")
    bind_window_minutes: int = Field(60, ge=1, description="length of that window, minutes")
    rebind_tries: int = Field(3, ge=1, description="wrong answers before HR must help")
    rebind_window_hours: int = Field(24, ge=1, description="wrong answers are remembered, hours")
    company_name: str = Field("", description="shown on invitations; empty: the employer's name")
    company_contact: str = Field("", description="who answers questions on personal data")
    picture_days: int = Field(30, ge=1, description="ID pictures go so long after closing, days")
    record_years: int = Field(3, ge=3, description="records of processing are kept, years")
    leaver_years: int = Field(2, ge=2, description="a leaver's roster entry is kept, years")
    export_hours: float = Field(24.0, gt=0, description="an exported archive is kept, hours")
    orphan_hours: float = Field(
        24.0, gt=0, description="a file without a row is swept after, hours"
    )
