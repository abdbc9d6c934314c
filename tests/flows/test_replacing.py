"""The other reasons to replace a card, and the formal loss report, in the chat.

Every reason's three ways are in tests/applications/test_reasons.py; an unruly bureau is in
test_matters.py.
"""

from __future__ import annotations

from datetime import timedelta

from storage.clock import local_date
from tests.flows.test_matters import (
    cards_at_bureau,
    holding,
    papers_in,
    reference_of,
)
from tests.support.world import Talker, World, picture


async def begun(
    employee: Talker, reason: str, previous: str | None = None, *, first: bool = False
) -> None:
    """From the word to the papers; a card that is known by other data is named by hand, once."""
    await employee.says("换卡")
    await employee.sees("社保卡补换")
    await employee.presses(reason)
    if previous is not None and first:
        await employee.sees("没有查到您在")
        await employee.presses("不在上面")
        await employee.presses("中国工商银行")
        await employee.says("4321")
    else:
        await employee.sees("办理的是")
    if previous is not None:
        await employee.sees("变更之前的")
        await employee.says(previous)


async def taken_back(employee: Talker, label: str, words: str) -> None:
    """Two presses, and the bureau's answer."""
    await employee.presses(label)
    await employee.presses("确定")
    await employee.sees(words)


async def confirmed(world: World, employee: Talker) -> str:
    """From the papers to the receipt; the bureau's reference."""
    await employee.sees("请最后核对一遍")
    await employee.presses("确认提交")
    await employee.sees("提交成功")
    return await reference_of(world, "replacement")


async def papers(world: World, employee: Talker, *, first: bool = False) -> None:
    """All three, confirmed; the consent for pictures is asked for once for a bank."""
    if first:
        await papers_in(world, employee)
        return
    await employee.sees("请把下面的图片发给我")
    sides = [picture(employee.person, side) for side in ("id_front", "id_back")]
    await employee.sends(*sides, picture(employee.person, "portrait", background="white"))
    for _ in range(2):
        await employee.sees("请核对")
    await world.confirm_papers(employee)


async def test_an_expired_a_damaged_and_a_formally_lost_card(world: World) -> None:
    soon = local_date(world.runtime.clock.now()) + timedelta(days=30)
    employee = await holding(world, valid_until=soon.isoformat())
    # Expired: handed in, and taken back while the bureau looks at it.
    await begun(employee, "卡到期了")
    await papers(world, employee, first=True)
    await confirmed(world, employee)
    await employee.says("查进度")
    await employee.sees("资料审核中")
    await taken_back(employee, "撤回", "已撤回")
    # Damaged: returned for one picture, mended, and to the new card.
    await begun(employee, "卡坏了、刷不了")
    await papers(world, employee)
    reference = await confirmed(world, employee)
    await world.step(reference, "returned", reason_code="photo_background")
    await employee.sees("被退回")
    await employee.presses("去修改")
    await employee.sends(picture(employee.person, "portrait", background="white"))
    await confirmed(world, employee)
    for state in ("making", "collectable", "collected", "social_enabled", "financial_activated"):
        await world.step(reference, state)
    await employee.sees("旧卡从现在起停用")
    await employee.sees("这件事办好啦")
    rows = (await world.admin("GET", "cards"))["cards"]
    mine = [r for r in rows if r["id_number"] == employee.person.person.id_number]
    assert [row["status"] for row in mine] == ["cancelled", "normal"]
    # Formal: with papers, not ended by itself, and lifted when the card turns up.
    await employee.says("挂失")
    await employee.presses("正式挂失（要身份证）")
    await employee.sees("请把下面的图片发给我")
    await employee.sends(*(picture(employee.person, side) for side in ("id_front", "id_back")))
    for _ in range(2):
        await employee.sees("请核对")
    await world.confirm_papers(employee)
    await employee.sees("请最后核对一遍")
    await employee.presses("确认提交")
    await employee.sees("已正式挂失")
    assert (await cards_at_bureau(world, employee))["icbc"] == "lost"
    await taken_back(employee, "卡找到了，解挂", "已解挂")
    assert (await cards_at_bureau(world, employee))["icbc"] == "normal"


async def test_a_changed_name(world: World) -> None:
    employee = await holding(world, name="旧名样本")
    await begun(employee, "改了姓名", "旧名样本", first=True)
    await papers(world, employee, first=True)
    reference = await confirmed(world, employee)
    await world.step(reference, "making")
    await employee.sees("旧卡从现在起停用")
    rows = (await world.admin("GET", "cards"))["cards"]
    mine = [r for r in rows if r["id_number"] == employee.person.person.id_number]
    assert [row["status"] for row in mine] == ["cancelled", "making"]
