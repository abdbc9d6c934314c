"""Whose policies are taken, who keeps them, and how gaps are grouped."""

from __future__ import annotations

from datetime import time

from pydantic import BaseModel, ConfigDict, Field


class PolicySettings(BaseModel):
    """What the rooms `policies` and `gaps` can be tuned with. Days and hours are domain time."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    trusted_keys: tuple[str, ...] = Field(
        (), description="Ed25519 public keys (base64) whose bundles are taken; `policies key`"
    )
    max_bundle_bytes: int = Field(16 * 2**20, ge=1, description="largest bundle, unpacked")
    keepers: dict[str, str] = Field(
        {}, description="a keeper's name in the files and the staff number of the officer behind it"
    )
    local_topics: tuple[str, ...] = Field(
        ("first-issue", "bank-choice", "replace-lost", "fee", "pickup"),
        description="topics that every region with employees should have an entry of its own for",
    )
    worklist_day: int = Field(1, ge=1, le=28, description="day of the month of the worklist")
    worklist_at: time = Field(time(9, 0), description="its hour, Asia/Shanghai")
    follow_up_minutes: float = Field(30, gt=0, description="a question may follow the one before")
    gap_likeness: float = Field(78, ge=0, le=100, description="rapidfuzz ratio of one gap")
    serve_likeness: float = Field(
        88, ge=0, le=100, description="rapidfuzz ratio from which HR's answer is given"
    )
    question_days: int = Field(365, ge=1, description="how long questions and answers are kept")
