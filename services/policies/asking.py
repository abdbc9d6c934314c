"""A person asks: HR's own answers first, then the bundle in force; everything shown is recorded."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel.ext.asyncio.session import AsyncSession

from knowledge.answers import Answer, AnswerPart, Choice, Outcome
from knowledge.ask import Answerer
from knowledge.regions import find
from knowledge.topics import topics
from knowledge.understand.reader import MOVES
from services.gaps import HrAnswer
from services.gaps import find as find_hr_answer
from services.gaps import note as note_gap
from services.policies import answers
from services.policies.answers import CORRECTED, Past, Shown
from services.policies.library import Edition, Library
from storage.clock import local_date
from storage.models import GapKind

WHICH_WAY = "cancel-or-transfer"
"""The topic of 换城市怎么办: it is answered by the guide, not by a rule."""
UNANSWERED = frozenset({"low_confidence", "no_policy"})
_FOLLOWS = re.compile(
    r"^(那|要是|如果|假如|换成|还有|它|这个|and\b|what about|how about|what if)|呢[？?]?$", re.I
)
_SHORT = 4


@dataclass(frozen=True)
class Asker:
    """Who asks: the region is that of their insurance, the language that of the conversation."""

    person_id: int
    region_code: str
    language: str = "zh"


@dataclass(frozen=True)
class ToldPart:
    """One topic's answer and the id under which it is recorded."""

    answer_id: int
    part: AnswerPart


@dataclass(frozen=True)
class Reply:
    """What the conversation says.

    Args:
        answer_id: of the record when nothing was answered, or HR's answer was given.
        guide: the answer is the guide between two places; each may still be unknown.
        offered: topics to choose from.
        origin, destination: codes of the places that were named.
    """

    outcome: str
    reason: str | None = None
    parts: tuple[ToldPart, ...] = ()
    offered: tuple[Choice, ...] = ()
    suggestion: str | None = None
    hr: HrAnswer | None = None
    answer_id: int = 0
    guide: bool = False
    origin: str | None = None
    destination: str | None = None


