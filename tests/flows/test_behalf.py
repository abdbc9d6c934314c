"""代办: an officer applies for somebody without a smartphone; the paper says that they agree."""

from __future__ import annotations

from types import SimpleNamespace
from typing import cast

from sqlmodel import col, select

from handlers.common import elsewhere
from handlers.turn import Turn
from sandbox.company import Employee
from services import applications as apps
from services.people import consents, roles
from services.people.people import by_number
from storage.models import Application, AuditEntry, ConsentKind, Document, Role
from tests.support.world import Talker, World, picture

PRINTED = ("打印", "授权书的数据")


async def commissioned(
    officer: Talker, someone: Employee, matter: str, *, printed: bool = False
) -> None:
    """From the staff number to the word that the paper is signed, `printed` from here or not."""
    await officer.says(someone.number)
    await officer.sees("办哪一件")
    await officer.presses(matter)
    if printed:
        await officer.presses("要一份授权书打印")
        names = [(await officer.sees(words))["document"]["file_name"] for words in PRINTED]
        assert [name.rpartition(".")[2] for name in names] == ["pdf", "json"]
        await officer.sends(picture(someone, "id_back"))
        await agreed(officer)
        return
    await signed(officer, someone)


async def signed(officer: Talker, someone: Employee) -> None:
    """The authority, and the officer's word for it."""
    await officer.sees("本人签字的授权书")
    await officer.sends(picture(someone, "id_back"))  # any picture stands for the signed paper
    await agreed(officer)


async def agreed(officer: Talker) -> None:
    """The officer's word for what the paper says."""
    await officer.sees("已经在纸上签字")
    await officer.presses("确认，替他办")


async def test_an_officer_applies_for_somebody_without_a_phone(world: World) -> None:
    group = await world.hr()
    officer = Talker(group.client, group.person)
    someone = world.somebody(region="37")
    stranger = await world.enrolled(region="37")
    await stranger.says("/behalf")
    await stranger.sees("HR")
    await officer.says("/behalf")
    await officer.sees("请输入他的工号")
    await officer.says(group.person.number)
    await officer.sees("这是您自己")
    await officer.says("没有这个人")
    await officer.sees("没有找到")
    await commissioned(officer, someone, "首次申领", printed=True)
    await officer.sees("【代办】")
    await officer.sees("请选择开户银行")
    await officer.presses("中国建设银行")
    await officer.sees("本人在纸上签字")
    await officer.presses("本人已在纸上同意")
    await officer.sees("请把下面的图片发给我")
    papers = Talker(officer.client, someone)
    await papers.sends_papers()
    for _ in range(2):
        await officer.sees("【代办】")
        await officer.sees("请核对")
    await world.confirm_papers(papers)
    await officer.sees("请最后核对一遍")
    reference = await world.hands_in(officer)
    # What follows comes to the officer, and says whose it is.
    await world.step(reference, "returned", reason_code="photo_background")
    await officer.sees("【代办】")
    await officer.sees("被退回")
    await officer.presses("去修改")
    await officer.sends(picture(someone, "portrait", background="white"))
    await officer.sees("请最后核对一遍")
    await officer.presses("确认提交")
    await officer.sees("提交成功")
    await world.step(reference, "making")
    await officer.sees("正在制卡")
    await officer.says("/behalf")
    await officer.sees("您正在代办1件")
    await officer.says("查进度")
    await officer.sees("制卡中")
    runtime = world.runtime
    async with runtime.database.reading() as session:
        (person,) = await by_number(session, someone.number)
        mine = select(Application).where(col(Application.person_id) == person.id)
        (row,) = (await session.exec(mine)).all()
        (paper,) = (
            await session.exec(select(Document).where(col(Document.kind) == "authority"))
        ).all()
        given = await consents.given(session, person.id)
        verbs = (await session.exec(select(AuditEntry.verb, AuditEntry.actor))).all()
        (acting,) = await by_number(session, group.person.number)
    assert (row.person_id, row.agent_id) == (person.id, acting.id)
    assert paper.file_id is not None
    assert {one.kind for one in given} == set(ConsentKind)
    assert all(one.on_paper for one in given)
    assert ("application.on_behalf", f"person:{acting.id}") in verbs
    # Who is no officer any more has nothing of it in their hands.
    async with runtime.database.transaction() as session:
        await roles.revoke(session, acting.id, Role.OFFICER, runtime.clock.now())
        assert await apps.in_hands_of(session, acting.id) == []
        assert await apps.home(session, row) is None
    await officer.presses(f"{row.number} {person.masked_name}")
    await officer.sees("请选择开户银行")  # their own
    async with runtime.database.transaction() as session:
        await roles.grant(session, acting.id, Role.OFFICER, runtime.clock.now())
    # As soon as the person has a chat of their own, the news are theirs.
    own = Talker(await world.client(await world.link(someone)), someone)
    await own.client.start()
    await own.sees("我是社保小助手")  # the notice was agreed to on paper
    await officer.says("/behalf")
    await officer.says(someone.number)
    await officer.sees("请本人在聊天里办")
    await world.step(reference, "collectable")
    await own.sees("可以领取")
    await world.quiet()
    assert not officer.saw("可以领取")


