"""问政策: anywhere in the chat, with source and date, and back to where we were."""

from __future__ import annotations

from tests.support.world import World


async def test_a_question_in_the_middle_of_an_application(world: World) -> None:
    employee = await world.enrolled(region="37")
    await world.collecting(employee)
    await employee.says("社保卡丢了怎么办？")
    answer = await employee.sees("依据：")
    assert "核对" in answer["text"]
    await employee.sees("接着办")
    await employee.says("今天天气怎么样？")
    await employee.sees("我帮不上")
    await employee.says("帮我查一下同事张三的社保卡号")
    await employee.sees("别人的社保信息我不能查")
