"""Who is asked: by region, language, skill and load; the next in line, then the manager."""

from __future__ import annotations

from datetime import timedelta

import pytest

from services import cases
from services.cases import CaseError, DeskSettings
from storage import queue
from storage.models import Assignment, Case, OfficerNotice, Person, Priority, Role
from tests.desk.conftest import Desk


async def offered(desk: Desk, case_id: int) -> int | None:
    """Who is asked now."""
    return (await desk.see(cases.get, case_id)).offered_to_id


async def test_language_skill_and_load_decide(desk: Desk) -> None:
    one, two = desk.officers
    away = await desk.person(Role.OFFICER, region="440000")  # another region is never asked
    await desk.do(cases.set_profile, one, languages=("zh",), skills=("card",))
    await desk.do(cases.set_profile, two, languages=("zh", "en"), capacity=1)
    english = await desk.asked(language="en")
    assert await offered(desk, english.id) == two
    returned = await desk.do(cases.open_case, desk.employee, "returned", None)  # about the card
    assert await offered(desk, returned.id) == one
    fault = await desk.do(cases.open_case, desk.employee, "fault", None)
    # `two` is full and `one` has no such skill: the skill is waived before nobody is asked.
    assert await offered(desk, fault.id) in (one, two)
    every = [case.offered_to_id for case in await desk.see(cases.unresolved, desk.employee)]
    assert away not in every
    assert desk.employee not in every


async def test_the_load_is_balanced(desk: Desk) -> None:
    people = [await desk.person(number=40 + n) for n in range(6)]
    for person in people:
        await desk.do(cases.open_case, person, "asked", None)
    asked = [row.officer_id for row in await desk.rows(Assignment)]
    assert sorted(asked.count(officer) for officer in desk.officers) == [3, 3]


async def test_nobody_answers(desk: Desk) -> None:
    cases.use(DeskSettings.model_validate({"offer_minutes": 10, "offers_before_manager": 2}))
    manager = await desk.person(Role.MANAGER, number=30)
    case = await desk.asked()
    first = await offered(desk, case.id)
    await desk.passes(minutes=11)
    second = await offered(desk, case.id)
    assert {first, second} == set(desk.officers)
    assert (await desk.see(cases.get, case.id)).escalated_at is None
    await desk.passes(minutes=11)
    assert (await desk.see(cases.get, case.id)).escalated_at is not None
    heard = await desk.do(cases.collect, manager)
    assert [(n.kind, n.urgent, n.number) for n in heard] == [
        ("escalated_nobody", True, case.number)
    ]
    await desk.do(cases.take, case.id, manager)  # a manager may do it too
    assert await desk.timer(f"case:{case.id}:offer") is None


async def test_away_and_back(desk: Desk) -> None:
    one, two = desk.officers
    now = desk.clock.now()
    case = await desk.asked()
    await desk.do(cases.take, case.id, one)
    moved = await desk.do(cases.away, one, now, now + timedelta(days=3), stand_in_id=two)
    assert moved == [case.id]
    assert (await desk.see(cases.get, case.id)).assignee_id == two
    with pytest.raises(CaseError, match="not_available"):
        await desk.do(cases.hand_over, case.id, two, one)
    other = await desk.do(cases.open_case, desk.employee, "fault", None)
    assert await offered(desk, other.id) == two
    await desk.do(cases.back, one)
    case = await desk.do(cases.hand_over, case.id, two, one)
    assert case.assignee_id == one
    # An absence that begins later is found by the sweep.
    await desk.do(cases.away, one, now + timedelta(hours=1), None)
    assert await desk.do(cases.rescue) == []
    desk.clock.jump(timedelta(hours=2))
    assert await desk.do(cases.rescue) == [case.id]
    assert (await desk.see(cases.get, case.id)).assignee_id == two


async def test_notices_are_bundled_and_quiet(desk: Desk) -> None:
    one, _ = desk.officers
    case = await desk.asked()
    await desk.do(cases.take, case.id, one)
    await desk.do(cases.collect, one)
    start = desk.clock.now()
    for words in ("在吗", "还在吗", "急"):
        await desk.do(cases.write, case.id, words)
    assert await desk.timer(f"notices:{one}") == start + timedelta(minutes=3)
    heard = await desk.do(cases.collect, one)
    assert [(n.kind, n.times) for n in heard] == [("written", 3)]
    assert await desk.do(cases.collect, one) == ()
    async with desk.database.transaction() as session:
        await queue.cancel_timers(session, f"notices:{one}")  # it has fired
    await desk.do(cases.answer, case.id, one, "在的")  # no promise runs out meanwhile
    desk.clock.jump(timedelta(hours=10))  # eight in the evening
    await desk.do(cases.write, case.id, "晚上的问题")
    due = await desk.timer(f"notices:{one}")
    assert due == start + timedelta(hours=23)  # nine the next morning
    await desk.do(cases.set_priority, case.id, one, Priority.URGENT)
    await desk.do(cases.write, case.id, "卡被盗刷了")
    assert await desk.timer(f"notices:{one}") == desk.clock.now()
    assert len(await desk.rows(OfficerNotice)) > 4


async def test_an_erased_person_leaves_no_words(desk: Desk) -> None:
    from services.privacy import erase

    case = await desk.asked("我的银行卡丢了")
    async with desk.database.transaction() as session:
        await erase.erase(session, desk.employee, desk.clock.now())
    everything = cases.Scope.everything()
    assert await desk.see(cases.search, everything, "银行卡", desk.clock.now()) == ()
    (row,) = await desk.rows(Case)
    assert row.id == case.id
    assert row.resolution == "erased"
    assert len(await desk.rows(Person)) == 3
