"""Which region asks which bureau, which banks have an interface, and how patient we are."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr, model_validator

from services.gateways.contract import DocumentType


class ConnectorSettings(BaseModel):
    """One bureau, bank or agency, and of what kind its connector is."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["http", "manual", "batch"] = Field(
        "http",
        description="manual: there is no interface; batch: a bureau that takes files",
    )
    base_url: str = Field("", description="without the trailing /v1/…")
    token: SecretStr = Field(SecretStr(""), description="bearer token that we show")
    kinds: tuple[str, ...] = Field(
        ("first", "replacement", "bank_change", "loss_report", "cancellation"),
        description="applications that a bureau takes here; the others go by hand",
    )
    papers: tuple[DocumentType, ...] = Field(
        ("id_card",),
        description="papers of applicants that the interface knows (contract 1.1); others by hand",
    )

    @model_validator(mode="after")
    def _http_has_an_address(self) -> Self:
        if self.kind == "http" and not self.base_url.startswith(("http://", "https://")):
            raise ValueError("an http connector needs a base_url")
        return self


class AgencySettings(ConnectorSettings):
    """An agency's window for insurance relations and the places it is for."""

    agency: Literal["hrss", "nhsa"] = Field(description="hrss 人社, nhsa 医保局")
    regions: tuple[str, ...] = Field(description="region code prefixes; the longest wins")


class GatewaySettings(BaseModel):
    """Settings of all connectors. Seconds are real time."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    bureaus: dict[str, ConnectorSettings] = Field(default_factory=dict, description="by own name")
    regions: dict[str, str] = Field(
        default_factory=dict, description="region code prefix to bureau name; the longest wins"
    )
    banks: dict[str, ConnectorSettings] = Field(default_factory=dict, description="by bank code")
    agencies: tuple[AgencySettings, ...] = Field(
        (), description="windows that move insurance relations; elsewhere they go by hand"
    )
    hr: ConnectorSettings = Field(
        ConnectorSettings(kind="manual"), description="the HR system that tells of staff changes"
    )
    callback_url: str | None = Field(
        None, description="where the bureau reports states; else polls"
    )
    callback_secret: SecretStr | None = None
    callback_window_seconds: int = Field(300, gt=0, description="age at which a callback is old")
    deadline_seconds: float = Field(20.0, gt=0, description="one call with all its retries")
    attempt_seconds: float = Field(8.0, gt=0, description="one attempt of a call")
    attempts: int = Field(3, ge=1, description="of calls that may be repeated")
    backoff_seconds: float = Field(0.4, ge=0, description="first pause; doubles, with jitter")
    breaker_failures: int = Field(5, ge=1, description="failed attempts in a row that open it")
    breaker_seconds: float = Field(30.0, gt=0, description="how long it stays open")
    max_answer_bytes: int = Field(2 * 1024 * 1024, gt=0)

    @model_validator(mode="after")
    def _regions_name_bureaus(self) -> Self:
        for prefix, name in self.regions.items():
            if name not in self.bureaus:
                raise ValueError(f"region prefix {prefix} names an unknown bureau")
            if not prefix.isdigit() or len(prefix) > 6:
                raise ValueError("a region prefix is one to six digits")
        return self
