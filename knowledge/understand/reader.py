"""From a raw question to what it asks: normalised text, places, gate, ranked topics."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np

from knowledge.facts import DATA
from knowledge.understand import embedding, stored
from knowledge.understand.classifier import OUT_OF_SCOPE, Classifier, Floats, Groups
from knowledge.understand.features import PLACE_MARK, Features, Question
from knowledge.understand.found import Places, follow
from knowledge.understand.gates import Gate, Gates
from knowledge.understand.lexicon import Lexicon, load_lexicon
from knowledge.understand.normalise import Normalised, Normaliser, bigrams, clean
from knowledge.understand.places import Gazetteer

CORE, EMBEDDED = "model", "model_embedded"
"""Names of the two stored models."""
PREVIOUS_SHARE = 0.6
"""Weight of the pair (previous turn + question) against the question alone."""
OF_THEIR_OWN = frozenset({"human-agent", "bot-help", "complaint"})
SURE_ALONE = 0.6
"""A call for a person, thanks or a complaint, said this clearly, changes the subject."""
MOVES = {
    "same": "move-district",
    "same_city": "move-district",
    "same_province": "move-in-province",
    "cross_province": "move-cross-province",
}
"""The relation of two places decides between the three move topics; the wording can't."""


@dataclass(frozen=True)
class Reading:
    """What was understood. ``ranked`` holds every topic with its score, best first."""

    text: Normalised
    places: Places
    gate: Gate | None
    foreign: bool
    ranked: tuple[tuple[str, float], ...]
    out_of_scope: float

    @property
    def topics(self) -> tuple[str, ...]:
        """Topics in order, without the out-of-scope class."""
        return tuple(name for name, _ in self.ranked)


class Preparer:
    """Normalises, finds places and takes features; needs no trained model."""

    def __init__(self, lexicon: Lexicon) -> None:
        rough = Gazetteer()
        self.normalise = Normaliser(
            lexicon.chinese,
            lexicon.terms,
            lexicon.glossary,
            lexicon.english,
            rough.spoken,
            initials=lexicon.initials,
            slips=lexicon.slips,
            places=rough.written,
        )
        self.gazetteer = Gazetteer(self.normalise.knows)
        self.features = Features(lexicon.concepts)
        words = " ".join((*lexicon.english, *lexicon.glossary)).lower()
        self.english_words = frozenset(re.findall(r"[a-z]+", words))

    def question(
        self, text: str, home: str | None = None, spoken_of: Sequence[str] = ()
    ) -> tuple[Question, Places]:
        """One text, alone; ``spoken_of`` are the codes that the turn before named."""
        normal = self.normalise(text)
        places = self.gazetteer.find(normal.text, normal.english, home, spoken_of)
        masked = normal.shadow if normal.english else mask(normal.text, places)
        return Question(normal, masked, len(places.named), places.relation), places

    def groups(self, text: str, previous: str | None = None) -> Groups:
        """Features of a training question."""
        return self.features(self.training(text, previous))

    def training(self, text: str, previous: str | None = None) -> Question:
        """A training question, with its previous turn if it is a follow-up."""
        return (self.pair(text, previous) if previous else self.question(text))[0]

    def pair(self, text: str, previous: str, home: str | None = None) -> tuple[Question, Places]:
        """A follow-up together with the turn before it."""
        before, there = self.question(previous, home)
        now, here = self.question(text, home, tuple(place.code for place in there.named))
        places = follow(there, here)
        english = now.text.english and before.text.english
        joined = Normalised(
            f"{previous} {text}",
            f"{before.text.text} {now.text.text}",
            f"{before.masked} {now.masked}",
            english,
        )
        masked = f"{before.masked} {now.masked}"
        return Question(joined, masked, len(places.named), places.relation), places


