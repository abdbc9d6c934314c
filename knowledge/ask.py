"""Ask a question, get an answer, a choice or an honest refusal. Pure and safe to share."""

from __future__ import annotations

import re
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from rapidfuzz import fuzz, process

from knowledge import regions
from knowledge.answers import Answer, AnswerPart, Choice, Outcome, build_part
from knowledge.policies.base import PolicyBase, load_policies
from knowledge.regions.table import Region
from knowledge.settings import AskSettings
from knowledge.topics import topics
from knowledge.understand.classifier import OUT_OF_SCOPE
from knowledge.understand.found import Places, role_by_topic
from knowledge.understand.gates import Gate
from knowledge.understand.lexicon import Lexicon, load_lexicon
from knowledge.understand.reader import MOVES, QuestionReader, Reading, load_classifier

__all__ = ["Answer", "AnswerPart", "Answerer", "Choice", "Outcome"]

PIECES = re.compile(r"[，。？！、,.?!;；\n]+|(?:还有|另外|以及|顺便|同时再问|还想问)")
SHORTEST_PIECE = 3
BESIDE = re.compile(
    r"what|how|about|and|then|if|in|at|to|for|it|i|is|s|the|go|move|same|there|"
    r"[\W_那么呢吗啊呀嘛哈的话如果要是假如换成去到在搬来我这又行也一样]"
)
"""What may stand beside a place without saying anything."""
GUARDS = {Gate.INJECTION: "injection", Gate.OTHERS_DATA: "others_data", Gate.INSULT: "insult"}


@dataclass(frozen=True, slots=True)
class _Near:
    """The known wording that is spelt most like the question."""

    topic: str
    text: str
    ratio: float


