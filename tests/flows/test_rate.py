"""Ratings as people give them: one press, reasons, a sentence, and a colleague who follows up."""

from __future__ import annotations

from sqlmodel import select

from services.people import roles
from services.people.people import by_number
from storage.models import Rating, Role
from tests.support.world import Talker, World


async def finished(world: World, employee: Talker) -> None:
    """A first card, all the way."""
    reference = await world.submitted(employee)
    for state in ("making", "collectable", "collected", "social_enabled", "financial_activated"):
        await world.step(reference, state)
    await employee.sees("小助手这次办得您满意吗")


async def another_officer(world: World) -> Talker:
    """A second officer, who is not in the HR group."""
    colleague = await world.enrolled()
    async with world.runtime.database.transaction() as session:
        (person,) = await by_number(session, colleague.person.number)
        await roles.grant(session, person.id, Role.OFFICER, world.runtime.clock.now())
    return colleague


async def test_a_low_rating_and_its_follow_up(world: World) -> None:
    officer = await world.hr()
    colleague = await another_officer(world)
    employee = await world.enrolled()
    await employee.says("找人工")
    card = await officer.sees("员工找人工")
    await employee.says("我的卡号是多少？")
    await employee.presses("先这样，回到小助手")
    await officer.presses("接手", message_id=card["message_id"])
    await officer.presses("解决", message_id=card["message_id"])
    await employee.sees("这次人工服务您满意吗")
    await employee.presses("2")
    await employee.sees("哪里让您不满意")
    offer = await employee.sees("要请另一位同事跟进吗")
    await employee.presses("等待太久")
    await employee.sees("哪里让您不满意")
    await employee.presses("✓ 等待太久")  # off again
    await employee.presses("回复没用")
    await employee.says("等了两天")
    await employee.sees("会认真看")
    await employee.presses("请另一位跟进", message_id=offer["message_id"])
    await employee.sees("已请另一位同事跟进")
    told = await colleague.sees("愿意请您跟进")
    assert "2分" not in told["text"]
    assert "等了两天" not in told["text"]
    await colleague.presses("写给员工")
    await colleague.sees("请写给员工的话")
    await colleague.says("我来帮您查卡号。")
    await employee.sees("我来帮您查卡号")
    await colleague.presses("已跟进")
    await colleague.sees("已跟进完")
    await employee.sees("这周已经请您打过分")
    await world.quiet()
    assert not officer.saw("跟进")  # the HR group, where the rated officer reads
    assert not officer.saw("等了两天")
    async with world.runtime.database.reading() as session:
        (rating,) = (await session.exec(select(Rating))).all()
    assert (rating.score, rating.reasons, rating.comment) == (2, ["unhelpful"], "等了两天")
    await employee.presses("4")
    await employee.sees("谢谢您的4分")
    await world.passes(days=8)
    answer = await employee.presses("5")
    assert "已经不能修改" in answer["text"]


async def test_the_bot_is_rated_when_the_card_is_there(world: World) -> None:
    employee = await world.enrolled()
    await finished(world, employee)
    await employee.presses("3")
    await employee.sees("哪里让您不满意")
    await employee.presses("等待太久")
    await employee.sees("哪里让您不满意")
    await employee.presses("5")  # second thoughts
    await employee.sees("谢谢您的5分")
    await employee.presses("写好了")
    await employee.sees("谢谢您的评分")
    async with world.runtime.database.reading() as session:
        (rating,) = (await session.exec(select(Rating))).all()
    assert (rating.score, rating.about, rating.owner) == (5, "bot", None)
    assert rating.reasons is None
    assert len(employee.saw("满意吗")) == 1
    assert not employee.saw("要请另一位同事跟进吗")
