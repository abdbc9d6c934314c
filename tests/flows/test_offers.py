"""When the bot offers a person by itself, and that what was said goes along.

After 没解决: `test_ask.py`; when an application comes back: `test_status.py`.
"""

from __future__ import annotations

from typing import Any

from tests.support.world import Talker, World


def labels(message: dict[str, Any]) -> list[str]:
    """Its buttons."""
    return [b["text"] for row in message["reply_markup"]["inline_keyboard"] for b in row]


async def person(employee: Talker, offer: dict[str, Any]) -> None:
    """Takes the offer, and takes it back again."""
    await employee.presses("找人工", message_id=offer["message_id"])
    await employee.sees("工单号")


async def test_a_person_is_offered(world: World) -> None:
    officer = await world.hr()
    employee = await world.enrolled(region="3701")
    # Twice not understood; once is not enough, and an answer between them begins anew.
    await employee.says("今天股票怎么样")
    await employee.sees("我帮不上")
    await employee.says("社保卡丢了怎么补办")
    await employee.sees("依据：")
    await employee.says("今天股票怎么样")
    await employee.sees("我帮不上")
    await world.quiet()
    assert not employee.saw("看来我没听懂")
    await employee.says("那基金呢，年会几点开始")
    await employee.sees("我帮不上")
    offer = await employee.sees("看来我没听懂您的意思")
    await person(employee, offer)
    await officer.sees("员工找人工")
    await officer.sees("那基金呢，年会几点开始")
    await employee.presses("不用了，撤回")
    await employee.sees("已撤回")
    # A doubtful rule: it is said to be one, and a person is offered; a plain one is not so.
    await employee.says("医保断缴了怎么办")
    doubtful = await employee.sees("这条只有存疑的来源")
    assert "找人工" in labels(doubtful)
    assert "存疑" not in employee.saw("依据：")[0]["text"]
    await person(employee, doubtful)
    await officer.sees("医保断缴了怎么办")
    await employee.presses("不用了，撤回")
    await employee.sees("已撤回")
    # An angry word: once, gently, however often it is said.
    await employee.says("垃圾机器人")
    gentle = await employee.sees("让您着急了，对不起")
    assert "找人工" in labels(gentle)
    await employee.says("垃圾机器人")
    await employee.sees("我在。请直接说您想办什么")
    await employee.says("太慢了，我要投诉")
    await world.quiet()
    assert len(employee.saw("要不要请HR同事直接帮您")) == 1
    # After a week it may be said once more.
    await world.passes(days=8)
    await employee.says("太慢了，气死了")
    await employee.sees("要不要请HR同事直接帮您")
