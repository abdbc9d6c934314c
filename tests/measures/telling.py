"""Writes a story into the database, a piece at a time and out of order, refreshing in between."""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime, timedelta

from sqlalchemy import delete
from sqlmodel.ext.asyncio.session import AsyncSession

from services.measures.refresh import refresh
from storage.database import Database
from storage.models import (
    AnswerGiven,
    AnswerRecord,
    Application,
    ApplicationEvent,
    ApplicationKind,
    ApplicationStatus,
    Assignment,
    Case,
    CaseMessage,
    CaseStatus,
    CaseWait,
    Employer,
    MeasureCorrection,
    MeasureDay,
    MeasureObservation,
    MonthClosed,
    Person,
    PolicyBundle,
    PolicyRecord,
    Rating,
    Role,
    RoleGrant,
    SubjectChange,
    WaitingFor,
)
from tests.measures.stories import ENTRIES, OFFICERS, START, App, Matter, Reply, Step, Story

NOW = datetime(2025, 6, 2, 1, 0, tzinfo=UTC)
TABLES = (
    SubjectChange,
    MeasureObservation,
    MeasureDay,
    MeasureCorrection,
    MonthClosed,
    Rating,
    AnswerRecord,
    AnswerGiven,
    PolicyRecord,
    PolicyBundle,
    CaseWait,
    Assignment,
    CaseMessage,
    Case,
    ApplicationEvent,
    Application,
    RoleGrant,
    Person,
    Employer,
)
Write = Callable[[AsyncSession], Awaitable[None]]


