"""The main road: from the invitation to the card, as transcripts."""

from __future__ import annotations

from tests.flows.test_matters import unruly
from tests.support.world import World, picture


async def test_a_new_employee_gets_a_card(world: World) -> None:
    employee = await world.enrolled(region="37")
    await unruly(world)
    await world.at_summary(employee)
    await employee.sends(picture(employee.person, "portrait", background="white"))  # a nicer one
    await employee.sees("证件照合格")
    await employee.sees("请最后核对一遍")
    reference = await world.hands_in(employee)
    await world.step(reference, "making")
    await employee.sees("正在制卡")
    await world.step(reference, "collectable")
    await employee.sees("可以领取")
    await world.step(reference, "collected")
    await employee.sees("卡已领到")
    await world.step(reference, "social_enabled")
    await employee.sees("银行账户待激活")
    await world.step(reference, "financial_activated")
    await employee.sees("这件事办好啦")
    await employee.sees("请打个分")
    await employee.presses("5")
    await employee.sees("谢谢您的5分")
    await employee.says("很方便")
    await employee.sees("谢谢，您的话")
