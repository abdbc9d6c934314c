"""`policies check` over the bundle in force, and the monthly worklist of each keeper."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from knowledge.policies.base import PolicyBase
from knowledge.policies.checks import Finding, check
from services.people import people, roles
from services.policies.published import BOT, base_of, current
from services.policies.settings import PolicySettings
from storage import queue
from storage.clock import SHANGHAI
from storage.models import Person, PersonStatus, Role, Timer

DUE, WORKLIST = "policies.check_due", "policies.worklist"


async def findings(
    session: AsyncSession, settings: PolicySettings, stale_days: int, now: datetime
) -> list[Finding]:
    """What needs a person's eye now: stale, expired, contradictory, without source, missing."""
    bundle = await current(session)
    if bundle is None:
        return []
    return of_base(
        await base_of(session, bundle.id or 0),
        settings,
        stale_days,
        now,
        await staffed_regions(session),
    )


def of_base(
    base: PolicyBase,
    settings: PolicySettings,
    stale_days: int,
    now: datetime,
    staffed: tuple[str, ...] = (),
) -> list[Finding]:
    """The same for any base, also one that is not published yet."""
    today = now.astimezone(SHANGHAI).date()
    return check(base, today, staffed, settings.local_topics, stale_days)


async def staffed_regions(session: AsyncSession) -> tuple[str, ...]:
    """Codes of the regions where active employees are insured."""
    query = select(Person.region_code).where(col(Person.status) == PersonStatus.ACTIVE)
    return tuple(sorted(set((await session.exec(query)).all())))


async def worklists(
    session: AsyncSession, settings: PolicySettings, stale_days: int, now: datetime
) -> dict[str, list[Finding]]:
    """Findings by the mailbox of the officer who keeps them.

    A keeper named in the files is a staff number, or a name that the settings give a number to.
    What nobody is named for goes to every officer of its region.
    """
    found: defaultdict[str, list[Finding]] = defaultdict(list)
    homes: dict[tuple[str | None, str], tuple[str, ...]] = {}
    for finding in await findings(session, settings, stale_days, now):
        key = finding.keeper, finding.region
        if key not in homes:
            homes[key] = await _homes(session, settings, *key)
        for home in homes[key]:
            found[home].append(finding)
    return dict(found)


async def _homes(
    session: AsyncSession, settings: PolicySettings, keeper: str | None, region: str
) -> tuple[str, ...]:
    number = settings.keepers.get(keeper, keeper) if keeper else None
    named = await people.by_number(session, number) if number else ()
    officers = [
        one for one in named if await roles.has_role(session, one.id, Role.OFFICER)
    ] or await roles.holders(session, Role.OFFICER, region if region != "000000" else None)
    return tuple(one.mailbox for one in officers if one.mailbox)


async def arm(session: AsyncSession, settings: PolicySettings, now: datetime) -> None:
    """Set the timer of the next worklist, unless it is set."""
    query = select(Timer.id).where(col(Timer.key) == DUE)
    if (await session.exec(query)).first() is None:
        moment = next_moment(settings, now)
        await queue.set_timer(session, DUE, mailbox=BOT, kind=DUE, due_at=moment)


def next_moment(settings: PolicySettings, now: datetime) -> datetime:
    """The first worklist after a moment."""
    local = now.astimezone(SHANGHAI)
    at = settings.worklist_at
    moment = local.replace(
        day=settings.worklist_day, hour=at.hour, minute=at.minute, second=0, microsecond=0
    )
    if moment <= local:
        following = moment.replace(day=28) + timedelta(days=7)
        moment = following.replace(day=settings.worklist_day)
    return moment.astimezone(UTC)


def as_payload(found: list[Finding]) -> list[dict[str, Any]]:
    """Findings as JSON; they hold nothing personal."""
    return [asdict(finding) for finding in found]


def from_payload(rows: list[dict[str, Any]]) -> list[Finding]:
    """The findings of an event."""
    return [Finding(**row) for row in rows]
