"""Getting in: invitation, phone, guessed codes, rebind, notice."""

from __future__ import annotations

from tests.support.world import Talker, World


async def test_an_invitation_works_once(world: World) -> None:
    employee = world.somebody()
    link = await world.link(employee)
    first = Talker(await world.client(link), employee)
    await first.client.start()
    await first.sees("已确认您是")
    await first.sees("个人信息处理告知")
    await first.presses("同意")
    await first.sees("我是社保小助手")
    await first.client.refresh()
    assert first.client.keyboard() == [
        ["办社保卡", "查进度"],
        ["我的社保卡", "问政策"],
        ["找人工", "退出"],
    ]


async def test_a_guessed_code_opens_nothing(world: World) -> None:
    guest = await world.guest(world.somebody(), code="guessed-code-123")
    await guest.client.start()
    await guest.sees("这个邀请码不对")
    for _ in range(6):
        await guest.says("/start another-guess")
    await guest.sees("尝试次数太多")
    await guest.says("查进度")
    await guest.sees("我还不认识您")


async def test_a_shared_phone_number_binds(world: World) -> None:
    guest = await world.guest(world.somebody())
    await guest.says("你好")
    await guest.sees("分享我的手机号")
    await guest.client.share_contact()
    await guest.sees("已确认您是")
    await guest.sees("个人信息处理告知")


async def test_somebody_elses_contact_binds_nothing(world: World) -> None:
    employee = world.somebody()
    guest = await world.guest(employee)
    path = f"chats/{guest.client.account_id}/foreign-contact"
    card = {"phone_number": employee.phone, "first_name": "别人"}
    await guest.client.call("POST", path, card)
    await guest.sees("这不是您自己的号码")


async def test_refusing_the_notice_names_the_offline_way(world: World) -> None:
    employee = world.somebody()
    talker = Talker(await world.client(await world.link(employee)), employee)
    await talker.client.start()
    await talker.sees("个人信息处理告知")
    await talker.presses("不同意")
    await talker.sees("12333")
    await talker.says("办社保卡")
    await talker.sees("个人信息处理告知")


async def test_a_new_phone_ends_the_old_one(world: World) -> None:
    old = await world.enrolled()
    new = Talker(await world.client(await world.link(old.person)), old.person)
    await new.client.start()
    await new.sees("身份证号的最后四位")
    await new.says("0000")
    await new.sees("还可以再试")
    await new.says(old.person.person.id_number[-4:])
    await new.sees("已确认您是")
    await old.sees("已换到另一个账号")
    await old.says("查进度")
    await old.sees("我还不认识您")
    await new.says("查进度")
    await new.sees("没有正在办理的申请")
