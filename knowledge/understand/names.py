"""Every name of a place: full, short, former, nicknames, by sound and in pinyin."""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Iterable, Mapping
from functools import cache

from knowledge import regions
from knowledge.regions.table import HERE, MUNICIPALITIES, Level, table
from knowledge.understand.pinyin import fold, readings

LARGE = frozenset({"440100", "440300", "330100"})
AUTONOMOUS = {"自治州": "州", "自治县": "县", "自治旗": "旗"}
"""How people end the names of autonomous areas: 楚雄州, 长阳县."""


@cache
def names() -> Mapping[str, tuple[tuple[str, ...], str]]:
    """Every written name with the codes it may mean and its kind."""
    found: dict[str, dict[str, str]] = defaultdict(dict)
    for region in table().values():
        found[region.name].setdefault(region.code, "full")
        kind = "county" if region.level is Level.COUNTY else "short"
        if region.short != region.name:
            found[region.short].setdefault(region.code, kind)
        for ending, said in AUTONOMOUS.items():
            if region.name.endswith(ending) and not region.short.endswith(said):
                found[region.short + said].setdefault(region.code, "full")
    for row in _rows("former_names.tsv"):
        found[row["name"]].setdefault(row["code"], "full")
    for row in _rows("nicknames.tsv"):
        kind = "abbr" if len(row["name"]) == 1 else "nick"
        others = {} if kind == "abbr" else found.get(row["name"], {})
        found[row["name"]] = {row["code"]: kind} | {
            c: k for c, k in others.items() if c != row["code"]
        }
    order = {"abbr": 0, "nick": 0, "full": 1, "short": 2, "county": 3}
    return {
        name: (tuple(codes), min(codes.values(), key=lambda kind: order[kind]))
        for name, codes in found.items()
    }


def _rows(name: str) -> Iterable[dict[str, str]]:
    with (HERE / name).open(encoding="utf-8") as lines:
        yield from csv.DictReader(lines, delimiter="\t")


def by_sound(
    written: Mapping[str, tuple[tuple[str, ...], str]],
) -> Mapping[tuple[str, ...], tuple[str, ...]]:
    """Names of two to four characters by their folded sounds."""
    found: dict[tuple[str, ...], list[str]] = defaultdict(list)
    for name, (_, kind) in written.items():
        if kind != "abbr" and 2 <= len(name) <= 4:
            for sound in readings(name):
                found[tuple(map(fold, sound))].append(name)
    return {sound: tuple(spelt) for sound, spelt in found.items()}


def gaps(name: str) -> Iterable[str]:
    """A name of three or four characters with each of them left open in turn."""
    if len(name) in {3, 4}:
        yield from (f"{name[:at]}_{name[at + 1 :]}" for at in range(len(name)))


def with_one_gap(
    written: Mapping[str, tuple[tuple[str, ...], str]],
) -> Mapping[str, tuple[str, ...]]:
    """Short names of cities and counties of three or four characters by what is left of them."""
    found: dict[str, list[str]] = defaultdict(list)
    for name, (_, kind) in written.items():
        if kind in {"short", "county"}:
            for gap in gaps(name):
                found[gap].append(name)
    return {gap: tuple(spelt) for gap, spelt in found.items()}


@cache
def large_districts() -> tuple[str, ...]:
    """Codes of the districts of the largest cities, which people name without their city."""
    return tuple(
        region.code
        for region in table().values()
        if region.level is Level.COUNTY
        and (region.parent in MUNICIPALITIES or regions.city_of(region.code).code in LARGE)
    )


@cache
def latin_counties() -> Mapping[str, tuple[str, ...]]:
    """Pinyin of county-level cities that no larger place shares; only a cue makes one a place."""
    found: dict[str, list[str]] = defaultdict(list)
    for region in table().values():
        if region.level is Level.COUNTY and region.name.endswith("市"):
            for sound in readings(region.short):
                found["".join(sound)].append(region.code)
    return {
        name: tuple(codes)
        for name, codes in found.items()
        if len(name) > 4 and name not in latin_names()
    }


@cache
def latin_names() -> Mapping[str, tuple[str, ...]]:
    """Pinyin of provinces and cities, and of the districts of the largest cities; English names."""
    found: dict[str, list[str]] = defaultdict(list)
    for region in table().values():
        if region.level is Level.COUNTY and region.code not in large_districts():
            continue
        for sound in readings(region.short):
            written = "".join(sound)
            if len(written) > 4 or region.level is not Level.COUNTY:
                found[written].append(region.code)
    found.update({row["name"]: [row["code"]] for row in _rows("latin_names.tsv")})
    return {name: tuple(codes) for name, codes in found.items()}
