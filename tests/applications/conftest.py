"""A made-up employee, and the steps of an application that a test does not care about."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, TypeVar

import pytest
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from services import applications as apps
from services.applications import Answer, ApplicationView, Decision, Reading, SubmitResult
from services.gateways.contract import CardRecord, Receipt, StateReport
from services.people import consents
from services.people.notices import Recipients
from storage.database import Database
from storage.models import (
    ChannelAccount,
    ConsentKind,
    Employer,
    Person,
    StoredFile,
    Task,
    TaskStatus,
    Timer,
)
from tests.people.makers import id_number
from tests.support.clock import ManualClock

REGION, PROVINCE, ELSEWHERE = "370100", "370000", "320500"
NAME = "样一"
FRONT = {
    "name": NAME,
    "sex": "男",
    "ethnicity": "汉",
    "birth": "1990-01-01",
    "address": "山东省济南市历下区样本路1号",
    "id_number": id_number(),
}
BACK = {"authority": "济南市公安局历下分局", "valid_from": "2020-01-01", "valid_to": "2040-01-01"}
RECIPIENTS = Recipients(bureau="济南市人社局", bank="中国工商银行")
T = TypeVar("T")


@dataclass
class Office:
    """The verbs, each in a transaction of its own, at the clock's time."""

    database: Database
    clock: ManualClock
    person_id: int = 0

    @property
    def now(self) -> datetime:
        return self.clock.now()

    async def do(self, verb: Callable[..., Awaitable[T]], *args: Any, **named: Any) -> T:
        """`verb(session, …, now)` in one transaction."""
        async with self.database.transaction() as session:
            return await verb(session, *args, self.now, **named)

    async def see(self, query: Callable[..., Awaitable[T]], *args: Any) -> T:
        """`query(session, …)` for reading."""
        async with self.database.reading() as session:
            return await query(session, *args)

    def wait(self, **by: float) -> None:
        """Domain time passes."""
        self.clock.jump(timedelta(**by))

    async def get(self, application: ApplicationView | int) -> ApplicationView:
        number = application if isinstance(application, int) else application.id
        return await self.see(apps.get, number)

    async def opened(self, region: str = REGION, bank: str = "icbc") -> ApplicationView:
        view = await self.do(apps.open_first, self.person_id, region)
        return await self.do(apps.choose_bank, view.id, bank)

    async def file(self, name: str) -> int:
        async with self.database.transaction() as session:
            stored = StoredFile(
                name=name.ljust(32, "0")[:32],
                person_id=self.person_id,
                media_type="image/jpeg",
                size=1,
                created_at=self.now,
            )
            session.add(stored)
            await session.flush()
            return stored.id or 0

    async def send(
        self, application: int, *readings: Reading, kind: str | None = None, file: int | None = None
    ) -> apps.ReadingOutcome:
        document = await self.do(apps.expect_document, application, kind, file)
        return await self.do(apps.record_reading, document.id, list(readings))

    async def documented(
        self, region: str = REGION, bank: str = "icbc", **front: str
    ) -> ApplicationView:
        """An application whose three documents are confirmed."""
        view = await self.opened(region, bank)
        await self.send(view.id, read("id_front", FRONT | front), read("id_back", BACK))
        await self.send(view.id, read("portrait"))
        for document in (await self.get(view)).documents:
            await self.do(apps.confirm_fields, document.id)
        return await self.get(view)

    async def checked(self, application: ApplicationView, *answers: Answer) -> Decision:
        """A duplicate check with these answers (none: the bureau knows nobody)."""
        number = await self.do(apps.begin_check, application.id)
        given = list(answers) or [bureau()]
        decision = await self.do(apps.record_answers, application.id, number, given)
        assert decision is not None
        return decision

    async def consents(self) -> None:
        async with self.database.transaction() as session:
            for kind in ConsentKind:
                await consents.give(
                    session,
                    self.person_id,
                    kind,
                    self.now,
                    version=consents.current_version(kind),
                    recipients=RECIPIENTS if kind is ConsentKind.PICTURES else None,
                )

    async def submitting(self, region: str = REGION) -> ApplicationView:
        """An application that has been confirmed and is on its way."""
        view = await self.documented(region)
        await self.checked(view)
        await self.consents()
        outcome = await self.do(apps.submit, view.id)
        assert outcome.outcome == "queued", outcome
        return outcome.application

    async def received(self, region: str = REGION) -> ApplicationView:
        """An application that the bureau has taken."""
        view = await self.submitting(region)
        done = await self.do(apps.record_submission, view.id, receipt(self.now))
        assert done.outcome == "received"
        return done.application

    async def told(
        self, application: ApplicationView, *states: str, start: int = 2, **details: Any
    ) -> list[apps.Change]:
        """Reports in order from sequence `start`; what was to be told, told."""
        changes: list[apps.Change] = []
        for sequence, status in enumerate(states, start):
            got = await self.do(
                apps.record_state, report(application, sequence, status, self.now, **details)
            )
            await self.do(apps.told, [change.event_id for change in got])
            changes += got
        return changes

    async def tasks(self, name: str | None = None) -> list[Task]:
        async with self.database.reading() as session:
            found = (await session.exec(select(Task).order_by(col(Task.id)))).all()
        return [each for each in found if name in (None, each.name)]

    async def end_task(self, task_id: int | None, status: TaskStatus = TaskStatus.DONE) -> None:
        async with self.database.transaction() as session:
            task = await session.get(Task, task_id)
            assert task is not None
            task.status = status

    async def timers(self) -> dict[str, datetime]:
        async with self.database.reading() as session:
            found = (await session.exec(select(Timer))).all()
        return {each.payload["reminder"]: each.due_at for each in found}

    async def rows(self, model: type[T]) -> list[T]:
        async with self.database.reading() as session:
            return list((await session.exec(select(model))).all())


