"""No second card: stop, warn, wait, evidence."""

from __future__ import annotations

from typing import Any

from sqlmodel import select

from sandbox.papers import render
from storage.models import StoredFile
from tests.support.world import Talker, World, picture


async def has_card(world: World, talker: Talker, region: str, **card: Any) -> None:
    person = talker.person.person
    body = {
        "id_number": person.id_number,
        "name": person.name,
        "region": region,
        "bank": "icbc",
        "last_four": "4321",
        "status": "normal",
        "valid_until": "2033-01-01",
        **card,
    }
    await world.admin("POST", "seed", {"cards": [body]})


async def papers_in(world: World, talker: Talker) -> None:
    await world.collecting(talker)
    await talker.sends_papers()
    for _ in range(2):
        await talker.sees("请核对")
    await world.confirm_papers(talker)


async def test_a_card_that_only_a_bank_knows_stops(world: World) -> None:
    employee = await world.enrolled(region="37")
    await has_card(world, employee, "370200", registered=False)
    await papers_in(world, employee)
    stopped = await employee.sees("先别重复办卡")
    assert "尾号4321" in stopped["text"]
    assert "工商银行" in stopped["text"]
    assert not (await world.admin("GET", "applications"))["applications"]
    await employee.says("查进度")
    await employee.sees("已停止")
    await world.quiet()
    assert not employee.saw("满意吗")  # a duplicate is not rated


async def test_a_card_in_another_province_warns(world: World) -> None:
    employee = await world.enrolled(region="37")
    await has_card(world, employee, "330100")
    await papers_in(world, employee)
    await employee.sees("查到您在外省有社保卡")
    await employee.presses("继续申领")
    await employee.sees("请最后核对一遍")
    await employee.presses("确认提交")
    await employee.sees("提交成功")


async def test_a_bank_that_is_down_is_waited_for(world: World) -> None:
    employee = await world.enrolled(region="37")
    await world.fault("icbc", down="503")
    await papers_in(world, employee)
    await employee.sees("暂时连不上")
    await world.admin("DELETE", "faults")
    await world.passes(hours=2)
    await employee.sees("没有查到您名下有效的社保卡")
    await employee.sees("请最后核对一遍")


async def test_news_do_not_catch_words_that_are_for_hr(world: World) -> None:
    officer = await world.hr()
    employee = await world.enrolled(region="37")
    await world.fault("icbc", down="503")
    await papers_in(world, employee)
    await employee.sees("暂时连不上")
    await employee.says("找人工")
    await employee.sees("请写下您的问题")
    await world.admin("DELETE", "faults")
    await world.passes(hours=2)
    await employee.sees("没有查到您名下有效的社保卡")
    await employee.sees("点下面就能接着办")
    await employee.says("我的户口在外地，要紧吗？")
    await employee.sees("已转给HR同事")
    await officer.sees("我的户口在外地")
    await employee.presses("继续办理")
    await employee.sees("请最后核对一遍")
    await world.fault("bureau", down="503")
    await employee.presses("确认提交")
    await employee.sees("已经排好队")
    await employee.says("找人工")
    await employee.sees("请写下您的问题")
    await world.admin("DELETE", "faults")
    await world.passes(hours=2)
    await employee.sees("提交成功")
    await employee.says("另外，我搬家了。")
    await officer.sees("我搬家了")


async def test_a_card_issued_between_check_and_submission_stops(world: World) -> None:
    employee = await world.enrolled(region="37")
    await world.at_summary(employee)
    await has_card(world, employee, "370100")
    await employee.presses("确认提交")
    await employee.sees("先别重复办卡")


async def test_a_region_without_connector_takes_the_evidence_road(world: World) -> None:
    officer = await world.hr()
    employee = await world.enrolled(region="44")
    await papers_in(world, employee)
    await employee.sees("还没有联网查询")
    await employee.says("退出")
    await employee.sees("都替您留着")
    await employee.says("查进度")
    await employee.sees("请发“我的社保卡”截图")
    await employee.presses("继续办理")
    await employee.sees("还没有联网查询")
    await employee.sends(picture(employee.person, "card_list"))
    await employee.sees("截图收到")
    await employee.presses("我有一张")
    await employee.sees("不用再申请")
    await employee.presses("我在本省没有有效的社保卡")
    await employee.sees("已交给HR同事核对")
    await officer.sees("核对持卡截图")
    await officer.presses("核实无卡")
    await officer.presses("截图里本省没有有效卡")
    await officer.sees("已记录，并告知员工")
    await employee.sees("HR同事已核对")
    await employee.sees("请最后核对一遍")
    await employee.says("退出")
    await employee.sees("都替您留着")
    await employee.says("办社保卡")
    await employee.sees("请最后核对一遍")  # the officer's word holds: it is not asked for again
    await employee.presses("确认提交")
    await employee.sees("由HR同事代为申报")
    await officer.sees("请代为申报")
    await officer.presses("已代为申报")
    await officer.presses("已在柜台代办")
    await employee.sees("正在审核资料")


async def test_known_cards_stop_before_any_effort(world: World) -> None:
    employee = await world.enrolled(region="37", with_card=True)
    await employee.says("办社保卡")
    await employee.sees("先别急着办卡")


async def test_a_better_proof_is_added_on_the_spot(world: World) -> None:
    employee = await world.enrolled(region="37")
    # A made-up screenshot whose cards are known: those that are understood must be on the screen.
    paper = render("card_list", employee.person, seed=8, grade="clean")
    entries = paper.labels["documents"][0]["fields"]["cards"]
    await employee.says("我的社保卡")
    await employee.presses("补充证明")
    await employee.sees("图片看完就删")
    await employee.sends(picture(employee.person, "id_front"))
    await employee.sees("这张图没看清")
    await employee.sends(paper.image)
    updated = await employee.sees("已更新")
    for entry in entries:
        assert f"尾号{entry['last_four']}" in updated["text"]
    listed = await employee.sees("您名下的社保卡")
    assert "您的电子社保卡截图或卡片照片" in listed["text"]
    assert "（今天）" in listed["text"]
    runtime = world.runtime
    async with runtime.database.reading() as session:
        assert not (await session.exec(select(StoredFile))).all()
