"""Groups: nothing private is said there, talk is left alone, and only officers make a desk."""

from __future__ import annotations

from typing import Any

from bot.application import bot_of
from tests.support.world import Talker, World, picture


async def group(world: World, talker: Talker) -> Talker:
    """The same person in a group with the bot."""
    bot = bot_of(world.runtime.application)
    made: Any = await bot.do_api_request(
        "createGroup", api_kwargs={"title": "午饭群", "is_forum": False}
    )
    wanted = {
        "user_id": talker.client.account_id,
        "group_chat_id": made["id"],
        "display_name": "样本",
    }
    answer: Any = await bot.do_api_request("createInviteLink", api_kwargs=wanted)
    client = await world.client(str(answer["link"]))
    return Talker(client, talker.person, int(made["id"]))


async def test_talk_stickers_and_pictures_are_left_alone(world: World) -> None:
    employee = await world.enrolled()
    there = await group(world, employee)
    chat = there.chat
    await there.says("中午吃什么？")
    await there.client.call("POST", f"chats/{chat}/sticker", {"emoji": "🙂"})
    await there.sends(picture(there.person, "id_front"))
    said = await there.says("面")
    await there.client.edit(said["message_id"], "饭", chat)
    await there.says("/menu")
    await there.sees("和我单独聊")
    bots = [m for m in there.client.messages.values() if not m["mine"] and m["chat_id"] == chat]
    assert len(bots) == 1
    assert employee.person.person.name not in str(bots)


async def test_only_an_officer_makes_a_group_the_desk(world: World) -> None:
    officer = await world.hr()
    employee = await world.enrolled()
    there = await group(world, employee)
    await there.says("/bind_hr")
    await there.sees("只有HR专员")
    await employee.says("找人工")
    await employee.sees("工单号")
    await officer.sees("员工找人工")  # still the old desk
    assert not there.saw("员工找人工")


async def test_cases_that_waited_for_a_desk_come_to_it(world: World) -> None:
    employee = await world.enrolled()
    await employee.says("找人工")
    await employee.sees("工单号")
    await employee.says("有人吗？")
    await employee.sees("已转给HR同事")
    officer = await world.hr()  # a group, not yet asked for
    await world.quiet()
    await officer.says("/bind_hr")
    card = await officer.sees("员工找人工")
    assert "有人吗" not in card["text"]
    await officer.sees("有人吗")  # what waited follows below the card


async def test_long_words_reach_the_other_side_whole(world: World) -> None:
    officer = await world.hr()
    employee = await world.enrolled()
    await employee.says("找人工")
    card = await officer.sees("员工找人工")
    long = "长" * 4000
    await employee.says(long + "尾")
    await officer.sees("尾")
    await officer.says(long + "末", reply_to=card["message_id"])
    await employee.sees("末")
    for _ in range(3):
        await employee.says(long)
    await world.quiet()
    (shown,) = officer.saw("员工找人工")  # the card stays short, and shows who has it
    assert "已接手" in shown["text"]
    heard = [m for m in officer.client.messages.values() if "长" in (m.get("text") or "")]
    assert sum(m["text"].count("长") for m in heard) >= 4 * 4000