async def test_any_matter_is_done_for_somebody_without_a_phone(world: World) -> None:
    group = await world.hr()
    officer = Talker(group.client, group.person)
    while (someone := world.somebody(region="37")).person.birth.year <= 1988:
        pass  # below the age of temporary accounts
    who = {"id_number": someone.person.id_number, "name": someone.person.name}
    held = {"region": "370100", "bank": "icbc", "last_four": "4321", "valid_until": "2033-01-01"}
    old = {"insurance": "pension", "first_month": "2020-01", "last_month": "2024-06"}
    new = {"insurance": "pension", "first_month": "2024-04", "last_month": "2026-10"}
    accounts = [
        who | old | {"region": "510100"},
        who | new | {"region": "370100", "status": "paying"},
    ]
    await world.admin("POST", "seed", {"cards": [who | held], "accounts": accounts})
    for desk in ("bureau", "hrss"):
        await world.fault(desk, callbacks={"duplicates": 1, "out_of_order": True})
    # A lost card: reported, and from there to another matter by another authority.
    await officer.says("/behalf")
    await commissioned(officer, someone, "挂失")
    await officer.presses("临时挂失（马上生效）")
    await officer.sees("尾号4321")
    await officer.sees("请最后核对一遍")
    await officer.presses("确认提交")
    await officer.sees("已临时挂失")
    await officer.presses("补办新卡")
    await signed(officer, someone)
    await officer.presses("卡丢了")
    await officer.sees("本人在纸上签字")
    await officer.presses("本人已在纸上同意")
    await officer.sees("请把下面的图片发给我")
    papers = Talker(officer.client, someone)
    await papers.sends_papers()
    for _ in range(2):
        await officer.sees("请核对")
    await world.confirm_papers(papers)
    await officer.sees("请最后核对一遍")
    await officer.presses("确认提交")
    await officer.sees("提交成功")
    # Double months: looked up, and the request taken back.
    await officer.says("/behalf")
    await commissioned(officer, someone, "账户合并")
    await officer.sees("养老保险重复了3个月")
    await officer.presses("申请合并")
    await officer.presses("山东省济南市")
    await officer.presses("确认提交")
    await officer.sees("提交成功")
    await officer.says("查进度")
    await officer.sees("账户合并")
    await officer.presses("撤回")
    await officer.sees("要撤回")
    await officer.presses("确定")
    await officer.sees("已撤回")
    # A move: asked, handed in and followed to its end.
    await officer.says("/behalf")
    await commissioned(officer, someone, "社保转移")
    await officer.sees("从哪个城市转到哪个城市")
    await officer.says("成都到济南")
    await officer.sees("社保关系怎么转")
    await officer.presses("只办养老保险")
    await officer.sees("向经办机构查到")
    summary = await officer.sees("请最后核对一遍")
    assert someone.person.id_number in summary["text"]
    await officer.presses("确认提交")
    await officer.sees("已收到")
    for state in ("origin_asked", "origin_sent", "done"):
        await world.step_transfer("pension", state)
    await officer.sees("【代办】")
    await officer.sees("已转到新参保地")
    async with world.runtime.database.reading() as session:
        (person,) = await by_number(session, someone.number)
        (acting,) = await by_number(session, group.person.number)
        mine = select(Application).where(col(Application.person_id) == person.id)
        rows = (await session.exec(mine)).all()
        papers_kept = select(Document).where(col(Document.kind) == "authority")
        signed_for = {each.application_id for each in (await session.exec(papers_kept)).all()}
        own = select(Application).where(col(Application.person_id) == acting.id)
        assert (await session.exec(own)).all() == []
    assert sorted(row.kind for row in rows) == ["loss_report", "merge", "replacement", "transfer"]
    assert {row.agent_id for row in rows} == {acting.id}
    assert signed_for == {row.id for row in rows}


def test_news_of_another_application_don_t_catch_the_next_picture() -> None:
    state = SimpleNamespace(flow="apply")
    turn = cast(Turn, SimpleNamespace(state=state, data={"application": 5}))
    assert elsewhere(turn, 6)
    assert not elsewhere(turn, 5)
