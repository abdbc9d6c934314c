"""The life of policies: a changed rule is recalled, gaps are answered by two, keepers are asked."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from sqlmodel import select

from knowledge.policies.moves import MOVES_FILE
from services.people import roles
from services.people.people import by_number
from services.policies import publish
from storage.models import GapQuestion, Role
from tests.policies.bundles import edit, signed, unpacked
from tests.support.world import Talker, World, text_of

OLD_STEP, NEW_STEP = (
    "工伤、生育没有转移，到新地直接参保。",
    "工伤、生育不用转，到新地参保就行（新）。",
)


async def colleague(world: World, officer: Talker) -> Talker:
    """A second officer, in the same HR group."""
    second = world.somebody()
    async with world.runtime.database.transaction() as session:
        (person,) = await by_number(session, second.number)
        await roles.grant(session, person.id, Role.OFFICER, world.runtime.clock.now())
    client = await world.client(await world.link(second, group_chat_id=officer.chat))
    await client.start()
    talker = Talker(client, second)
    await talker.sees("个人信息处理告知")
    await talker.presses("同意")
    await talker.sees("我是社保小助手")
    talker.chat = officer.chat
    return talker


async def test_a_changed_rule_is_recalled_once(world: World, tmp_path: Path) -> None:
    """Who was told the old rule, or given a guide that rests on it, and has something open hears
    what changed; others don't."""
    runtime = world.runtime
    told = await world.enrolled(region="3701")
    idle = await world.enrolled()
    for employee in (told, idle):
        await employee.says("社保卡丢了怎么补办")
        await employee.sees("丢了补卡")
    await told.says("从济南到上海上班，社保卡怎么办")
    for choice in ("都想知道", "没有领养老金"):
        await told.presses(choice)
    assert OLD_STEP in text_of(await told.sees("工伤、生育"))
    await world.collecting(told)
    await world.passes(days=20)
    rule = "补卡先挂失，再带身份证到窗口（新规定）。"
    now = runtime.clock.now()
    folder = unpacked(tmp_path / "b")
    edit(folder, "cn-replace-lost", rule=rule)
    moves = folder / MOVES_FILE
    moves.write_text(moves.read_text("utf-8").replace(OLD_STEP, NEW_STEP), "utf-8")
    bundle = signed(folder, "2026-12", now)
    async with runtime.database.transaction() as session:
        await publish(session, bundle, now, "cli")
    news = await told.sees("规定有变化")
    assert "丢了补卡" in news["text"]
    assert f"现在：{rule}" in news["text"]
    assert "原来：" in news["text"]
    assert "依据：" in news["text"]
    news = await told.sees(f"现在：{NEW_STEP}")
    assert f"原来：{OLD_STEP}" in news["text"]
    assert "跨省换工作" in news["text"]
    assert "上海" in news["text"]
    assert "依据：" in news["text"]
    await told.says("社保卡丢了怎么补办")
    assert rule in text_of(await told.sees("丢了补卡"))
    # Another update that leaves this rule as it is tells nobody anything.
    edit(folder, "cn-replace-lost", keeper="E000")
    later = signed(folder, "2026-12.1", now + timedelta(hours=1))
    async with runtime.database.transaction() as session:
        await publish(session, later, now, "cli")
    await world.quiet()
    assert len(told.saw("规定有变化")) == 2
    assert not idle.saw("规定有变化")


async def test_a_gap_is_answered_by_one_and_published_by_another(world: World) -> None:
    officer = await world.hr()
    second = await colleague(world, officer)
    first_asker = await world.enrolled(region="3701")
    await first_asker.says("社保卡丢了怎么补办？")
    answered = await first_asker.sees("丢了补卡")
    await first_asker.presses("没解决", message_id=answered["message_id"])
    await first_asker.sees("没帮上忙")
    await officer.says("/gaps")
    card = await officer.sees("说没解决")
    assert first_asker.person.person.name not in card["text"]
    await officer.presses("写答复", message_id=card["message_id"])
    await officer.sees("另起一行写“来源：……”")
    await officer.says("到历下区政务大厅二楼，当场取卡。")
    await officer.sees("还差来源")
    await officer.says(
        "到历下区政务大厅二楼，当场取卡。\n来源：2026-11-24济南12333答复\n问题：济南补卡去哪里"
    )
    draft = await officer.sees("草稿记下了")
    answer = await officer.presses("发布", message_id=draft["message_id"])
    assert "另一位同事" in answer["text"]
    await second.presses("发布", message_id=draft["message_id"])
    await officer.sees("已告诉问过的1位员工")
    news = await first_asker.sees("HR同事答复了")
    assert "2026-11-24济南12333答复" in news["text"]
    # It serves the next who asks, marked as HR's.
    next_asker = await world.enrolled(region="3701")
    await next_asker.says("请问社保卡丢了怎么补办")
    served = await next_asker.sees("HR答复")
    assert "历下区政务大厅" in served["text"]
    assert "来源" not in served["text"].split("依据：")[0]
    assert "12333" in served["text"]
    await next_asker.presses("解决了", message_id=served["message_id"])


async def test_a_case_teaches(world: World) -> None:
    """What an officer has answered in a case can join the knowledge base, by the same road."""
    officer = await world.hr()
    employee = await world.enrolled()
    await employee.says("找人工")
    card = await officer.sees("员工找人工")
    await employee.says("社保卡照片能用手机自拍的吗，要去照相馆吗")
    await employee.sees("已转给HR同事")
    await officer.says("可以自拍，白底就行。", reply_to=card["message_id"])
    delivered = await officer.sees("已发给员工")
    await officer.presses("收进知识库", message_id=delivered["message_id"])
    await officer.sees("另起一行写“来源：……”")
    async with world.runtime.database.reading() as session:
        (question,) = (await session.exec(select(GapQuestion))).all()
    assert question.words == "社保卡照片能用手机自拍的吗，要去照相馆吗"


async def test_the_keeper_gets_a_worklist_every_month(world: World) -> None:
    officer = await world.hr()
    keeper = Talker(officer.client, officer.person)  # in the officer's own chat
    await world.passes(days=40)
    work = await keeper.sees("政策月度核对")
    assert "太久没核对" in work["text"]
    await keeper.sees("全国")
    await world.quiet()
    count = len(keeper.saw("政策月度核对"))
    await world.passes(days=31)
    await keeper.sees("政策月度核对")
    await world.quiet()
    assert len(keeper.saw("政策月度核对")) == count + 1
