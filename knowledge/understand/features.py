"""What the classifier sees of a question: characters, sounds, concepts, English words, places."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from knowledge.understand.normalise import Normalised
from knowledge.understand.pinyin import sounds

NOISE = re.compile(r"[\s，。？！、,.?!;；:：'’\-]+")
FILLERS = re.compile(r"(呀|啊|呢|吧|哦|哈|嘛|呗|诶|哎|唉|请问|麻烦|那个|就是|然后|一下|的话)")
WORD = re.compile(r"[a-z][a-z']*")
PLACE_MARK = "〇"
"""Stands for a place name, so that no city is tied to a topic."""


@dataclass(frozen=True, slots=True)
class Question:
    """A normalised question with its places taken out; ``relation`` as in ``regions.Relation``."""

    text: Normalised
    masked: str
    places: int = 0
    relation: str = ""


def _grams(items: Sequence[str], longest: int, mark: str) -> Iterable[str]:
    row = ["^", *items, "$"]
    for size in range(1, longest + 1):
        for start in range(len(row) - size + 1):
            gram = row[start : start + size]
            if size == 1 and gram[0] in {"^", "$"}:
                continue
            yield mark + "".join(gram) if mark == "c" else mark + " ".join(gram)


class Features:
    """Turns questions into feature names by group; groups are weighted by the classifier."""

    def __init__(self, concepts: Mapping[str, Sequence[str]]) -> None:
        self._concepts = {name: tuple(words) for name, words in concepts.items()}

    def __call__(self, question: Question) -> dict[str, set[str]]:
        """Feature names by group: ``char``, ``sound``, ``concept``, ``english``."""
        body = NOISE.sub("", FILLERS.sub("", question.masked))
        marks = self.concepts(question.masked)
        groups = {
            "char": set(_grams(body, 3, "c")),
            "sound": set(_grams(sounds(body), 3, "s")),
            "concept": {f"k{m}" for m in marks}
            | {f"k{a}+{b}" for a in marks for b in marks if a < b},
            "english": set(),
        }
        groups["concept"].add(f"kplaces{min(question.places, 2)}")
        if question.relation:
            groups["concept"].add(f"krelation-{question.relation}")
        if question.text.english:
            words = WORD.findall(question.text.text)
            groups["english"] = set(_grams(words, 2, "e"))
        return groups

    def concepts(self, text: str) -> list[str]:
        """Names of the concepts that a text mentions."""
        return [name for name, words in self._concepts.items() if any(w in text for w in words)]
