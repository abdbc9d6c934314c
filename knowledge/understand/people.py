"""Whether a question asks what is known of somebody else.

Nobody can list such sentences, so they are taken apart: everybody who is named, by name, title,
kinship or pronoun, is written as one sign; those who only speak, do something for the asker, are
greeted or are the asker are taken out; what is left is asked of few rules over that sign. A
question about how something is done for somebody else is nobody's data.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from knowledge.understand.english_people import NamedInEnglish

PERSON = "Ψ"
"""Stands for somebody else."""
LATIN = re.compile("[a-z]")
THEIRS = re.compile(r"\b(?:his|her|hers|their|theirs|him|them)\b")


class OtherPeople:
    """Compiled rules (``people`` in ``data/gates.yaml``). Immutable."""

    def __init__(
        self,
        rules: Mapping[str, Any],
        spell_out: Callable[[str], str],
        ordinary: Callable[[str], bool],
    ) -> None:
        """``spell_out`` writes named word lists out; ``ordinary`` knows everyday words."""
        self._ordinary = ordinary
        self._name = re.compile(spell_out(rules["name"]))
        self._people = re.compile(spell_out(rules["person"]))
        self._groups = re.compile(spell_out(rules["group"]))
        self._merge = re.compile(f"{PERSON}(?:的?{PERSON})+")
        self._aside = tuple(re.compile(spell_out(rule)) for rule in rules["not_asked_about"])
        self._how = re.compile(spell_out(rules["how"]))
        self._asked = tuple(re.compile(spell_out(rule)) for rule in rules["asked_about"])
        self._always = tuple(
            re.compile(spell_out(rule)) for rule in rules["asked_about_in_any_case"]
        )
        self._english = tuple(re.compile(spell_out(rule)) for rule in rules["english"])
        self._english_name = re.compile(rules["english_name"])
        self._pinyin = re.compile(rules["pinyin"])
        self._pinyin_named = tuple(re.compile(rule) for rule in rules["pinyin_named"])
        self._pinyin_how = re.compile(rules["pinyin_how"])
        self._english_how = re.compile(rules["english_how"])
        self._named = NamedInEnglish(rules["named_in_english"], spell_out)

    def asks(self, text: str, raw: str) -> bool:
        """Whether a normalised Chinese text (places taken out) asks what is known of another.

        ``raw`` as it was typed, for names in pinyin.
        """
        typed = raw.lower()
        if not self._pinyin_how.search(typed) and self._in_pinyin(raw):
            return True
        seen = self.marked(text.replace(" ", "") if LATIN.search(typed) else text)
        if PERSON not in seen:
            return False
        if any(rule.search(seen) for rule in self._always):
            return True
        return not self._how.search(seen) and any(rule.search(seen) for rule in self._asked)

    def mentions(self, text: str) -> bool:
        """Whether somebody else is spoken of."""
        return PERSON in self.marked(text) or THEIRS.search(text) is not None

    def _in_pinyin(self, raw: str) -> bool:
        if self._pinyin.search(raw.lower()):
            return True
        named = self._named.marked(raw) if LATIN.search(raw.lower()) else ""
        return PERSON in named and any(rule.search(named) for rule in self._pinyin_named)

    def asks_in_english(self, text: str, raw: str) -> bool:
        """The same of an English text; ``raw`` as it was typed, for its capital letters."""
        if self._named.asks(raw):
            return True
        if self._english_how.search(text):
            return False
        named = self._english_name.search(raw) is not None
        return named or any(rule.search(text) for rule in self._english)

    def marked(self, text: str) -> str:
        """The text with everybody else as one sign, without those who aren't asked about."""
        text = self._groups.sub(PERSON, text)
        text = self._name.sub(self._unless_ordinary, text)
        text = self._merge.sub(PERSON, self._people.sub(PERSON, text))
        for rule in self._aside:
            text = rule.sub(lambda found: found.group().replace(PERSON, ""), text)
        return text

    def _unless_ordinary(self, found: re.Match[str]) -> str:
        name = found.group()
        return name if self._ordinary(name[:2]) else PERSON
