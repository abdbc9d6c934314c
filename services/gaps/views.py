"""The gap list as pages and commands show it."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from knowledge.regions import find, full_name
from services.console.reach import Place, Reach
from services.gaps.likeness import masked
from storage.models import Gap, GapKind, GapQuestion, GapStatus, Person

_MOST = 20


@dataclass(frozen=True)
class GapView:
    """One gap with its counts.

    Args:
        title: HR's words, or those of the first asker with long numbers covered; empty when all
            askers have had their words erased.
        kinds: how many questions of each kind (unanswered, doubted, corrected, uncovered).
        regions: (name, count), the most frequent first.
        examples: wordings, covered, without who asked.
    """

    id: int
    status: GapStatus
    topic: str | None
    pair: tuple[str, str] | None
    title: str = field(repr=False)
    count: int
    people: int
    kinds: tuple[tuple[GapKind, int], ...]
    regions: tuple[tuple[str, int], ...]
    examples: tuple[str, ...] = field(repr=False)
    answer: str | None = field(repr=False)
    source: str | None = field(repr=False)
    scope: str
    scope_name: str
    author: str | None
    author_id: int | None
    drafted_at: datetime | None
    publisher: str | None
    published_at: datetime | None
    first_at: datetime
    last_at: datetime


async def gap_list(
    session: AsyncSession,
    statuses: Sequence[GapStatus] = (GapStatus.OPEN, GapStatus.DRAFTED),
    *,
    region_prefix: str = "",
    reach: Reach | None = None,
    limit: int = 1000,
) -> tuple[GapView, ...]:
    """Gaps with at least one question from the regions of a prefix, the most asked first.

    Args:
        reach: count and show only questions from these areas.
    """
    rows = (await session.exec(select(Gap).where(col(Gap.status).in_(statuses)))).all()
    members = await _members(session, [row.id or 0 for row in rows])
    names = await _names(session, rows)
    employers = await _employers(session) if reach is not None else {}
    views = []
    for row in rows:
        mine = members[row.id or 0]
        if reach is not None:
            mine = [q for q in mine if _within(q, reach, employers)]
        if any((q.region_code or "").startswith(region_prefix) for q in mine):
            views.append(_view(row, mine, names))
    views.sort(key=lambda view: (-view.count, -view.last_at.timestamp()))
    return tuple(views[:limit])


async def _employers(session: AsyncSession) -> dict[int, int]:
    asked = select(GapQuestion.person_id).where(col(GapQuestion.person_id).is_not(None))
    query = select(Person.id, Person.employer_id).where(col(Person.id).in_(asked))
    return {person or 0: employer for person, employer in await session.exec(query)}


def _within(question: GapQuestion, reach: Reach, employers: dict[int, int]) -> bool:
    """Whether a question comes from an area; an erased person's is of no employer any more."""
    employer = employers.get(question.person_id or 0, 0)
    return reach.covers(Place(question.region_code or "", employer))


async def gap_view(session: AsyncSession, gap_id: int) -> GapView | None:
    """One gap."""
    row = await session.get(Gap, gap_id)
    if row is None:
        return None
    members = await _members(session, [gap_id])
    return _view(row, members[gap_id], await _names(session, [row]))


async def _members(session: AsyncSession, ids: list[int]) -> dict[int, list[GapQuestion]]:
    found: defaultdict[int, list[GapQuestion]] = defaultdict(list)
    query = select(GapQuestion).where(col(GapQuestion.gap_id).in_(ids))
    for question in await session.exec(query.order_by(col(GapQuestion.id))):
        found[question.gap_id].append(question)
    return found


async def _names(session: AsyncSession, rows: Sequence[Gap]) -> dict[int, str]:
    ids = {i for row in rows for i in (row.drafted_by, row.published_by) if i is not None}
    people = await session.exec(select(Person).where(col(Person.id).in_(ids)))
    return {person.id or 0: person.name for person in people}


def _view(row: Gap, members: list[GapQuestion], names: dict[int, str]) -> GapView:
    words = list(dict.fromkeys(masked(q.words) for q in members if q.words))
    places = Counter(_place(q.region_code) for q in members)
    kinds = Counter(q.kind for q in members)
    origin, _, destination = (row.pair or "").partition("-")
    pair = (_place(origin), _place(destination)) if row.pair else None
    return GapView(
        id=row.id or 0,
        status=row.status,
        topic=row.topic,
        pair=pair,
        title=row.title or (" → ".join(pair) if pair else (words[0] if words else "")),
        count=len(members),
        people=len({q.person_id for q in members if q.person_id is not None}),
        kinds=tuple(kinds.most_common()),
        regions=tuple(places.most_common()),
        examples=tuple(words[:_MOST]),
        answer=row.answer,
        source=row.source,
        scope=row.scope,
        scope_name=_place(row.scope.ljust(6, "0")) if row.scope else "",
        author=names.get(row.drafted_by or 0),
        author_id=row.drafted_by,
        drafted_at=row.drafted_at,
        publisher=names.get(row.published_by or 0),
        published_at=row.published_at,
        first_at=min((q.at for q in members), default=row.created_at),
        last_at=max((q.at for q in members), default=row.updated_at),
    )


def _place(code: str | None) -> str:
    if not code:
        return "—"
    return full_name(code) if find(code) else code
