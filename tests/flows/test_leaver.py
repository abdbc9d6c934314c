"""Who has left keeps the rights to their own data, and a person to talk to; nothing else."""

from __future__ import annotations

from services.people.people import by_number, leave
from tests.support.world import Talker, World


async def leaves(world: World, talker: Talker) -> None:
    """HR records that somebody has left."""
    runtime = world.runtime
    async with runtime.database.transaction() as session:
        (person,) = await by_number(session, talker.person.number)
        await leave(session, person.id, runtime.clock.now())


async def test_a_leaver_keeps_their_data_and_a_person(world: World) -> None:
    officer = await world.hr()
    employee = await world.enrolled()
    await leaves(world, employee)
    for words in ("办社保卡", "查进度", "问政策", "/menu", "/help", "医保怎么转？"):
        await employee.says(words)
        await employee.sees("您已离职")
    await employee.says("/mydata")
    await employee.sees("用途")
    await employee.presses("导出我的数据")
    await employee.sees("这是您的全部数据")
    await employee.says("找人工")
    await employee.sees("工单号")
    await employee.says("我的档案在哪里？")
    await officer.sees("我的档案在哪里")
    await employee.says("/mydata")
    await employee.sees("用途")
    await employee.presses("删除我的数据")
    await employee.sees("会删除")


async def test_a_leavers_new_phone_keeps_the_rights_and_gets_no_menu(world: World) -> None:
    old = await world.enrolled()
    await leaves(world, old)
    new = Talker(await world.client(await world.link(old.person)), old.person)
    await new.client.start()
    await new.sees("身份证号的最后四位")
    await new.says(old.person.person.id_number[-4:])
    await new.sees("您已离职")
    await new.client.refresh()
    assert "办社保卡" not in str(new.client.keyboard())
    await new.says("/mydata")
    await new.sees("用途")
