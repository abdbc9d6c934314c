"""What the desk promises and decides, as employees, officers and managers see it in their chats."""

from __future__ import annotations

import asyncio
import re
from datetime import datetime, time, timedelta

from services import cases
from services.people import roles
from services.people.people import by_number
from storage.clock import SHANGHAI, local_date
from storage.models import Person, Role
from tests.flows.test_cards import has_card, papers_in
from tests.support.world import Talker, World, text_of


async def morning(world: World) -> None:
    """Let time pass until the next workday, shortly before ten."""
    now = world.runtime.clock.now()
    midnight = datetime.combine(local_date(now) + timedelta(days=1), time(), SHANGHAI)
    opens = cases.calendar_of("370100").opens(midnight)
    await world.passes(seconds=(opens + timedelta(minutes=52) - now).total_seconds())


async def manager_of(world: World) -> Talker:
    """A manager in their own chat."""
    manager = await world.enrolled()
    async with world.runtime.database.transaction() as session:
        (person,) = await by_number(session, manager.person.number)
        await roles.grant(session, person.id, Role.MANAGER, world.runtime.clock.now())
    return manager


async def test_queue_race_and_clocks(world: World) -> None:
    """Two ask, two officers race for the first; nobody takes the second until the manager hears."""
    one = await world.hr()
    assert one.chat is not None
    two, manager = await world.officer(one.chat), await manager_of(world)
    first, second = await world.enrolled(region="37"), await world.enrolled(region="37")
    await morning(world)
    await first.says("找人工")
    opened = text_of(await first.sees("工单号"))
    assert "您前面还有 0 位" in opened
    assert re.search(r"11:5\d 前回复您", opened)  # two business hours: the promise
    card = await one.sees("员工找人工")
    await second.says("找人工")
    assert "您前面还有 1 位" in text_of(await second.sees("工单号"))
    late = await one.sees("员工找人工")
    number = text_of(late).split()[0]
    both = [each.presses("接手", message_id=card["message_id"]) for each in (one, two)]
    told = sorted(answer["text"] for answer in await asyncio.gather(*both))
    assert told == ["已接手", "已经有同事接手了，您不用再处理。"]
    await first.sees("已接手您的工单")
    await world.quiet()
    assert len(first.saw("已接手您的工单")) == 1

    await world.passes(minutes=16)
    await one.sees(f"{number} 还没人接手，请")
    await world.passes(minutes=80)
    await one.sees(f"{number} 快到时限了")
    await world.passes(hours=4)  # past the promise, and past lunch
    await one.sees(f"{number} 已超时，经理已知道")
    notice = await manager.sees(f"{number} 超时，需要您过问")
    assert second.person.person.name not in text_of(notice)
    await two.says("抱歉让您久等了，马上办。", reply_to=late["message_id"])
    await second.sees("抱歉让您久等了")


async def test_not_understood_and_open_again(world: World) -> None:
    """Twice not understood offers a person; after 解决 only a real question opens it again."""
    officer, employee = await world.hr(), await world.enrolled(region="37")
    puzzle = "今天的天气怎么样"
    await employee.says(puzzle)
    await employee.sees("我帮不上")
    assert not employee.saw("看来我没听懂")
    await employee.says("公司年会几点开始")
    offered = await employee.sees("看来我没听懂您的意思")
    await employee.presses("找人工", message_id=offered["message_id"])
    await employee.sees("工单号")
    card = await officer.sees("员工找人工")
    await officer.presses("接手", message_id=card["message_id"])
    await employee.sees("小助手先不插话")
    await officer.presses("解决", message_id=card["message_id"])
    await employee.sees("小助手回来了")
    await world.passes(days=6)
    await employee.says("谢谢")
    await employee.sees("不客气")
    await employee.says("社保卡丢了怎么补办？")
    await employee.sees("依据：")  # the bot knows it: nobody has to come
    assert not employee.saw("已重新打开")
    await employee.says(puzzle)
    await employee.sees("已重新打开")
    await officer.sees(puzzle)
    await officer.presses("解决", message_id=card["message_id"])
    await employee.sees("小助手回来了")
    await world.passes(days=8)
    await employee.says("公司年会几点开始")
    await employee.sees("我帮不上")
    await world.quiet()
    assert len(employee.saw("已重新打开")) == 1


async def test_decided_in_two_presses(world: World) -> None:
    """Papers that differ from the roster, and a stop that HR lifts."""
    officer = await world.hr()
    changed, stopped = await world.enrolled(region="37"), await world.enrolled(region="37")
    async with world.runtime.database.transaction() as session:
        (person,) = await by_number(session, changed.person.number)
        row = await session.get_one(Person, person.id)
        row.name = f"{row.name}甲"
    await papers_in(world, changed)
    await changed.sees("我已请HR同事核对")
    card = await officer.sees("资料与花名册不一致")
    await officer.presses("资料不可用", message_id=card["message_id"])
    await officer.presses("翻拍或复印件，需原件", message_id=card["message_id"])
    await changed.sees("请对着证件原件重新拍一张发来")
    await officer.presses("资料可用", message_id=card["message_id"])
    await officer.presses("姓名写法不同，是同一人", message_id=card["message_id"])
    await changed.sees("您的资料没有问题")
    await officer.sees("已记录，并告知员工")

    await has_card(world, stopped, "370200", registered=False)
    await papers_in(world, stopped)
    await stopped.sees("先别重复办卡")
    await stopped.says("找人工")
    card = await officer.sees("员工找人工")
    await officer.presses("放行重复申领", message_id=card["message_id"])
    await officer.presses("旧卡已注销，系统未更新", message_id=card["message_id"])
    await stopped.sees("您的申请可以继续办")
