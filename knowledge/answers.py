"""What an answer is: frozen parts for a template to render, nothing about a chat."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from knowledge.facts import SourceKind, Status
from knowledge.policies.base import Answerable, PolicyBase
from knowledge.policies.schema import PARTS, Grade, Policy, Source, Statement
from knowledge.regions.table import NATION, Region, find
from knowledge.topics import Topic

SHOWN = 2
"""Sources named under an answer; the others are one press away."""
WEIGHT: Mapping[str, int] = {
    SourceKind.OFFICIAL: 0,
    SourceKind.OFFICIAL_REPRINT: 1,
    SourceKind.MEDIA: 2,
}


class Outcome(StrEnum):
    """What happened to a question."""

    ANSWER = "answer"
    CHOOSE = "choose"
    REFUSE = "refuse"
    GUARD = "guard"


@dataclass(frozen=True, slots=True)
class Line:
    """One sentence; not ``plain`` means it carries 以当地12333为准."""

    text: str
    plain: bool


@dataclass(frozen=True, slots=True)
class Choice:
    """A topic offered as a button."""

    topic: str
    title: str
    title_en: str


@dataclass(frozen=True, slots=True)
class AnswerPart:
    """The answer to one topic in one region.

    ``region`` is where the rule comes from, ``asked`` what was asked about; ``inherited`` says that
    the asked region has no rule of its own. ``english`` is false when only Chinese text exists.
    """

    topic: str
    title: str
    rule: Line
    steps: tuple[Line, ...]
    bring: Line | None
    time: Line | None
    cost: Line | None
    where: Line | None
    notes: tuple[Line, ...]
    region: Region | None
    asked: Region | None
    inherited: bool
    caveat: bool
    grade: str
    sources: tuple[Source, ...]
    policy_ids: tuple[str, ...]
    actions: tuple[str, ...]
    english: bool
    main: tuple[Source, ...] = ()
    """The strongest of ``sources``, for a small screen."""
    mixed: bool = False
    """English, but what the region rules for itself stands in Chinese."""


@dataclass(frozen=True, slots=True)
class Answer:
    """All that a conversation needs to reply, and all that a log may keep (no personal data)."""

    outcome: Outcome
    topic: str | None
    topics: tuple[str, ...]
    origin: Region | None
    destination: Region | None
    confidence: float
    parts: tuple[AnswerPart, ...] = ()
    offered: tuple[Choice, ...] = ()
    suggestion: str | None = None
    reason: str | None = None
    language: str = "zh"
    latency_ms: float = 0.0

    @property
    def answered(self) -> bool:
        """Whether a policy answer is shown."""
        return self.outcome is Outcome.ANSWER

    @property
    def policy_ids(self) -> tuple[str, ...]:
        """Entries behind every part, without repetition."""
        return tuple(dict.fromkeys(name for part in self.parts for name in part.policy_ids))

    def record(self, name: str | None = None) -> dict[str, Any]:
        """The line that ``ask --batch`` writes."""
        row: dict[str, Any] = {} if name is None else {"id": name}
        return row | {
            "topic": self.topic,
            "topics": list(self.topics),
            "origin": place(self.origin),
            "destination": place(self.destination),
            "answered": self.answered,
            "confidence": round(self.confidence, 3),
            "policy_ids": list(self.policy_ids),
            "latency_ms": round(self.latency_ms, 3),
            "outcome": self.outcome.value,
            "reason": self.reason,
            "offered": [choice.topic for choice in self.offered],
        }


def place(region: Region | None) -> dict[str, str] | None:
    """A place as programs read it."""
    return {"name": region.name, "code": region.code} if region else None


def build_part(base: PolicyBase, said: Answerable, topic: Topic, english: bool) -> AnswerPart:
    """One topic's answer in the wanted language (Chinese where no English text exists)."""
    entry = next((p for p in said.policies if p.en), None) if english else None
    ruled = said.said_by["rule"]
    lines, mixed = _chinese(base, said), False
    if entry and entry.en:
        lines, mixed = _mixed(lines, _english(entry.en), said, entry)
    return AnswerPart(
        topic=topic.slug,
        title=topic.en if english else topic.title,
        **lines,
        region=find(ruled),
        asked=find(said.region),
        inherited=said.region != NATION and not _local(said),
        caveat=not all(base.plain(s) for s in said.statements),
        grade=_grade(base, said.rule).value,
        sources=base.sources(said.statements),
        main=strongest(base.sources(said.statements), base.sources((said.rule,))),
        policy_ids=tuple(p.id for p in said.policies),
        actions=next((p.actions for p in said.policies if p.actions), ()),
        english=entry is not None,
        mixed=mixed,
    )


def strongest(
    sources: Sequence[Source], ruling: Sequence[Source], most: int = SHOWN
) -> tuple[Source, ...]:
    """The sources to name first: behind the rule itself, in force, official, dated, newest."""
    behind = {(source.title, source.url) for source in ruling}
    newest = sorted(sources, key=lambda source: source.date or "", reverse=True)
    ranked = sorted(
        newest,
        key=lambda source: (
            (source.title, source.url) not in behind,
            source.status != Status.CURRENT,
            WEIGHT.get(source.kind, len(WEIGHT)),
            source.date is None,
        ),
    )
    return tuple(ranked[:most])


def _local(said: Answerable) -> bool:
    """Whether the asked region or its city says anything itself."""
    wanted = said.region[:4] if said.region[2:4] != "00" else said.region[:2]
    return any(p.region != NATION and p.region.startswith(wanted) for p in said.policies)


def _grade(base: PolicyBase, rule: Statement) -> Grade:
    return base.grade(rule)


def _chinese(base: PolicyBase, said: Answerable) -> dict[str, Any]:
    def line(statement: Statement | None) -> Line | None:
        return Line(statement.text, base.plain(statement)) if statement else None

    parts: dict[str, Any] = {part: line(said.single.get(part)) for part in PARTS[1:]}
    return parts | {
        "rule": line(said.rule),
        "steps": tuple(Line(s.text, base.plain(s)) for s in said.steps),
        "notes": tuple(Line(s.text, base.plain(s)) for s in said.notes),
    }


def _mixed(
    chinese: dict[str, Any], english: dict[str, Any], said: Answerable, entry: Policy
) -> tuple[dict[str, Any], bool]:
    """English lines, with the region's own in Chinese where they overrule those of ``entry``."""
    lines, own = dict(english), False
    for part in (*PARTS, "steps"):
        if chinese[part] and said.said_by.get(part) != entry.region:
            lines[part], own = chinese[part], True
    others = {n.text for p in said.policies if p.id != entry.id for n in p.notes}
    local = tuple(line for line in chinese["notes"] if line.text in others)
    if local:
        room = max(0, len(chinese["notes"]) - len(local))
        lines["notes"], own = (*local, *english["notes"][:room]), True
    return lines, own


def _english(text: Any) -> dict[str, Any]:
    """English texts; they rest on the same facts, so the answer's caveat covers them."""
    parts: dict[str, Any] = {}
    for part in PARTS:
        value = getattr(text, part)
        parts[part] = Line(value, plain=True) if value else None
    return parts | {
        "steps": tuple(Line(s, plain=True) for s in text.steps),
        "notes": tuple(Line(s, plain=True) for s in text.notes),
    }
