"""Promises: which policy holds for a case, its three clocks, warnings, breaches and tiers.

Policies are data (sla.yaml). A case keeps the minutes of the day it was opened. The clock stops
while the case waits for the employee, the bureau or the bank; each wait is counted apart.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from services.cases import rows
from services.cases.calendars import calendar_of
from services.cases.clock import AllHours, Hours, Pause, due, elapsed
from services.cases.settings import rules
from services.cases.views import ClockView, SlaView
from storage import queue
from storage.models import (
    AppliedSla,
    Case,
    CaseStatus,
    CaseWait,
    SlaClock,
    SlaEvent,
    SlaState,
    WaitingFor,
)

_FILE = Path(__file__).with_name("sla.yaml")
WARNED, BREACHED = "warned", "breached"


class SlaPolicy(BaseModel):
    """One policy: for whom, and minutes per clock."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    matters: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    priorities: tuple[str, ...] = ()
    business_hours: bool = True
    first: int | None = None
    next: int | None = None
    resolution: int | None = None

    def fits(self, case: Case) -> bool:
        """Whether it is meant for this case."""
        return all(
            not wanted or value in wanted
            for wanted, value in (
                (self.matters, case.matter),
                (self.kinds, case.kind),
                (self.priorities, case.priority.value),
            )
        )


class Tier(BaseModel):
    """Who hears of a breach so many counted minutes later."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    after: int


class SlaRules(BaseModel):
    """The whole file. `warn_at`: the part of a promise after which there is a warning."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    policies: tuple[SlaPolicy, ...]
    warn_at: float = 0.75
    tiers: tuple[Tier, ...] = ()


@dataclass(frozen=True)
class Moment:
    """Something of a clock that happens at a moment: a warning, the breach, or a tier."""

    clock: SlaClock
    kind: str
    due_at: datetime


def sla_rules() -> SlaRules:
    """The policies in use. Raises `ValueError` for a file that is not what it should be."""
    return _load(rules().sla_file or _FILE)


@cache
def _load(path: Path) -> SlaRules:
    return SlaRules.model_validate(yaml.safe_load(path.read_text("utf-8")))


async def apply(session: AsyncSession, row: Case) -> AppliedSla | None:
    """Give a new case its promises, or other ones when its priority or matter has changed."""
    policy = next((each for each in sla_rules().policies if each.fits(row)), None)
    applied = await session.get(AppliedSla, row.id)
    if policy is None:
        return applied
    if applied is None:
        applied = AppliedSla(case_id=row.id or 0, policy=policy.name)
        session.add(applied)
    applied.policy, applied.business_hours = policy.name, policy.business_hours
    applied.first_minutes, applied.next_minutes = policy.first, policy.next
    applied.resolution_minutes = policy.resolution
    await session.flush()
    return applied


async def waits(session: AsyncSession, case_id: int) -> list[CaseWait]:
    """The times in which a case waited for somebody else, oldest first."""
    query = select(CaseWait).where(col(CaseWait.case_id) == case_id)
    return list((await session.exec(query.order_by(col(CaseWait.since), col(CaseWait.id)))).all())


def hours_for(row: Case, applied: AppliedSla) -> Hours:
    """What counts for a case."""
    return calendar_of(row.region_code) if applied.business_hours else AllHours()


def _clocks(row: Case, applied: AppliedSla) -> dict[SlaClock, tuple[datetime, int]]:
    """The clocks that are not done: since when, and how many minutes."""
    running: dict[SlaClock, tuple[datetime, int]] = {}
    if applied.first_minutes is not None and row.first_reply_at is None:
        running[SlaClock.FIRST] = row.opened_at, applied.first_minutes
    if applied.next_minutes is not None and applied.next_since is not None:
        running[SlaClock.NEXT] = applied.next_since, applied.next_minutes
    if applied.resolution_minutes is not None:
        running[SlaClock.RESOLUTION] = row.opened_at, applied.resolution_minutes
    return {} if row.status is CaseStatus.RESOLVED else running


async def moments(session: AsyncSession, row: Case, applied: AppliedSla) -> list[Moment]:
    """Everything that is still to happen or has happened on the running clocks, by time."""
    pauses = [Pause(wait.since, wait.until) for wait in await waits(session, row.id or 0)]
    hours, found = hours_for(row, applied), []
    plan = sla_rules()
    for clock, (since, minutes) in _clocks(row, applied).items():
        steps = [(WARNED, minutes * plan.warn_at), (BREACHED, float(minutes))]
        steps += [(tier.name, float(minutes + tier.after)) for tier in plan.tiers]
        for kind, amount in steps:
            at = due(hours, since, timedelta(minutes=amount), pauses)
            if at is not None:
                found.append(Moment(clock, kind, at))
    return sorted(found, key=lambda each: each.due_at)


