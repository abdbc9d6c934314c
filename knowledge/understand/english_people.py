"""Whether an English question asks what is known of somebody who is named.

As in Chinese (``people``): every name becomes one sign, those who only speak, are asked for help or
are the asker are taken out, and few rules look at what is asked of the sign. A name is a Chinese
surname with a given name in pinyin, in either order when both have capitals, an English given name,
or whatever follows a title.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from knowledge.understand.names import latin_names
from knowledge.understand.pinyin import cut

PERSON = "Ψ"
"""Stands for somebody who is named."""
GROUP = "Φ"
"""Stands for several people, or somebody else who isn't named."""
PAIR = re.compile(r"\b(?=([A-Za-z]+) ([A-Za-z]+(?:[- ][A-Za-z]+)?)\b)")
LONGEST_GIVEN = 2
"""Syllables of a given name."""


class NamedInEnglish:
    """Compiled rules (``named_in_english`` in ``data/gates.yaml``). Immutable."""

    def __init__(self, rules: Mapping[str, Any], spell_out: Callable[[str], str]) -> None:
        """``spell_out`` writes named word lists out."""
        self._surnames = frozenset(rules["surnames"].split())
        self._words = frozenset(rules["words_like_names"].split())
        self._western = re.compile(rules["western"])
        self._titled = re.compile(rules["titled"])
        self._group = re.compile(rules["group"])
        self._aside = tuple(re.compile(spell_out(rule)) for rule in rules["not_asked_about"])
        self._how = re.compile(rules["how"])
        self._asked = tuple(re.compile(spell_out(rule)) for rule in rules["asked_about"])
        self._always = tuple(
            re.compile(spell_out(rule)) for rule in rules["asked_about_in_any_case"]
        )

    def asks(self, raw: str) -> bool:
        """Whether a text as it was typed asks what is known of somebody else."""
        seen = self.marked(raw)
        if any(rule.search(seen) for rule in self._always):
            return True
        return not self._how.search(seen) and any(rule.search(seen) for rule in self._asked)

    def marked(self, raw: str) -> str:
        """The text in lower case with everybody who is named, and asked about, as one sign."""
        text = raw.replace("’", "'")
        for start, end in sorted(self._names(text), reverse=True):
            text = text[:start] + PERSON + text[end:]
        text = self._western.sub(PERSON, text)
        text = self._titled.sub(PERSON, text)
        text = self._group.sub(GROUP, text.lower().replace(PERSON.lower(), PERSON))
        for rule in self._aside:
            text = rule.sub(lambda found: found.group().replace(PERSON, ""), text)
        return text

    def _names(self, text: str) -> list[tuple[int, int]]:
        """Where Chinese names in pinyin begin and end."""
        found: list[tuple[int, int]] = []
        for match in PAIR.finditer(text):
            if found and match.start() < found[-1][1]:
                continue
            first, more = match.group(1), match.group(2)
            for second in dict.fromkeys((more, re.split("[- ]", more, maxsplit=1)[0])):
                if self._is_name(first, second):
                    found.append((match.start(), match.start() + len(first) + 1 + len(second)))
                    break
        return found

    def _is_name(self, first: str, second: str) -> bool:
        capitals = first[0].isupper() and second[0].isupper()
        one, two = first.lower(), re.sub("[- ]", "", second.lower())
        if one + two in latin_names():
            return False
        if not capitals and (
            one in self._words or set(re.split("[- ]", second.lower())) & self._words
        ):
            return False
        if one in self._surnames and _is_given(two):
            return True
        return capitals and two in self._surnames and _is_given(one)


def _is_given(letters: str) -> bool:
    syllables = cut(letters)
    return syllables is not None and len(syllables) <= LONGEST_GIVEN
