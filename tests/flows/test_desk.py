"""找人工: from the queue to the group and back, with everything that may come between."""

from __future__ import annotations

from typing import Any

from sqlmodel import select

from services.people import people
from services.people.people import by_number
from storage.models import FileView
from tests.support.world import Talker, World, picture, text_of


async def number_of(world: World, talker: Talker) -> int:
    """The person's id in the bot's database."""
    async with world.runtime.database.reading() as session:
        (person,) = await by_number(session, talker.person.number)
    return person.id


def in_group(talker: Talker) -> list[dict[str, Any]]:
    """Everything of the bot in the talker's group."""
    chat = talker.chat
    return [m for m in talker.client.messages.values() if m["chat_id"] == chat and not m["mine"]]


async def test_a_case_in_its_topic(world: World) -> None:
    """The whole story of one case, between an employee and two officers."""
    one = await world.hr(forum=True)
    assert one.chat is not None
    two = await world.officer(one.chat)
    employee = await world.enrolled()

    # What was asked and answered before goes with it.
    await employee.says("社保卡丢了怎么补办？")
    answer = await employee.sees("依据")
    await employee.presses("找人工", message_id=answer["message_id"])
    opened = await employee.sees("工单号")
    assert "用卡、换卡、挂失" in opened["text"]
    assert "前面还有 0 位" in opened["text"] or "开始处理" in opened["text"]
    card = await one.sees("员工找人工")
    thread = card["message_thread_id"]
    assert "小助手说过" in card["text"]
    assert "（依据 " in card["text"]  # by which rule
    number = card["text"].split()[0]
    assert f"资料和全部记录：{world.runtime.settings.console_address}" in card["text"]
    assert f"/cases/{number}" in card["text"]
    assert employee.person.person.name not in str(in_group(one))
    await one.sees("社保卡丢了怎么补办")

    # Words, an album; no picture comes into the group.
    said = await employee.says("我的卡号是一二三四")
    await employee.sees("已转给HR同事")
    await one.sees("我的卡号是一二三四")
    await employee.sends(picture(employee.person, "id_front"), picture(employee.person, "id_back"))
    came = await one.sees("员工发来图片")
    assert not any("photo" in message for message in in_group(one))

    # Two officers race.
    await one.presses("接手", message_id=card["message_id"])
    await employee.sees("已接手您的工单")
    stale = await two.presses("回复", message_id=card["message_id"])
    assert "请在群里写回复" in stale["text"]
    await two.sees("下一条消息会原样发给员工")
    await two.says("我来补充一句", thread=thread)
    helped = await employee.sees("我来补充一句")

    # The bot keeps silent; the topic is HR's own, a reply is not.
    await employee.says("好的")
    heard = await one.sees("员工说：\n好的")
    await one.says("这位同事上周也问过", thread=thread)
    sent = await one.says("请看卡面左下角。", reply_to=heard["message_id"], thread=thread)
    shown = await employee.sees("请看卡面左下角")
    await one.sees("已发给员工")
    assert not employee.saw("上周也问过")
    await world.quiet()
    assert not employee.saw("不客气")

    # Both correct themselves; both take something back.
    await one.client.edit(sent["message_id"], "请看卡面右下角。", one.chat)
    await employee.sees("右下角")
    await employee.client.edit(said["message_id"], "我的卡号是四三二一")
    await one.sees("已更正")
    await employee.says("撤回", reply_to=said["message_id"])
    await employee.sees("已撤回")
    await one.sees("这条已撤回")
    await one.says("撤回", reply_to=sent["message_id"], thread=thread)
    await employee.client.wait_event(
        "deleted", lambda data: data["message_id"] == shown["message_id"]
    )

    # A file of the employee is seen privately, and the look is logged.
    await one.presses("查看文件", message_id=came["message_id"])
    seen = await one.sees("只用于处理这个工单")
    assert seen["chat_id"] == one.client.account_id
    assert "photo" in seen
    async with world.runtime.database.reading() as session:
        looks = (await session.exec(select(FileView))).all()
    assert len(looks) == 2
    assert {look.actor for look in looks} == {f"person:{await number_of(world, one)}"}

    # A picture of the officer reaches the employee.
    await one.presses("回复", message_id=card["message_id"])
    await one.sees("下一条消息会原样发给员工")
    await one.client.upload(
        [("路线.jpg", picture(one.person, "portrait"), "image/jpeg")],
        caption="带这张去网点",
        chat=one.chat,
        thread=thread,
    )
    got = await employee.sees("带这张去网点")
    assert "photo" in got

    # Handed over, twice.
    await one.presses("转给…", message_id=card["message_id"])
    await one.presses(f"{two.person.person.name} · 0", message_id=card["message_id"])
    await employee.sees("换了一位HR同事")
    await two.presses("转给…", message_id=card["message_id"])
    await two.presses(f"{one.person.person.name} · 0", message_id=card["message_id"])
    await employee.sees("换了一位HR同事")

    # Who blocks the bot gets it later, and the officer knows.
    await employee.client.call("POST", f"chats/{employee.client.account_id}/block", {})
    await one.says("社保局回复了", reply_to=card["message_id"], thread=thread)
    await one.sees("员工停用了小助手")
    await employee.client.call(
        "POST", f"chats/{employee.client.account_id}/block", {"blocked": False}
    )
    await employee.sees("社保局回复了")
    await one.sees("已发给员工")

    # Waiting for the bureau stops the clock.
    await one.presses("等待…", message_id=card["message_id"])
    await one.presses("等社保局", message_id=card["message_id"])
    await one.sees("计时已停")
    await employee.sees("正在等社保局答复")

    # Resolved: the bot is back, thanks change nothing, a real question does.
    await one.presses("解决", message_id=card["message_id"])
    await employee.sees("小助手回来了")
    await employee.says("谢谢！", reply_to=helped["message_id"])
    await employee.sees("不客气")
    await employee.says("那新卡要多久？", reply_to=helped["message_id"])
    await employee.sees("已重新打开")
    await one.sees("重新打开了")
    await one.sees("那新卡要多久")

    # An officer leaves: the other goes on, nothing is lost.
    async with world.runtime.database.transaction() as session:
        await people.leave(session, await number_of(world, one), world.runtime.clock.now())
    await employee.sees("换了一位HR同事")
    await two.says("我接着办。", reply_to=card["message_id"], thread=thread)
    await employee.sees("我接着办")
    await two.presses("转回小助手", message_id=card["message_id"])
    await employee.sees("转回给小助手")
    await world.quiet()
    texts = [text_of(m) for m in in_group(two)]
    assert sum("那新卡要多久" in text for text in texts) == 1  # nothing doubled
    heard_by_employee = [text_of(m) for m in employee.client.messages.values() if not m["mine"]]
    assert sum("社保局回复了" in text for text in heard_by_employee) == 1


