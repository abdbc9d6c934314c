"""Everything about one case: who, what was written, who had it, who waited, what was promised."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from services.cases import rows, sla
from services.cases.errors import CaseNotFound
from services.cases.views import (
    AssignmentView,
    CaseDetail,
    CaseView,
    HistoryEntry,
    MessageView,
    WaitView,
)
from services.people import audit
from storage.models import Assignment, Case, Person, SlaEvent

_MOST_ACTIONS = 500


async def detail(session: AsyncSession, case_id: int, now: datetime) -> CaseDetail:
    """One case with its whole history. Raises `CaseNotFound`."""
    row = await session.get(Case, case_id)
    if row is None:
        raise CaseNotFound("case")
    person = await session.get_one(Person, row.person_id)
    view = await rows.view(session, row)
    names = await _names(session, view)
    waited = tuple(
        WaitView(w.waiting_for, w.since, w.until) for w in await sla.waits(session, case_id)
    )
    query = select(Assignment).where(col(Assignment.case_id) == case_id)
    assigned = (await session.exec(query.order_by(col(Assignment.id)))).all()
    names |= await _name_all(session, {each.officer_id for each in assigned})
    assignments = tuple(
        AssignmentView(a.officer_id, names.get(a.officer_id, ""), a.by_id, a.how, a.at, a.ended_at)
        for a in assigned
    )
    return CaseDetail(
        case=view,
        employee_name=person.name,
        employee_number=person.number,
        assignee_name=names.get(row.assignee_id or 0),
        offered_to_name=names.get(row.offered_to_id or 0),
        sla=await sla.sla_view(session, row, now),
        waits=waited,
        assignments=assignments,
        history=await _history(session, row, view, waited, names),
    )


async def _names(session: AsyncSession, view: CaseView) -> dict[int, str]:
    ids = {view.assignee_id, view.offered_to_id, *(m.author_id for m in view.messages)}
    return await _name_all(session, {each for each in ids if each is not None})


async def _name_all(session: AsyncSession, ids: set[int]) -> dict[int, str]:
    query = select(Person.id, Person.name).where(col(Person.id).in_(ids))
    return {person_id or 0: name for person_id, name in (await session.exec(query)).all()}


async def _history(
    session: AsyncSession,
    row: Case,
    view: CaseView,
    waited: tuple[WaitView, ...],
    names: dict[int, str],
) -> tuple[HistoryEntry, ...]:
    """Messages, waits, promises and actions, by time."""
    entries = [_said(message, names) for message in view.messages]
    entries += [HistoryEntry(w.since, "wait", w.waiting_for, until=w.until) for w in waited]
    query = select(SlaEvent).where(col(SlaEvent.case_id) == row.id).order_by(col(SlaEvent.id))
    entries += [
        HistoryEntry(each.due_at, "sla", f"{each.clock}.{each.kind}")
        for each in (await session.exec(query)).all()
    ]
    actions = await audit.entries(session, f"case:{row.id}", limit=_MOST_ACTIONS)
    actors = {int(a.actor.partition(":")[2]) for a in actions if a.actor.startswith("person:")}
    names |= await _name_all(session, actors)
    for action in actions:
        who = int(action.actor.partition(":")[2]) if action.actor.startswith("person:") else None
        entries.append(HistoryEntry(action.at, "audit", action.verb, who, names.get(who or 0)))
    return tuple(sorted(entries, key=lambda each: each.at))


def _said(message: MessageView, names: dict[int, str]) -> HistoryEntry:
    return HistoryEntry(
        message.at,
        "message",
        "note" if message.internal else message.author,
        message.author_id,
        names.get(message.author_id or 0),
        message,
    )
