"""What a policy entry is, and how a sentence names the facts that it rests on.

A sentence in a policy file ends with its facts in double brackets, for instance
``卡要先启用。[[000000-card_activate-01]]``.
``[[own]]`` marks what this assistant does itself. A sentence without either is refused.
"""

from __future__ import annotations

import re
from datetime import date
from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field

from knowledge.facts import Fact, SourceKind, Status

OWN = "own"
OWN_TITLE = "社保小助手使用说明"
CITED = re.compile(r"^(?P<text>.*?)\s*\[\[(?P<facts>[^\]]+)\]\]$", re.DOTALL)
PARTS = ("rule", "bring", "time", "cost", "where")
LISTS = ("steps", "notes")


class PolicyError(ValueError):
    """A policy file that can't be used; the text names the entry and what is wrong."""


class Grade(StrEnum):
    """How well an answer is backed, by the weakest fact of its rule."""

    A = "A"
    """An official text (or its reprint) that is current and dated."""
    B = "B"
    """Current and dated, told by a medium or a third party."""
    C = "C"
    """Older or undated, or from published program code."""
    D = "D"
    """Doubtful or superseded, or of low confidence."""
    OWN = "own"
    """What this assistant itself does; no outside rule."""


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Source(_Frozen):
    """Where a statement comes from, for people to read. Dates are ISO texts, maybe only a year."""

    title: str
    docno: str | None = None
    url: str | None = None
    issuer: str | None = None
    date: str | None = None
    checked: str
    status: str
    kind: str
    fact_id: str


class Statement(_Frozen):
    """One sentence and the facts it rests on; ``own`` when it says what the assistant does."""

    text: str
    facts: tuple[str, ...]

    @property
    def own(self) -> bool:
        """Whether it needs no outside source."""
        return self.facts == (OWN,)


def parse_statement(raw: str, where: str) -> Statement:
    """Split a sentence from its facts. Raises :class:`PolicyError` when it cites nothing."""
    match = CITED.match(raw.strip())
    if match is None:
        raise PolicyError(f"{where}: no source behind “{raw[:40]}”")
    names = tuple(name.strip() for name in match["facts"].split(",") if name.strip())
    if not names or not match["text"].strip():
        raise PolicyError(f"{where}: empty text or source in “{raw[:40]}”")
    return Statement(text=match["text"].strip(), facts=names)


class English(_Frozen):
    """The same answer in English; it rests on the facts of the Chinese one."""

    rule: str
    steps: tuple[str, ...] = ()
    bring: str | None = None
    time: str | None = None
    cost: str | None = None
    where: str | None = None
    notes: tuple[str, ...] = ()


class Policy(_Frozen):
    """One entry of a region: what it answers, in sentences that name their facts.

    ``checked`` is the day on which somebody last compared it with its sources; ``valid_from`` and
    ``valid_to`` bound the rule itself where that is known.
    """

    id: str = Field(pattern=r"^[a-z0-9-]+$")
    region: str = Field(pattern=r"^\d{6}$")
    topics: tuple[str, ...] = Field(min_length=1)
    rule: Statement | None = None
    steps: tuple[Statement, ...] = ()
    bring: Statement | None = None
    time: Statement | None = None
    cost: Statement | None = None
    where: Statement | None = None
    notes: tuple[Statement, ...] = ()
    actions: tuple[str, ...] = ()
    en: English | None = None
    keeper: str
    checked: date
    checked_by: str
    valid_from: date | None = None
    valid_to: date | None = None

    @property
    def statements(self) -> tuple[Statement, ...]:
        """Every sentence, rule first."""
        single = (self.rule, self.bring, self.time, self.cost, self.where)
        return tuple(s for s in single if s) + self.steps + self.notes

    @property
    def fact_ids(self) -> tuple[str, ...]:
        """Every fact that is cited, without repetition and without ``own``."""
        names = (name for s in self.statements for name in s.facts if name != OWN)
        return tuple(dict.fromkeys(names))


def source_of(fact: Fact) -> Source:
    """A fact's source as people read it."""
    return Source(
        title=fact.source_title,
        docno=fact.source_docno,
        url=fact.source_url,
        issuer=fact.issuer,
        date=fact.source_date,
        checked=fact.checked,
        status=fact.status.value,
        kind=fact.source_kind.value,
        fact_id=fact.id,
    )


def grade_of(fact: Fact) -> Grade:
    """The grade that a single fact can carry."""
    if fact.status in {Status.UNCERTAIN, Status.SUPERSEDED} or fact.confidence == "low":
        return Grade.D
    if fact.plain and fact.source_kind in {SourceKind.OFFICIAL, SourceKind.OFFICIAL_REPRINT}:
        return Grade.A
    if fact.plain:
        return Grade.B
    return Grade.C
