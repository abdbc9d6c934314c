"""Whether to ask for a rating: where something ended, once, and not too often."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.exc import IntegrityError
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from services.ratings.settings import rules
from storage.models import (
    About,
    Application,
    ApplicationStatus,
    Case,
    CaseMessage,
    CaseStatus,
    Rating,
)
from storage.queue import lock

ASK, OFFER, NOTHING = "ask", "offer", "nothing"
_ENDED = frozenset({ApplicationStatus.FINISHED, ApplicationStatus.SEALED})
# How a case ended that nobody is asked about.
_UNRATED = ("withdrawn", "duplicate")
_BY_THEMSELVES = frozenset({"asked"})
"""Kinds of case in which the employee called for a person."""


@dataclass(frozen=True)
class Invitation:
    """What to do: `ask` now, `offer` a small button (they were asked lately), or `nothing`."""

    outcome: str
    subject: str
    about: About = About.BOT


@dataclass(frozen=True)
class _Rated:
    """Whose experience and whose work a subject is."""

    person_id: int
    about: About
    owner: str | None


async def invite(session: AsyncSession, subject: str, now: datetime) -> Invitation:
    """Whether the person of `subject` (`application:12`, `case:7`) is asked now; notes it if so.

    Nothing is asked twice. Matters that ended as a duplicate or by a withdrawal are not rated, nor
    cases in which nobody wrote to the employee. Who was asked within `pause_days` is only offered
    to rate. The owner is frozen here: later changes of hands don't move the score.
    """
    rated = await _rated(session, subject)
    if rated is None:
        return Invitation(NOTHING, subject)
    await lock(session, f"rating:{rated.person_id}")
    if await _asked(session, subject):
        return Invitation(NOTHING, subject)
    if await _asked_lately(session, rated.person_id, now):
        return Invitation(OFFER, subject, rated.about)
    return await _note(session, subject, rated, now)


async def wanted(session: AsyncSession, subject: str, person_id: int, now: datetime) -> Invitation:
    """The person wants to rate although they were asked lately; the subject's own rules hold."""
    rated = await _rated(session, subject)
    if rated is None or rated.person_id != person_id:
        return Invitation(NOTHING, subject)
    await lock(session, f"rating:{person_id}")
    if await _asked(session, subject):
        return Invitation(NOTHING, subject)
    return await _note(session, subject, rated, now)


async def _rated(session: AsyncSession, subject: str) -> _Rated | None:
    kind, _, number = subject.partition(":")
    if kind == "application":
        return await _application(session, int(number))
    if kind == "case":
        return await _case(session, int(number))
    return None


async def _application(session: AsyncSession, application_id: int) -> _Rated | None:
    row = await session.get(Application, application_id)
    if row is None or row.status not in _ENDED:
        return None
    return _Rated(row.person_id, About.BOT, None)


async def _case(session: AsyncSession, case_id: int) -> _Rated | None:
    row = await session.get(Case, case_id)
    if row is None or row.status is not CaseStatus.RESOLVED or row.assignee_id is None:
        return None
    if row.resolution in _UNRATED:
        return None
    if row.application_id is not None:
        application = await session.get(Application, row.application_id)
        if application and application.status is ApplicationStatus.WITHDRAWN:
            return None
    if row.kind not in _BY_THEMSELVES and not await _answered(session, case_id):
        return None
    return _Rated(row.person_id, About.OFFICER, f"person:{row.assignee_id}")


async def _answered(session: AsyncSession, case_id: int) -> bool:
    query = select(CaseMessage.id).where(
        col(CaseMessage.case_id) == case_id, col(CaseMessage.author) == "officer"
    )
    return (await session.exec(query.limit(1))).first() is not None


async def _asked(session: AsyncSession, subject: str) -> bool:
    query = select(Rating.id).where(col(Rating.subject) == subject)
    return (await session.exec(query)).first() is not None


async def _asked_lately(session: AsyncSession, person_id: int, now: datetime) -> bool:
    since = now - timedelta(days=rules().pause_days)
    query = select(Rating.id).where(
        col(Rating.person_id) == person_id, col(Rating.asked_at) > since
    )
    return (await session.exec(query.limit(1))).first() is not None


async def _note(session: AsyncSession, subject: str, rated: _Rated, now: datetime) -> Invitation:
    row = Rating(
        subject=subject,
        person_id=rated.person_id,
        about=rated.about,
        owner=rated.owner,
        asked_at=now,
    )
    try:
        async with session.begin_nested():
            session.add(row)
            await session.flush()
    except IntegrityError:
        return Invitation(NOTHING, subject)  # another turn asked at the same moment
    return Invitation(ASK, subject, rated.about)
