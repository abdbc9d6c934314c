"""找人工: the case in the HR group, taken, answered, resolved."""

from __future__ import annotations

from tests.support.world import World


async def test_a_person_answers(world: World) -> None:
    officer = await world.hr()
    employee = await world.enrolled()
    await employee.says("找人工")
    await employee.sees("工单号")
    card = await officer.sees("员工找人工")
    assert employee.person.person.id_number not in card["text"]
    assert employee.person.person.name not in card["text"]
    await employee.says("我的卡号是多少？")
    await employee.sees("已转给HR同事")
    await officer.sees("我的卡号是多少")
    await officer.presses("接手", message_id=card["message_id"])
    await employee.sees("已接手您的工单")
    await officer.sees("已接手")
    await officer.presses("回复", message_id=card["message_id"])
    await officer.sees("下一条消息会原样发给员工")
    await officer.says("请看卡面左下角。")
    await employee.sees("请看卡面左下角")
    await officer.says("谢谢", reply_to=card["message_id"])
    await employee.sees("谢谢")
    await officer.presses("解决", message_id=card["message_id"])
    await employee.sees("已处理完")


async def test_who_is_no_officer_cannot_press(world: World) -> None:
    officer = await world.hr()
    employee = await world.enrolled()
    await employee.says("找人工")
    card = await officer.sees("员工找人工")
    other = world.somebody()
    link = await world.link(other, group_chat_id=officer.chat)
    from tests.support.world import Talker

    intruder = Talker(await world.client(link), other, officer.chat)
    await intruder.client.start()
    await intruder.sees("个人信息处理告知")
    intruder.client.messages.update(officer.client.messages)
    answer = await intruder.presses("接手", message_id=card["message_id"])
    assert "只有HR专员" in answer["text"]
