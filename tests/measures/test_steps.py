"""The step that a rating speaks of, and that it is published in groups as everything else."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from services.measures.query import Area
from services.measures.releases import release, satisfaction
from services.measures.settling import REST
from services.measures.steps import ASKING, begun, longest, standing
from storage.database import Database
from storage.models import (
    About,
    Application,
    ApplicationEvent,
    ApplicationKind,
    ApplicationStatus,
    Case,
    CaseStatus,
    Rating,
)
from tests.people.makers import employ

AT = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
DAY = timedelta(days=1)
CHANGES = (("reviewing", 1), ("making", 6), ("returned", 7), ("making", 8), ("collectable", 9))


def day(number: float) -> datetime:
    return AT + DAY * number


def test_steps_of_a_history() -> None:
    steps = begun(day(0), day(1), [(day(at), status) for status, at in CHANGES])
    assert steps == [
        (day(0), "papers"),
        (day(1), "review"),
        (day(6), "making"),  # a return begins no step again
        (day(9), "collect"),
    ]
    assert longest(steps, day(10)) == "review"
    assert longest(steps, day(30)) == "collect"
    assert longest(steps[:1], day(30)) == "papers"
    assert [standing(steps, day(at)) for at in (-1, 0.5, 1, 8.9, 9)] == [
        "papers",
        "papers",
        "review",
        "making",
        "collect",
    ]


async def test_ratings_by_step(database: Database) -> None:
    """Six whole applications that waited for the bureau, six calls while a card was made, five
    questions without an application, and two more that are too few to be shown."""
    async with database.transaction() as session:
        for serial in range(19):
            person = await employ(session, AT, serial)
            application = Application(
                number=f"SB{serial}",
                person_id=person.id,
                kind=ApplicationKind.FIRST,
                province_code="370000",
                status=ApplicationStatus.FINISHED,
                created_at=day(0),
                submitted_at=day(1),
                closed_at=day(10),
                updated_at=day(10),
                employer_id=person.employer_id,
                region_code="370100",
            )
            session.add(application)
            await session.flush()
            for sequence, (status, at) in enumerate(CHANGES):
                session.add(
                    ApplicationEvent(
                        application_id=application.id or 0,
                        source="bureau",
                        sequence=sequence,
                        status=status,
                        at=day(at),
                        recorded_at=day(at),
                    )
                )
            subject, about = f"application:{application.id}", About.BOT
            if serial >= 6:
                opened = 7 if serial < 12 else 9.5 if serial < 14 else 2
                case = Case(
                    number=f"GD{serial}",
                    person_id=person.id,
                    kind="asked",
                    matter="card",
                    application_id=None if serial >= 14 else application.id,
                    status=CaseStatus.RESOLVED,
                    opened_at=day(opened),
                    resolved_at=day(10),
                    employer_id=person.employer_id,
                    region_code="370100",
                )
                session.add(case)
                await session.flush()
                subject, about = f"case:{case.id}", About.OFFICER
            session.add(
                Rating(
                    subject=subject,
                    person_id=person.id,
                    about=about,
                    score=2 if serial < 12 else 5,
                    asked_at=day(10),
                    answered_at=day(10),
                )
            )
    async with database.transaction() as session:
        await release(session, day(11))
        await release(session, day(40))
        start, end = day(0).date(), day(40).date()
        shown = await satisfaction(session, start, end, by="step")
        assert {step: (one.count, one.share) for step, one in shown.items()} == {
            "review": (6, 0.0),
            "making": (6, 0.0),
            ASKING: (5, 1.0),
        }
        assert REST not in shown  # the two wait for others
        assert await satisfaction(session, start, end, (Area("3701"),), by="step") == {}
