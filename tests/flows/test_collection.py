"""集中领卡: a box of cards comes to HR; each goes to its owner against a signature in the chat."""

from __future__ import annotations

import io
import re

import openpyxl
import pytest

from handlers.handout import taking
from services import applications as apps
from services import collection
from services.console.reach import Reach
from services.desk import desk_mailbox, set_desk
from services.people.people import by_number
from storage import queue
from storage.models import Application, ApplicationStatus
from tests.people.makers import id_number
from tests.support.world import Talker, World, text_of

_NUMBER = re.compile(r"SB-\w{4}-\w{4}")


async def being_made(world: World, talker: Talker) -> str:
    """An application whose card the bank is making; its number."""
    reference = await world.submitted(talker)
    await world.step(reference, "making")
    made = await talker.sees("正在制卡")
    return str(_NUMBER.findall(text_of(made))[0])


async def in_the_making(world: World, talker: Talker) -> str:
    """The same as a row: how an application came so far is no matter here."""
    now = world.runtime.clock.now()
    async with world.runtime.database.transaction() as session:
        (person,) = await by_number(session, talker.person.number)
        view = await apps.open_first(session, person.id, "370100", now)
        view = await apps.choose_bank(session, view.id, "ccb", now)
        row = await session.get_one(Application, view.id)
        row.status = ApplicationStatus.MAKING
    return view.number


def code_in(message: dict[str, object]) -> str:
    """The code of a message to the owner."""
    return str(re.findall(r"领卡码：(\d{6})", text_of(message))[0])


def sheet_of(*numbers: str) -> bytes:
    """The bank's list."""
    book = openpyxl.Workbook()
    assert book.active is not None
    for row in (["银行成品卡清单"], ["序号", "申请编号"], *enumerate(numbers, start=1)):
        book.active.append(list(row))
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


async def test_a_box_of_cards(world: World) -> None:
    group = await world.hr()
    officer = Talker(group.client, group.person)
    one, two = await world.enrolled(region="37"), await world.enrolled(region="37")
    first, second = await being_made(world, one), await in_the_making(world, two)
    # Who is no officer has no box.
    await one.says("/collection")
    await one.sees("HR")
    # Taken in: one pasted with an odd line, the other from the bank's workbook, which has both.
    await officer.says("/collection")
    await officer.sees("没有等人领的卡")
    await officer.presses("收卡")
    await officer.sees("在哪里领")
    await officer.says("3楼HR办公室，工作日9:00–17:30")
    await officer.sees("请发申请编号")
    await officer.says(f"{first}\nSB-9999-9999")
    taken = await officer.sees("已收卡1张")
    assert "编号不对" in text_of(taken)
    told = await one.sees("已经在HR这里")
    assert "3楼HR办公室" in text_of(told)
    with pytest.MonkeyPatch.context() as small:
        small.setattr(taking, "_AT_ONCE", 1)  # a long list goes on by itself
        await officer.client.upload(
            [("清单.xlsx", sheet_of(first, second), "application/octet-stream")], kind="document"
        )
        again = await officer.sees("之前收过的：1张")
        assert "还有1个正在接着登记" in text_of(again)
        await officer.sees("已收卡1张")
    await two.sees("已经在HR这里")
    await officer.presses("完成")
    listed = await officer.sees("还没领走的卡：2张")
    assert one.person.person.name not in text_of(listed)
    await group.says("/collection")
    await group.sees("还没领走的卡：2张")
    await mornings(world, group)
    await group.presses("提醒没领的人")
    await group.sees("已提醒2人")
    await two.sees("提醒：")
    # The first signs with the code; a wrong one and a second time come to nothing.
    await officer.presses("发卡")
    await officer.sees("6位领卡码")
    await officer.says("000000" if code_in(told) != "000000" else "111111")
    await officer.sees("没有这个领卡码")
    await officer.says(code_in(told))
    shown = await officer.sees("交卡前请核对身份证原件")
    assert f"工号{one.person.number}" in text_of(shown)
    await officer.presses("身份证已核对，卡已交给本人")
    await officer.sees("已登记")
    await one.sees("卡已交到您手里")
    await one.sees("卡已领到")
    await officer.says(first)
    await officer.sees("没有重复登记")
    # The second names somebody to go, gets the letter, and goes all the same.
    await two.presses("找人代领")
    await two.sees("先征得代领人同意")
    await two.says("王样本")
    await two.sees("代领人的身份证号")
    await two.says(two.person.person.id_number)
    await two.sees("这是您自己的身份证号")
    await two.says("370102199203049967"[:17] + "0")
    await two.sees("校验位不对")
    await two.says(id_number(77))
    await two.sees("代领人的手机号")
    await two.says("13900000000")
    await two.sees("请核对代领人")
    await two.presses("没问题，生成委托书")
    letter = await two.sees("双方签字")
    assert letter["document"]["file_name"] == "代领授权委托书.pdf"
    await two.says("查进度")
    for _ in range(2):
        await two.presses("找人代领")
        await two.sees("您已经委托 王*本")
    await two.presses("委托书数据（JSON）")
    data = await two.sees("委托书的数据")
    assert data["document"]["file_name"] == "代领授权委托书.json"
    await two.presses("不用代领了")
    await two.sees("代领人的信息已删除")
    late = await two.presses("委托书再发一份")  # of the message before
    assert "已过期" in late["text"]
    # The second presses in their own chat: first that they do not have it, then that they have.
    await officer.says(second)
    await officer.presses("请本人在聊天里签收")
    await two.sees("HR正要把")
    await two.presses("还没拿到")
    await officer.sees("没有拿到")
    await world.passes(minutes=1)
    await officer.says(second)
    await officer.presses("请本人在聊天里签收")
    await two.sees("HR正要把")
    await two.presses("我拿到卡了")
    await officer.sees("已签收")
    await two.sees("卡已领到")
    await two.presses("找人代领")
    await two.sees("现在不能委托代领")
    async with world.runtime.database.reading() as session:
        assert await collection.held(session, Reach.everything()) == []
        over = await collection.held(session, Reach.everything(), over=True)
    assert {card.signed_by for card in over} == {"code", "press"}
    # Somebody says that the card never reached them: a person looks.
    await two.presses("我没拿到卡")
    await two.sees("已转给HR同事马上查")
    await group.sees("员工说没拿到已登记发出的卡")
    # The bureau's own word, late, tells nobody anything twice.
    rows = (await world.admin("GET", "applications"))["applications"]
    for row in rows:
        await world.step(str(row["reference"]), "collectable")
        await world.step(str(row["reference"]), "collected")
        await world.step(str(row["reference"]), "social_enabled")
    await one.sees("社保功能已启用")
    await world.quiet()
    assert len(one.saw("卡已领到")) == 1
    assert not one.saw("可以领取")


