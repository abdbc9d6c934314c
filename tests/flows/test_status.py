"""Every change by itself, once; returned applications; reminders."""

from __future__ import annotations

import asyncio

from tests.support.world import World, picture


async def test_a_returned_application_is_mended_in_the_chat(world: World) -> None:
    officer = await world.hr()
    employee = await world.enrolled(region="37")
    await world.fault("bureau", callbacks={"duplicates": 1, "out_of_order": True})
    reference = await world.submitted(employee)
    await world.step(reference, "returned", reason_code="photo_background")
    returned = await employee.sees("被退回")
    await officer.sees("申请被退回")
    # A person is offered, who has the application before them; it can be mended all the same.
    assert "点“找人工”，HR同事帮您" in returned["text"]
    await employee.presses("找人工", message_id=returned["message_id"])
    await employee.sees("工单号")
    await employee.says("背景要什么颜色？")
    asked = await officer.sees("背景要什么颜色？")
    assert returned["text"].split()[0] in str(officer.saw("员工找人工") or asked)
    await employee.presses("不用了，撤回")
    await employee.sees("已撤回")
    await employee.presses("去修改", message_id=returned["message_id"])
    await employee.sees("只需要重新发这一项")
    asked = await employee.sees("请把下面的图片发给我")
    assert "身份证人像面" not in asked["text"]
    await employee.sends(picture(employee.person, "portrait", background="white"))
    await employee.sees("证件照合格")
    await employee.sees("请最后核对一遍")
    await employee.presses("确认提交")
    await employee.sees("提交成功")
    row = await world.admin("GET", f"applications/{reference}")
    assert row["revision"] == 2
    assert len((await world.admin("GET", "applications"))["applications"]) == 1
    # The cancelled way: taken back while the bureau looks at it.
    await employee.says("查进度")
    await employee.sees("资料审核中")
    await employee.presses("撤回")
    await employee.sees("要撤回")
    await employee.presses("确定")
    await employee.sees("已撤回")
    row = await world.admin("GET", f"applications/{reference}")
    assert row["status"] == "withdrawn"


async def test_late_twice_and_out_of_order_reports_are_told_once(world: World) -> None:
    employee = await world.enrolled(region="37")
    reference = await world.submitted(employee)
    await world.fault("bureau", callbacks={"duplicates": 2, "out_of_order": True})
    for state in ("making", "collectable", "collected"):
        await world.step(reference, state)
    await employee.sees("正在制卡")
    await employee.sees("可以领取")
    await employee.sees("卡已领到")
    await asyncio.sleep(1)
    await world.quiet()
    for words in ("正在制卡", "可以领取", "卡已领到"):
        assert len(employee.saw(words)) == 1


async def test_reminders_come_and_stop(world: World) -> None:
    employee = await world.enrolled(region="37")
    await world.collecting(employee)
    await employee.says("退出")
    await employee.sees("都替您留着")
    await world.passes(days=2)
    await employee.sees("还没办完")


async def test_progress_in_own_words_in_the_middle_of_an_application(world: World) -> None:
    employee = await world.enrolled(region="37")
    await world.collecting(employee)
    await employee.says("我的卡到哪了？")
    await employee.sees("资料填写中")
    await employee.sends(picture(employee.person, "id_back"))
    await employee.sees("签发机关")


async def test_a_card_is_not_forgotten_at_the_counter_nor_in_the_drawer(world: World) -> None:
    late, early = await world.enrolled(region="37"), await world.enrolled(region="37")
    for employee in (late, early):
        reference = await world.submitted(employee)
        for state in ("making", "collectable"):
            await world.step(reference, state)
        await employee.sees("可以领取")
    await world.step(reference, "collected")
    await early.sees("卡已领到")
    await world.passes(days=4)  # reminders come at ten: on the third day, whenever this is run
    await late.sees("的卡可以领取了")
    await early.sees("社保功能还没启用")
    await world.step(reference, "social_enabled")
    await early.sees("银行账户待激活")
    await world.passes(days=6)
    await early.sees("银行账户还没激活")
    await world.passes(days=165)
    await late.sees("请抓紧")
    await world.passes(days=10)
    await late.sees("逾期封存，需重新申请")
    await late.presses("重新申领")
    await late.sees("请选择开户银行")
