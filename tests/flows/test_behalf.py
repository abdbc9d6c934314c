"""代办: an officer applies for somebody without a smartphone; the paper says that they agree."""

from __future__ import annotations

from sqlmodel import col, select

from services import applications as apps
from services.people import consents, roles
from services.people.people import by_number
from storage.models import Application, AuditEntry, ConsentKind, Document, Role
from tests.support.world import Talker, World, picture


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
    await officer.says(someone.number)
    await officer.sees("本人签字的授权书")
    await officer.sends(picture(someone, "id_back"))  # any picture stands for the signed paper
    await officer.sees("已经在纸上签字")
    await officer.presses("确认，替他办")
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