async def test_a_proxy_with_a_letter_and_a_card_that_nobody_wants(world: World) -> None:
    group = await world.hr()
    officer = Talker(group.client, group.person)
    one, two = await world.enrolled(region="37"), await world.enrolled(region="37")
    numbers = first, second = [await in_the_making(world, each) for each in (one, two)]
    await officer.says("/collection")
    await officer.presses("收卡")
    await officer.says("3楼HR办公室")
    await officer.sees("请发申请编号")
    await officer.says("\n".join(numbers))
    await officer.sees("已收卡2张")
    await one.sees("已经在HR这里")
    # Somebody comes for the card, and the owner has sent nobody.
    await officer.presses("完成")
    await officer.presses("发卡")
    await officer.says(first)
    await officer.sees("交卡前请核对身份证原件")
    await officer.presses("交给代领人（证件和委托书已核对）")
    await officer.sees("没有委托人代领")
    assert not one.saw("卡已交到")
    # With the letter they get it, once; the owner has a receipt.
    await one.presses("找人代领")
    for words in ("王样本", id_number(77), "13900000000"):
        await one.sees("代领人的")
        await one.says(words)
    await one.sees("请核对代领人")
    await one.presses("没问题，生成委托书")
    letter = await one.sees("双方签字")
    assert letter["document"]["file_name"] == "代领授权委托书.pdf"
    await officer.says(first)
    shown = await officer.sees("交卡前请核对身份证原件")
    named = await officer.sees("持卡人委托了")
    assert "王*本" in text_of(named)
    await officer.presses("交给代领人（证件和委托书已核对）", message_id=shown["message_id"])
    await officer.sees("委托的代领人")
    await one.sees("卡已交到您委托的代领人手里")
    await one.sees("卡已领到")
    await officer.says(first)
    await officer.sees("没有重复登记")
    # Nobody comes for the other: back to the bank, in two presses, and its owner applies anew.
    await officer.says(second)
    shown = await officer.sees("交卡前请核对身份证原件")
    await officer.presses("没人领，退回银行", message_id=shown["message_id"])
    await officer.sees("退回银行后这张卡会被封存")
    await officer.presses("确定退回")
    await officer.sees("请本人重新申请")
    await two.sees("逾期封存，需重新申请")
    await officer.says(second)
    await officer.sees("已在")
    await two.presses("重新申领")
    await two.sees("请选择开户银行")
    await world.quiet()
    async with world.runtime.database.reading() as session:
        assert await collection.held(session, Reach.everything()) == []
    assert len(one.saw("卡已领到")) == 1


async def mornings(world: World, group: Talker) -> None:
    """Where the list is read: at HR's desk alone, every morning, from the day it is bound."""
    runtime = world.runtime
    async with runtime.database.transaction() as session:
        home = await desk_mailbox(session)
        assert home is not None
        assert await queue.timer_due(session, collection.WATCH) is not None
        await queue.cancel_timers(session, collection.WATCH)
        await set_desk(session, "-1")  # another group
    await group.says("/collection")
    await group.sees("这个名单只在HR群里看")
    await group.says("/bind_hr")
    await group.sees("这个群")
    async with runtime.database.reading() as session:
        assert await queue.timer_due(session, collection.WATCH) is not None
        assert await desk_mailbox(session) == home
