"""Every matter about a card that exists: its good way, its returned way, its cancelled way.

One world per transcript; the bureau loses answers, reports twice and out of order meanwhile.
"""

from __future__ import annotations

from typing import Any

from tests.support.world import Talker, World, picture


async def holding(world: World, region: str = "370100", **card: Any) -> Talker:
    """An employee whose card the registry knows, and of whom we know nothing yet."""
    employee = await world.enrolled(region=region[:2])
    await on_file(world, employee, region, **card)
    return employee


async def on_file(world: World, employee: Talker, region: str, **card: Any) -> None:
    """A valid card of theirs at the bureau and the bank."""
    person = employee.person.person
    body = {
        "id_number": person.id_number,
        "name": person.name,
        "region": region,
        "bank": "icbc",
        "last_four": "4321",
        "valid_until": "2033-01-01",
        "issued_on": "2023-01-01",
    }
    await world.admin("POST", "seed", {"cards": [body | card]})


TWICE_AND_LATE: dict[str, Any] = {"duplicates": 1, "out_of_order": True}


async def unruly(world: World, desk: str = "bureau") -> None:
    """Every third answer is lost, every report comes twice and the even ones late."""
    await world.fault(desk, lose_every=3, callbacks=TWICE_AND_LATE)


async def taken_back(world: World, employee: Talker, desk: str = "bureau") -> None:
    """At the desk, whose answer is lost: it is asked again by itself."""
    lost: dict[str, Any] = {"lose_every": 1, "times": 1, "only": "withdraw"}
    await world.fault(desk, **lost, callbacks=TWICE_AND_LATE)
    await employee.says("查进度")
    shown = await employee.sees("接下来：")
    await employee.presses("撤回", message_id=shown["message_id"])
    await employee.sees("要撤回")
    await employee.presses("确定")
    await employee.sees("我会继续试")
    await world.passes(minutes=5)
    await employee.sees("已撤回")
    await unruly(world, desk)


async def cards_at_bureau(world: World, employee: Talker) -> dict[str, str]:
    """State by bank of the person's cards, as the bureau has them; the newest of a bank counts."""
    rows = (await world.admin("GET", "cards"))["cards"]
    mine = [row for row in rows if row["id_number"] == employee.person.person.id_number]
    return {row["bank"]: row["status"] for row in mine}


async def papers_in(world: World, employee: Talker, *, portrait: bool = True) -> None:
    """Consent, pictures and their confirmation."""
    await employee.sees("单独同意")
    await employee.presses("同意")
    await papers_again(world, employee, portrait=portrait)


async def papers_again(world: World, employee: Talker, *, portrait: bool = True) -> None:
    """The same of somebody who has consented before."""
    await employee.sees("请把下面的图片发给我")
    await papers_sent(world, employee, portrait=portrait)


async def papers_sent(world: World, employee: Talker, *, portrait: bool) -> None:
    """Pictures and their confirmation."""
    sides = [picture(employee.person, side) for side in ("id_front", "id_back")]
    if portrait:
        sides.append(picture(employee.person, "portrait", background="white"))
    await employee.sends(*sides)
    for _ in range(2):
        await employee.sees("请核对")
    await world.confirm_papers(employee)


async def reference_of(world: World, kind: str) -> str:
    """The bureau's reference of the newest application of a kind."""
    rows = (await world.admin("GET", "applications"))["applications"]
    return str([row for row in rows if row["kind"] == kind][-1]["reference"])