async def arrange(session: AsyncSession, row: Case, now: datetime) -> None:
    """Work the due moments out again and set the timer of the next; after every change."""
    applied = await session.get(AppliedSla, row.id)
    if applied is None:
        return
    every = await moments(session, row, applied)
    breaches = {each.clock: each.due_at for each in every if each.kind == BREACHED}
    applied.first_due_at = breaches.get(SlaClock.FIRST)
    applied.next_due_at = breaches.get(SlaClock.NEXT)
    applied.resolution_due_at = breaches.get(SlaClock.RESOLUTION)
    row.due_at = min(breaches.values(), default=None)
    stored = await _stored(session, applied)
    ahead = [each for each in every if (each.clock, each.kind) not in stored]
    key = f"case:{row.id}:sla"
    if ahead:
        await queue.set_timer(
            session,
            key,
            mailbox=rows.mailbox(row.id or 0),
            kind="case.clock",
            due_at=ahead[0].due_at,
            payload={"case_id": row.id},
        )
    else:
        await queue.cancel_timers(session, key)
    await session.flush()


async def _stored(session: AsyncSession, applied: AppliedSla) -> set[tuple[SlaClock, str]]:
    """What has been recorded already, of the current round of the next-answer clock."""
    query = select(SlaEvent).where(col(SlaEvent.case_id) == applied.case_id)
    return {
        (each.clock, each.kind)
        for each in (await session.exec(query)).all()
        if each.clock is not SlaClock.NEXT or each.round == applied.round
    }


async def strike(session: AsyncSession, row: Case, now: datetime) -> list[Moment]:
    """Record what has come due; each once. Returns what is new, oldest first."""
    applied = await session.get(AppliedSla, row.id)
    if applied is None:
        return []
    stored = await _stored(session, applied)
    new = [
        each
        for each in await moments(session, row, applied)
        if each.due_at <= now and (each.clock, each.kind) not in stored
    ]
    for each in new:
        session.add(
            SlaEvent(
                case_id=row.id or 0,
                clock=each.clock,
                round=applied.round if each.clock is SlaClock.NEXT else 0,
                kind=each.kind,
                due_at=each.due_at,
                at=now,
            )
        )
        if each.kind == BREACHED:
            applied.state = SlaState.ACTIVE_WITH_MISSES
    await session.flush()
    return new


async def asked(session: AsyncSession, row: Case, now: datetime) -> None:
    """The employee waits for an answer: the next-answer clock starts, unless it runs."""
    applied = await session.get(AppliedSla, row.id)
    if applied is not None and row.first_reply_at is not None and applied.next_since is None:
        applied.next_since, applied.round = now, applied.round + 1


async def answered(session: AsyncSession, row: Case, now: datetime) -> None:
    """An officer has answered: the first clock is done, the next-answer clock stops."""
    row.first_reply_at = row.first_reply_at or now
    applied = await session.get(AppliedSla, row.id)
    if applied is not None:
        applied.next_since = None


async def ended(session: AsyncSession, row: Case) -> None:
    """The case is over: in time or late."""
    applied = await session.get(AppliedSla, row.id)
    if applied is not None:
        missed = applied.state in (SlaState.ACTIVE_WITH_MISSES, SlaState.MISSED)
        applied.state = SlaState.MISSED if missed else SlaState.HIT
        applied.next_since = None


async def resumed(session: AsyncSession, row: Case) -> None:
    """The case is open again; a miss stays a miss."""
    applied = await session.get(AppliedSla, row.id)
    if applied is not None:
        missed = applied.state in (SlaState.ACTIVE_WITH_MISSES, SlaState.MISSED)
        applied.state = SlaState.ACTIVE_WITH_MISSES if missed else SlaState.ACTIVE


async def sla_view(session: AsyncSession, row: Case, now: datetime) -> SlaView | None:
    """What is promised and how it stands; None for a case without a policy."""
    applied = await session.get(AppliedSla, row.id)
    if applied is None:
        return None
    query = select(SlaEvent.clock).where(
        col(SlaEvent.case_id) == row.id, col(SlaEvent.kind) == BREACHED
    )
    breached = set((await session.exec(query)).all())
    given = (
        (SlaClock.FIRST, applied.first_minutes, applied.first_due_at),
        (SlaClock.NEXT, applied.next_minutes, applied.next_due_at),
        (SlaClock.RESOLUTION, applied.resolution_minutes, applied.resolution_due_at),
    )
    hours = hours_for(row, applied)
    waited = dict.fromkeys(WaitingFor, timedelta(0))
    for wait in await waits(session, row.id or 0):
        waited[wait.waiting_for] += hours.between(wait.since, wait.until or row.resolved_at or now)
    waited[WaitingFor.OFFICER] = elapsed(
        hours,
        row.opened_at,
        row.resolved_at or now,
        [Pause(w.since, w.until) for w in await waits(session, row.id or 0)],
    )
    clocks = tuple(
        ClockView(clock, minutes, at, clock in breached) for clock, minutes, at in given if minutes
    )
    return SlaView(applied.policy, applied.state, clocks, waited)
