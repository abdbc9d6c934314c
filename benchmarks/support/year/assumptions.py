"""What a simulated year takes for granted: files in which every value has its reason."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Self

import yaml
from pydantic import BaseModel, ConfigDict, model_validator

FOLDER = Path(__file__).resolve().parents[1] / "assumptions"
NAMES = tuple(sorted(path.stem for path in FOLDER.glob("*.yaml")))
Days = tuple[int, int]


class Assumptions(BaseModel):
    """One file's values; what each means, and why it is so, stands in the file."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    joiners: float
    movers: float
    leavers: float
    tries_again: float
    has_card_here: float
    has_card_elsewhere: float
    unregistered: float
    banks_connected: int
    portrait: dict[str, float]
    id_side: dict[str, float]
    better_again: float
    sends_again: float
    takes_mended: float
    expired_id: float
    renewal_days: int
    typing_wrong: float
    corrects_doubt: float
    leaves_off: float
    comes_back: float
    comes_when_reminded: float
    review_days: Days
    making_days: Days
    hidden_fault: float
    outage_days: float
    flaky_days: float
    mends_within_days: Days
    collects: float
    collects_when_reminded: float
    asks_when_silent: float
    silence_days: int
    insists_on_person: float
    hr_looks_days: int
    mover_asks_card: float
    wants_transfer: float
    asks_transfer_days: Days
    origin_stops_days: Days
    destination_starts_days: Days
    arrears: float
    arrears_days: Days
    origin_elsewhere: float
    names_wrong_origin: float
    word_is_right: float
    clerk_returns_unreadable: float
    origin_days: Days
    minutes_status: float
    minutes_return: float
    minutes_other: float
    minutes_filing: float
    yuan_card: float
    yuan_hr_hour: float

    @model_validator(mode="after")
    def _whole(self) -> Self:
        for name in ("portrait", "id_side"):
            if abs(sum(getattr(self, name).values()) - 1) > 1e-6:
                raise ValueError(f"the shares of {name} do not add up to 1")
        for name, value in self:
            if isinstance(value, tuple) and not 0 <= value[0] <= value[1]:
                raise ValueError(f"{name}: least and most")
        return self

    @classmethod
    def load(cls, name: str) -> Self:
        """The set of that name, or a YAML file of one's own.

        Raises:
            FileNotFoundError: there is no such set.
            ValidationError: a value is missing, unknown or out of range.
        """
        path = Path(name) if name.endswith(".yaml") else FOLDER / f"{name}.yaml"
        raw: dict[str, dict[str, Any]] = yaml.safe_load(path.read_text("utf-8"))
        return cls(name=path.stem, **{key: each["value"] for key, each in raw.items()})
