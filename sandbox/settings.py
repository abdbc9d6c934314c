"""Settings of the sandbox: one frozen model, filled from SANDBOX_* variables or by the caller."""

from __future__ import annotations

import json
import secrets
from pathlib import Path
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, Field
from pydantic_settings import BaseSettings, SettingsConfigDict

AGENCIES: Final = ("hrss", "nhsa")
BANK_NAMES: Final = {"icbc": "工商银行", "ccb": "建设银行", "qlb": "齐鲁银行"}


class Delays(BaseModel):
    """Seconds (sandbox clock) that an application stays in a state before the next; 0 = by hand."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    reviewing: float = Field(0, ge=0)
    origin_asked: float = Field(0, ge=0)
    origin_sent: float = Field(0, ge=0)
    making: float = Field(0, ge=0)
    collectable: float = Field(0, ge=0)
    collected: float = Field(0, ge=0)
    social_enabled: float = Field(0, ge=0)
    financial_activated: float = Field(0, ge=0)


class CallbackSettings(BaseModel):
    """How the bureau delivers its callbacks. Times are real seconds."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    backoff_first: float = Field(1.0, gt=0)
    backoff_max: float = Field(60.0, gt=0)
    timeout: float = Field(5.0, gt=0)
    hold: float = Field(30.0, ge=0, description="longest wait of an out-of-order callback")
    batch: int = Field(32, ge=1)


class DueDays(BaseModel):
    """Calendar days that the bureau promises (or allows) for a state: the `due` it tells."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    reviewing: int = Field(5, ge=0)
    returned: int = Field(30, ge=0)
    making: int = Field(20, ge=0)


class SandboxSettings(BaseSettings):
    """Everything that may be set. Tokens left empty are made once, in `data`/secrets.json."""

    model_config = SettingsConfigDict(env_prefix="SANDBOX_", env_nested_delimiter="__", frozen=True)

    data: Path = Path("var/sandbox")
    bureau_token: str = ""
    bank_tokens: dict[str, str] = Field(default_factory=dict)
    agency_tokens: dict[str, str] = Field(default_factory=dict, description="by agency: hrss, nhsa")
    hr_token: str = Field("", description="what a client shows the HR system")
    admin_token: str = ""
    callback_secret: str = ""
    clock_secret: str = ""
    banks: dict[str, str] = Field(default_factory=lambda: dict(BANK_NAMES))
    regions: list[str] = Field(default_factory=list, description="served; empty: every region")
    delays: Delays = Delays()
    due_days: DueDays = DueDays()
    callbacks: CallbackSettings = CallbackSettings()
    seal_after_days: int = Field(180, ge=0, description="collectable to sealed; 0 = never")
    hidden_fault_rate: float = Field(0.0, ge=0, le=1, description="returns no check can foresee")
    hidden_fault_seed: int = 1
    poll_seconds: float = Field(0.25, gt=0, description="real pause of the background loops")
    max_body_bytes: int = Field(24 * 1024 * 1024, gt=0)
    company_dir: Path | None = Field(None, description="sample pictures that the panel may show")
    open_panel: bool = Field(False, description="panel without its token: loopback demo only")
    hang_seconds: float = Field(60.0, gt=0, description="how long a timeout fault keeps silent")


class Secrets(BaseModel):
    """The tokens in use after defaults have been made."""

    model_config = ConfigDict(frozen=True)

    bureau_token: str
    bank_tokens: dict[str, str]
    agency_tokens: dict[str, str]
    hr_token: str
    admin_token: str
    callback_secret: str
    clock_secret: str


def load_secrets(settings: SandboxSettings) -> Secrets:
    """Takes the tokens from the settings, else from `data`/secrets.json, which is made (0600) when
    something is missing, so that a restarted sandbox is still known to its clients."""
    settings.data.mkdir(parents=True, exist_ok=True)
    path = settings.data / "secrets.json"
    kept: dict[str, Any] = json.loads(path.read_text("utf-8")) if path.exists() else {}
    kept_banks = kept.get("bank_tokens", {})
    values = {
        name: getattr(settings, name) or kept.get(name) or secrets.token_urlsafe(24)
        for name in ("bureau_token", "hr_token", "admin_token", "callback_secret", "clock_secret")
    }
    banks = {
        code: settings.bank_tokens.get(code) or kept_banks.get(code) or secrets.token_urlsafe(24)
        for code in settings.banks
    }
    kept_agencies = kept.get("agency_tokens", {})
    agencies = {
        code: settings.agency_tokens.get(code)
        or kept_agencies.get(code)
        or secrets.token_urlsafe(24)
        for code in AGENCIES
    }
    found = Secrets(bank_tokens=banks, agency_tokens=agencies, **values)
    if found.model_dump() != kept:
        path.touch(mode=0o600, exist_ok=True)
        path.write_text(found.model_dump_json(indent=1), "utf-8")
    return found
