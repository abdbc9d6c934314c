"""What the outside answered, as values that fit into a task's result."""

from __future__ import annotations

from typing import Any, Literal, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict

from services.gateways.contract import (
    CardRecord,
    OpenApplication,
    Receipt,
    StateAnswer,
)

BUREAU = "bureau"
OFFICER = "officer"


class _Value(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    def as_json(self) -> dict[str, Any]:
        """A JSON value; it holds personal data, so keep it in encrypted columns only."""
        return self.model_dump(mode="json")

    @classmethod
    def from_json(cls, data: Any) -> Self:
        """The opposite of `as_json`."""
        return cls.model_validate(data)


class Answer(_Value):
    """What one source said in a duplicate check.

    Args:
        source: `bureau`, a bank's code, or `officer`.
        detail: the kind of failure, never its content.
    """

    source: str
    outcome: Literal["answered", "no_connector", "unavailable", "misbehaved", "rejected"]
    as_of: AwareDatetime | None = None
    cards: tuple[CardRecord, ...] = ()
    open_applications: tuple[OpenApplication, ...] = ()
    detail: str | None = None

    @property
    def failed(self) -> bool:
        """A connected source gave nothing that can be used."""
        return self.outcome in ("unavailable", "misbehaved", "rejected")


class SubmitResult(_Value):
    """What became of handing in one revision."""

    outcome: Literal["received", "duplicate", "unavailable", "rejected", "manual", "by_file"]
    revision: int
    receipt: Receipt | None = None
    cards: tuple[CardRecord, ...] = ()
    open_applications: tuple[OpenApplication, ...] = ()
    code: str | None = None
    field: str | None = None
    retry_after: float | None = None


class State(StateAnswer):
    """An application's whole history as a poll brings it."""

    def as_json(self) -> dict[str, Any]:
        """A JSON value."""
        return self.model_dump(mode="json")

    @classmethod
    def from_json(cls, data: Any) -> State:
        """The opposite of `as_json`."""
        return cls.model_validate(data)
