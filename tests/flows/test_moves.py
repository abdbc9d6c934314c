"""Moving one's insurances: the good way, the returned way and the cancelled way, and HR's side.

The agencies lose answers and report twice and late meanwhile.
"""

from __future__ import annotations

import re
from typing import Any

from services import applications as apps
from services.imports import delta
from storage import queue
from storage.clock import local_date
from tests.flows.test_matters import taken_back, unruly
from tests.support.world import Talker, World


def accounts(talker: Talker, **statuses: Any) -> list[dict[str, Any]]:
    """Relations on file: of every insurance, by region."""
    person = talker.person.person
    return [
        {"id_number": person.id_number, "name": person.name, "insurance": insurance}
        | {"region": region.removeprefix("r"), **given}
        for insurance in ("pension", "medical", "unemployment")
        for region, given in statuses.items()
    ]


PAYING: dict[str, Any] = {"status": "paying", "first_month": "2026-11", "last_month": "2026-11"}
STOPPED: dict[str, Any] = {"status": "stopped", "last_month": "2026-10"}


DAY = re.compile(r"最晚(\d{4}年\d+月\d+日)")


async def aged(world: World, *, young: bool) -> Talker:
    """An employee from Jinan, below or above the age of temporary accounts."""
    while True:
        employee = world.somebody(region="37")
        if (employee.person.birth.year > 1988) is young:
            return await world.enrolled(employee)


async def from_guide(employee: Talker, words: str) -> None:
    """From a question in own words to the plan."""
    await employee.says(words)
    await employee.presses("都想知道")
    await employee.presses("没有领养老金")
    await employee.presses("办社保转移")


async def test_three_insurances_move_each_at_its_own_agency(world: World) -> None:
    officer = await world.hr()
    employee = await aged(world, young=True)
    for desk in ("hrss", "nhsa"):
        callbacks = {"duplicates": 1, "out_of_order": True}
        await world.fault(desk, lose_every=3, callbacks=callbacks)
    await world.admin(
        "POST", "seed", {"accounts": accounts(employee, r320500=PAYING, r370100=STOPPED)}
    )
    await from_guide(employee, "我从济南到苏州工作，社保和卡怎么办")
    plan = await employee.sees("社保关系怎么转")
    assert plan["text"].count("要转") == 3
    assert "15个工作日内办结" in plan["text"]
    await employee.presses("该转的一起办")
    looked = await employee.sees("向经办机构查到")
    assert looked["text"].count("新地已在缴费") == 3
    summary = await employee.sees("请最后核对一遍")  # nothing had to be asked
    assert "旧地末次缴费2026-10" in summary["text"]
    await employee.presses("看养老保险申请表")
    form = await employee.sees("转移接续申请表")
    assert form["document"]["file_name"].endswith(".pdf")
    await employee.presses("确认提交")
    receipts = [(await employee.sees("已收到"))["text"] for _ in range(3)]  # in any order
    assert officer.saw("增减员") == []
    assert sum("15个工作日" in text and "最晚" in text for text in receipts) == 2
    for state in ("origin_asked", "origin_sent", "done"):
        for insurance in ("pension", "medical", "unemployment"):
            await world.step_transfer(insurance, state)
    for _ in range(3):
        await employee.sees("已转到新参保地")
    await world.quiet()
    for words in ("已向原参保地发函", "原参保地已转出", "已转到新参保地"):
        assert len(employee.saw(words)) == 3, words  # each once, though told twice and late
    rows = (await world.admin("GET", "accounts"))["accounts"]
    assert {row["status"] for row in rows if row["region"] == "370100"} == {"moved"}
    await employee.says("查进度")
    shown = await employee.sees("社保关系转移（养老保险）")
    assert "山东省济南市 →" in shown["text"]


