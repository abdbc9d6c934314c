"""Places in a question: which divisions are named, and which is left and which is gone to.

Names are those of ``regions`` (full, short, former), nicknames, pinyin in English text, and names
that only sound right. A bank, a road or a company named after a city is no place.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

import yaml

from knowledge.facts import DATA
from knowledge.regions.table import table
from knowledge.understand.asides import Asides
from knowledge.understand.english_places import FAR, EnglishNames
from knowledge.understand.found import Places
from knowledge.understand.mentions import (
    CAPITALS,
    Mention,
    choose,
    drop_containers,
    kin,
    merge_nicknames,
)
from knowledge.understand.names import (
    by_sound,
    gaps,
    large_districts,
    names,
    with_one_gap,
)
from knowledge.understand.pinyin import folded, readings, syllable
from knowledge.understand.roles import LEFT, LOOSE, Roles

HAN = re.compile("[一-鿿]+")
OUTSKIRTS = re.compile("市[南北中东西][边面部方心门]")
"""The south of a city isn't the district 市南."""
JOINING = "和与跟同在到去从来回离往"
CLAUSE = re.compile(r"(?:^|[，。,.;；!?？！\s])$")
"""Where a clause begins."""
MOST = 4
"""Mentions that are weighed against each other; a question never needs more."""


