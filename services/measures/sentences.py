"""What people wrote with low ratings, as groups of alike sentences: many voices, nobody's own.

A group belongs to one employer and one month and is the same for everybody who may see it; it is
never cut by region, matter or officer, and its size is said in steps. A sentence counts in the
month in which it was published and can no longer be changed, so a month that is over stays as it
is, and two pages can't be subtracted. docs/decisions/0075 has the reasons.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from sqlalchemy import or_
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from services.gaps.likeness import likeness, masked
from services.measures.periods import Period
from services.measures.query import Area
from services.measures.settings import rules
from services.people import roles
from services.ratings.settings import rules as rating_rules
from storage.clock import local_date
from storage.models import Person, Rating, RatingRelease

STEPS = (200, 100, 50, 20, 10)
_MOST = 2000
_SHOWN = 5
_WAITED = timedelta(days=62)
"""A rating that was published so long before a month can't be settled in it."""


@dataclass(frozen=True)
class Said:
    """One sentence. `words` and `person_id` never leave this room unmasked."""

    person_id: int
    words: str = field(repr=False)


@dataclass(frozen=True)
class Voices:
    """Alike sentences of at least `people` persons, and the one that is most like the others."""

    quote: str
    people: int


async def voices(
    session: AsyncSession, period: Period, areas: Sequence[Area], now: datetime
) -> tuple[Voices, ...]:
    """The groups of a month that is over, the largest first; empty for who sees only a region."""
    whole = [area.employer_id for area in areas if not area.region_prefix]
    if not whole or period.end >= local_date(now):
        return ()
    found: list[tuple[int, int, str]] = []
    for employer_id, said in (await _by_employer(session, period, whole)).items():
        for group in alike(said, rules().alike):
            people = len({one.person_id for one in group})
            if people >= rules().smallest_group:
                steps = in_steps(people, rules().smallest_group)
                found.append((steps, employer_id, typical(group)))
    chosen = sorted(found, key=lambda one: -one[0])[:_SHOWN]
    quotes = await _masked(session, [(employer_id, quote) for _, employer_id, quote in chosen])
    return tuple(Voices(quote, one[0]) for one, quote in zip(chosen, quotes, strict=True))


def alike(said: Sequence[Said], least: float) -> list[list[Said]]:
    """Groups of sentences: each joins the group whose first sentence is most like it.

    Args:
        least: rapidfuzz ratio, 0 to 100, from which two sentences are alike.
    """
    groups: list[list[Said]] = []
    for one in said:
        best, home = least, None
        for group in groups:
            ratio = likeness(one.words, (group[0].words,))
            if ratio >= best:
                best, home = ratio, group
        if home is None:
            groups.append([one])
        else:
            home.append(one)
    return groups


def typical(group: Sequence[Said]) -> str:
    """The sentence that is most like all others of a group."""
    words = sorted({one.words for one in group})
    return max(words, key=lambda text: sum(likeness(text, (other,)) for other in words))


def in_steps(people: int, smallest: int) -> int:
    """A number of people, rounded down to a step, so that one voice more or less does not show."""
    return next((step for step in STEPS if people >= step > smallest), smallest)


def settled_on(published: date, answered_at: datetime) -> date:
    """The day from which a published sentence can't change any more."""
    return max(published, local_date(answered_at) + timedelta(days=rating_rules().change_days))


async def _by_employer(
    session: AsyncSession, period: Period, employers: Sequence[int | None]
) -> Mapping[int, list[Said]]:
    query = (
        select(RatingRelease, Rating)
        .join(Rating, col(Rating.id) == col(RatingRelease.rating_id))
        .where(
            col(RatingRelease.day).between(period.start - _WAITED, period.end),
            col(RatingRelease.score) <= rating_rules().low_score,
            col(Rating.comment).is_not(None),
            col(Rating.answered_at).is_not(None),
        )
        .order_by(col(Rating.id).desc())
        .limit(_MOST)
    )
    if None not in employers:
        query = query.where(col(RatingRelease.employer_id).in_(employers))
    found: dict[int, list[Said]] = {}
    for release, rating in (await session.exec(query)).all():
        assert rating.answered_at is not None
        if period.start <= settled_on(release.day, rating.answered_at) <= period.end:
            said = Said(rating.person_id, rating.comment or "")
            found.setdefault(release.employer_id, []).append(said)
    return found


async def _masked(session: AsyncSession, quotes: Sequence[tuple[int, str]]) -> list[str]:
    """Without long numbers, and without the name of anybody who works there or in HR.

    Args:
        quotes: employer and sentence. Whom a sentence names need be neither who wrote it nor who
            was rated, so every name of the employer is looked for; they are encrypted, and read in
            parts so that nothing else waits meanwhile.
    """
    if not quotes:
        return []
    desk = {grant.person_id for grant in await roles.grants(session)}
    employers = {employer_id for employer_id, _ in quotes}
    query = select(Person.name).where(
        or_(col(Person.employer_id).in_(employers), col(Person.id).in_(desk))
    )
    everything, named = "\n".join(quote for _, quote in quotes), set[str]()
    async for name in await session.stream_scalars(query.execution_options(yield_per=1000)):
        if name and name in everything:
            named.add(name)
    masks = sorted(named, key=len, reverse=True)
    return [masked(_without(quote, masks)) for _, quote in quotes]


def _without(quote: str, names: Sequence[str]) -> str:
    for name in names:
        quote = quote.replace(name, "某某")
    return quote
