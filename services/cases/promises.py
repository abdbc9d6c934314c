"""Whose turn it is, and what follows when a promise comes near its end or is broken."""

from __future__ import annotations

from datetime import datetime

from sqlmodel.ext.asyncio.session import AsyncSession

from services.cases import assignment, notices, rows, sla
from storage.models import Case, CaseWait, WaitingFor


async def set_waiting(
    session: AsyncSession, row: Case, waiting_for: WaitingFor | str, now: datetime
) -> None:
    """Whose turn it is from now on; a wait for somebody else is kept and stops the clock."""
    wanted = WaitingFor(waiting_for)
    running = [w for w in await sla.waits(session, row.id or 0) if w.until is None]
    if row.waiting_for is wanted and bool(running) == (wanted is not WaitingFor.OFFICER):
        return
    for wait in running:
        wait.until = now
    if wanted is not WaitingFor.OFFICER:
        session.add(CaseWait(case_id=row.id or 0, waiting_for=wanted, since=now))
    row.waiting_for = wanted
    await session.flush()


async def settle(session: AsyncSession, row: Case, now: datetime) -> frozenset[str]:
    """Record what has come due before anything changes it, and tell who must hear; its kinds.

    Whose case it is hears of warnings and breaches; at each tier the managers do, urgently.
    """
    struck = await sla.strike(session, row, now)
    tiers = {tier.name for tier in sla.sla_rules().tiers}
    keeper = row.assignee_id or row.offered_to_id
    for each in struck:
        if each.kind in tiers:
            await assignment.escalate(session, row, now, "sla")
        elif keeper is not None:
            urgent = each.kind == sla.BREACHED
            kind = f"sla_{each.kind}"
            await notices.tell(session, keeper, row, kind, now, urgent=urgent)
    return frozenset(each.kind for each in struck)


async def tick(session: AsyncSession, case_id: int, now: datetime) -> None:
    """The timer of a case's clocks: whatever is due now."""
    row = await rows.locked(session, case_id)
    if struck := await settle(session, row, now):
        await rows.ring(session, row, "sla", now, late=struck != {sla.WARNED})
    await sla.arrange(session, row, now)


async def offer_over(session: AsyncSession, case_id: int, now: datetime) -> None:
    """Nobody took it in time: the next in line, then the manager."""
    row = await rows.locked(session, case_id)
    if row.assignee_id is None and row.offered_to_id is not None:
        await assignment.offer(session, row, now)
        await rows.ring(session, row, "offered", now)
