"""Limits of signing in to the console."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class ConsoleSettings(BaseModel):
    """What the room `console` can be tuned with."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    url: str = Field("", description="where browsers reach us; empty: `public_url`, or host:port")
    link_minutes: float = Field(10, gt=0, description="a sign-in link lives so long, minutes")
    links_per_hour: int = Field(6, ge=1, description="sign-in links of one person in an hour")
    idle_minutes: float = Field(
        30, gt=0, description="a session ends after so long unused, minutes"
    )
    session_hours: float = Field(10, gt=0, description="a session ends after so long, hours")
    page_size: int = Field(50, ge=5, le=500, description="rows on a page of a list")
    upload_bytes: int = Field(
        20 * 1024 * 1024, ge=1024, description="largest file that the console takes, bytes"
    )
    live_seconds: float = Field(1.0, gt=0, description="a live page looks for news, seconds")