class QuestionReader:
    """The whole of understanding. Immutable and safe to share between threads."""

    def __init__(self, lexicon: Lexicon, classifier: Classifier) -> None:
        self._prepare = Preparer(lexicon)
        self._classifier = classifier
        self._gates = Gates(everyday(lexicon))
        self._out = classifier.labels.index(OUT_OF_SCOPE)

    @classmethod
    def load(cls) -> QuestionReader:
        """From the knowledge files and the stored model."""
        return cls(load_lexicon(), load_classifier())

    def read(self, text: str, previous: str | None = None, home: str | None = None) -> Reading:
        """Understand one question, if need be with the turn before it."""
        alone, places = self._prepare.question(text, home)
        scores = self._scores(alone)
        context = alone
        if previous:
            context, places = self._prepare.pair(text, previous, home)
            paired = self._scores(context)
            if not self._changes_subject(scores):
                scores = PREVIOUS_SHARE * paired + (1 - PREVIOUS_SHARE) * scores
        gate = self._gates.check(alone.text, alone.masked, self._prepare.english_words)
        if gate is None and previous and self._goes_on_about_others(alone, previous):
            gate = Gate.OTHERS_DATA
        english = context.text.english
        said = context.text.text if english else f"{context.text.text} {context.masked}"
        foreign = self._gates.is_foreign(said)
        return Reading(
            alone.text, places, gate, foreign, self._rank(scores, places), float(scores[self._out])
        )

    def gate(self, text: str) -> Gate | None:
        """The rule that stops one text, without ranking it."""
        question, _ = self._prepare.question(text)
        return self._gates.check(question.text, question.masked, self._prepare.english_words)

    def _goes_on_about_others(self, alone: Question, previous: str) -> bool:
        """Whether the turn before was stopped for another's data and this goes on (那她的呢)."""
        goes_on = self._gates.goes_on_about_others(alone.text, alone.masked)
        return goes_on and self.gate(previous) is Gate.OTHERS_DATA

    def _changes_subject(self, alone: Floats) -> bool:
        best = int(np.argmax(alone))
        return self._classifier.labels[best] in OF_THEIR_OWN and alone[best] >= SURE_ALONE

    def places(self, text: str, home: str | None = None) -> tuple[Places, str]:
        """The places of one text, and what it says beside them."""
        question, places = self._prepare.question(text, home)
        rest = question.text.text
        for start, end in sorted(places.spans, reverse=True):
            rest = rest[:start] + rest[end:]
        return places, rest

    def _scores(self, question: Question) -> Floats:
        vector = None
        if self._classifier.embeds:
            vector = embedding.embed([embedding.sentence(question)])[0]
        return self._classifier.scores(self._prepare.features(question), vector)

    def _rank(self, scores: Floats, places: Places) -> tuple[tuple[str, float], ...]:
        labels = self._classifier.labels
        order = np.argsort(-scores, kind="stable")
        ranked = [(labels[i], float(scores[i])) for i in order if i != self._out]
        return tuple(_by_relation(ranked, places.relation))


def _by_relation(ranked: list[tuple[str, float]], relation: str) -> list[tuple[str, float]]:
    """Let the named places choose between the three move topics."""
    right = MOVES.get(relation)
    if right is None:
        return ranked
    moves = [(name, score) for name, score in ranked if name in MOVES.values()]
    best = max(score for _, score in moves)
    lowered = {name: score - 1.0 for name, score in moves}
    lowered[right] = best
    return sorted(
        ((name, lowered.get(name, score)) for name, score in ranked), key=lambda pair: -pair[1]
    )


def everyday(lexicon: Lexicon) -> Callable[[str], bool]:
    """Whether two characters follow each other in questions of ours, which name nobody."""
    pairs = {
        pair
        for wording in lexicon.written
        if wording.topic != OUT_OF_SCOPE
        for pair in bigrams(clean(wording.text))
    }
    return pairs.__contains__


def mask(text: str, places: Places) -> str:
    """The text with every place name written as one mark."""
    for start, end in sorted(places.spans, reverse=True):
        text = text[:start] + PLACE_MARK + text[end:]
    return text


@cache
def load_classifier() -> Classifier:
    """The stored model; one with embeddings where their package and such a model are there."""
    extra = embedding.available() and (DATA / f"{EMBEDDED}.npz").exists()
    if extra:
        embedding.embed(["社保卡"])  # it reads its weights at the first sentence: not in a turn
    return stored.load(DATA, EMBEDDED if extra else CORE)
