"""Which paper proves who applies for a card: by kind of person and region, each rule with its fact.

A region inherits from its province, a province from the country. What no level says of a kind of
person is not taken: somebody asks the bureau first.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import Any, Literal, Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, model_validator

from knowledge import regions
from knowledge.facts import DATA, Fact, fact
from knowledge.profiles import NATION

People = Literal["mainland", "hmt", "foreign"]
"""Citizens with a mainland household; residents of Hong Kong, Macao and Taiwan; foreigners."""

ID_CARD = "id_card"
"""The usual paper: both sides of the resident identity card."""


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Paper(_Frozen):
    """One paper: the kinds of document that show it, and the field that is its holder's number."""

    kinds: tuple[str, ...]
    number: Literal["id_number", "passport_number"]


class IdentityRule(_Frozen):
    """What a region says of a kind of person.

    Args:
        take: papers that may be handed in, the usual one first.
        window: they are served at the counter only.
        assumed: what was assumed beyond the fact, in a sentence.
    """

    region: str
    people: People
    fact_id: str = Field(alias="fact")
    take: tuple[str, ...] = ()
    window: bool = False
    matters: tuple[str, ...] = ()
    assumed: str | None = None

    @model_validator(mode="after")
    def _one(self) -> Self:
        if bool(self.take) == self.window:
            raise ValueError("either take or window")
        return self

    @property
    def fact(self) -> Fact:
        """The fact behind the rule."""
        return fact(self.fact_id)


@cache
def _raw() -> Mapping[str, Any]:
    loaded: Mapping[str, Any] = yaml.safe_load((DATA / "identities.yaml").read_text("utf-8"))
    return loaded


@cache
def papers() -> Mapping[str, Paper]:
    """Every paper by its code."""
    found = {name: Paper.model_validate(raw) for name, raw in _raw()["papers"].items()}
    return MappingProxyType(found)


@cache
def identity_rules() -> tuple[IdentityRule, ...]:
    """All rules. Raises ``UnknownFactError`` or ``ValueError`` when one names no fact or paper."""
    found = tuple(IdentityRule.model_validate(raw) for raw in _raw()["rules"])
    for rule in found:
        fact(rule.fact_id)
        unknown = set(rule.take) - set(papers())
        if unknown:
            raise ValueError(f"unknown papers: {sorted(unknown)}")
    return found


@cache
def paper_of(kind: str) -> str | None:
    """The paper that a kind of document shows; None for a portrait, a hukou page …"""
    return next((name for name, paper in papers().items() if kind in paper.kinds), None)


def identity_rule(region: str, people: People, matter: str) -> IdentityRule | None:
    """The rule for such a person's matter; None where no level says anything.

    Raises :class:`knowledge.regions.UnknownRegionError` for an unknown code.
    """
    levels = regions.ancestors(region) if region != NATION else (NATION,)
    for level in levels:
        own = [each for each in identity_rules() if (each.region, each.people) == (level, people)]
        special = [each for each in own if matter in each.matters]
        general = [each for each in own if not each.matters]
        if special or general:
            return (special + general)[0]
    return None
