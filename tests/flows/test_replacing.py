"""The other reasons to replace a card, each in its three ways, and the formal loss report.

The bureau loses answers, reports twice and out of order meanwhile. Every reason's three ways as
verbs are in tests/applications/test_reasons.py.
"""

from __future__ import annotations

from datetime import timedelta

from storage.clock import local_date
from tests.flows.test_matters import (
    TWICE_AND_LATE,
    cards_at_bureau,
    holding,
    papers_again,
    papers_in,
    reference_of,
    taken_back,
    unruly,
)
from tests.people.makers import id_number
from tests.support.world import Talker, World, picture

ROAD = ("making", "collectable", "collected", "social_enabled", "financial_activated")


async def begun(employee: Talker, reason: str, previous: str | None, *, by_hand: bool) -> None:
    """From the word to the papers; a card that is known by other data is named by hand, once."""
    await employee.says("换卡")
    await employee.sees("社保卡补换")
    await employee.presses(reason)
    if by_hand:
        await employee.sees("没有查到您在")
        await employee.presses("不在上面")
        await employee.presses("中国工商银行")
        await employee.says("4321")
    else:
        await employee.sees("办理的是")
    if previous is not None:
        await employee.sees("变更之前的")
        await employee.says(previous)


async def confirmed(employee: Talker) -> None:
    """From the papers to the receipt."""
    await employee.sees("请最后核对一遍")
    await employee.presses("确认提交")
    await employee.sees("提交成功")


async def three_ways(
    world: World,
    employee: Talker,
    reason: str,
    previous: str | None = None,
    *,
    consented: bool = False,
) -> None:
    """Taken back at the bureau; handed in anew, returned for one picture, and to the new card."""
    old = previous is not None
    await begun(employee, reason, previous, by_hand=old)
    await (papers_again if consented else papers_in)(world, employee)
    await confirmed(employee)
    await taken_back(world, employee)
    await begun(employee, reason, previous, by_hand=False)
    await papers_again(world, employee)
    await confirmed(employee)
    reference = await reference_of(world, "replacement")
    await world.step(reference, "returned", reason_code="photo_background")
    await employee.sees("被退回")
    await employee.presses("去修改")
    await employee.sends(picture(employee.person, "portrait", background="white"))
    await confirmed(employee)
    for state in ROAD:
        await world.step(reference, state)
    await employee.sees("旧卡从现在起停用")
    await employee.sees("这件事办好啦")


async def states(world: World, employee: Talker) -> list[str]:
    """Of all their cards at the bureau, the oldest first."""
    rows = (await world.admin("GET", "cards"))["cards"]
    mine = [r for r in rows if r["id_number"] == employee.person.person.id_number]
    return [str(row["status"]) for row in mine]


async def test_an_expired_a_damaged_and_a_formally_lost_card(world: World) -> None:
    soon = local_date(world.runtime.clock.now()) + timedelta(days=30)
    employee = await holding(world, valid_until=soon.isoformat())
    await unruly(world)
    await three_ways(world, employee, "卡到期了")
    assert await states(world, employee) == ["cancelled", "normal"]
    await three_ways(world, employee, "卡坏了、刷不了", consented=True)
    assert await states(world, employee) == ["cancelled", "cancelled", "normal"]
    # Formal: with papers, not ended by itself, and lifted when the card turns up.
    await world.fault("bureau", callbacks=TWICE_AND_LATE)
    await employee.says("挂失")
    await employee.presses("正式挂失（要身份证）")
    await papers_again(world, employee, portrait=False)
    await employee.sees("请最后核对一遍")
    await employee.presses("确认提交")
    await employee.sees("已正式挂失")
    assert (await cards_at_bureau(world, employee))["icbc"] == "lost"
    await employee.presses("卡找到了，解挂")
    await employee.presses("确定")
    await employee.sees("已解挂")
    assert (await cards_at_bureau(world, employee))["icbc"] == "normal"


async def test_a_changed_name_and_a_changed_number(world: World) -> None:
    renamed = await holding(world, name="旧名样本")
    await unruly(world)
    await three_ways(world, renamed, "改了姓名", "旧名样本")
    assert await states(world, renamed) == ["cancelled", "normal"]
    former = id_number(4321)
    renumbered = await holding(world, id_number=former)
    await three_ways(world, renumbered, "改了身份证号", former)
    assert await states(world, renumbered) == ["normal"]
    rows = (await world.admin("GET", "cards"))["cards"]
    assert [row["status"] for row in rows if row["id_number"] == former] == ["cancelled"]