class Answerer:
    """Everything needed to answer, loaded once; build a new one for a new policy bundle."""

    def __init__(
        self,
        reader: QuestionReader,
        base: PolicyBase,
        lexicon: Lexicon,
        settings: AskSettings | None = None,
    ) -> None:
        self.base = base
        self.settings = settings or AskSettings()
        self._reader = reader
        alone = [w for w in lexicon.wordings if w.previous is None]
        self._wordings = {_squeeze(w.text): (w.topic, w.text) for w in reversed(alone)}

    @classmethod
    def load(cls, policies: Path | None = None, settings: AskSettings | None = None) -> Answerer:
        """From the knowledge files, or with the policies of another folder.

        Raises ``FileNotFoundError`` without a trained model and ``PolicyError`` on a bad file.
        """
        base = load_policies(policies) if policies else load_policies()
        lexicon = load_lexicon()
        return cls(QuestionReader(lexicon, load_classifier()), base, lexicon, settings)

    def with_base(self, base: PolicyBase) -> Answerer:
        """The same understanding over other policies; cheap, as nothing is trained or read."""
        other = copy(self)
        other.base = base
        return other

    def places(self, text: str, home: str | None = None) -> Places:
        """The places that a text names; ``home`` settles a name with many owners."""
        return self._reader.places(text, home)[0]

    def lone_place(self, text: str, home: str | None = None) -> Region | None:
        """The place of a message that says nothing beside it (那青岛呢？), else ``None``."""
        places, rest = self._reader.places(text, home)
        if len(places.named) != 1 or BESIDE.sub("", rest):
            return None
        return places.named[0]

    def ask(self, question: str, previous: str | None = None, region: str | None = None) -> Answer:
        """Answer one question. ``previous``: the turn before it; ``region``: the asker's own."""
        start = time.perf_counter()
        home = region if regions.find(region) else None
        reading = self._reader.read(question, previous, home)
        answer = self._decide(question, reading, previous, home)
        return replace(answer, latency_ms=(time.perf_counter() - start) * 1000)

    def answer_topic(self, topic: str, region: str | None = None, language: str = "zh") -> Answer:
        """The answer behind a pressed button. Raises ``KeyError`` for an unknown topic."""
        part = self._part(topic, region, english=language == "en")
        if topic not in topics():
            raise KeyError(topic)
        if part is None:
            return Answer(
                Outcome.REFUSE,
                topic,
                (topic,),
                None,
                None,
                1.0,
                reason="no_policy",
                language=language,
            )
        place = regions.find(region)
        return Answer(Outcome.ANSWER, topic, (topic,), None, place, 1.0, (part,), language=language)

    def ask_batch(self, rows: Iterable[Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
        """Records for ``{id, question, previous?}`` rows, in the form that the scorer reads."""
        for row in rows:
            answer = self.ask(str(row["question"]), row.get("previous"), row.get("region"))
            yield answer.record(str(row["id"]))

    def _decide(
        self, question: str, reading: Reading, previous: str | None, home: str | None
    ) -> Answer:
        language = "en" if reading.text.english else "zh"
        near = self._near(reading, previous)
        if reading.gate in GUARDS:
            return _stop(Outcome.GUARD, GUARDS[reading.gate], reading, language)
        if reading.gate is Gate.NONSENSE:
            return _stop(Outcome.REFUSE, "gibberish", reading, language)
        if self._outside(reading, near):
            return _stop(Outcome.REFUSE, "out_of_scope", reading, language)
        ranked = self._with_near(reading.ranked, near)
        wanted = self._intents(question, reading, ranked, previous=previous, home=home)
        order = tuple(dict.fromkeys((*wanted, *(name for name, _ in ranked))))[:3]
        places = _roles(reading.places, order[0])
        if not self._sure(ranked, reading, near, wanted):
            return self._ask_back(
                order, ranked, reading, places=places, language=language, near=near
            )
        return self._answer(wanted, order, ranked, places=places, home=home, language=language)

    def _outside(self, reading: Reading, near: _Near | None) -> bool:
        """Whether the question isn't ours."""
        if near and near.ratio >= self.settings.near_exact:
            return near.topic == OUT_OF_SCOPE
        lead = reading.out_of_scope - reading.ranked[0][1]
        return reading.foreign or lead > self.settings.out_of_scope_lead

    def _near(self, reading: Reading, previous: str | None) -> _Near | None:
        """The closest wording by spelling; a follow-up has none."""
        if previous:
            return None
        found = process.extractOne(
            _squeeze(reading.text.text),
            self._wordings.keys(),
            scorer=fuzz.ratio,
            score_cutoff=self.settings.did_you_mean,
        )
        if found is None:
            return None
        topic, text = self._wordings[found[0]]
        return _Near(topic, text, found[1])

    def _with_near(
        self, ranked: tuple[tuple[str, float], ...], near: _Near | None
    ) -> tuple[tuple[str, float], ...]:
        """Put a near-exact wording's topic first, unless places have decided otherwise."""
        if near is None or near.ratio < self.settings.near_exact or near.topic == OUT_OF_SCOPE:
            return ranked
        if near.topic in MOVES.values():
            return ranked
        best = max(1.0, ranked[0][1])
        return ((near.topic, best), *(pair for pair in ranked if pair[0] != near.topic))

    def _intents(
        self,
        question: str,
        reading: Reading,
        ranked: Sequence[tuple[str, float]],
        *,
        previous: str | None,
        home: str | None,
    ) -> tuple[str, ...]:
        """The topics asked about: one, or two when the pieces of a message ask differently."""
        found = {ranked[0][0]: ranked[0][1]}
        pieces = [p for p in PIECES.split(question) if p and len(p.strip()) >= SHORTEST_PIECE]
        if 1 < len(pieces) < 5:
            whole = dict(ranked)
            for piece in pieces:
                part = self._reader.read(piece, previous, home)
                name, score = part.ranked[0]
                lead = score - part.out_of_scope
                if lead > 0 and (score + whole[name]) / 2 >= self.settings.second_intent:
                    found.setdefault(name, score)
        return tuple(found)[:2]

    def _sure(
        self,
        ranked: Sequence[tuple[str, float]],
        reading: Reading,
        near: _Near | None,
        wanted: Sequence[str],
    ) -> bool:
        """Whether an outright answer may be given."""
        if near and near.ratio >= self.settings.near_exact:
            return True
        best, second = ranked[0][1], ranked[1][1]
        lead = reading.out_of_scope - best
        clear = best - second >= self.settings.answer_margin or len(wanted) > 1
        return best >= self.settings.answer_score and clear and lead < self.settings.doubt_lead

    def _ask_back(
        self,
        order: tuple[str, ...],
        ranked: Sequence[tuple[str, float]],
        reading: Reading,
        *,
        places: Places,
        language: str,
        near: _Near | None,
    ) -> Answer:
        """Offer the likeliest topics, or refuse when even these are a guess."""
        best = ranked[0][1]
        confidence = confidence_of(ranked, reading.out_of_scope)
        offer = best >= self.settings.offer_score
        offered = tuple(
            Choice(name, topics()[name].title, topics()[name].en)
            for name in order[: self.settings.most_offered]
        )
        return Answer(
            Outcome.CHOOSE if offer else Outcome.REFUSE,
            order[0],
            order,
            places.origin,
            places.destination,
            confidence,
            offered=offered,
            suggestion=near.text if near and near.topic != OUT_OF_SCOPE else None,
            reason=None if offer else "low_confidence",
            language=language,
        )

    def _answer(
        self,
        wanted: Sequence[str],
        order: tuple[str, ...],
        ranked: Sequence[tuple[str, float]],
        *,
        places: Places,
        home: str | None,
        language: str,
    ) -> Answer:
        place = places.destination or places.origin
        code = place.code if place else home
        found = (self._part(name, code, english=language == "en") for name in wanted)
        parts = tuple(part for part in found if part)
        return Answer(
            Outcome.ANSWER if parts else Outcome.REFUSE,
            order[0],
            order,
            places.origin,
            places.destination,
            confidence_of(ranked, 0.0),
            parts,
            reason=None if parts else "no_policy",
            language=language,
        )

    def _part(self, topic: str, region: str | None, english: bool) -> AnswerPart | None:
        said = self.base.find(topic, region, self.settings.most_notes)
        return build_part(self.base, said, topics()[topic], english) if said else None


def _stop(outcome: Outcome, reason: str, reading: Reading, language: str) -> Answer:
    places = reading.places
    return Answer(
        outcome,
        OUT_OF_SCOPE,
        (OUT_OF_SCOPE, *reading.topics[:2]),
        places.origin,
        places.destination,
        1.0,
        reason=reason,
        language=language,
    )


def _roles(places: Places, topic: str) -> Places:
    return role_by_topic(places, topics()[topic].leaves)


def confidence_of(ranked: Sequence[tuple[str, float]], out_of_scope: float) -> float:
    """A figure between 0 and 1 for logs and sorting: the best score and its lead, squeezed."""
    best, second = ranked[0][1], ranked[1][1]
    value = 0.6 * best + 0.8 * (best - second) - 0.4 * max(0.0, out_of_scope)
    return max(0.0, min(1.0, value))


def _squeeze(text: str) -> str:
    return re.sub(r"[\s，。？！、,.?!;；]+", "", text.lower())


def region_of(answer: Answer) -> Region | None:
    """The region that an answer speaks about."""
    return answer.destination or answer.origin
