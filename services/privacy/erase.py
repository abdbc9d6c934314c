"""Erasure: what may go goes at once, what the law keeps is named, and what runs is ended first.

Personal Information Protection Law, Article 47: a period set by law that isn't over keeps data from
deletion, but then only for storing and protecting it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from services.people import audit, consents, people, roles
from services.people.consents import RunningApplication
from services.people.settings import PeopleSettings
from services.privacy import blank, own
from services.privacy.catalogue import Catalogue
from storage.models import AuditEntry, CaseStatus, ConsentKind, Person, PersonStatus

Withdraw = Callable[[AsyncSession, int, datetime], Awaitable[bool]]
"""Closes an application now; False when somebody else must end it (the bureau has it)."""
_YEAR = timedelta(days=366)


@dataclass(frozen=True)
class Kept:
    """Something that stays, by which rule, and until when (empty: no fixed day)."""

    what: str
    rule: str
    until: str


@dataclass(frozen=True)
class ErasePlan:
    """What an erasure does. `blocked` stands in its way; `open_cases` are closed by it."""

    removed: tuple[str, ...]
    kept: tuple[Kept, ...]
    blocked: tuple[RunningApplication, ...]
    open_cases: tuple[str, ...]


@dataclass(frozen=True)
class Erasure:
    """What came of it. Not `done`: `plan.blocked` says which applications still run.

    Args:
        withdrawn: ids of applications that were closed on the way, done or not.
        mailboxes: mailboxes that were the person's; HR must invite again.
        closed_cases: ids of cases that ended with it.
    """

    done: bool
    plan: ErasePlan
    withdrawn: tuple[int, ...] = ()
    mailboxes: tuple[str, ...] = ()
    closed_cases: tuple[int, ...] = ()


async def preview(
    session: AsyncSession,
    person_id: int,
    now: datetime,
    language: str = "zh",
    *,
    settings: PeopleSettings | None = None,
) -> ErasePlan:
    """What would go and what would stay.

    Raises:
        people.UnknownPersonError: no such person, or erased already.
    """
    settings = settings or PeopleSettings()
    words = Catalogue(language, settings)
    person = await _person(session, person_id)
    keep_roster = await roster_needed(session, person, now, settings)
    removed = ["pictures", "applicant", "cards", "chat", "cases", "questions", "account"]
    kept = [
        Kept(words.kept("records"), words.rule("records"), words.category("consents", "until")),
        Kept(words.kept("elsewhere"), words.rule("elsewhere"), ""),
    ]
    if not keep_roster:
        removed.append("roster")
    else:
        active = person.status is PersonStatus.ACTIVE
        name, rule = ("roster", "roster_active") if active else ("roster_left", "roster_left")
        kept.insert(0, Kept(words.kept(name), words.rule(rule), words.kept("until_leaving")))
        if not active:
            removed.append("phone")
    cases = await own.cases(session, person_id)
    return ErasePlan(
        removed=tuple(words.removed(name) for name in removed),
        kept=tuple(kept),
        blocked=await consents.running(session, person_id),
        open_cases=tuple(c.number for c in cases if c.status is not CaseStatus.RESOLVED),
    )


async def erase(
    session: AsyncSession,
    person_id: int,
    now: datetime,
    language: str = "zh",
    *,
    withdraw: Withdraw | None = None,
    settings: PeopleSettings | None = None,
) -> Erasure:
    """Withdraw what runs, then erase. With something still running nothing is erased.

    Files become due at once; their bytes go with the next sweep.

    Raises:
        people.UnknownPersonError: no such person, or erased already.
    """
    settings = settings or PeopleSettings()
    person = await _person(session, person_id)
    running = await consents.running(session, person_id) if withdraw else ()
    withdrawn = [one.id for one in running if withdraw and await withdraw(session, one.id, now)]
    await session.flush()
    plan = await preview(session, person_id, now, language, settings=settings)
    if plan.blocked:
        return Erasure(False, plan, withdrawn=tuple(withdrawn))
    actor = subject = f"person:{person_id}"
    await consents.withdraw(session, person_id, ConsentKind.NOTICE, now)
    mailboxes, cases = await blank.personal_data(session, person_id, now)
    await blank.account(session, person_id)
    keep_roster = await roster_needed(session, person, now, settings)
    await roles.revoke(session, person_id, None, now, actor=actor)
    if person.status is not PersonStatus.ACTIVE:
        blank.phone(session, person, now)
    if not keep_roster:
        blank.roster(session, person, now)
    await audit.record(session, actor, "person.erased", subject, now, detail={"kept": keep_roster})
    return Erasure(True, plan, tuple(withdrawn), mailboxes, cases)


async def roster_needed(
    session: AsyncSession, person: Person, now: datetime, settings: PeopleSettings
) -> bool:
    """Whether the employer must still be able to show the register's entry."""
    if person.status is PersonStatus.ACTIVE:
        return True
    left = await left_at(session, person)
    return now < left + settings.leaver_years * _YEAR


async def left_at(session: AsyncSession, person: Person) -> datetime:
    """When a person left, as recorded; else when their row last changed."""
    query = (
        select(AuditEntry.at)
        .where(
            col(AuditEntry.subject) == f"person:{person.id}",
            col(AuditEntry.verb) == "person.left",
        )
        .order_by(col(AuditEntry.id).desc())
        .limit(1)
    )
    return (await session.exec(query)).first() or person.updated_at


async def _person(session: AsyncSession, person_id: int) -> Person:
    person = await session.get(Person, person_id)
    if person is None or person.status is PersonStatus.ERASED:
        raise people.UnknownPersonError(f"person {person_id}")
    return person
