"""What officers hear outside the group: bundled, and quiet outside hours unless it is urgent."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from services.cases.calendars import calendar_of
from services.cases.settings import rules
from services.people.people import by_id, mailbox_of
from storage import queue
from storage.models import Case, OfficerNotice, Priority

DUE = "desk.notices"


@dataclass(frozen=True)
class NoticeView:
    """One thing to be told; `times` counts equal ones."""

    kind: str
    case_id: int | None
    number: str | None
    matter: str | None
    urgent: bool
    times: int


async def tell(
    session: AsyncSession,
    officer_id: int,
    row: Case | None,
    kind: str,
    now: datetime,
    *,
    urgent: bool = False,
) -> None:
    """Note something for an officer; it goes out with what else is there when it is time."""
    urgent = urgent or (row is not None and row.priority is Priority.URGENT)
    session.add(
        OfficerNotice(
            officer_id=officer_id,
            case_id=row.id if row else None,
            kind=kind,
            urgent=urgent,
            at=now,
        )
    )
    await session.flush()
    await _set_timer(session, officer_id, now, urgent=urgent)


async def _set_timer(
    session: AsyncSession, officer_id: int, now: datetime, *, urgent: bool
) -> None:
    """The earliest moment that one of the waiting notices allows."""
    due_at = now if urgent else await _when(session, officer_id, now)
    key = f"notices:{officer_id}"
    waiting = await queue.timer_due(session, key)
    if waiting is not None and waiting <= due_at:
        return
    mailbox = await mailbox_of(session, officer_id) or f"person:{officer_id}"
    await queue.set_timer(
        session, key, mailbox=mailbox, kind=DUE, due_at=due_at, payload={"officer_id": officer_id}
    )


async def _when(session: AsyncSession, officer_id: int, now: datetime) -> datetime:
    officer = await by_id(session, officer_id)
    calendar = calendar_of(officer.region_code if officer else "")
    return calendar.opens(now + timedelta(minutes=rules().bundle_minutes))


async def collect(session: AsyncSession, officer_id: int, now: datetime) -> tuple[NoticeView, ...]:
    """Everything that waits for an officer, the urgent first, equal ones together; then told."""
    query = (
        select(OfficerNotice)
        .where(col(OfficerNotice.officer_id) == officer_id, col(OfficerNotice.told_at).is_(None))
        .order_by(col(OfficerNotice.id))
        .with_for_update()
    )
    waiting = (await session.exec(query)).all()
    grouped: dict[tuple[str, int | None], list[OfficerNotice]] = {}
    for each in waiting:
        grouped.setdefault((each.kind, each.case_id), []).append(each)
        each.told_at = now
    await session.flush()
    views = []
    for (kind, case_id), same in grouped.items():
        row = await session.get(Case, case_id) if case_id else None
        views.append(
            NoticeView(
                kind=kind,
                case_id=case_id,
                number=row.number if row else None,
                matter=row.matter if row else None,
                urgent=any(each.urgent for each in same),
                times=len(same),
            )
        )
    return tuple(sorted(views, key=lambda each: not each.urgent))