async def test_a_lost_card_is_reported_lifted_reported_and_replaced(world: World) -> None:
    employee = await holding(world)
    await unruly(world)
    await employee.says("挂失")
    await employee.sees("社保卡挂失")
    await employee.presses("临时挂失（马上生效）")
    await employee.sees("尾号4321")
    await employee.sees("请最后核对一遍")
    await employee.presses("确认提交")
    await employee.sees("已临时挂失")
    assert await cards_at_bureau(world, employee) == {"icbc": "lost"}
    # The cancelled way: the card turns up.
    await employee.presses("卡找到了，解挂")
    await employee.presses("确定")
    await employee.sees("我会继续试")  # the answer was lost, and asking again is a task
    await world.passes(minutes=5)
    await employee.sees("已解挂")
    assert await cards_at_bureau(world, employee) == {"icbc": "normal"}
    # And is lost for good: the replacement asks for a report first.
    await employee.says("补卡")
    await employee.presses("卡丢了")
    await employee.sees("第一步是挂失")
    await employee.presses("马上临时挂失")
    await employee.sees("请最后核对一遍")
    await employee.presses("确认提交")
    await employee.sees("已临时挂失")
    await employee.presses("继续补卡")
    await papers_in(world, employee)
    await employee.sees("卡已查到，可以办理")
    await employee.sees("请最后核对一遍")
    await employee.presses("确认提交")
    await employee.sees("提交成功")
    # The cancelled way of the replacement: the card is as lost as it was.
    await taken_back(world, employee)
    assert await cards_at_bureau(world, employee) == {"icbc": "lost"}
    await employee.says("补卡")
    await employee.presses("卡丢了")
    await papers_again(world, employee)
    await employee.sees("请最后核对一遍")
    await employee.presses("确认提交")
    await employee.sees("提交成功")
    # The returned way.
    reference = await reference_of(world, "replacement")
    await world.step(reference, "returned", reason_code="photo_background")
    await employee.sees("被退回")
    await employee.presses("去修改")
    await employee.sends(picture(employee.person, "portrait", background="white"))
    await employee.sees("请最后核对一遍")
    await employee.presses("确认提交")
    await employee.sees("提交成功")
    for state in ("making", "collectable", "collected", "social_enabled", "financial_activated"):
        await world.step(reference, state)
    await employee.sees("旧卡从现在起停用")
    await employee.sees("这件事办好啦")
    await world.quiet()
    rows = (await world.admin("GET", "cards"))["cards"]
    mine = [r for r in rows if r["id_number"] == employee.person.person.id_number]
    assert [row["status"] for row in mine] == ["cancelled", "normal"]
    # Nothing is left open: the report ended with the card.
    applications = (await world.admin("GET", "applications"))["applications"]
    assert [row["status"] for row in applications if row["kind"] == "loss_report"] == [
        "withdrawn",
        "done",
    ]
    await employee.says("我的社保卡")
    await employee.presses("重新查询")
    shown = await employee.sees("刚刚向社保局和各合作银行查过")
    assert shown["text"].count("已注销") == 1
    assert shown["text"].count("状态：正常") == 1


async def test_another_bank(world: World) -> None:
    employee = await holding(world)
    await unruly(world)
    # The cancelled way: taken back before it is handed in.
    await employee.says("换银行")
    await employee.sees("社保卡换银行")
    await employee.sees("请选择开户银行")
    await employee.says("查进度")
    await employee.presses("撤回")
    await employee.sees("要撤回")
    await employee.presses("确定")
    await employee.sees("已撤回")
    await employee.says("我要换银行")
    await employee.sees("请选择开户银行")
    assert not employee.saw("满意吗")  # nor is what was withdrawn
    assert "中国工商银行" not in [
        key["text"]
        for message in employee.saw("请选择开户银行")[-1:]
        for row in message["reply_markup"]["inline_keyboard"]
        for key in row
    ]
    await employee.presses("中国建设银行")
    await papers_in(world, employee)
    await employee.sees("请最后核对一遍")
    await employee.presses("确认提交")
    await employee.sees("提交成功")
    reference = await reference_of(world, "bank_change")
    # The returned way: something is to be done at the old bank, and nothing is filled in anew.
    await world.step(
        reference, "returned", reason_code="old_account_open", reason_message="原账户未销户"
    )
    await employee.sees("被退回")
    await employee.presses("去修改")
    await employee.sees("请先按退回原因办好那件事")
    await employee.sees("请最后核对一遍")
    await employee.presses("确认提交")
    await employee.sees("提交成功")
    for state in ("making", "collectable", "collected"):
        await world.step(reference, state)
    await employee.sees("旧卡的银行账户还是您的")
    assert await cards_at_bureau(world, employee) == {"icbc": "cancelled", "ccb": "normal"}
    # No second card: a first application is stopped before any effort.
    for state in ("social_enabled", "financial_activated"):
        await world.step(reference, state)
    await employee.sees("这件事办好啦")
    await employee.says("办社保卡")
    await employee.sees("先别急着办卡")


