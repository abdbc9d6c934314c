"""The watch over new hires: statutory days, stages, and reminders that come once a day."""

from __future__ import annotations

from datetime import date

from services import applications as apps
from services import newhires
from storage.models import InboxEvent, Person
from tests.applications.conftest import Office, add_person, bureau, card


async def hired(office: Office, day: date, person: int | None = None) -> None:
    async with office.database.transaction() as session:
        row = await session.get(Person, person or office.person_id)
        assert row is not None
        row.hire_date = day


async def only(office: Office) -> newhires.NewHire:
    async with office.database.reading() as session:
        (hire,) = await newhires.watch(session, office.now)
    return hire


async def test_three_statutory_workdays_and_the_stages_of_a_person(office: Office) -> None:
    # 24 November 2026 is a Tuesday; the 30th of September is followed by a week of holidays.
    await hired(office, date(2026, 11, 20))
    hire = await only(office)
    assert (hire.due.day, hire.days_left, hire.stage) == (date(2026, 11, 25), 1, "silent")
    assert (hire.open, hire.in_time) == (True, None)
    await office.consents()
    assert (await only(office)).stage == "bound"
    await office.opened()
    assert (await only(office)).stage == "applying"
    await office.do(apps.withdraw, (await office.get(1)).id)
    view = await office.received()
    done = await only(office)
    assert (done.stage, done.application_number, done.in_time) == ("submitted", view.number, True)
    assert not done.open


async def test_late_and_provisional_and_who_holds_a_card(office: Office) -> None:
    office.wait(days=2)  # Thursday the 26th
    await hired(office, date(2026, 11, 20))
    late = await only(office)
    assert (late.days_left, late.in_time) == (-1, False)
    await hired(office, date(2027, 12, 30))
    office.clock.jump(office.clock.now().replace(year=2027, month=12, day=30) - office.clock.now())
    assert (await only(office)).due.provisional
    await office.do(apps.record_refresh, office.person_id, [bureau(card())])
    assert (await only(office)).stage == "has_card"


async def test_reminders_come_once_a_day_to_those_who_have_something_to_do(
    office: Office,
) -> None:
    await hired(office, date(2026, 11, 23))
    async with office.database.transaction() as session:
        other = await add_person(session, office.now, 5)
    await hired(office, date(2026, 11, 23), other)
    for expected in (2, 0):
        async with office.database.transaction() as session:
            found = await newhires.watch(session, office.now)
            done = await newhires.remind(session, found, office.now, actor="cli")
        assert len(done) == expected
    office.wait(days=1)
    async with office.database.transaction() as session:
        found = await newhires.watch(session, office.now)
        assert len(await newhires.remind(session, found, office.now, actor="cli")) == 2
    events = [each for each in await office.rows(InboxEvent) if each.kind == newhires.REMIND]
    assert len(events) == 4