class Telling:
    """One story in one empty database."""

    def __init__(self, database: Database, story: Story) -> None:
        self.database, self.story = database, story
        self.officers: list[int] = []
        self.employers: list[int] = []
        self.bundle = 0
        self.entries: dict[str, int] = {}
        self.serial = 0

    async def begin(self) -> None:
        """Empty every table; employers, officers and their grants."""
        async with self.database.transaction() as session:
            for table in TABLES:
                await session.execute(delete(table))
            for code in ("A", "B"):
                employer = Employer(name=f"样例{code}", credit_code=code * 18)
                session.add(employer)
                await session.flush()
                self.employers.append(employer.id or 0)
            for _ in range(OFFICERS):
                self.officers.append(await self.person(session, "370100"))
            for officer, prefix, since, until in self.story.grants:
                session.add(
                    RoleGrant(
                        person_id=self.officers[officer],
                        role=Role.OFFICER,
                        region_prefix=prefix,
                        granted_at=START + timedelta(days=since),
                        revoked_at=None if until is None else START + timedelta(days=until),
                    )
                )
                await session.flush()
            bundle = PolicyBundle(
                version="1",
                digest="0",
                origin="test",
                made_at=START,
                loaded_by="test",
                loaded_at=START,
                records=[],
            )
            session.add(bundle)
            await session.flush()
            self.bundle = bundle.id or 0
            for name in ENTRIES:
                entry = PolicyRecord(
                    kind="policy", name=name, number=1, digest=name, content={}, created_at=START
                )
                session.add(entry)
                await session.flush()
                self.entries[name] = entry.id or 0

    async def tell(self) -> None:
        """Each piece in a transaction of its own; late events come late."""
        lines = [
            *(self.application(app) for app in self.story.apps),
            *(self.case(matter) for matter in self.story.matters),
            *(self.answer(reply) for reply in self.story.replies),
            *(self.asking(day, answered) for day, answered in self.story.asked),
        ]
        shuffle = random.Random(self.story.order)
        while lines:
            line = shuffle.choice(lines)
            piece = line.pop(0)
            async with self.database.transaction() as session:
                await piece(session)
            lines = [line for line in lines if line]
            if shuffle.random() < 0.6:
                await self.refresh(shuffle.choice([1, 3, 100]))
        while await self.refresh(100):
            pass

    async def refresh(self, limit: int) -> int:
        """One transaction of the refresher."""
        async with self.database.transaction() as session:
            return await refresh(session, NOW, limit)

    async def person(
        self, session: AsyncSession, region: str, hire_date: date | None = None
    ) -> int:
        """A person of the first employer."""
        self.serial += 1
        row = Person(
            employer_id=self.employers[0],
            number=f"E{self.serial}",
            name="样本",
            region_code=region,
            created_at=START,
            updated_at=START,
            hire_date=hire_date,
        )
        session.add(row)
        await session.flush()
        return row.id or 0

    def application(self, app: App) -> list[Write]:
        """Opened, then submitted, then each state, then its end; the last told late."""
        row = Application(
            number=f"SB{id(app)}{random.random()}"[:24],
            employer_id=self.employers[app.employer],
            kind=ApplicationKind(app.kind),
            region_code=app.region,
            province_code=app.region[:2] + "0000",
            status=ApplicationStatus.DRAFT,
            person_id=0,
            created_at=app.created,
            updated_at=app.created,
        )

        async def opened(session: AsyncSession) -> None:
            row.person_id = await self.person(session, app.home, hire_date=app.hired)
            session.add(row)
            await session.flush()

        async def ended(session: AsyncSession) -> None:
            kept = await session.get(Application, row.id)
            assert kept is not None
            kept.submitted_at, kept.closed_at = app.submitted, app.closed
            kept.status = ApplicationStatus(app.end)

        steps = [self.step(row, number, step, app) for number, step in enumerate(app.steps)]
        return [opened, *(write for pair in steps for write in pair), ended]

    def step(self, row: Application, number: int, step: Step, app: App) -> tuple[Write, Write]:
        """The event, and later that it was told."""
        event = ApplicationEvent(
            application_id=0,
            source=step.source,
            sequence=number,
            status=step.status,
            reason={"code": step.code, "second_card": app.second_card},
            at=step.at,
            recorded_at=step.at + step.heard,
        )

        async def happened(session: AsyncSession) -> None:
            event.application_id = row.id or 0
            session.add(event)
            await session.flush()

        async def told(session: AsyncSession) -> None:
            kept = await session.get(ApplicationEvent, event.id)
            assert kept is not None
            kept.told_at = None if step.told is None else kept.recorded_at + step.told

        return happened, told

    def case(self, matter: Matter) -> list[Write]:
        """Opened; owners and waits; replied, resolved and opened again as often as it says."""
        row = Case(
            number=f"GD{random.random()}"[:24],
            person_id=0,
            employer_id=self.employers[matter.employer],
            kind="returned",
            matter=matter.matter,
            region_code=matter.region,
            opened_at=matter.opened,
        )

        async def opened(session: AsyncSession) -> None:
            row.person_id = await self.person(session, matter.region)
            session.add(row)
            await session.flush()

        async def handled(session: AsyncSession) -> None:
            await self.handle(session, row.id or 0, matter)

        async def replied(session: AsyncSession) -> None:
            await self.reply(session, await self.again(session, row), matter)

        async def resolved(session: AsyncSession) -> None:
            kept = await self.again(session, row)
            if matter.resolved is not None:
                kept.status = CaseStatus.RESOLVED
                kept.resolved_at = matter.opened + matter.resolved
                kept.resolution = matter.resolution

        async def reopened(session: AsyncSession) -> None:
            kept = await self.again(session, row)
            kept.reopened += 1
            kept.status, kept.resolved_at, kept.resolution = CaseStatus.PENDING, None, None

        return [opened, handled, replied, *([resolved, reopened] * matter.reopened), resolved]

    async def handle(self, session: AsyncSession, number: int, matter: Matter) -> None:
        """Its owners and its waits."""
        for hours, officer in matter.owners:
            at = matter.opened + timedelta(hours=hours)
            owner = self.officers[officer]
            session.add(Assignment(case_id=number, officer_id=owner, how="taken", at=at))
            await session.flush()
        for since, until in matter.waits:
            session.add(
                CaseWait(
                    case_id=number,
                    waiting_for=WaitingFor.EMPLOYEE,
                    since=matter.opened + timedelta(hours=since),
                    until=None if until is None else matter.opened + timedelta(hours=until),
                )
            )
        await session.flush()

    async def reply(self, session: AsyncSession, kept: Case, matter: Matter) -> None:
        """The first reply, and another officer's second."""
        kept.assignee_id = self.officers[matter.replier]
        if matter.reply is None:
            return
        kept.first_reply_at = matter.opened + matter.reply
        for author in (self.officers[matter.replier], self.officers[0]):
            session.add(
                CaseMessage(
                    case_id=kept.id or 0,
                    author="officer",
                    author_id=author,
                    at=kept.first_reply_at,
                )
            )
            await session.flush()

    async def again(self, session: AsyncSession, row: Case) -> Case:
        """The case's row in this transaction."""
        kept = await session.get(Case, row.id)
        assert kept is not None
        return kept

    def answer(self, reply: Reply) -> list[Write]:
        """Answered; perhaps pressed; perhaps called for HR, before or after the press."""
        row = AnswerGiven(
            person_id=0,
            bundle_id=self.bundle,
            outcome="recall" if reply.recall else "answer",
            topic=reply.topic,
            region_code="370100",
            at=reply.at,
        )

        async def answered(session: AsyncSession) -> None:
            row.person_id = await self.person(session, "370100")
            session.add(row)
            await session.flush()
            for entry in reply.entries:
                record = AnswerRecord(answer_id=row.id or 0, record_id=self.entries[entry])
                session.add(record)
            await session.flush()

        async def pressed(session: AsyncSession) -> None:
            kept = await session.get(AnswerGiven, row.id)
            assert kept is not None
            kept.verdict = reply.verdict
            if reply.verdict:
                kept.verdict_at = reply.at + timedelta(hours=reply.pressed)

        def call(hours: int) -> Write:
            async def called(session: AsyncSession) -> None:
                session.add(
                    Case(
                        number=f"GD{random.random()}"[:24],
                        person_id=row.person_id,
                        employer_id=self.employers[0],
                        kind="asked",
                        region_code="370100",
                        opened_at=reply.at + timedelta(hours=hours),
                    )
                )
                await session.flush()

            return called

        calls = [call(hours) for hours in reply.calls]
        if reply.verdict in ("unsolved", "corrected"):
            return [answered, *calls, pressed]
        return [answered, pressed, *calls]

    def asking(self, day: int, answered: int | None) -> list[Write]:
        """Asked to rate an application, and answered some days later."""
        at = START + timedelta(days=day)
        rating = Rating(subject="", person_id=0, asked_at=at)

        async def asked(session: AsyncSession) -> None:
            person = await self.person(session, "370100")
            application = Application(
                number=f"SB{random.random()}"[:24],
                person_id=person,
                employer_id=self.employers[0],
                kind=ApplicationKind.FIRST,
                region_code="370100",
                province_code="370000",
                status=ApplicationStatus.REVIEWING,
                created_at=at,
                updated_at=at,
            )
            session.add(application)
            await session.flush()
            rating.subject, rating.person_id = f"application:{application.id}", person
            session.add(rating)
            await session.flush()

        async def given(session: AsyncSession) -> None:
            kept = await session.get(Rating, rating.id)
            assert kept is not None
            if answered is not None:
                kept.score, kept.answered_at = 4, at + timedelta(days=answered)

        return [asked, given]
