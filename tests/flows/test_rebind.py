"""A new phone in the middle of an application: the work and its news go on there."""

from __future__ import annotations

from tests.support.world import Talker, World, picture


async def rebound(world: World, old: Talker) -> Talker:
    """The same person on another account."""
    new = Talker(await world.client(await world.link(old.person)), old.person)
    await new.client.start()
    await new.sees("身份证号的最后四位")
    await new.says(old.person.person.id_number[-4:])
    await new.sees("已确认您是")
    await old.sees("已换到另一个账号")
    return new


async def test_an_application_goes_on_where_it_was(world: World) -> None:
    old = await world.enrolled(region="37")
    await world.collecting(old)
    await old.sends(picture(old.person, "id_front"))
    await old.sees("请核对")
    new = await rebound(world, old)
    await new.says("办社保卡")
    await new.sees("我们接着办")
    await new.sees("请核对")
    await new.presses("没问题")
    await new.sends(
        picture(new.person, "id_back"), picture(new.person, "portrait", background="white")
    )
    await new.sees("签发机关")
    await new.presses("没问题")
    await new.sees("请最后核对一遍")
    await new.presses("确认提交")
    await new.sees("提交成功")
    assert len((await world.admin("GET", "applications"))["applications"]) == 1
    assert (await old.presses("没问题"))["text"].startswith("这个按钮已过期")


async def test_the_bureaus_news_and_hrs_words_reach_the_new_account(world: World) -> None:
    officer = await world.hr()
    old = await world.enrolled(region="37")
    reference = await world.submitted(old)
    await old.says("找人工")
    card = await officer.sees("员工找人工")
    new = await rebound(world, old)
    await world.step(reference, "making")
    await new.sees("正在制卡")
    await officer.says("卡在路上", reply_to=card["message_id"])
    await new.sees("卡在路上")
    assert not old.saw("正在制卡")
    assert not old.saw("卡在路上")


async def test_a_picture_being_read_during_the_move_is_offered_on_the_new_account(
    world: World,
) -> None:
    old = await world.enrolled(region="37")
    await world.collecting(old)
    await world.quiet()
    await old.sends(picture(old.person, "id_back"))
    new = await rebound(world, old)
    await world.quiet()
    everywhere = [talker for talker in (old, new) if talker.saw("签发机关")]
    if everywhere != [old]:  # read before the move: then the resumed application has it
        return
    await new.says("办社保卡")
    await new.sees("签发机关")


async def test_what_the_old_account_could_not_get_comes_to_the_new_one(world: World) -> None:
    """Blocked there, and never let in again: it comes after the move, once."""
    officer = await world.hr()
    old = await world.enrolled(region="37")
    await old.says("找人工")
    card = await officer.sees("员工找人工")
    await old.client.call("POST", f"chats/{old.client.account_id}/block", {})
    await officer.says("明天带原件来", reply_to=card["message_id"])
    await officer.sees("员工停用了小助手")
    new = Talker(await world.client(await world.link(old.person)), old.person)
    await new.client.start()
    await new.sees("身份证号的最后四位")
    await new.says(old.person.person.id_number[-4:])
    await new.sees("已确认您是")
    await new.sees("明天带原件来")
    await officer.sees("已发给员工")
    await world.quiet()
    assert len(new.saw("明天带原件来")) == 1
    assert not old.saw("明天带原件来")
