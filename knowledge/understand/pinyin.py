"""Toneless pinyin: characters to syllables, and typed pinyin back to characters.

Readings come from the ``pypinyin`` package's character table. Sounds that many speakers (and input
methods) don't tell apart are folded, so that a slip of the ear costs nothing.
"""

from __future__ import annotations

import itertools
import math
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from functools import cache, lru_cache

from pypinyin.constants import PINYIN_DICT

HAN = re.compile(r"[㐀-䶿一-鿿]")
FOLDS = (("zh", "z"), ("ch", "c"), ("sh", "s"), ("ing", "in"), ("eng", "en"), ("ang", "an"))
OTHER_READINGS = dict(
    pair.split(":")
    for pair in [
        "行:hang",
        "重:chong",
        "还:huan",
        "调:tiao",
        "长:chang",
        "都:du",
        "厦:xia",
        "藏:zang",
        "佛:fo",
        "蚌:beng",
        "六:lu",
        "什:shi",
        "番:pan",
        "乐:yue",
        "模:mu",
        "差:chai",
        "朝:zhao",
        "得:dei",
        "着:zhao",
        "莞:guan",
        "泊:bo",
        "尉:yu",
        "勒:le",
        "陂:pi",
        "个:ga",
    ]
)
"""Second readings that matter in this field: 银行, 重复, 退还, 调动, 成都, 长沙."""
LONGEST_WORD = 6
ALONE = 0.35
"""Weight of a single character against a word when typed pinyin is read back."""


def _toneless(reading: str) -> str:
    plain = unicodedata.normalize("NFD", reading).replace("u\u0308", "v")
    return "".join(c for c in plain if not unicodedata.combining(c))


@lru_cache(maxsize=8192)
def syllable(character: str) -> str:
    """The usual reading of one character without tone; anything else is given back lowered."""
    readings = PINYIN_DICT.get(ord(character))
    return _toneless(readings.split(",")[0]) if readings else character.lower()


@lru_cache(maxsize=8192)
def folded(character: str) -> str:
    """The reading with look-alike sounds folded: 褂 and 挂 are both ``gua``, 是 and 四 ``si``."""
    return fold(syllable(character))


def fold(sound: str) -> str:
    """Fold look-alike sounds of one syllable."""
    for full, short in FOLDS:
        sound = sound.replace(full, short)
    return sound


def sounds(text: str) -> tuple[str, ...]:
    """Folded readings, one per character."""
    return tuple(folded(c) for c in text)


def readings(text: str) -> list[tuple[str, ...]]:
    """Every toneless reading of a word, counting the second readings of the field."""
    choices = [{syllable(c), OTHER_READINGS.get(c, syllable(c))} for c in text]
    return [tuple(row) for row in itertools.product(*map(sorted, choices))]


@cache
def syllables() -> frozenset[str]:
    """Every toneless syllable of Mandarin in common characters."""
    common = (chr(c) for c in range(0x4E00, 0x9FA6))
    return frozenset(s for s in map(syllable, common) if s.isascii() and s.isalpha())


@lru_cache(maxsize=2048)
def cut(letters: str) -> tuple[str, ...] | None:
    """Split typed letters into syllables, fewest first; ``None`` when they are no pinyin."""
    best: list[tuple[str, ...] | None] = [()] + [None] * len(letters)
    for end in range(1, len(letters) + 1):
        for start in range(max(0, end - 6), end):
            head, last = best[start], letters[start:end]
            if head is None or last not in syllables():
                continue
            if best[end] is None or len(head) + 1 < len(best[end] or ()):
                best[end] = (*head, last)
    return best[len(letters)] or None


class Reader:
    """Reads typed pinyin back with the words that questions are made of."""

    def __init__(self, sentences: Iterable[str], names: Iterable[str] = ()) -> None:
        counts: Counter[str] = Counter()
        for sentence in sentences:
            for run in re.findall(r"[一-鿿]+", sentence):
                for size in range(1, LONGEST_WORD + 1):
                    counts.update(run[i : i + size] for i in range(len(run) - size + 1))
        for name in names:
            counts[name] += 3
        self._words: dict[tuple[str, ...], tuple[str, float]] = {}
        ranked: dict[tuple[str, ...], Counter[str]] = defaultdict(Counter)
        for word, count in counts.items():
            if len(word) == 1 or count > 1:
                for sound in readings(word):
                    ranked[sound][word] += count
        for sound, words in ranked.items():
            word, count = max(words.items(), key=lambda item: (item[1], item[0]))
            bonus = len(word) ** 2 if len(word) > 1 else ALONE
            self._words[sound] = (word, bonus + 0.1 * math.log(count))

    def read(self, typed: Sequence[str]) -> str | None:
        """The likeliest characters for a row of syllables; ``None`` when one has none at all."""
        best: list[tuple[float, str] | None] = [(0.0, "")] + [None] * len(typed)
        for end in range(1, len(typed) + 1):
            for start in range(max(0, end - LONGEST_WORD), end):
                head = best[start]
                found = self._words.get(tuple(typed[start:end]))
                if head is None or found is None:
                    continue
                score = head[0] + found[1]
                here = best[end]
                if here is None or score > here[0]:
                    best[end] = (score, head[1] + found[0])
        last = best[len(typed)]
        return last[1] if last else None
