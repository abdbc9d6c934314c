"""What is open: whose turn it is, by which clock it is late, and whom the story names for it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlmodel.ext.asyncio.session import AsyncSession

from services.measures.backlog import backlog
from services.measures.query import Area, Slice
from services.measures.story import tell
from services.people import Employee, roles
from storage.clock import local_date
from storage.database import Database
from storage.models import Application, ApplicationKind, ApplicationStatus, Role
from tests.people.makers import employ

NOW = datetime(2026, 11, 2, 2, 0, tzinfo=UTC)


async def opened(
    session: AsyncSession, person: Employee, kind: str, status: str, days: int, *, reason: str = ""
) -> str:
    """An application that has been in a state for some days."""
    at = NOW - timedelta(days=days)
    row = Application(
        number=f"SB{kind}{status}{days}{reason}"[:24],
        person_id=person.id,
        employer_id=person.employer_id,
        kind=ApplicationKind(kind),
        status=ApplicationStatus(status),
        reason=reason or None,
        region_code="370100",
        province_code="370000",
        created_at=at,
        submitted_at=at,
        updated_at=at,
    )
    session.add(row)
    await session.flush()
    return row.number


async def test_late_by_its_own_clock_and_named_for_one_s_own(database: Database) -> None:
    async with database.transaction() as session:
        people = [await employ(session, NOW, serial) for serial in range(13)]
        officer = people[0]
        await roles.grant(session, officer.id, Role.OFFICER, NOW - timedelta(days=99))
        # The country's rule gives a pension fifteen workdays; none speaks of unemployment.
        late = await opened(session, people[1], "transfer", "origin_sent", 40, reason="pension")
        await opened(session, people[2], "transfer", "origin_asked", 20, reason="pension")
        await opened(session, people[3], "transfer", "origin_asked", 60, reason="unemployment")
        await opened(session, people[4], "loss_report", "reported", 60)
        for number in range(5, 10):
            await opened(session, people[number], "first", "returned", 50 + number)
        month = Slice(local_date(NOW) - timedelta(days=30), local_date(NOW), (Area(),))
        found = await backlog(session, (Area(),), NOW)
        assert found.late == {"officer": 0, "employee": 5, "bureau": 1, "bank": 0}
        assert late in {item.number for item in found.worst}
        assert found.open == 8
        # Everything overdue lies in the officer's area, but nothing waits for the officer.
        assert (await tell(session, month, found, local_date(NOW))).overdue_with is None
        for days in (5, 6, 7):
            await opened(session, people[days + 5], "replacement", "evidence", days)
        found = await backlog(session, (Area(),), NOW)
        assert (await tell(session, month, found, local_date(NOW))).overdue_with == (officer.id, 3)