class Gazetteer:
    """All names, and the patterns that tell places from other words. Immutable."""

    def __init__(self, ordinary: Callable[[str], bool] = lambda window: False) -> None:
        """``ordinary`` says whether characters are everyday words and no misspelt name."""
        self._ordinary = ordinary
        rules = yaml.safe_load((DATA / "places.yaml").read_text(encoding="utf-8"))
        self._common = frozenset(rules["common_words"].split())
        self._like_places = frozenset(rules["words_like_places"].split())
        self._not_place = re.compile(rules["not_a_place_before"])
        self._identity = re.compile(rules["identity_after"])
        self._leaves_far = re.compile(f"(?:{rules['far_before']})$")
        self._far_after = re.compile(rules["far_after"])
        self._people = re.compile(rules["people_after"])
        self._own_name = re.compile(f"(?:{rules['own_name_before']})$")
        self._person = tuple(
            (re.compile(f"(?:{before})$"), re.compile(after))
            for before, after in rules["person_around"]
        )
        self._moves = re.compile(f"(?:{rules['moved_to']})$")
        self._asides = Asides(rules)
        self._cue_before = re.compile(f"(?:{rules['cue_before']})$")
        both = f"{rules['cue_before']}|{rules['cue_before_too']}"
        self._any_cue_before = re.compile(f"(?:{both})$")
        self._cue_after = re.compile(rf"\s*(?:{rules['cue_after']})")
        self._dest_before = re.compile(f"(?:{rules['destination_before']})$")
        self._abbr_before = re.compile(f"(?:{rules['abbreviations_before']})$")
        self._owns = re.compile(rules["abbreviations_own"])
        self._abbr_not = re.compile(rules["abbreviations_not"])
        self._names = names()
        self._roles = Roles(self._names)
        self._longest = max(map(len, self._names))
        self._firsts = frozenset(name[0] for name in self._names)
        self._by_sound = by_sound(self._names)
        self._gaps = with_one_gap(self._names)
        self._strong_before = re.compile(f"(?:{rules['common_before']})$")
        self._strong_after = re.compile(rules["common_after"])
        self._english = EnglishNames(rules)

    @property
    def spoken(self) -> tuple[str, ...]:
        """Names of provinces, cities and the largest cities' districts, to read typed pinyin."""
        cities = [name for name, (_, kind) in self._names.items() if kind == "short"]
        return (*cities, *(table()[code].short for code in large_districts()))

    @property
    def written(self) -> tuple[str, ...]:
        """Every name of more than one character."""
        return tuple(name for name in self._names if len(name) > 1)

    def find(
        self,
        text: str,
        english: bool = False,
        home: str | None = None,
        spoken_of: Sequence[str] = (),
    ) -> Places:
        """Recognise the places of one normalised text; ``home`` settles a name with many owners.

        ``spoken_of``: codes that the turn before named; a short name of their kin is meant.
        """
        mentions = self._english.find(text) if english else self._chinese(text, spoken_of)
        home = spoken_of[-1] if spoken_of else home
        return self._settle(text, mentions[:MOST], english, home, spoken_of)

    def _chinese(self, text: str, spoken_of: Sequence[str]) -> list[Mention]:
        found = self._exact(text)
        sure = [m for m in found if m.kind not in {"county", "common"}]
        kept = [m for m in found if self._accept(text, m, found, sure)]
        misspelt = self._misspelt(text, kept)
        near = {*spoken_of, *(code for m in misspelt for code in m.codes)}
        kept += [
            m
            for m in found
            if m not in kept
            and m.kind == "county"
            and any(kin(a, b) for a in m.codes for b in near)
        ]
        return sorted([*kept, *misspelt], key=lambda m: m.start)

    def _exact(self, text: str) -> list[Mention]:
        found: list[Mention] = []
        at = 0
        while at < len(text):
            if text[at] not in self._firsts:
                at += 1
                continue
            for size in range(min(self._longest, len(text) - at), 0, -1):
                surface = text[at : at + size]
                entry = self._names.get(surface)
                if entry is None:
                    continue
                mention = Mention(at, at + size, entry[0], self._kind(surface, entry[1]), surface)
                if self._covers(text, mention) or self._splits(text, mention):
                    continue
                if self._overruns(text, mention):
                    break
                if self._cut_short(text, mention):
                    break
                # A road (深圳路) isn't the place either that its first letter alone may mean.
                if not self._blocked(text, mention):
                    found.append(mention)
                elif size == 1:
                    break
                at += size - 1
                break
            at += 1
        return found

    def _covers(self, text: str, mention: Mention) -> bool:
        """Whether an everyday word only hides the name behind its first letter (从江宁)."""
        inner = text[mention.start + 1 :]
        return mention.kind == "common" and any(inner[:size] in self._names for size in (2, 3))

    def _overruns(self, text: str, mention: Mention) -> bool:
        """Whether a county's name only runs from one word into a city's (和安 in 浔阳和安徽)."""
        if mention.kind not in {"county", "common"}:
            return False
        joined = text[mention.start] in JOINING
        if not joined and not self._ordinary(text[max(0, mention.start - 1) : mention.start + 1]):
            return False
        tails = (text[at : at + 2] for at in range(mention.start + 1, mention.end))
        tails = (tail for tail in tails if len(tail) == 2 and tail != mention.surface[-2:])
        return any(self._names.get(tail, ((), ""))[1] == "short" for tail in tails)

    def _splits(self, text: str, mention: Mention) -> bool:
        """Whether the last sign begins a district's name instead (青岛市南区)."""
        if not mention.surface.endswith("市") or mention.surface[:-1] not in self._names:
            return False
        tail = text[mention.end - 1 :]
        if OUTSKIRTS.match(tail):
            return False
        inner = (self._names.get(tail[:size], ((), ""))[0] for size in (4, 3, 2))
        return any(kin(code, own) for codes in inner for code in codes for own in mention.codes)

    def _cut_short(self, text: str, mention: Mention) -> bool:
        """Whether a county's name only begins or ends a misspelt city's (连云岗, 秦黄岛)."""
        starts = {"county": (mention.start, mention.start - 1), "nick": (mention.start - 1,)}
        for start in starts.get(mention.kind, ()):
            window = text[max(0, start) : mention.end + 1 - mention.start + start]
            if len(window) != len(mention.surface) + 1:
                continue
            names = self._by_sound.get(tuple(map(folded, window)), ()) or self._gapped(window)
            head = mention.surface if start == mention.start else window[0]
            if any(
                name != window and name.startswith(head) and self._names[name][1] == "short"
                for name in names
            ):
                return True
        return False

    def _kind(self, surface: str, kind: str) -> str:
        return "common" if surface in self._common and kind != "full" else kind

    def _blocked(self, text: str, mention: Mention) -> bool:
        after, before = text[mention.end : mention.end + 5], text[: mention.start]
        if mention.kind == "abbr":
            around = text[max(0, mention.start - 1) : mention.end + 1]
            sound = tuple(map(folded, text[mention.start : mention.end + 1]))
            if any(name[0] == mention.surface for name in self._by_sound.get(sound, ())):
                return True  # 苏洲 is a city's name misspelt
            owns = CLAUSE.search(before) and self._owns.match(after)
            asked = owns or self._abbr_before.search(before)
            return not asked or bool(self._abbr_not.search(around))
        if self._own_name.search(before):
            return True
        if self._not_place.match(after) and not mention.surface.endswith(("市", "省", "区", "县")):
            return True
        if mention.codes[0] in FAR and not self._dest_before.search(before):
            left = self._leaves_far.search(before) or self._far_after.match(text[mention.end :])
            return bool(self._identity.match(after)) or "港澳台" in text or not left
        if any(left.search(before) and right.match(after) for left, right in self._person):
            return True
        return bool(self._people.match(after)) and not self._cue_before.search(before)

    def _accept(
        self, text: str, mention: Mention, found: list[Mention], sure: list[Mention]
    ) -> bool:
        """Whether a short county name is really meant: a cue beside it, or its kin in the text."""
        if mention.kind not in {"county", "common"}:
            return True
        others = [m for m in (sure if mention.kind == "common" else found) if m is not mention]
        if any(kin(a, b) for m in others for a in mention.codes for b in m.codes):
            return True
        if mention.kind == "common":
            return self._surely_a_city(text, mention)
        if any(m.start == mention.end for m in found):
            return False  # 龙城常州 is one place
        before = self._asks_for_a_place(text[: mention.start])
        return before or bool(self._cue_after.match(text[mention.end : mention.end + 6]))

    def _surely_a_city(self, text: str, mention: Mention) -> bool:
        """Whether an everyday word stands where only a county-level city can (往天门转社保)."""
        if not any(table()[code].name.endswith("市") for code in mention.codes):
            return False
        before = self._strong_before.search(text[: mention.start])
        return before is not None and self._strong_after.match(text[mention.end :]) is not None

    def _asks_for_a_place(self, before: str) -> bool:
        """Whether a clause begins here, or the words before want a place behind them."""
        return not before or not before[-1].isalnum() or bool(self._any_cue_before.search(before))

    def _misspelt(self, text: str, kept: list[Mention]) -> list[Mention]:
        """Names that only sound right (德洲), behind a word that asks for a place."""
        taken = {i for m in kept for i in range(m.start, m.end)}
        found: list[Mention] = []
        for start in range(len(text) - 1):
            if not self._asks_for_a_place(text[:start]):
                continue
            cue = bool(self._any_cue_before.search(text[:start]))
            for size in (4, 3, 2):
                window = text[start : start + size]
                span = range(start, start + size)
                if len(window) < size or taken & set(span) or window in self._names:
                    continue
                if self._runs_into_a_name(text, start, start + size):
                    continue
                codes = self._like(window, kept, cue)
                mention = Mention(start, start + size, codes, "short", window)
                if codes and not self._blocked(text, mention):
                    found.append(mention)
                    taken |= set(span)
                    break
        return found

    def _runs_into_a_name(self, text: str, start: int, end: int) -> bool:
        """Whether a city's name begins within the window and ends behind it (成江 in 换成江苏)."""
        inside = (text[at : at + 2] for at in range(start + 1, end) if at + 2 > end)
        return any(self._names.get(name, ((), ""))[1] == "short" for name in inside)

    def _like(self, window: str, kept: list[Mention], cue: bool) -> tuple[str, ...]:
        if window in self._like_places or self._ordinary(window) or not HAN.fullmatch(window):
            return ()
        names = self._by_sound.get(tuple(folded(c) for c in window), ()) or self._gapped(window)
        spoken = tuple(map(syllable, window))
        names = tuple(name for name in names if spoken in readings(name)) or names
        near: list[str] = []
        for name in names:
            if name in self._common:
                continue
            codes, kind = self._names[name]
            shared = sum(a == b for a, b in zip(name, window, strict=True))
            well_known = bool(CAPITALS & set(codes)) and cue
            whole = kind in {"short", "full"} and (shared or well_known)
            long = kind in {"county", "nick"} and shared and len(window) > 2 and len(codes) == 1
            city = cue and spoken in readings(name) and table()[codes[0]].name == f"{name}市"
            same = kind in {"nick", "county"} and shared and len(codes) == 1 and city
            if whole or long or same:
                near += codes
            elif kind in {"short", "nick", "county"} and shared:
                near += [c for c in codes if any(kin(c, k) for m in kept for k in m.codes)]
        return tuple(dict.fromkeys(near))

    def _gapped(self, window: str) -> tuple[str, ...]:
        """The name that has all but one of these characters, in their places (石家壮)."""
        found = {name for gap in gaps(window) for name in self._gaps.get(gap, ())}
        return tuple(found) if len(found) == 1 else ()

    def _settle(
        self,
        text: str,
        mentions: Sequence[Mention],
        english: bool,
        home: str | None,
        spoken_of: Sequence[str],
    ) -> Places:
        mentions = merge_nicknames([m for m in mentions if not self._asides.on_the_way(text, m)])
        if not mentions:
            return Places()
        chosen = choose(mentions, home)
        said = list(zip(mentions, chosen, strict=True))
        pairs = self._asides.without(text, drop_containers(text, said), spoken_of)
        said = self._asides.without_glosses(text, said)
        named = tuple(table()[code] for _, code in pairs)
        spans = tuple((m.start, m.end) for m in mentions)
        meant = [mention for mention, _ in pairs]
        if len(pairs) == 1:
            role = self._roles.lone(text, meant[0], english)
            origin = named[0] if role == LEFT else None
            place = None if origin else named[0]
            moves = place is not None and self._moved_to(text[: meant[0].start])
            return Places(origin, place, named, spans, role == LOOSE, moves)
        first, last = self._roles.ends(text, _wherever(pairs, said), english)
        if named[first] == named[last]:
            return Places(None, named[first], named[:1], spans)
        return Places(named[first], named[last], named, spans)

    def _moved_to(self, before: str) -> bool:
        return self._moves.search(before) is not None


def _wherever(
    pairs: Sequence[tuple[Mention, str]], said: Sequence[tuple[Mention, str]]
) -> list[list[Mention]]:
    """For each place its mention, and where it is named again."""
    return [
        [mention, *(m for m, c in said if c == code and m.start >= mention.end)]
        for mention, code in pairs
    ]
