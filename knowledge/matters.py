"""What can be done about a card, as data: its papers, reasons and checks, and the regions' rules.

A rule is a value that names the fact it rests on; a region inherits from its province, a province
from the country. A rule that no level knows does not exist: nothing is assumed in its place.
"""

from __future__ import annotations

import calendar
from collections.abc import Mapping
from datetime import date, timedelta
from functools import cache
from types import MappingProxyType
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field

from knowledge import regions
from knowledge.facts import DATA, fact
from knowledge.profiles import NATION, Sourced


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Reason(_Frozen):
    """Why a matter is asked for, and what that calls for.

    Args:
        card: states of the existing card in which the reason can hold.
        needs_report: a loss report must be in force.
        window: only from some time before the card's date (`renew_from_*`).
        waits: only some time after the last card (`bank_change_*`).
        previous: the field of the ID card that has changed.
        only_where: the region's rule without which the reason does not exist.
    """

    topic: str
    fact: str
    card: tuple[str, ...]
    needs_report: bool = False
    window: bool = False
    waits: bool = False
    previous: Literal["name", "id_number"] | None = None
    only_where: str | None = None


class Kind(_Frozen):
    """One kind of application. The keys are explained in docs/cards.md."""

    lane: str
    papers: tuple[str, ...] | Mapping[str, tuple[str, ...]]
    bank: Literal["choose", "keep", "none"]
    expects: Literal["none", "one", "any"]
    topic: str
    checked: bool = True
    makes_card: bool = False
    at_once: bool = False
    confirm_twice: bool = False
    reasons: Mapping[str, Reason] = Field(default_factory=dict)

    def papers_for(self, reason: str | None) -> tuple[str, ...]:
        """The documents of the submission."""
        if isinstance(self.papers, Mapping):
            return self.papers.get(reason or "", ())
        return self.papers

    def reasons_in(self, region: str) -> tuple[str, ...]:
        """The reasons that exist in a region."""
        return tuple(
            name
            for name, reason in self.reasons.items()
            if reason.only_where is None or rule(region, reason.only_where) is not None
        )


@cache
def _raw() -> Mapping[str, Any]:
    loaded: Mapping[str, Any] = yaml.safe_load((DATA / "matters.yaml").read_text("utf-8"))
    return loaded


@cache
def kinds() -> Mapping[str, Kind]:
    """Every kind by its code. Raises ``UnknownFactError`` when a reason names no fact."""
    found = {name: Kind.model_validate(raw) for name, raw in _raw()["kinds"].items()}
    for each in found.values():
        for reason in each.reasons.values():
            fact(reason.fact)
    return MappingProxyType(found)


def lane_of(kind: str) -> str:
    """The lane of a kind; one that is only kept, not run, has a lane of its own."""
    found = kinds().get(kind)
    return found.lane if found else kind


@cache
def rules() -> Mapping[str, Mapping[str, Sourced]]:
    """The values that each region itself states."""
    found: dict[str, Mapping[str, Sourced]] = {}
    for raw in _raw()["rules"]:
        region = raw["region"]
        found[region] = {
            name: Sourced(value=pair["value"], region=region, fact_id=fact(pair["fact"]).id)
            for name, pair in raw["values"].items()
        }
    return MappingProxyType(found)


@cache
def rule(region: str, name: str) -> Sourced | None:
    """A rule of a region or of the nearest level above it that has one.

    Raises :class:`knowledge.regions.UnknownRegionError` for an unknown code.
    """
    levels = regions.ancestors(region) if region != NATION else (NATION,)
    return next((rules()[lv][name] for lv in levels if name in rules().get(lv, {})), None)


def period(region: str, name: str) -> Sourced | None:
    """The rule `<name>_days` or `<name>_months`, whichever the nearer level has."""
    found = [each for unit in ("days", "months") if (each := rule(region, f"{name}_{unit}"))]
    levels = list(regions.ancestors(region))
    return min(found, key=lambda each: levels.index(each.region), default=None)


def moved(day: date, region: str, name: str, *, back: bool = False) -> date | None:
    """A day moved by the rule's period, forward or back; None where there is no such rule."""
    found = period(region, name)
    if found is None:
        return None
    amount = int(found.value) * (-1 if back else 1)
    if rule(region, f"{name}_days") == found:
        return day + timedelta(days=amount)
    index = day.year * 12 + day.month - 1 + amount
    year, month = divmod(index, 12)
    last = calendar.monthrange(year, month + 1)[1]
    return date(year, month + 1, min(day.day, last))
