"""HR's watch over new hires, in the group."""

from __future__ import annotations

from datetime import date

from services.people.people import by_number
from storage.clock import local_date
from storage.models import Person
from tests.support.world import Talker, World


async def hired_today(world: World, talker: Talker) -> date:
    today = local_date(world.runtime.clock.now())
    async with world.runtime.database.transaction() as session:
        (found,) = await by_number(session, talker.person.number)
        person = await session.get(Person, found.id)
        assert person is not None
        person.hire_date = today
    return today


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
    await employee.presses("办社保卡")
    await employee.sees("请选择开户银行")
