"""A round in the practice company: made-up papers of a training need's topic, judged and kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict
from sqlmodel.ext.asyncio.session import AsyncSession

from services.measures.topics import topics
from services.measures.training import TrainingError
from services.people import audit
from storage.models import NeedStatus, TrainingNeed

_FILE = Path(__file__).parent / "practice.yaml"
NOTHING = "nothing"


class Paper(BaseModel):
    """A made-up paper by language, its fault (a reason code, or `nothing`), and why."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    paper: dict[str, tuple[str, ...]]
    wrong: str
    why: dict[str, str]


class Practice(BaseModel):
    """The data file: words of faults by language, and the papers of each topic."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    faults: dict[str, dict[str, str]]
    cases: dict[str, tuple[Paper, ...]]


@dataclass(frozen=True)
class Judged:
    """One paper of a round, and what was said of it."""

    paper: Paper
    said: str

    @property
    def right(self) -> bool:
        """Whether the fault was found."""
        return self.said == self.paper.wrong


@cache
def practice() -> Practice:
    """Every paper."""
    return Practice.model_validate(yaml.safe_load(_FILE.read_text(encoding="utf-8")))


def papers(topic: str) -> tuple[Paper, ...]:
    """The papers of a topic of returns; empty for one that can only be talked about."""
    return practice().cases.get(topic, ())


def choices(topic: str) -> tuple[str, ...]:
    """What can be said of a paper: each reason code of its topic, or that nothing is wrong."""
    return (*topics()[topic].codes, NOTHING)


async def judge(
    session: AsyncSession, need_id: int, officer_id: int, said: Mapping[str, str], now: datetime
) -> tuple[Judged, ...]:
    """Judge a round, and keep how many were right: of the first round and of the last.

    Args:
        said: name of a paper → what was chosen.

    Raises:
        TrainingError: `unknown` (also for another officer's need), `dismissed`, `no_papers`,
            or `unanswered`: not every paper has one of its choices.
    """
    row = await session.get(TrainingNeed, need_id, with_for_update=True)
    if row is None or row.officer_id != officer_id:
        raise TrainingError("unknown")
    if row.status is NeedStatus.DISMISSED:
        raise TrainingError("dismissed")
    round_ = papers(row.topic)
    if not round_:
        raise TrainingError("no_papers")
    if any(said.get(each.name) not in choices(row.topic) for each in round_):
        raise TrainingError("unanswered")
    judged = tuple(Judged(each, said[each.name]) for each in round_)
    right = sum(each.right for each in judged)
    if row.practice_first is None:
        row.practice_first = right
    row.practice_last, row.practice_papers = right, len(judged)
    row.practice_rounds += 1
    await session.flush()
    await audit.record(
        session, f"person:{officer_id}", "training.practised", f"training:{need_id}", now
    )
    return judged
