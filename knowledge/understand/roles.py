"""Which of the named places is left and which is gone to, from the words around their names.

Every place collects evidence from the clauses that name it: words before it and words after it,
each with a weight from ``data/roles.yaml``. The place with the most evidence of being left is the
origin; where the evidence is even, the order in which they were said decides. A lone name is left
only where the sentence says so plainly; “X的卡” waits for the topic.
"""

from __future__ import annotations

import re
from collections.abc import Container, Sequence

import yaml

from knowledge.facts import DATA
from knowledge.understand.mentions import Mention

LEFT, LOOSE, OPEN = 2, 1, 0
"""Roles of a lone name: surely left; left if the topic says so; gone to, or can't tell."""
BREAK = re.compile(r"[，。,.;；!?？！\n]|(?<=[一-龥])\s+")
AND = re.compile(r"和|与|跟|、|及|以及|还有|同|/")
HAS_BEEN = re.compile("(?<![想要能备算么])(?:在|于)$|^$")
"""Before a name where something was done, not where it is wanted (想在…参保)."""
EVEN = 0.5
"""Evidence that differs by no more says nothing."""


class Roles:
    """The weighted words. Immutable."""

    def __init__(self, names: Container[str]) -> None:
        """``names``: every name of a place."""
        self._names = names
        rules = yaml.safe_load((DATA / "roles.yaml").read_text(encoding="utf-8"))
        lead, tail = rules["between_before"], rules["between_after"]
        self._before = _weighted(rules["before"], f"(?:{{}})(?:{lead})*\\s*$")
        self._after = _weighted(rules["after"], f"^\\s*(?:{tail})*(?:{{}})")
        self._english_before = _weighted(rules["english_before"], r"\b(?:{})\s+$")
        self._english_after = _weighted(rules["english_after"], r"^\s*(?:{})\b")
        self._goes_on = re.compile(rules["goes_on_after_a_space"])
        self._left_before = re.compile(f"(?:{rules['lone_left_before']})$")
        self._left_after = re.compile(rules["lone_left_after"])
        self._belongings = re.compile(rules["lone_left_belongings"])
        self._handled = re.compile(rules["lone_handled_after"])
        self._no_longer = re.compile(rules["lone_no_longer_after"])
        self._loose_after = re.compile(rules["lone_loose_after"])
        self._other_register = re.compile(f"(?:{rules['lone_not_left_before']})$")
        self._left_for_good = re.compile(rules["lone_left_without_return"])
        self._left_english = re.compile(rules["lone_left_english"])

    def lone(self, text: str, mention: Mention, english: bool) -> int:
        """``LEFT``, ``LOOSE`` or ``OPEN`` for the only place of a text."""
        before, after = text[: mention.start], text[mention.end :].lstrip()
        if english:
            return LEFT if self._left_english.search(before) else OPEN
        if self._elsewhere(before):
            return OPEN
        paid = self._left_after.match(after) and HAS_BEEN.search(before)
        gone = before.endswith("不在") and self._no_longer.match(after)
        gone = gone or self._belongings.match(after)
        kept = self._left_before.search(before) and not self._handled.match(after)
        if paid or gone or kept or self._left_for_good.match(after):
            return LEFT
        return LOOSE if self._loose_after.match(after) else OPEN

    def _elsewhere(self, before: str) -> bool:
        """Whether a register of elsewhere (河南户口在…) stands before, not 户口在 itself."""
        head, _, tail = before.rpartition("户口")
        beside = tail == "在" and any(head[-size:] in self._names for size in (2, 3, 4))
        return beside or bool(self._other_register.search(before))

    def ends(
        self, text: str, places: Sequence[Sequence[Mention]], english: bool
    ) -> tuple[int, int]:
        """Numbers of the place that is left and of the one gone to, among two and more.

        ``places``: for each, where it is named, once or again, in the order of the text.
        """
        named = sorted((m for place in places for m in place), key=lambda m: m.start)
        told = [self._told(text, named, place, english) for place in places]
        last = min(range(len(told)), key=lambda at: (told[at], -at))
        others = [at for at in range(len(told)) if at != last]
        first = max(others, key=lambda at: (told[at], -at))
        even = abs(told[first] - told[last]) <= EVEN
        if first > last and (even or self._in_one_breath(text, places[last][0], places[first][0])):
            return last, first
        return first, last

    def _told(
        self, text: str, named: Sequence[Mention], place: Sequence[Mention], english: bool
    ) -> float:
        """The strongest evidence of each direction, wherever the place is named, together."""
        found = [self._evidence(text, named, named.index(m), english) for m in place]
        return max([0.0, *found]) + min([0.0, *found])

    @staticmethod
    def _in_one_breath(text: str, one: Mention, two: Mention) -> bool:
        return AND.fullmatch(text[one.end : two.start].strip()) is not None

    def _evidence(self, text: str, mentions: Sequence[Mention], at: int, english: bool) -> float:
        """How much says that this place is left (positive) or gone to (negative)."""
        mention = mentions[at]
        low = mentions[at - 1].end if at else 0
        high = mentions[at + 1].start if at + 1 < len(mentions) else len(text)
        before, after = text[low : mention.start], text[mention.end : high]
        if english:
            return _sum(self._english_before, before) + _sum(self._english_after, after)
        told = _sum(self._before, _last_clause(before))
        return told + _sum(self._after, self._own_words(after))

    def _own_words(self, after: str) -> str:
        """What is said of a place behind its name, up to the end of the clause."""
        if after[:1].isspace() and not self._goes_on.match(after.lstrip()):
            return ""
        return BREAK.split(after.lstrip(), maxsplit=1)[0]


def _weighted(rules: dict[float, str], frame: str) -> tuple[tuple[float, re.Pattern[str]], ...]:
    return tuple(
        (float(weight), re.compile(frame.format(words)))
        for weight, words in sorted(rules.items(), key=lambda rule: -abs(rule[0]))
    )


def _sum(rules: Sequence[tuple[float, re.Pattern[str]]], text: str) -> float:
    """The strongest evidence of each direction, together."""
    found = [weight for weight, rule in rules if rule.search(text)]
    return max([0.0, *found]) + min([0.0, *found])


def _last_clause(text: str) -> str:
    body = text.rstrip()
    parts = BREAK.split(body)
    return parts[-1]