async def test_a_card_is_cancelled_only_when_the_rules_ask_for_it(world: World) -> None:
    employee = await holding(world)
    await unruly(world)
    await employee.says("注销社保卡")
    asked = await employee.sees("换工作、换城市不用注销社保卡")
    labels = [key["text"] for row in asked["reply_markup"]["inline_keyboard"] for key in row]
    assert labels == ["出国（境）定居", "手里有多余的旧卡", "退出"]
    await employee.presses("出国（境）定居")
    await employee.sees("注销前请看清楚")
    # The cancelled way.
    await employee.presses("保留这张卡")
    assert await cards_at_bureau(world, employee) == {"icbc": "normal"}
    await employee.says("注销社保卡")
    await employee.sees("注销前请看清楚")
    await employee.presses("看清楚了，还要注销")
    await papers_in(world, employee, portrait=False)
    await employee.sees("请最后核对一遍")
    await employee.presses("要纸质申请表")
    form = await employee.sees("按您核对过的内容填好了")
    assert form["document"]["file_name"].endswith(".pdf")
    await employee.sees("申请表数据（JSON）")
    await employee.presses("确认提交")
    await employee.sees("最后确认一次")
    await employee.presses("确定注销")
    await employee.sees("提交成功")
    # The cancelled way, at the bureau: the card goes on.
    await taken_back(world, employee)
    assert await cards_at_bureau(world, employee) == {"icbc": "normal"}
    await employee.says("注销社保卡")
    await employee.presses("出国（境）定居")
    await employee.sees("注销前请看清楚")
    await employee.presses("看清楚了，还要注销")
    await papers_again(world, employee, portrait=False)
    await employee.sees("请最后核对一遍")
    await employee.presses("确认提交")
    await employee.presses("确定注销")
    await employee.sees("提交成功")
    reference = await reference_of(world, "cancellation")
    await world.step(reference, "returned", reason_code="id_back_unreadable")
    await employee.sees("被退回")
    await employee.presses("去修改")
    await employee.sends(picture(employee.person, "id_back"))
    await employee.sees("请核对")
    await world.confirm_papers(employee)
    await employee.sees("请最后核对一遍")
    await employee.presses("确认提交")
    await employee.presses("确定注销")
    await employee.sees("提交成功")
    await world.step(reference, "done")
    await employee.sees("社保卡已注销")
    assert await cards_at_bureau(world, employee) == {"icbc": "cancelled"}


async def test_what_the_rules_do_not_allow_yet_is_stopped_with_its_day(world: World) -> None:
    employee = await holding(world)
    await employee.says("换卡")
    await employee.presses("卡到期了")
    await papers_in(world, employee)
    stopped = await employee.sees("才能办理，现在交上去会被退回")
    assert "2032年11月2日" in stopped["text"]
    assert not (await world.admin("GET", "applications"))["applications"]


async def test_a_loss_report_is_refused_at_once_and_mended(world: World) -> None:
    employee = await world.enrolled(region="37")
    await unruly(world)
    await employee.says("挂失")
    await employee.presses("临时挂失（马上生效）")
    await employee.sees("没有查到您在")
    await employee.presses("不在上面")
    await employee.presses("中国工商银行")
    await employee.says("0000")  # there is no such card
    await employee.sees("请最后核对一遍")
    await employee.presses("确认提交")
    refused = await employee.sees("没有挂上")
    assert "12333" in refused["text"]
    assert (await world.admin("GET", "applications"))["applications"] == []
    # Named again, as the bureau knows it by now.
    await on_file(world, employee, "370100")
    await employee.presses("换一张卡，再挂一次")
    await employee.sees("尾号4321")
    await employee.sees("请最后核对一遍")
    await employee.presses("确认提交")
    await employee.sees("已临时挂失")
    assert await cards_at_bureau(world, employee) == {"icbc": "lost"}
