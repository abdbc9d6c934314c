"""Names of places in an English text."""

from __future__ import annotations

import re
from collections.abc import Mapping

from knowledge.understand.mentions import Mention
from knowledge.understand.names import latin_counties, latin_names

FAR = frozenset({"810000", "820000", "710000"})
WORDS = re.compile(r"\b(?=([a-z']+(?:[ -][a-z']+)?))[a-z']+")
MOVES = re.compile(
    r"\b(mov(e|ed|ing)|relocat\w*|transfer\w*|sent|go(es|ing)?|back|return\w*|leav\w+|left)\b"
)


class EnglishNames:
    """Pinyin and English names, and what tells them from other words. Immutable."""

    def __init__(self, rules: Mapping[str, str]) -> None:
        """``rules``: the whole of ``data/places.yaml``."""
        self._names = latin_names()
        self._counties = latin_counties()
        self._own_name = re.compile(f"(?:{rules['own_name_before']})$")
        self._before = re.compile(rf"(?:{rules['latin_county_before']})\s*$")
        self._after = re.compile(rules["latin_county_after"])

    def find(self, text: str) -> list[Mention]:
        """The names in the order of the text."""
        found: list[Mention] = []
        # every pair of neighbours (hong kong), then single words
        for match in WORDS.finditer(text):
            for words in (match.group(1), re.split("[ -]", match.group(1))[0]):
                start, end = match.start(), match.start() + len(words)
                codes = self._names.get(words) or self._county(text, words, start)
                if codes:
                    found.append(Mention(start, end, codes, "short", words))
                    break
        return [
            m
            for m in found
            if not self._identity(text, m) and not self._own_name.search(text[: m.start])
        ]

    def _county(self, text: str, words: str, start: int) -> tuple[str, ...]:
        """A county-level city in pinyin, where the words beside it ask for a place."""
        codes = self._counties.get(words, ())
        asked = self._before.search(text[:start])
        return codes if asked or self._after.match(text[start + len(words) :]) else ()

    @staticmethod
    def _identity(text: str, mention: Mention) -> bool:
        """I'm from Hong Kong says who somebody is; moving from Hong Kong, what they leave."""
        said = text.replace("return permit", "")
        return mention.codes[0] in FAR and not MOVES.search(said)