def read(kind: str, fields: dict[str, str] | None = None, **changes: Any) -> Reading:
    """What the reader found, all well."""
    return Reading(kind=kind, ok=changes.pop("ok", True), fields=fields or {}, **changes)


def card(**changes: Any) -> CardRecord:
    """A valid card in Shandong."""
    given = {
        "province": PROVINCE,
        "region": REGION,
        "bank": "icbc",
        "last_four": "1234",
        "status": "normal",
        "social": "enabled",
        "financial": "active",
    }
    return CardRecord.model_validate(given | changes)


def bureau(*cards: CardRecord, **changes: Any) -> Answer:
    """The registry's answer."""
    return answer("bureau", *cards, **changes)


def answer(source: str, *cards: CardRecord, **changes: Any) -> Answer:
    """One source's answer."""
    as_of = datetime(2026, 11, 24, 1, 59, tzinfo=UTC)
    given: dict[str, Any] = {"outcome": "answered", "as_of": as_of, "cards": cards}
    return Answer(source=source, **given | changes)


def silent(source: str, outcome: str = "unavailable") -> Answer:
    """A source without an answer."""
    return Answer.model_validate({"source": source, "outcome": outcome})


def receipt(now: datetime, revision: int = 1, reference: str = "SB3701-1") -> SubmitResult:
    """The bureau has taken it."""
    taken = Receipt(reference=reference, status="reviewing", received_at=now)
    return SubmitResult(outcome="received", revision=revision, receipt=taken)


def report(
    application: ApplicationView, sequence: int, status: str, now: datetime, **details: Any
) -> StateReport:
    """One callback of the bureau."""
    given = {
        "delivery": f"d-{sequence}",
        "reference": "SB3701-1",
        "number": application.number,
        "sequence": sequence,
        "status": status,
        "at": now + timedelta(seconds=sequence),
    }
    return StateReport.model_validate(given | details)


@pytest.fixture
async def office(database: Database, clock: ManualClock) -> Office:
    """One bound employee of one employer."""
    async with database.transaction() as session:
        person_id = await add_person(session, clock.now())
    return Office(database, clock, person_id)


async def add_person(session: AsyncSession, now: datetime, serial: int = 0) -> int:
    """A made-up employee with an account, and their employer when there is none yet."""
    employer = (await session.exec(select(Employer))).first()
    if employer is None:
        employer = Employer(
            name="样例科技有限公司",
            credit_code="91370100000012345D",
            unit_numbers={"370000": "3700001", "320000": "3200001"},
        )
        session.add(employer)
        await session.flush()
    person = Person(
        employer_id=employer.id or 0,
        number=f"E{serial:03d}",
        name=NAME,
        id_number=id_number(serial),
        phone=f"154{serial:08d}",
        region_code=REGION,
        hire_date=date(2026, 11, 23),
        created_at=now,
        updated_at=now,
    )
    session.add(person)
    await session.flush()
    session.add(
        ChannelAccount(
            person_id=person.id or 0,
            user_id=1000 + serial,
            mailbox=str(1000 + serial),
            bound_by="code",
            bound_at=now,
        )
    )
    await session.flush()
    return person.id or 0
