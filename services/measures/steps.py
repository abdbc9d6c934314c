"""The step that a rating speaks of: where an application took longest, or stood when HR was called.

Pure, but for `rated_steps`, which reads the histories of rated subjects.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from services.measures.applications import BEGINS, PAPERS, REVIEW, STEPS
from services.measures.load import ids_of
from storage.models import Application, ApplicationEvent, Case, Rating

ASKING = "asking"
"""A case without an application: somebody only asked."""
RATED_STEPS = (*STEPS, ASKING)


def begun(
    created: datetime, submitted: datetime | None, changes: Iterable[tuple[datetime, str]]
) -> list[tuple[datetime, str]]:
    """When each step began that the application came to, in the order of `STEPS`.

    A step begins with its first state; a later return to an earlier state begins none.
    """
    found = {PAPERS: created}
    if submitted is not None:
        found[REVIEW] = submitted
    for at, status in changes:
        for step, states in BEGINS.items():
            if status in states:
                found[step] = min(at, found.get(step, at))
    return [(found[step], step) for step in STEPS if step in found]


def longest(steps: Sequence[tuple[datetime, str]], end: datetime) -> str:
    """The step with the most time until the next one or the end; of equal ones the first."""
    ends = [*(at for at, _ in steps[1:]), end]
    spans = [until - at for (at, _), until in zip(steps, ends, strict=True)]
    return steps[spans.index(max(spans))][1]


def standing(steps: Sequence[tuple[datetime, str]], at: datetime) -> str:
    """The last step that had begun by a moment."""
    return next((step for since, step in reversed(steps) if since <= at), PAPERS)


async def rated_steps(session: AsyncSession, rows: Iterable[Rating]) -> dict[str, str]:
    """The step of each rated subject (`application:12`, `case:7`)."""
    subjects = [row.subject for row in rows]
    asked = await _cases(session, ids_of(subjects, "case"))
    own = ids_of(subjects, "application")
    numbers = {*own, *(number for number, _ in asked.values() if number is not None)}
    steps, ends = await _applications(session, numbers)
    found = {
        f"application:{number}": longest(steps[number], ends[number])
        for number in own
        if number in steps
    }
    for case, (number, opened) in asked.items():
        about = steps.get(number or 0)
        found[f"case:{case}"] = standing(about, opened) if about else ASKING
    return found


async def _cases(
    session: AsyncSession, ids: Sequence[int]
) -> dict[int, tuple[int | None, datetime]]:
    query = select(Case.id, Case.application_id, Case.opened_at).where(col(Case.id).in_(ids))
    return {
        number or 0: (about, opened) for number, about, opened in (await session.exec(query)).all()
    }


async def _applications(
    session: AsyncSession, ids: Iterable[int]
) -> tuple[Mapping[int, list[tuple[datetime, str]]], Mapping[int, datetime]]:
    """Steps and end of each application."""
    wanted = sorted(ids)
    events: dict[int, list[tuple[datetime, str]]] = defaultdict(list)
    told = select(ApplicationEvent.application_id, ApplicationEvent.at, ApplicationEvent.status)
    told = told.where(col(ApplicationEvent.application_id).in_(wanted))
    for number, at, status in (await session.exec(told)).all():
        events[number].append((at, status))
    query = select(
        Application.id, Application.created_at, Application.submitted_at, Application.closed_at
    ).where(col(Application.id).in_(wanted))
    steps, ends = {}, {}
    for key, created, submitted, closed in (await session.exec(query)).all():
        number = key or 0
        steps[number] = begun(created, submitted, events[number])
        ends[number] = closed or max([created, *(at for at, _ in events[number])])
    return steps, ends
