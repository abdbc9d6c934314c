"""Who handles what and where: partner banks, hotlines, the way on foot, card words."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict

from knowledge import regions
from knowledge.facts import DATA

NATION = "000000"


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Bank(_Frozen):
    """A bank: its code in gateways and the name that people read."""

    code: str
    name: str


class PartnerBanks(_Frozen):
    """Banks that issue a region's card; ``complete`` is false where the source says 等."""

    region: str
    banks: tuple[Bank, ...]
    complete: bool
    fact_id: str


class Channel(_Frozen):
    """An app, a site or a counter of an agency."""

    name: str
    kind: str
    address: str | None
    fact: str


class Agency(_Frozen):
    """One of the three desks: 人社 ``hrss``, 医保局 ``nhsa``, 税务 ``tax``."""

    code: str
    name: str
    handles: tuple[str, ...]
    hotline: str
    hotline_fact: str
    channels: tuple[Channel, ...]


class OfflineWay(_Frozen):
    """Where to go and what to bring, and whose rule each is."""

    region: str
    where: str
    where_region: str
    where_fact: str
    bring: tuple[str, ...]
    bring_region: str
    bring_fact: str


class CardWord(_Frozen):
    """A card state: its code in gateways, its word, whether a valid card stands in the way."""

    code: str
    word: str
    blocks: bool
    next: str
    fact: str


def _load(name: str) -> Any:
    return yaml.safe_load((DATA / name).read_text(encoding="utf-8"))


@cache
def banks() -> Mapping[str, Bank]:
    """Every bank that the data names, by code."""
    return MappingProxyType(
        {code: Bank(code=code, name=name) for code, name in _load("banks.yaml")["names"].items()}
    )


@cache
def _partner_lists() -> Mapping[str, PartnerBanks]:
    return MappingProxyType(
        {
            raw["region"]: PartnerBanks(
                region=raw["region"],
                banks=tuple(banks()[code] for code in raw["banks"]),
                complete=raw["complete"],
                fact_id=raw["fact"],
            )
            for raw in _load("banks.yaml")["regions"]
        }
    )


def partner_banks(region: str) -> PartnerBanks | None:
    """The banks of a region or of the level above it; ``None`` where no list is known.

    Raises :class:`knowledge.regions.UnknownRegionError` for an unknown code.
    """
    lists = _partner_lists()
    return next((lists[level] for level in regions.ancestors(region) if level in lists), None)


def bank_name(code: str) -> str:
    """The name of a bank; an unknown code stands for itself."""
    found = banks().get(code)
    return found.name if found else code


@cache
def agencies() -> Mapping[str, Agency]:
    """The three desks by code."""
    found = [Agency.model_validate(raw) for raw in _load("agencies.yaml")]
    return MappingProxyType({agency.code: agency for agency in found})


@cache
def offline_way(region: str | None = None) -> OfflineWay:
    """The way on foot for a region, each part from the nearest level that knows it."""
    levels = regions.ancestors(region) if region and region != NATION else (NATION,)
    entries = {raw["region"]: raw for raw in _load("offline.yaml")}
    place = next(lv for lv in levels if "where" in entries.get(lv, {}))
    papers = next(lv for lv in levels if "bring" in entries.get(lv, {}))
    return OfflineWay(
        region=levels[0],
        where=entries[place]["where"],
        where_region=place,
        where_fact=entries[place]["where_fact"],
        bring=tuple(entries[papers]["bring"]),
        bring_region=papers,
        bring_fact=entries[papers]["bring_fact"],
    )


@cache
def card_words() -> Mapping[str, CardWord]:
    """Card states by code."""
    words = [CardWord.model_validate(raw) for raw in _load("card_status.yaml")]
    return MappingProxyType({word.code: word for word in words})


def card_word(code: str) -> str:
    """The word for a card state; an unknown code stands for itself."""
    found = card_words().get(code)
    return found.word if found else code
