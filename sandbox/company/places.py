"""Divisions of the country, from a data file (GB/T 2260 codes; origin in papers/SOURCES.md)."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from random import Random
from typing import Any

import yaml

_SHORT_PROVINCES = {
    "内蒙古自治区": "内蒙古",
    "广西壮族自治区": "广西",
    "西藏自治区": "西藏",
    "宁夏回族自治区": "宁夏",
    "新疆维吾尔自治区": "新疆",
}
# A card's front has three address lines of eleven characters.
_ADDRESS_LIMIT = 33


@dataclass(frozen=True, slots=True)
class Division:
    """A district or county with the names above it; ``city`` is empty in a municipality."""

    code: str
    province: str
    city: str
    district: str


@cache
def divisions() -> tuple[Division, ...]:
    """All districts and counties."""
    text = files("sandbox.company").joinpath("data/divisions.csv").read_text(encoding="utf-8")
    return tuple(Division(**row) for row in csv.DictReader(text.splitlines()))


@cache
def vocabulary() -> dict[str, Any]:
    """The building blocks of names and addresses (data/names.yaml)."""
    text = files("sandbox.company").joinpath("data/names.yaml").read_text(encoding="utf-8")
    loaded: dict[str, Any] = yaml.safe_load(text)
    return loaded


def pick_division(rng: Random, province: str | None = None) -> Division:
    """A random division, in the province of that two-digit code if one is given."""
    pool = [one for one in divisions() if province is None or one.code.startswith(province)]
    return rng.choice(pool)


def make_address(rng: Random, place: Division) -> str:
    """An address as a card prints it, at most 33 characters."""
    for _ in range(50):
        address = _head(rng, place) + rng.choice((_flat, _house, _village))(rng)
        if len(address) <= _ADDRESS_LIMIT:
            return address
    return _head(rng, place) + f"{rng.randint(1, 99)}号"


def make_authority(rng: Random, place: Division) -> str:
    """The police authority that issued the card."""
    district, city = place.district, place.city or place.province
    if not district:
        return f"{city}公安局"
    if district.endswith("区") and len(district) > 2:
        return f"{city}公安局{district[:-1]}分局"
    if district.endswith("区"):
        return f"{city}公安局{district}分局"
    return f"{district}公安局"


def _head(rng: Random, place: Division) -> str:
    province = place.province
    if rng.random() < 0.7:
        province = _SHORT_PROVINCES.get(province, province)
    is_county = place.district[-1:] in ("县", "市", "旗")
    city = "" if is_county and rng.random() < 0.6 else place.city
    return f"{province}{city}{place.district}"


def _flat(rng: Random) -> str:
    words = vocabulary()
    where = f"{rng.choice(words['roads'])}路{rng.randint(1, 988)}号"
    if rng.random() < 0.35:
        where = rng.choice(words["estates"])
    floor, door = rng.randint(1, 28), rng.randint(1, 4)
    return f"{where}{rng.randint(1, 36)}号楼{rng.randint(1, 5)}单元{floor}{door:02d}室"


def _house(rng: Random) -> str:
    road: str = f"{rng.choice(vocabulary()['roads'])}{rng.choice(('路', '街', '大道', '巷'))}"
    number = f"{rng.randint(1, 999)}号"
    return (
        road + number + rng.choice(("", f"附{rng.randint(1, 60)}号", f"{rng.randint(101, 905)}室"))
    )


def _village(rng: Random) -> str:
    words = vocabulary()
    town: str = rng.choice(words["towns"]) + rng.choice(("镇", "镇", "乡", "街道"))
    village = f"{rng.choice(words['villages'])}村"
    tail = rng.choice((f"{rng.randint(1, 399)}号", f"{rng.randint(1, 12)}组{rng.randint(1, 99)}号"))
    return town + village + tail
