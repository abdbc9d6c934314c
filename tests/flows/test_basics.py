"""What always works: menu, help, exit, language, and things nobody expects."""

from __future__ import annotations

from tests.support.world import World, picture


async def test_menu_help_exit_and_language(world: World) -> None:
    employee = await world.enrolled()
    await employee.says("/menu")
    await employee.sees("我是社保小助手")
    await employee.says("/help")
    await employee.sees("我能帮您")
    await employee.says("退出")
    await employee.sees("现在没有正在办的步骤")
    await employee.says("/language")
    await employee.sees("请选择语言")
    await employee.presses("English")
    await employee.sees("English")
    await employee.says("/menu")
    await employee.sees("Shebao")


async def test_odd_input_gets_a_sane_answer(world: World) -> None:
    employee = await world.enrolled()
    chat = employee.client.account_id
    await employee.client.call("POST", f"chats/{chat}/sticker", {"emoji": "🙂"})
    await employee.sees("这个我还看不懂")
    said = await employee.says("我的卡到哪了")
    await employee.sees("没有正在办理的申请")
    await employee.client.edit(said["message_id"], "别的")
    await employee.sees("修改已发出的消息")
    await employee.sends(picture(employee.person, "id_front"))
    await employee.sees("现在没有需要图片的步骤")
    await employee.says("/nonsense")
    await employee.sees("我能帮您")


async def test_a_stale_button_and_a_double_press(world: World) -> None:
    employee = await world.enrolled()
    await employee.says("办社保卡")
    asked = await employee.sees("请选择开户银行")
    await employee.presses("中国建设银行")
    await employee.sees("单独同意")
    row = {"row": 0, "column": 0}
    path = f"chats/{employee.client.account_id}/messages/{asked['message_id']}/press"
    employee.client.events.clear()
    try:
        await employee.client.call("POST", path, row)
    except Exception:  # the buttons may be off already: then there is nothing to press
        return
    answer = await employee.client.wait_event("callback_answer", lambda data: True)
    assert "已过期" in (answer["text"] or "")


async def test_a_half_finished_application_is_still_there(world: World) -> None:
    employee = await world.enrolled(region="37")
    await world.collecting(employee)
    await employee.sends(picture(employee.person, "id_front"), kind="document")
    await employee.sees("请核对")
    await employee.presses("没问题")
    await employee.sees("还差")
    await employee.says("退出")
    await employee.sees("都替您留着")
    await world.passes(days=1)
    await employee.says("查进度")
    await employee.sees("资料填写中")
    await employee.presses("继续办理")
    await employee.sees("我们接着办")
    seen = await employee.sees("请把下面的图片发给我")
    assert "身份证人像面" not in seen["text"]
    assert "证件照" in seen["text"]