@dataclass(frozen=True)
class Inquiry:
    """One person asking at one moment; every verb records what was shown."""

    session: AsyncSession
    library: Library
    asker: Asker
    now: datetime

    async def ask(self, words: str) -> Reply:
        """Answer a question in own words; what can't be answered joins the gap list."""
        edition = await self.library.edition(self.session, self.now)
        settings = self.library.settings
        since = self.now - timedelta(minutes=settings.follow_up_minutes)
        before = await answers.last(self.session, self.asker.person_id, since)
        answer, whole = understand(edition.answerer, words, self.asker, before)
        place = answer.destination or answer.origin
        region = place.code if place else self.asker.region_code
        if answer.outcome is not Outcome.GUARD:
            hr = await find_hr_answer(self.session, words, region, settings.serve_likeness)
            if hr is not None:
                shown = Shown("hr", words, topic=answer.topic, region_code=region, gap_id=hr.gap_id)
                return Reply("hr", hr=hr, answer_id=await self._record(edition, shown))
        if answer.answered:
            return await self._answered(edition, whole, answer)
        outcome, reason = answer.outcome.value, answer.reason
        shown = Shown(outcome, whole, reason=reason, topic=answer.topic, region_code=region)
        number = await self._record(edition, shown)
        if answer.outcome is Outcome.REFUSE and reason in UNANSWERED:
            await self._gap(number, GapKind.UNANSWERED)
        return Reply(
            outcome,
            reason,
            offered=answer.offered,
            suggestion=answer.suggestion,
            answer_id=number,
        )

    async def choose(self, topic: str, answer_id: int | None = None) -> Reply:
        """The answer behind a pressed topic.

        Args:
            answer_id: where it was offered. Chosen in place of an answer that didn't help, it
                marks that one as corrected.
        """
        edition = await self.library.edition(self.session, self.now)
        past = await self._past(answer_id)
        region = past.region_code if past and past.region_code else self.asker.region_code
        words = past.question if past else None
        if past is not None and past.outcome == "answer" and past.topic != topic:
            await self.doubt(past.id, kind=GapKind.CORRECTED)
        if topic not in topics():  # a button of an older program
            return Reply("refuse", "no_policy")
        if topic == WHICH_WAY:
            return Reply("guide", guide=True)
        answer = edition.answerer.answer_topic(topic, region, self.asker.language)
        if not answer.parts:
            shown = Shown("refuse", words, reason="no_policy", topic=topic, region_code=region)
            return Reply("refuse", "no_policy", answer_id=await self._record(edition, shown))
        told = [await self._tell(edition, part, words) for part in answer.parts]
        return Reply("answer", parts=tuple(told))

    async def judge(self, answer_id: int, verdict: str) -> Past | None:
        """Keep the person's word on an answer; None when the answer isn't theirs."""
        return await answers.judge(self.session, answer_id, self.asker.person_id, verdict, self.now)

    async def doubt(self, answer_id: int, *, kind: GapKind = GapKind.DOUBTED) -> Past | None:
        """It didn't help: the question joins the gap list. None when the answer isn't theirs."""
        verdict = CORRECTED if kind is GapKind.CORRECTED else answers.UNSOLVED
        past = await self.judge(answer_id, verdict)
        if past is not None:
            await self._gap(answer_id, kind)
        return past

    async def alternatives(self, past: Past) -> tuple[Choice, ...]:
        """Other topics that the same words may have meant."""
        edition = await self.library.edition(self.session, self.now)
        if not past.question:
            return ()
        found = edition.answerer.ask(past.question, region=self.asker.region_code)
        return tuple(c for c in _choices(found.topics) if c.topic != past.topic)[:2]

    async def sources(self, answer_id: int) -> AnswerPart | None:
        """An earlier answer of the person's with every source, by the bundle that it came from."""
        past = await self._past(answer_id)
        if past is None or past.topic is None or past.outcome != "answer":
            return None
        day = local_date(past.at)
        then = await self.library.edition_of(self.session, past.bundle_id, "", day)
        answer = then.answerer.answer_topic(past.topic, past.region_code, self.asker.language)
        return answer.parts[0] if answer.parts else None

    async def _answered(self, edition: Edition, words: str, answer: Answer) -> Reply:
        origin, destination = answer.origin, answer.destination
        home = self.asker.region_code
        if origin is None and destination is not None and destination.code != home:
            origin = find(home)
        pair = (origin.code if origin else None, destination.code if destination else None)
        moves = {*MOVES.values()} if all(pair) else set()
        parts = [  # of two places the guide says it whole
            await self._tell(edition, part, words)
            for part in answer.parts
            if part.topic not in moves | {WHICH_WAY}
        ]
        guide = answer.topic == WHICH_WAY or answer.topic in moves
        return Reply(
            "guide" if guide else "answer",
            parts=tuple(parts),
            guide=guide,
            origin=pair[0],
            destination=pair[1],
        )

    async def _tell(self, edition: Edition, part: AnswerPart, words: str | None) -> ToldPart:
        place = part.asked.code if part.asked else None
        ids = part.policy_ids
        shown = Shown("answer", words, topic=part.topic, region_code=place, policy_ids=ids)
        return ToldPart(await self._record(edition, shown), part)

    async def _record(self, edition: Edition, shown: Shown) -> int:
        return await answers.record(
            self.session, self.asker.person_id, edition.bundle_id, shown, self.now
        )

    async def _past(self, answer_id: int | None) -> Past | None:
        if answer_id is None:
            return None
        return await answers.get(self.session, answer_id, self.asker.person_id)

    async def _gap(self, answer_id: int, kind: GapKind) -> None:
        past = await self._past(answer_id)
        if past is None or not past.question:
            return
        await note_gap(
            self.session,
            self.asker.person_id,
            past.question,
            kind,
            self.now,
            least=self.library.settings.gap_likeness,
            region_code=past.region_code or self.asker.region_code,
            topic=past.topic if kind is not GapKind.UNANSWERED else None,
            answer_id=answer_id,
        )


def understand(
    answerer: Answerer, words: str, asker: Asker, before: Past | None
) -> tuple[Answer, str]:
    """The answer, and the question that it answers (a follow-up with the turn before it).

    A place alone repeats the last topic there. A question that sounds like a follow-up is read
    with the turn before; any other only when it can't be read alone, so that a new question is
    never coloured by an old one.
    """
    alone = answerer.ask(words, region=asker.region_code)
    if before is None or before.question is None or alone.outcome is Outcome.GUARD:
        return alone, words
    pair = f"{before.question} {words}"
    place = answerer.lone_place(words, asker.region_code)
    follows = place is not None or bool(_FOLLOWS.search(words.strip()))
    unsure = alone.outcome is Outcome.CHOOSE or alone.reason in UNANSWERED
    if not follows and not (unsure and len(words.strip("？?。！! ")) <= _SHORT):
        return alone, words
    paired = answerer.ask(words, previous=before.question, region=asker.region_code)
    if paired.answered:
        return paired, pair
    if place is not None and before.topic is not None and before.outcome != "refuse":
        return answerer.answer_topic(before.topic, place.code, asker.language), pair
    return (alone, words) if alone.answered or not follows else (paired, pair)


def _choices(slugs: tuple[str, ...]) -> list[Choice]:
    known = topics()
    return [Choice(s, known[s].title, known[s].en) for s in slugs if s in known]
