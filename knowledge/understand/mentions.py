"""Names in a text, and which division each of them means."""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from knowledge import regions
from knowledge.regions.table import MUNICIPALITIES, Level, table

CAPITALS = frozenset(
    [
        "130100",
        "140100",
        "150100",
        "210100",
        "210200",
        "220100",
        "230100",
        "320100",
        "320500",
        "330100",
        "330200",
        "340100",
        "350100",
        "350200",
        "360100",
        "370100",
        "370200",
        "410100",
        "420100",
        "430100",
        "440100",
        "440300",
        "450100",
        "460100",
        "510100",
        "520100",
        "530100",
        "540100",
        "610100",
        "620100",
        "630100",
        "640100",
        "650100",
    ]
)


@dataclass(frozen=True, slots=True)
class Mention:
    """A name at ``start``..``end`` of a text and the divisions that it may mean."""

    start: int
    end: int
    codes: tuple[str, ...]
    kind: str
    surface: str


def kin(first: str, second: str) -> bool:
    """Same city, or one above the other."""
    if first == second:
        return False
    here, there = regions.lineage(first), regions.lineage(second)
    if here[0] in there or there[0] in here:
        return True
    return regions.city_of(first) == regions.city_of(second)


def _worth(code: str, mention: Mention, home: str | None) -> float:
    """How likely a name means this division; a nickname's own city comes first among its codes."""
    kind = mention.kind
    region = table()[code]
    worth = {Level.PROVINCE: 3.0, Level.CITY: 2.5, Level.COUNTY: 1.0}[region.level]
    if kind == "full":
        worth = 3.0
    elif kind == "nick" and code == mention.codes[0]:
        worth = 3.3
    city = regions.city_of(code).code
    if region.level is Level.COUNTY:
        worth += 0.5 * (city in MUNICIPALITIES) + 0.3 * (city in CAPITALS)
    if home:
        worth += 1.5 * (city == regions.city_of(home).code)
        worth += 0.7 * regions.same_province(code, home)
    return worth


def merge_nicknames(mentions: Sequence[Mention]) -> list[Mention]:
    """A nickname right before the name itself (洪城南昌) says the same place twice."""
    kept: list[Mention] = []
    for mention in mentions:
        last = kept[-1] if kept else None
        if last is None or last.kind != "nick" or last.end != mention.start:
            kept.append(mention)
            continue
        shared = tuple(code for code in mention.codes if code in last.codes)
        inside = any(kin(code, own) for code in mention.codes for own in last.codes)
        if inside and not shared:
            kept.append(mention)
        elif shared or any(table()[code].level is not Level.COUNTY for code in mention.codes):
            surface = last.surface + mention.surface
            codes = shared or mention.codes
            kept[-1] = Mention(last.start, mention.end, codes, mention.kind, surface)
        else:
            kept.append(mention)
    return kept


def _together(codes: tuple[str, ...]) -> float:
    bond = 0.0
    for first, second in itertools.combinations(codes, 2):
        if first == second:
            bond -= 1
            continue
        here, there = regions.lineage(first), regions.lineage(second)
        if here[0] in there or there[0] in here:
            bond += 3
        elif regions.city_of(first) == regions.city_of(second):
            bond += 2.5
        elif here[-1] == there[-1]:
            bond += 0.6
    return bond


BESIDE = 2.0
"""Weight of standing right behind what a place lies in, against every other bond."""


def _beside(mentions: Sequence[Mention], codes: tuple[str, ...]) -> float:
    """A name right behind what it lies in belongs to it: 沈阳和平区 and 天津和平区."""
    rows = list(zip(mentions, codes, strict=True))
    return sum(
        BESIDE
        for (first, here), (second, there) in itertools.pairwise(rows)
        if first.end == second.start and here in regions.ancestors(there) and here != there
    )


def choose(mentions: Sequence[Mention], home: str | None) -> tuple[str, ...]:
    """One division per name: the choice whose members fit each other best."""
    options = [m.codes[:8] for m in mentions]
    return max(
        itertools.product(*options),
        key=lambda codes: (
            _together(codes)
            + _beside(mentions, codes)
            + sum(_worth(code, m, home) for code, m in zip(codes, mentions, strict=True))
        ),
    )


def _reach(inner: Mention, container: Mention) -> Mention:
    """The inner name with the container in front of it as part of it."""
    if container.start > inner.start:
        return inner
    return replace(inner, start=container.start)


FRAME = re.compile(
    r"(?<=[a-z])(?: (?:autonomous|prefecture|city|county|district|league|banner))*"
    r"(?:,? |,? in )|[（(]"
)
"""Between a name and what it lies in, said behind it: Suzhou, Jiangsu."""


def drop_containers(text: str, pairs: list[tuple[Mention, str]]) -> list[tuple[Mention, str]]:
    """山东济南 is one place; 北京 is only the frame of 北京朝阳搬海淀."""
    kept = list(pairs)
    for mention, code in reversed(pairs):
        inner = [m for m, c in kept if c != code and code in regions.ancestors(c)]
        ends = {
            m.end
            for m in inner
            if m.start >= mention.end and text[mention.end : m.start] in {"", "的", " ", "市", "省"}
        }
        framed = any(FRAME.fullmatch(text, m.end, mention.start) for m in inner)
        if framed or len(inner) > 1 or ends:
            kept = [(m, c) for m, c in kept if (m.end, c) != (mention.end, code)]
        if ends:
            kept = [(_reach(m, mention), c) if m.end in ends else (m, c) for m, c in kept]
    unique: dict[str, tuple[Mention, str]] = {}
    for mention, code in kept:
        unique.setdefault(code, (mention, code))
    return list(unique.values())
