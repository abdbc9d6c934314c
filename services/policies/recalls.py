"""The recall of a changed rule: who was told the old one, has something open, and what changed."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from knowledge.answers import AnswerPart
from knowledge.changes import Backing, Difference, backing, differences, guide_differences
from knowledge.move import Guide, guide
from knowledge.topics import topics
from services.people.people import mailbox_of
from services.policies import answers
from services.policies.answers import Past, Shown
from services.policies.library import Edition, Library
from services.policies.published import hold
from storage.clock import local_date
from storage.models import CLOSED, Application, Case, CaseStatus, PolicyBundle

CHANGED = "policy.changed"


@dataclass(frozen=True)
class Recall:
    """One person to be told; `answer_ids` are the answers that no longer hold."""

    person_id: int
    mailbox: str
    answer_ids: tuple[int, ...]


@dataclass(frozen=True)
class RuleChange:
    """One answer that no longer holds. `part` is the new one; None where no rule is left."""

    topic: str
    title: str
    told_at: datetime
    region_code: str | None
    differences: tuple[Difference, ...]
    part: AnswerPart | Backing | None


class _Editions:
    """Earlier editions, each made once."""

    def __init__(self, session: AsyncSession, library: Library) -> None:
        self._session, self._library = session, library
        self._kept: dict[tuple[int, date], Edition] = {}

    async def at(self, past: Past) -> Edition:
        """The edition that an answer was made from."""
        key = past.bundle_id, local_date(past.at)
        if key not in self._kept:
            bundle = await self._session.get(PolicyBundle, past.bundle_id)
            assert bundle is not None
            edition = await self._library.edition_of(self._session, *_named(bundle), key[1])
            self._kept[key] = edition
        return self._kept[key]


def _named(bundle: PolicyBundle) -> tuple[int, str]:
    return bundle.id or 0, bundle.version


async def due(session: AsyncSession, library: Library, now: datetime) -> tuple[Recall, ...]:
    """Everybody with an open case or application whose last answer on some topic has changed.

    Answers under way are waited for, so that none slips between an update and its recall.
    """
    await hold(session)
    new = await library.edition(session, now)
    editions = _Editions(session, library)
    found: defaultdict[int, list[int]] = defaultdict(list)
    for past in await answers.latest(session, await _busy(session)):
        if _compare(await editions.at(past), new, past, "zh"):
            found[past.person_id].append(past.id)
    homes = {person: await mailbox_of(session, person) for person in found}
    return tuple(
        Recall(person, home, tuple(found[person])) for person, home in homes.items() if home
    )


async def _busy(session: AsyncSession) -> set[int]:
    """Persons with something open."""
    applications = select(Application.person_id).where(col(Application.status).not_in(list(CLOSED)))
    cases = select(Case.person_id).where(col(Case.status) != CaseStatus.RESOLVED)
    return {*(await session.exec(applications)), *(await session.exec(cases))}


def _compare(old: Edition, new: Edition, past: Past, language: str) -> tuple[Difference, ...]:
    before, after = _guide(old, past), _guide(new, past)
    if before is not None and after is not None:
        return guide_differences(before, after)
    return differences(_part(old, past, language), _part(new, past, language))


def _guide(edition: Edition, past: Past) -> Guide | None:
    """The guide that a person was given, by the rules of an edition; None for other answers."""
    if past.asked is None or past.region_code is None:
        return None
    return guide(
        past.asked["origin"],
        past.region_code,
        about=past.asked["about"],
        drawing_pension=past.asked["drawing_pension"],
        hmt=past.asked["hmt"],
        base=edition.answerer.base,
    )


def _part(edition: Edition, past: Past, language: str) -> AnswerPart | None:
    if past.topic not in topics():
        return None
    parts = edition.answerer.answer_topic(past.topic or "", past.region_code, language).parts
    return parts[0] if parts else None


async def tell(
    session: AsyncSession,
    library: Library,
    person_id: int,
    answer_ids: list[int],
    *,
    language: str,
    now: datetime,
) -> tuple[RuleChange, ...]:
    """What to tell a person, recorded as told: the same change is never told twice."""
    new = await library.edition(session, now)
    editions = _Editions(session, library)
    changes = []
    for past in await answers.latest(session, [person_id]):
        if past.id not in answer_ids:
            continue
        old = await editions.at(past)
        found = _compare(old, new, past, language) or _compare(old, new, past, "zh")
        if not found:
            continue  # changed back before anybody was told
        changes.append(await _retell(session, old, new, past, found, language=language, now=now))
    return tuple(changes)


async def _retell(
    session: AsyncSession,
    old: Edition,
    new: Edition,
    past: Past,
    found: tuple[Difference, ...],
    *,
    language: str,
    now: datetime,
) -> RuleChange:
    """One change, recorded as told."""
    earlier, now_said = _guide(old, past), _guide(new, past)
    part: AnswerPart | Backing | None = _part(new, past, language)
    ids = part.policy_ids if isinstance(part, AnswerPart) else ()
    facts: tuple[str, ...] = ()
    if earlier is not None and now_said is not None:
        part, ids = backing(earlier, now_said), ()
        facts = tuple({name for step in now_said.steps for name in step.fact_ids})
    shown = Shown(
        "recall",
        topic=past.topic,
        region_code=past.region_code,
        policy_ids=ids,
        fact_ids=facts,
        asked=past.asked,
    )
    await answers.record(session, past.person_id, new.bundle_id, shown, now)
    title = topics()[past.topic or ""]
    return RuleChange(
        past.topic or "",
        title.en if language == "en" else title.title,
        past.at,
        past.region_code,
        found,
        part,
    )