async def test_a_plain_group_does_as_well(world: World) -> None:
    """Cards told apart by replies; quick replies, papers, another matter, withdrawing, anger."""
    officer = await world.hr()
    employee = await world.enrolled()
    await employee.says("找人工")
    opened = await employee.sees("工单号")
    assert "（其他）" in opened["text"]
    card = await officer.sees("员工找人工")
    assert employee.person.person.name not in card["text"]
    await employee.presses("换一类问题")
    await employee.presses("我的个人信息")
    await employee.sees("已改为“我的个人信息”")
    await officer.sees("（我的个人信息）")
    await officer.says("这是谁的？")  # talk among themselves
    await officer.presses("快捷回复", message_id=card["message_id"])
    await officer.presses("正在核实", message_id=card["message_id"])
    await employee.sees("我查一下，稍等")
    await officer.sees("已回复员工")
    await officer.presses("请员工补资料", message_id=card["message_id"])
    await officer.presses("户口本首页", message_id=card["message_id"])
    await employee.sees("请补一份“户口本首页”")
    await employee.sends(picture(employee.person, "hukou_index"))
    await officer.sees("员工发来图片")
    assert not employee.saw("正在读")  # a person has it, not the machine
    await employee.says("办社保卡")  # commands still work
    await employee.sees("请选择开户银行")
    await employee.says("/cancel")
    await employee.says("还要多久？")
    await officer.sees("还要多久")
    await employee.presses("不用了，撤回")
    await employee.sees("已撤回")
    await officer.sees("员工已撤回")
    await employee.says("你们太慢了，我要投诉")
    await employee.sees("抱歉让您不痛快了")
    await employee.says("太慢了")
    await world.quiet()
    assert len(employee.saw("抱歉让您不痛快了")) == 1
    assert not employee.saw("满意吗")  # they withdrew it


async def test_who_is_no_officer_cannot_press(world: World) -> None:
    officer = await world.hr()
    employee = await world.enrolled()
    await employee.says("找人工")
    card = await officer.sees("员工找人工")
    other = world.somebody()
    link = await world.link(other, group_chat_id=officer.chat)
    intruder = Talker(await world.client(link), other, officer.chat)
    await intruder.client.start()
    await intruder.sees("个人信息处理告知")
    intruder.client.messages.update(officer.client.messages)
    answer = await intruder.presses("接手", message_id=card["message_id"])
    assert "只有HR专员" in answer["text"]
