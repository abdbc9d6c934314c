"""Rules before any model: another person's data, injections, insults, other people's matters.

No classifier learns "somebody else's data" from a few examples, so these are written rules, kept in
``data/gates.yaml``. They are applied to the question alone and, for follow-ups, also to the pair.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum

import yaml

from knowledge.facts import DATA
from knowledge.understand.normalise import HAN, Normalised
from knowledge.understand.people import OtherPeople
from knowledge.understand.pinyin import cut


class Gate(StrEnum):
    """Why a question isn't answered from the policies."""

    INJECTION = "injection"
    OTHERS_DATA = "others_data"
    INSULT = "insult"
    FOREIGN = "foreign"
    NONSENSE = "nonsense"


class Gates:
    """Compiled rules. Immutable."""

    def __init__(self, ordinary: Callable[[str], bool] = lambda pair: False) -> None:
        """``ordinary`` says whether two characters are an everyday word and no name's beginning."""
        rules = yaml.safe_load((DATA / "gates.yaml").read_text(encoding="utf-8"))
        lists: dict[str, str] = {}
        for name, words in rules["words"].items():
            lists[f"<{name}>"] = f"(?:{_spell_out(words, lists)})"
        self._rules = {
            gate: tuple(re.compile(_spell_out(pattern, lists)) for pattern in rules[gate.value])
            for gate in Gate
        }
        self._people = OtherPeople(
            rules["people"], lambda pattern: _spell_out(pattern, lists), ordinary
        )
        self._ours = re.compile(rules["ours"])
        self._spared = {
            Gate(name): re.compile(_spell_out(words, lists))
            for name, words in rules["spared"].items()
        }

    def check(self, question: Normalised, masked: str, words: frozenset[str]) -> Gate | None:
        """The rule that stops this question, if any.

        ``masked`` is the text with places taken out; ``words`` are the English words that the
        knowledge files know, to tell a word from a row of keys.
        """
        for gate in (Gate.INJECTION, Gate.OTHERS_DATA, Gate.INSULT):
            body = question.text if question.english else masked
            texts = (body,) if gate is Gate.OTHERS_DATA else (question.raw.lower(), body)
            spared = self._spared.get(gate)
            if spared and spared.search(question.text):
                continue
            if any(rule.search(text) for rule in self._rules[gate] for text in texts):
                return gate
            if gate is Gate.OTHERS_DATA and self._asks_of_others(question, masked):
                return gate
        if _matches(self._rules[Gate.NONSENSE], question.text) or _keyboard(question, words):
            return Gate.NONSENSE
        return None

    def goes_on_about_others(self, question: Normalised, masked: str) -> bool:
        """Whether a text that follows a stopped question is still about somebody (那她的呢)."""
        return self._people.mentions(question.text if question.english else masked)

    def _asks_of_others(self, question: Normalised, masked: str) -> bool:
        if question.english:
            return self._people.asks_in_english(question.text, question.raw)
        return self._people.asks(masked, question.raw)

    def is_foreign(self, text: str) -> bool:
        """Whether the question names a thing that isn't ours and nothing that is."""
        return _matches(self._rules[Gate.FOREIGN], text) and not self._ours.search(text)


def _spell_out(pattern: str, lists: Mapping[str, str]) -> str:
    """A rule with its named word lists written out."""
    for name, words in lists.items():
        pattern = pattern.replace(name, words)
    return pattern


def _matches(rules: Sequence[re.Pattern[str]], text: str) -> bool:
    return any(rule.search(text) for rule in rules)


def _keyboard(question: Normalised, words: frozenset[str]) -> bool:
    """A row of keys: letters that are neither a known word nor pinyin, and nothing else."""
    if HAN.search(question.text):
        return False
    tokens = re.findall(r"[a-z]+", question.text)
    strange = [t for t in tokens if t not in words and cut(t) is None and len(t) > 2]
    rare = [t for t in strange if not re.search(r"[aeiou]", t) or re.search(r"[^aeiou]{4}", t)]
    return bool(tokens) and len(strange) == len(tokens) and bool(rare)
