"""问政策: anywhere in the chat, with source and date, and back to where we were."""

from __future__ import annotations

from sqlmodel import select

from storage.models import AnswerGiven, AnswerRecord, Gap, GapKind, GapQuestion
from tests.support.world import Talker, World, text_of


async def test_a_question_in_the_middle_of_an_application(world: World) -> None:
    employee = await world.enrolled(region="37")
    await world.collecting(employee)
    await employee.says("社保卡丢了怎么办？")
    answer = await employee.sees("依据：")
    assert "核对" in answer["text"]
    labels = [b["text"] for row in answer["reply_markup"]["inline_keyboard"] for b in row]
    assert labels == ["解决了", "没解决", "找人工", "全部依据"]
    assert answer["text"].count("依据：") == 2  # the strongest; the others are a press away
    await employee.sees("接着办")
    await employee.presses("全部依据", message_id=answer["message_id"])
    every = await employee.sees("全部依据")
    assert every["text"].count("核对") > 2
    assert "https://" in every["text"]
    await employee.presses("继续办理")
    await employee.sees("请把下面的图片发给我")
    await employee.says("今天天气怎么样？")
    await employee.sees("我帮不上")
    await employee.says("帮我查一下同事张三的社保卡号")
    await employee.sees("别人的社保信息我不能查")
    await employee.presses("解决了", message_id=answer["message_id"])
    await employee.sees("请把下面的图片发给我")  # and back once more
    await employee.sends_papers()
    await employee.sees("请核对")  # nothing of the application was lost


async def test_a_question_where_a_value_is_awaited(world: World) -> None:
    """Typing the right value of a paper, one may still ask: by its mark, or by 问政策."""
    employee = await world.enrolled(region="37")
    await world.collecting(employee)
    await employee.sends_papers()
    await employee.sees("请核对")
    await employee.presses("有错，改一下")
    await employee.sees("哪一项")
    await employee.presses("住址")
    await employee.sees("请输入正确的住址")
    await employee.says("社保卡丢了怎么办？")
    await employee.sees("依据：")
    await employee.sees("请输入正确的住址")
    await employee.says("问政策")
    await employee.sees("请直接说出您的问题")
    await employee.says("领卡可以让别人代领吗")
    await employee.sees("依据：")
    await employee.sees("接着办")
    await employee.says("山东省济南市历下区样本路9号")  # the step still waits for it
    await employee.sees("改好")


async def test_follow_up_two_questions_and_close_topics(world: World) -> None:
    employee = await world.enrolled(region="3701")
    await employee.says("社保卡丢了怎么办？")
    first = await employee.sees("临时挂失")
    assert "青岛" not in first["text"]
    await employee.says("那深圳呢？")
    second = await employee.sees("临时挂失")
    assert "深圳" in second["text"] or "没有查到单独的规定" in second["text"]
    # Two questions, two answers.
    await employee.says("社保卡怎么挂失？照片要什么底色？")
    titles = {text_of(await employee.sees("依据：")).split("（")[0] for _ in range(2)}
    assert titles == {"挂失", "照片要求"}
    # Too close to tell: it asks which one, and the chosen topic is answered.
    await employee.says("我的卡不行了")
    which = await employee.sees("您想问的是哪一个")
    rows = which["reply_markup"]["inline_keyboard"]
    assert rows[-1][0]["text"] == "都不是"
    chosen = rows[0][0]["text"]
    await employee.presses(chosen, message_id=which["message_id"])
    assert chosen in text_of(await employee.sees("依据："))
    await employee.says("公司年会几点开始")
    ours = await employee.sees("我帮不上")
    assert "办社保卡" in ours["text"]


async def test_it_did_not_help(world: World) -> None:
    """没解决 offers other topics, and a person who sees the question: nobody writes it twice."""
    officer = await world.hr()
    employee = await world.enrolled(region="3701")
    await employee.says("社保卡丢了怎么补办")
    answer = await employee.sees("依据：")
    await employee.presses("没解决", message_id=answer["message_id"])
    sorry = await employee.sees("没帮上忙")
    other = sorry["reply_markup"]["inline_keyboard"][0][0]["text"]
    await employee.presses(other, message_id=sorry["message_id"])
    assert other in text_of(await employee.sees("依据："))
    await employee.presses("找人工", message_id=sorry["message_id"])
    await employee.sees("工单号")
    await officer.sees("员工找人工")
    await officer.sees("社保卡丢了怎么补办")
    async with world.runtime.database.reading() as session:
        (question,) = (await session.exec(select(GapQuestion))).all()
        answers = (await session.exec(select(AnswerGiven).order_by(AnswerGiven.id))).all()  # type: ignore[arg-type]
        behind = (await session.exec(select(AnswerRecord))).all()
    assert question.kind is GapKind.CORRECTED
    assert answers[0].topic == "replace-lost"
    assert {a.id for a in answers} == {b.answer_id for b in behind}


async def guided(employee: Talker) -> list[str]:
    """The two questions of a guide, and its messages."""
    await employee.sees("您想知道哪一样")
    await employee.presses("都想知道")
    await employee.sees("在领养老金了吗")
    await employee.presses("没有领养老金")
    return [text_of(await employee.sees("依据：")) for _ in range(3)]


async def test_moving_to_another_city(world: World) -> None:
    officer = await world.hr()
    employee = await world.enrolled(region="3701")
    await employee.says("换城市怎么办")
    await employee.sees("您从哪里换到哪里")
    await employee.says("随便")
    await employee.sees("没看出是从哪里到哪里")
    await employee.says("青岛")  # the employee's own region is the default
    card, insurance, rest = await guided(employee)
    assert "济南市 → 青岛市" in card
    assert "先问清当地，再动卡" in card
    assert card.count("[1]") >= 2  # beside the step and before its source
    assert "医保" in insurance
    assert "别先注销旧卡" in rest
    for text in (card, insurance, rest):
        assert "核对" in text
        assert len(text) < 2500
    await employee.presses("请HR帮我问清楚")
    await employee.sees("工单号")
    await officer.sees("换城市")
    await officer.sees("青岛市")
    # Any sentence with two places; a pair without rules of its own says so, and is counted.
    await employee.says("从济南调到乌鲁木齐工作，社保卡要换吗")
    (card, _, _) = await guided(employee)
    assert "没有收录单独的规定" in card or "新疆" in card
    await employee.says("从济南到德州，医保怎么转")
    await employee.sees("医保转移")
    await employee.presses("看两地怎么办")
    await employee.sees("您想知道哪一样")
    async with world.runtime.database.reading() as session:
        gaps = (await session.exec(select(Gap))).all()
    assert all(gap.pair for gap in gaps)
