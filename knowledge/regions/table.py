"""The division table: codes to regions, regions to their province, pairs to their relation."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path
from types import MappingProxyType

HERE = Path(__file__).parent

NATION = "000000"
"""Stands for the whole country in policies and facts; GB/T 2260 itself has no such code."""

PEOPLES = tuple(
    [
        "朝鲜族",
        "土家族",
        "苗族",
        "藏族",
        "羌族",
        "彝族",
        "布依族",
        "侗族",
        "哈尼族",
        "壮族",
        "傣族",
        "白族",
        "景颇族",
        "傈僳族",
        "回族",
        "蒙古族",
        "蒙古",
        "哈萨克族",
        "哈萨克",
        "柯尔克孜",
        "满族",
        "瑶族",
        "仡佬族",
        "水族",
        "畲族",
        "黎族",
        "拉祜族",
        "佤族",
        "布朗族",
        "纳西族",
        "普米族",
        "怒族",
        "独龙族",
        "东乡族",
        "保安族",
        "撒拉族",
        "土族",
        "裕固族",
        "毛南族",
        "仫佬族",
        "各族",
        "达斡尔族",
        "鄂温克族",
        "锡伯",
        "塔吉克",
        "维吾尔",
    ]
)
ENDINGS = tuple(
    [
        "特别行政区",
        "自治区",
        "自治州",
        "自治县",
        "自治旗",
        "新区",
        "地区",
        "林区",
        "矿区",
        "省",
        "市",
        "区",
        "县",
        "盟",
        "旗",
    ]
)
MUNICIPALITIES = frozenset({"110000", "120000", "310000", "500000"})


class UnknownRegionError(LookupError):
    """Raised for a code that is neither a current division nor a known former one."""


class Level(StrEnum):
    """Administrative level of a region."""

    PROVINCE = "province"
    CITY = "city"
    COUNTY = "county"


class Relation(StrEnum):
    """How two places stand to each other; it decides what a move means for the card."""

    SAME = "same"
    SAME_CITY = "same_city"
    SAME_PROVINCE = "same_province"
    CROSS_PROVINCE = "cross_province"


@dataclass(frozen=True, slots=True)
class Region:
    """One current division. ``code`` has six digits; ``parent`` is ``None`` for a province."""

    code: str
    name: str
    level: Level
    parent: str | None

    @property
    def short(self) -> str:
        """The name as people say it: 济南市 → 济南; names that would become one character stay."""
        return short_name(self.name)


def short_name(name: str) -> str:
    """Drop the administrative ending and the peoples of an autonomous area from a name.

    A name of which a single character would remain stays whole (市辖区's 城区, 和县).
    """
    ending = next((e for e in ENDINGS if name.endswith(e) and len(name) - len(e) > 1), "")
    cut = name.removesuffix(ending)
    while people := next((p for p in PEOPLES if cut.endswith(p) and len(cut) - len(p) > 1), None):
        cut = cut.removesuffix(people)
    return cut


@cache
def table() -> Mapping[str, Region]:
    """All current divisions by code (34 provinces, 333 cities, 2847 counties)."""
    with (HERE / "divisions.tsv").open(encoding="utf-8") as lines:
        rows = list(csv.DictReader(lines, delimiter="\t"))
    return MappingProxyType(
        {
            r["code"]: Region(r["code"], r["name"], Level(r["level"]), r["parent"] or None)
            for r in rows
        }
    )


@cache
def former_codes() -> Mapping[str, str]:
    """Retired codes by the current code that took their place."""
    with (HERE / "former_codes.tsv").open(encoding="utf-8") as lines:
        return MappingProxyType(
            {r["code"]: r["current"] for r in csv.DictReader(lines, delimiter="\t")}
        )


def current_code(code: str) -> str:
    """The current six-digit code for a current, former, or 12-digit code; unknown codes pass."""
    digits = code.strip()[:6].ljust(6, "0")
    return digits if digits in table() else former_codes().get(digits, digits)


def find(code: str | None) -> Region | None:
    """The region with this code (a former code gives its successor), or ``None``."""
    return table().get(current_code(code)) if code else None


def get(code: str) -> Region:
    """The region with this code. Raises :class:`UnknownRegionError`."""
    region = find(code)
    if region is None:
        raise UnknownRegionError(f"no division has the code {code!r}")
    return region


def provinces() -> tuple[Region, ...]:
    """The 34 province-level divisions in code order."""
    return tuple(r for r in table().values() if r.level is Level.PROVINCE)


def children(code: str) -> tuple[Region, ...]:
    """Divisions directly below this one (a municipality's districts stand directly below it)."""
    parent = get(code).code
    return tuple(r for r in table().values() if r.parent == parent)


def lineage(code: str) -> tuple[Region, ...]:
    """The region and everything above it, nearest first: 历下区, 济南市, 山东省."""
    chain = [get(code)]
    while chain[-1].parent:
        chain.append(get(chain[-1].parent))
    return tuple(chain)


def ancestors(code: str) -> tuple[str, ...]:
    """Codes from the region up to :data:`NATION`: the order in which rules are inherited."""
    return (*(r.code for r in lineage(code)), NATION)


def province_of(code: str) -> Region:
    """The province of a region (itself, if it is one). Raises :class:`UnknownRegionError`."""
    return lineage(code)[-1]


def city_of(code: str) -> Region:
    """The city that runs a region's insurance: a municipality for its districts, a county
    that stands directly under a province for itself."""
    chain = lineage(code)
    for region in chain:
        if region.level is Level.CITY or region.code in MUNICIPALITIES:
            return region
    return chain[0]


def full_name(code: str) -> str:
    """The name with everything above it: 山东省济南市历下区."""
    return "".join(region.name for region in reversed(lineage(code)))


def same_province(first: str, second: str) -> bool:
    """Whether two regions belong to one province (one valid card per person and province)."""
    return province_of(first) == province_of(second)


def relation(origin: str, destination: str) -> Relation:
    """How two places stand to each other. Raises :class:`UnknownRegionError`."""
    here, there = get(origin), get(destination)
    if here == there:
        return Relation.SAME
    if province_of(here.code) != province_of(there.code):
        return Relation.CROSS_PROVINCE
    if city_of(here.code) == city_of(there.code):
        return Relation.SAME_CITY
    return Relation.SAME_PROVINCE
