"""HR's watch over new hires, in the group; what the HR system tells of staff."""

from __future__ import annotations

import asyncio
from datetime import date, datetime

from services import newhires
from services.imports import delta
from services.people.people import by_number
from storage import queue
from storage.clock import local_date
from storage.models import Person
from tests.support.world import Talker, World, text_of


async def hired_today(world: World, talker: Talker) -> date:
    today = local_date(world.runtime.clock.now())
    async with world.runtime.database.transaction() as session:
        (found,) = await by_number(session, talker.person.number)
        person = await session.get(Person, found.id)
        assert person is not None
        person.hire_date = today
    return today


async def a_morning(world: World) -> None:
    """The next workday's look at new hires."""
    first = await planned(world)
    ahead = first - world.runtime.clock.now()
    await world.passes(seconds=ahead.total_seconds() + 1)
    for _ in range(1200):
        if await planned(world) != first:
            break
        await asyncio.sleep(0.05)
    await world.quiet()


async def planned(world: World) -> datetime:
    """When HR's group hears next."""
    async with world.runtime.database.reading() as session:
        due = await queue.timer_due(session, newhires.MORNING)
    return due or world.runtime.clock.now()


async def test_hr_sees_who_is_due_and_reminds_with_one_press(world: World) -> None:
    officer = await world.hr()
    employee = await world.enrolled(region="37")
    await hired_today(world, employee)
    await officer.says("/newhires")
    listed = await officer.sees("新员工，还没递交的")
    assert f"工号{employee.person.number}" in listed["text"]
    assert "还没开始办" in listed["text"]
    assert employee.person.person.name not in listed["text"]
    await officer.presses("提醒没办的人")
    await officer.sees("已提醒")
    await employee.sees("您的社保卡申请")
    await officer.presses("提醒没办的人")
    await officer.sees("已提醒0人")
    await world.quiet()
    assert len(employee.saw("您的社保卡申请")) == 1
    # From then on the group hears by itself of who is due by the next workday.
    own, lines = f"工号{employee.person.number}（", []
    for _ in range(20):
        await a_morning(world)
        told = officer.saw("新员工，还没递交的")
        later = [m for m in told if m["message_id"] != listed["message_id"]]
        lines = [each for m in later for each in text_of(m).splitlines() if own in each]
        if lines:
            break
    assert "还有1个工作日" in lines[0]
    await employee.presses("办社保卡")
    await employee.sees("请选择开户银行")


async def test_a_mover_is_offered_the_guide_and_a_leaver_keeps_their_data(world: World) -> None:
    mover, leaver = await world.enrolled(region="37"), await world.enrolled(region="37")
    body = {"changes": [told(mover, "moved", region="320500"), told(leaver, "left")]}
    await world.admin("POST", "hr", body)
    runtime = world.runtime
    async with runtime.database.reading() as session:
        after = await delta.cursor(session)
    found = await delta.fetch(runtime.gateways, after)
    async with runtime.database.transaction() as session:
        done = await delta.apply_changes(
            session, found, runtime.clock.now(), settings=runtime.settings.imports
        )
    assert (done.moved, done.left, done.ok) == (1, 1, True)
    moved = await mover.sees("HR系统登记您的参保地")
    assert "江苏省苏州市" in moved["text"]
    await mover.presses("看换城市指南")
    await mover.sees("苏州")
    await leaver.says("办社保卡")
    await leaver.sees("离职")
    assert not leaver.saw("请选择开户银行")
    await leaver.says("我的数据")
    await leaver.sees("花名册信息")


def told(talker: Talker, kind: str, **changes: str) -> dict[str, object]:
    """A change of an employee as the HR system tells it."""
    one = talker.person
    person = {
        "number": one.number,
        "name": one.person.name,
        "id_number": one.person.id_number,
        "phone": one.phone,
        "credit_code": one.employer.credit_code,
        "employer_name": one.employer.name,
        "region": one.region,
        "hire_date": one.hire_date.isoformat(),
    }
    return {"kind": kind, "on": one.hire_date.isoformat(), "person": person | changes}