async def test_a_returned_request_is_mended_and_one_is_taken_back(world: World) -> None:
    officer = await world.hr()
    employee = await aged(world, young=True)
    await from_guide(employee, "济南到青岛，社保和卡怎么办")
    plan = await employee.sees("社保关系怎么转")
    assert "养老保险：不用转" in plan["text"]
    assert "失业保险：要不要办手续没查到当地规定" in plan["text"]
    # Nothing is on file, so the person is asked; what would be returned is not handed in.
    await employee.presses("只办医疗保险")
    await employee.sees("已经开始交医疗保险了吗")
    await employee.presses("还没有，或不清楚")
    await employee.presses("停了，没有欠费")
    stopped = await employee.sees("先不交上去")
    assert "已请HR同事办增减员（工单" in stopped["text"]
    # When the person begins to work there nobody has said, so no month and no day is named.
    listed = await officer.sees("增减员清单")
    assert "哪天起在新地工作还不知道" in listed["text"]
    assert "20" not in listed["text"].split("依据")[0].replace(employee.person.number, "")
    await officer.sees("员工换城市，请办增减员")
    await employee.presses("办好了，接着办")
    await employee.presses("只办医疗保险")
    await employee.presses("交上了")
    await employee.presses("停了，没有欠费")
    await employee.sees("请最后核对一遍")
    # The desk is down: the request waits, and goes in by itself.
    await world.fault("nhsa", down="503")
    await employee.presses("确认提交")
    await employee.sees("暂时连不上")
    await world.fault("nhsa")
    await world.passes(minutes=5)
    first = await employee.sees("已收到")
    # From here on the desk tells nothing by itself: its answers are asked for, and some are lost.
    await world.fault("nhsa", lose_every=3, callbacks={"never": True})
    await world.step_transfer("medical", "origin_asked")
    await world.passes(days=7)
    await employee.sees("已向原参保地发函")
    # Returned by the origin: only that is put in order.
    returned = {"reason_code": "still_paying", "reason_message": "转出地还在缴费"}
    await world.step_transfer("medical", "returned", **returned)
    await world.passes(hours=2)
    await employee.sees("转出地还在缴费")
    await employee.presses("去修改")
    await employee.sees("请让HR同事联系原来的单位停保")
    await employee.presses("办好了，重新提交")
    await employee.presses("确认提交")
    again = await employee.sees("已收到")
    assert DAY.findall(first["text"]) != DAY.findall(again["text"])  # the clock runs anew
    # Returned for the place: only the place is written anew. Reports that the desk did not sign are
    # not believed; it is asked.
    await world.fault("nhsa")
    await world.fault("bureau", callbacks={"wrong_signature": True})
    await world.step_transfer("medical", "returned", reason_code="wrong_origin")
    await world.passes(hours=2)
    await employee.sees("被退回")
    await employee.presses("去修改")
    await employee.sees("只要改转出地")
    await employee.says("烟台")
    await employee.sees("转出地改成了山东省烟台市")
    await employee.presses("确认提交")
    await employee.sees("已收到")
    # Returned for what is HR's, told twice and late: said so, and handed in again once they have
    # settled it.
    await world.fault("bureau")
    await unruly(world, "nhsa")
    await world.step_transfer("medical", "returned", reason_code="wrong_status")
    await employee.sees("看这一步怎么处理")
    await employee.presses("去修改")
    await employee.sees("要由HR同事处理")
    await employee.presses("HR已处理，重新提交")
    await employee.presses("确认提交")
    await employee.sees("已收到")
    bodies = (await world.admin("GET", "transfers"))["transfers"]
    assert [(row["origin"], row["revision"]) for row in bodies] == [("370600", 4)]
    # The cancelled way.
    await taken_back(world, employee, "nhsa")
    rows = (await world.admin("GET", "transfers"))["transfers"]
    assert [row["status"] for row in rows] == ["withdrawn"]
    await looking_fails_and_a_step_is_stale(world, employee)


async def looking_fails_and_a_step_is_stale(world: World, employee: Talker) -> None:
    """What is asked instead of the agencies; and a question about what has been taken back."""
    await employee.says("办社保转移")
    await employee.says("济南到青岛")
    await employee.presses("都想知道")
    await employee.presses("没有领养老金")
    await employee.presses("办社保转移")
    with world.giving_up("move.look"):
        await employee.presses("只办医疗保险")
        await employee.sees("已经开始交医疗保险了吗")
    await employee.presses("交上了")
    await employee.presses("停了，没有欠费")
    await employee.sees("请最后核对一遍")
    # Taken back meanwhile: its summary is over, and whatever comes next is no dead turn.
    await employee.says("查进度")
    await employee.sees("社保关系转移（医疗保险）")
    await employee.presses("撤回")
    await employee.sees("要撤回")
    await employee.presses("确定")
    await employee.sees("已撤回")
    old = await employee.presses("确认提交")
    assert "已过期" in old["text"]


