"""An employee and officers of one region, and the desk's verbs at the clock's time."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, TypeVar

import pytest
from sqlmodel import col, select

from services import cases
from services.cases import CaseView, DeskSettings
from services.people import roles
from storage import queue
from storage.database import Database
from storage.models import InboxEvent, Role, Timer
from tests.applications.conftest import add_person
from tests.support.clock import ManualClock

T = TypeVar("T")


@dataclass
class Desk:
    """The verbs, each in a transaction of its own, at the clock's time."""

    database: Database
    clock: ManualClock
    employee: int = 0
    officers: list[int] = field(default_factory=list)

    async def do(self, verb: Callable[..., Awaitable[T]], *args: Any, **named: Any) -> T:
        """`verb(session, …, now)` in one transaction."""
        async with self.database.transaction() as session:
            return await verb(session, *args, self.clock.now(), **named)

    async def see(self, query: Callable[..., Awaitable[T]], *args: Any, **named: Any) -> T:
        """`query(session, …)` for reading."""
        async with self.database.reading() as session:
            return await query(session, *args, **named)

    async def rows(self, model: type[T]) -> list[T]:
        """Every row of a table."""
        async with self.database.reading() as session:
            return list((await session.exec(select(model))).all())

    async def asked(self, text: str | None = "社保卡怎么办？", **more: Any) -> CaseView:
        """The employee asks for a person."""
        return await self.do(cases.open_case, self.employee, "asked", None, text=text, **more)

    async def person(self, *grants: Role, region: str = "", number: int | None = None) -> int:
        """Somebody with these roles."""
        serial = number or 10 + len(self.officers)
        async with self.database.transaction() as session:
            person_id = await add_person(session, self.clock.now(), serial)
            for role in grants:
                await roles.grant(session, person_id, role, self.clock.now(), region_prefix=region)
        if Role.OFFICER in grants:
            self.officers.append(person_id)
        return person_id

    async def timer(self, key: str) -> Any:
        """When a timer is due."""
        return await self.see(queue.timer_due, key)

    async def passes(self, **by: float) -> None:
        """Time passes; what is due on the desk's timers happens, in its order."""
        end = self.clock.now() + timedelta(**by)
        while True:
            async with self.database.reading() as session:
                query = (
                    select(Timer)
                    .where(col(Timer.due_at) <= end, col(Timer.kind).startswith("case."))
                    .order_by(col(Timer.due_at), col(Timer.id))
                )
                timer = (await session.exec(query.limit(1))).one_or_none()
            if timer is None:
                break
            self.clock.jump(max(timer.due_at - self.clock.now(), timedelta(0)))
            async with self.database.transaction() as session:
                await queue.cancel_timers(session, timer.key)
            verb = cases.tick if timer.kind == "case.clock" else cases.offer_over
            await self.do(verb, timer.payload["case_id"])
        self.clock.jump(end - self.clock.now())

    async def heard(self, case_id: int) -> list[str]:
        """What the case's mailbox was told, in order."""
        async with self.database.reading() as session:
            query = select(InboxEvent).where(col(InboxEvent.mailbox) == f"case:{case_id}")
            found = (await session.exec(query.order_by(col(InboxEvent.id)))).all()
        return [each.payload["what"] for each in found]


@pytest.fixture
async def desk(database: Database, clock: ManualClock) -> AsyncIterator[Desk]:
    """One employee and two officers."""
    cases.use(DeskSettings.model_validate({}))
    made = Desk(database, clock)
    made.employee = await made.person(number=1)
    for _ in range(2):
        await made.person(Role.OFFICER)
    yield made
    cases.use(DeskSettings.model_validate({}))
