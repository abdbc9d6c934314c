"""What happens on the first workday of a month: reports, training needs, news to managers."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from services.measures import kpi, training
from services.measures.periods import Period, month, report_moment
from services.people import roles
from services.people.people import by_id
from storage import queue
from storage.clock import local_date
from storage.models import MeasureDay, MonthClosed, Role

TASK = "summary.report"


async def close_month(session: AsyncSession, now: datetime) -> Period | None:
    """Close the month before this one, once, when its report is due; None: nothing to do."""
    today = local_date(now)
    period = month(today).before
    closed = await session.get(MonthClosed, period.start)
    if closed is not None or now < report_moment(today):
        return None
    happened = select(col(MeasureDay.day)).where(
        col(MeasureDay.day).between(period.start, period.end)
    )
    if (await session.exec(happened.limit(1))).first() is None:
        return None
    await queue.lock(session, "month")
    session.add(MonthClosed(month=period.start, at=now))
    await session.flush()
    await kpi.make_reports(session, period, now)
    await training.suggest(session, period, now)
    await training.recheck(session, now)
    await _tell_managers(session, period, now)
    return period


async def _tell_managers(session: AsyncSession, period: Period, now: datetime) -> None:
    managers = {g.person_id for g in await roles.grants(session) if g.role is Role.MANAGER}
    for person_id in sorted(managers):
        person = await by_id(session, person_id)
        if person is None or not person.active or person.mailbox is None:
            continue
        await queue.add_task(
            session,
            TASK,
            mailbox=person.mailbox,
            payload={"person_id": person_id, "view": f"{period.start:%Y-%m}||"},
            at=now,
            key=f"{TASK}:{period.start:%Y-%m}:{person_id}",
        )