async def test_a_mover_of_the_hr_system_and_a_late_desk(world: World) -> None:
    officer = await world.hr()
    employee = await aged(world, young=False)
    person = employee.person
    record = {
        "number": person.number,
        "name": person.person.name,
        "id_number": person.person.id_number,
        "phone": person.phone,
        "credit_code": person.employer.credit_code,
        "employer_name": person.employer.name,
        "region": "320500",
        "hire_date": person.hire_date.isoformat(),
    }
    today = local_date(world.runtime.clock.now())
    change = {"kind": "moved", "on": today.isoformat(), "person": record}
    await world.admin("POST", "hr", {"changes": [change]})
    runtime = world.runtime
    changes = await delta.fetch(runtime.gateways, 0)
    async with runtime.database.transaction() as session:
        done = await delta.apply_changes(
            session, changes, runtime.clock.now(), settings=runtime.settings.imports
        )
    assert done.moved == 1
    # HR has the employer's side, the employee the guide.
    listed = await officer.sees("增减员清单")
    assert f"{today:%Y-%m}</b>" not in listed["text"]
    assert listed["text"].count("截止日没收录，问当地12366") == 2
    assert "现在就各打一个电话" in listed["text"]
    assert "用工之日起30日内" in listed["text"]
    await officer.presses("新地改从下个月开始交")
    await officer.sees("员工换城市，请办增减员")
    await employee.sees("从山东省济南市换到了江苏省苏州市")
    await employee.presses("看换城市指南")
    await employee.presses("都想知道")
    await employee.presses("没有领养老金")
    await employee.presses("办社保转移")
    # Above the age, the household decides: what is not moved is not asked for.
    await employee.presses("只办养老保险")
    await employee.sees("您的户口在")
    await employee.presses("不在")
    await employee.sees("养老关系按规定留在")
    await employee.says("办社保转移")
    await employee.says("济南到苏州")
    await employee.presses("都想知道")
    await employee.presses("没有领养老金")
    await employee.presses("办社保转移")
    await employee.presses("只办医疗保险")
    await employee.presses("交上了")
    await employee.presses("停了，没有欠费")
    await employee.presses("确认提交")
    await employee.sees("已收到")
    # Nothing happens until the rule's day has passed: HR gets a letter to send.
    await world.passes(days=30)
    await employee.sees("过了规定的办结日期")
    await officer.sees("催办函已备好")
    await officer.presses("看催办函")
    letter = await officer.sees("催办函：请核对")
    assert letter["document"]["file_name"].startswith("催办函-职工基本医疗保险")
    await officer.sees("同一份内容的数据")
    await world.step_transfer("medical", "origin_asked")
    await world.step_transfer("medical", "origin_sent")
    await world.step_transfer("medical", "done")
    await employee.sees("已转到新参保地")
    answer = await officer.presses("看催办函")
    assert "不用催" in answer["text"]


async def test_where_no_agency_is_connected_hr_files_and_looks(world: World) -> None:
    officer = await world.hr()
    employee = await aged(world, young=True)
    await from_guide(employee, "济南到深圳，社保和卡怎么办")
    await employee.presses("只办失业保险")
    await employee.presses("交上了")
    await employee.presses("确认提交")
    await employee.sees("由HR同事代为申报")
    await officer.sees("请代为申报")
    await officer.presses("已代为申报")
    await officer.presses("已在柜台代办")
    await employee.sees("失业保险的新参保地正在审核")
    await officer.sees("请查转移办到哪一步")
    # Only HR can take back what HR has filed.
    await employee.says("查进度")
    await employee.sees("社保关系转移（失业保险）")
    await employee.presses("撤回")
    await employee.presses("确定")
    await employee.sees("已请他们去撤回")
    await officer.sees("员工要撤回代办的申请")
    await officer.presses("撤不了")
    await officer.presses("经办机构不受理撤回")
    await employee.sees("撤不回了，会照常办下去")
    # Returned: it is mended, and goes to HR once more.
    await officer.presses("被退回")
    await officer.presses("转出地还在缴费")
    returned = await employee.sees("被退回了，原因")
    await employee.presses("去修改")
    await employee.presses("办好了，重新提交")
    await employee.presses("确认提交")
    await employee.sees("由HR同事代为申报")
    await officer.sees("请代为申报")
    await officer.presses("已代为申报")
    await officer.presses("已随单位批量申报")
    await employee.sees("失业保险的新参保地正在审核")
    await officer.sees("请查转移办到哪一步")
    await officer.presses("已办结")
    await officer.presses("已向经办机构核实办结")
    await employee.sees("失业保险关系已转到新参保地")
    # What an agency refuses is said to be with HR, and it is.
    number = re.search(r"SB-[0-9A-Z-]+", returned["text"])
    assert number is not None
    runtime = world.runtime
    async with runtime.database.transaction() as session:
        application = await apps.by_number(session, number[0])
        assert application is not None
        await queue.accept(
            session,
            key="refused",
            mailbox=await apps.mailbox_of(session, application.id),
            kind="move.submitted",
            payload={
                "application_id": application.id,
                "outcome": "rejected",
                "code": "invalid",
                "escalate": False,
            },
            at=runtime.clock.tick(),
            actor="bot",
        )
    await employee.sees("已转给HR同事")
    await officer.sees("申请被退回")
