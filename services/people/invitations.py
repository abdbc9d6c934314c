"""One-shot invitation codes, and how far the invited have come."""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import update
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from services.people import audit, people
from services.people.accounts import CODE_PURPOSE
from services.people.settings import PeopleSettings
from storage.database import keyring_of
from storage.models import (
    Application,
    ApplicationStatus,
    ChannelAccount,
    Consent,
    ConsentKind,
    Invitation,
    Person,
    PersonStatus,
)
from storage.queue import lock

_BATCH = 500
"""Persons in one statement: below the databases' limits on bound values."""


@dataclass(frozen=True)
class Invited:
    """A new invitation. `code` is here and nowhere else: the database has its keyed index."""

    code: str
    person_id: int
    employee: people.Employee
    expires_at: datetime

    def __repr__(self) -> str:
        return f"Invited(person_id={self.person_id})"


@dataclass(frozen=True)
class Stages:
    """How many active persons have reached each stage."""

    persons: int
    invited: int
    bound: int
    consented: int
    applied: int
    finished: int


@dataclass(frozen=True)
class Funnel:
    """The stages of everybody, and by region code."""

    total: Stages
    regions: tuple[tuple[str, Stages], ...]

    def as_dict(self) -> dict[str, Any]:
        """For `--json`."""
        return asdict(self.total) | {
            "regions": [{"region": code} | asdict(stages) for code, stages in self.regions]
        }


async def invite(
    session: AsyncSession,
    person_id: int,
    now: datetime,
    settings: PeopleSettings,
    actor: str = "hr",
) -> Invited:
    """A new code for a person; the older living one is revoked.

    Raises:
        people.UnknownPersonError: no such person, or erased.
    """
    employee = await people.by_id(session, person_id)
    if employee is None:
        raise people.UnknownPersonError(f"person {person_id}")
    await lock(session, f"person:{person_id}")
    return (await _issue(session, [employee], now, settings, actor))[0]


async def invite_all(
    session: AsyncSession,
    now: datetime,
    settings: PeopleSettings,
    *,
    employer_id: int | None = None,
    region_prefix: str = "",
    unbound_only: bool = True,
    actor: str = "hr",
) -> tuple[Invited, ...]:
    """New codes for every active person, by default only for those without an account."""
    await lock(session, "invite:all")
    found = await people.everybody(session, employer_id=employer_id, region_prefix=region_prefix)
    wanted = [employee for employee in found if not (unbound_only and employee.mailbox)]
    made: list[Invited] = []
    for start in range(0, len(wanted), _BATCH):
        batch = wanted[start : start + _BATCH]
        made += await _issue(session, batch, now, settings, actor)
    return tuple(made)


async def invite_some(
    session: AsyncSession,
    person_ids: Sequence[int],
    now: datetime,
    settings: PeopleSettings,
    *,
    actor: str = "hr",
) -> tuple[Invited, ...]:
    """New codes for these people; who left or was erased gets none."""
    await lock(session, "invite:all")
    found = [await people.by_id(session, person_id) for person_id in person_ids]
    wanted = [employee for employee in found if employee is not None and employee.active]
    made: list[Invited] = []
    for start in range(0, len(wanted), _BATCH):
        made += await _issue(session, wanted[start : start + _BATCH], now, settings, actor)
    return tuple(made)


async def _issue(
    session: AsyncSession,
    employees: Sequence[people.Employee],
    now: datetime,
    settings: PeopleSettings,
    actor: str,
) -> list[Invited]:
    """Codes for a few hundred persons at most, in as few statements as for one."""
    living = (
        update(Invitation)
        .where(
            col(Invitation.person_id).in_([employee.id for employee in employees]),
            col(Invitation.used_at).is_(None),
            col(Invitation.revoked_at).is_(None),
        )
        .values(revoked_at=now)
    )
    await session.exec(living)
    expires_at = now + timedelta(days=settings.invitation_days)
    ring = keyring_of(session)
    made = []
    for employee in employees:
        # token_urlsafe gives [A-Za-z0-9_-]: what a Telegram deep link may carry (64 characters).
        code = secrets.token_urlsafe(settings.code_bytes)
        index = ring.blind_index(code, CODE_PURPOSE)
        session.add(
            Invitation(
                person_id=employee.id, code_index=index, created_at=now, expires_at=expires_at
            )
        )
        session.add(audit.entry(actor, "person.invited", f"person:{employee.id}", now))
        made.append(Invited(code, employee.id, employee, expires_at))
    await session.flush()
    return made


async def funnel(session: AsyncSession, *, employer_id: int | None = None) -> Funnel:
    """Sent, bound, consented, applied, finished: of active persons, and by region."""
    query = select(Person.id, Person.region_code).where(col(Person.status) == PersonStatus.ACTIVE)
    if employer_id is not None:
        query = query.where(col(Person.employer_id) == employer_id)
    region_of = {person_id or 0: region for person_id, region in await session.exec(query)}
    reached = {name: found & set(region_of) for name, found in (await _stages(session)).items()}
    by_region = {
        name: Counter(region_of[person_id] for person_id in found)
        for name, found in reached.items()
    }
    persons = Counter(region_of.values())
    return Funnel(
        total=Stages(persons=len(region_of), **{name: len(ids) for name, ids in reached.items()}),
        regions=tuple(
            (code, Stages(persons[code], **{name: c[code] for name, c in by_region.items()}))
            for code in sorted(persons)
        ),
    )


async def _stages(session: AsyncSession) -> dict[str, set[int]]:
    """Who reached each stage, whether or not they are still here."""
    consented = select(Consent.person_id).where(
        col(Consent.kind) == ConsentKind.NOTICE, col(Consent.withdrawn_at).is_(None)
    )
    applied = select(Application.person_id).where(
        col(Application.status) != ApplicationStatus.DRAFT
    )
    finished = select(Application.person_id).where(
        col(Application.status) == ApplicationStatus.FINISHED
    )
    bound = select(ChannelAccount.person_id).where(col(ChannelAccount.ended_at).is_(None))
    queries = {
        "invited": select(Invitation.person_id),
        "bound": bound,
        "consented": consented,
        "applied": applied,
        "finished": finished,
    }
    return {name: set(await session.exec(query.distinct())) for name, query in queries.items()}
