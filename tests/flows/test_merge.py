"""账户合并: the months side by side, the request at the window, and one record afterwards."""

from __future__ import annotations

from typing import Any

from services.people.people import by_number
from storage.models import Person
from tests.flows.test_matters import taken_back, unruly
from tests.support.world import Talker, World


async def on_file(world: World, employee: Talker, *accounts: dict[str, Any]) -> None:
    """What the agencies have about somebody."""
    person = employee.person.person
    who = {"id_number": person.id_number, "name": person.name}
    await world.admin("POST", "seed", {"accounts": [who | each for each in accounts]})


async def roster(world: World, employee: Talker, **values: str | None) -> None:
    """What the roster has of somebody."""
    async with world.runtime.database.transaction() as session:
        (found,) = await by_number(session, employee.person.number)
        person = await session.get(Person, found.id)
        assert person is not None
        for name, value in values.items():
            setattr(person, name, value)


def relation(region: str, first: str, last: str, **more: Any) -> dict[str, Any]:
    """A pension relation."""
    given = {"insurance": "pension", "region": region, "first_month": first, "last_month": last}
    return given | more


async def test_double_months_are_seen_settled_and_printed(world: World) -> None:
    employee = await world.enrolled(region="37")
    other = await world.enrolled(region="37")
    await other.says("账户合并")
    await other.sees("没有查到您名下的参保记录")
    await on_file(
        world,
        employee,
        relation("510100", "2020-01", "2024-06"),
        relation("370100", "2024-04", "2026-10", status="paying"),
        relation("370100", "2022-01", "2026-10", insurance="medical", status="paying"),
    )
    await world.fault("nhsa", down="503")
    await employee.says("账户合并")
    shown = await employee.sees("您的参保记录")
    assert shown["photo"]  # the picture of the months
    assert "共82个月，其中重复3个月" in shown["caption"]
    assert "没有查到的经办机构：医保局" in shown["caption"]
    await world.admin("DELETE", "faults")
    # From here on the other agency loses answers, and reports twice and out of order.
    await unruly(world, "hrss")
    told = await employee.sees("养老保险重复了3个月")
    assert "2024-04 至 2024-06" in told["text"]
    assert "先转后清" in told["text"]
    # The cancelled way: taken back before the origin has sent.
    await employee.presses("申请合并")
    await employee.sees("要保留哪里的关系")
    await employee.presses("山东省济南市")
    await employee.sees("请确认")
    # Without a phone nothing goes in, and 查进度 leads back to what was asked for.
    await roster(world, employee, phone=None)
    await employee.presses("确认提交")
    await employee.sees("还缺您的手机号")
    assert not employee.saw("正在提交")
    await roster(world, employee, phone=employee.person.phone)
    await employee.says("查进度")
    await employee.presses("继续办理")
    summary = await employee.sees("请最后核对一遍")
    assert "保留：山东省济南市" in summary["text"]
    assert "清理（转到保留地）：四川省成都市" in summary["text"]
    await employee.presses("确认提交")
    await employee.sees("正在提交")
    await employee.sees("提交成功")
    # Returned for the place: it is not handed in unchanged, but taken back and looked up anew.
    await world.step_transfer("pension", "returned", reason_code="wrong_origin")
    await employee.presses("去修改")
    await employee.sees("要清理的不在四川省成都市")
    await taken_back(world, employee, "hrss")
    # The returned way, and the good way after it.
    await employee.says("我要合并社保账户")
    await employee.sees("养老保险重复了3个月")
    await employee.presses("申请合并")
    await employee.presses("山东省济南市")
    await employee.presses("确认提交")
    await employee.sees("提交成功")
    with world.giving_up("form.make"):
        await employee.presses("要纸质申请表")
        await employee.sees("这次没处理成")
    await employee.presses("要纸质申请表")
    form = await employee.sees("按您核对过的内容填好了")
    assert form["document"]["file_name"].endswith(".pdf")
    await world.step_transfer("pension", "returned", reason_code="still_paying")
    await employee.sees("被退回")
    await employee.presses("去修改")
    await employee.sees("请让HR同事联系四川省成都市的单位停保")
    await employee.presses("办好了，重新提交")
    await employee.sees("清理（转到保留地）：四川省成都市")
    await employee.presses("确认提交")
    await employee.sees("提交成功")
    for _ in range(3):
        await world.step_transfer("pension")
    await employee.sees("已向原参保地发函")
    await employee.sees("重复关系已转移清理")
    await world.quiet()
    for words in ("已向原参保地发函", "原参保地已转出", "重复关系已转移清理"):
        assert len(employee.saw(words)) == 1, words
    kept = (await world.admin("GET", "transfers"))["transfers"]
    assert [row["status"] for row in kept] == ["withdrawn", "done"]  # nothing doubled
    # Afterwards there is one record, to see and to print.
    await employee.presses("看合并后的记录")
    after = await employee.sees("没有重复的月份")
    assert "共82个月" in after["caption"]
    assert "已转出" in after["caption"]
    assert "医疗保险" in after["caption"]
    await employee.presses("要缴费记录（PDF和Excel）")
    record = await employee.sees("不代替经办机构出具的参保证明")
    assert record["document"]["file_name"] == "社保缴费记录.pdf"
    book = await employee.sees("同一份记录的Excel表")
    assert book["document"]["file_name"] == "社保缴费记录.xlsx"


async def test_two_that_are_still_paid_and_no_interface(world: World) -> None:
    employee = await world.enrolled(region="37")
    await on_file(
        world,
        employee,
        relation("510100", "2020-01", "2026-10", status="paying"),
        relation("370100", "2024-04", "2026-10", status="paying"),
    )
    await employee.says("/accounts")
    told = await employee.sees("养老保险重复了31个月")
    assert "请先让HR停掉" in told["text"]
    assert not employee.saw("要保留哪里的关系")
    # Three relations, two in one city, or one in an unknown place: not one request.
    crowded = await world.enrolled(region="37")
    await on_file(
        world,
        crowded,
        *(
            relation(code, "2020-01", "2021-06", insurance=insurance)
            for insurance, codes in (
                ("medical", ("510100", "370200", "370100")),
                ("pension", ("370200", "110100")),
            )
            for code in codes
        ),
        relation("370102", "2020-01", "2026-10", insurance="unemployment", status="paying"),
        relation("370103", "2020-01", "2024-06", insurance="unemployment"),
    )
    await crowded.says("/accounts")
    for name in ("养老保险", "医疗保险", "失业保险"):
        told = await crowded.sees(f"{name}重复了")
        assert "一份申请办不了" in told["text"]
    with world.giving_up("merge.look", "merge.record"):
        for asked in (crowded.presses("要缴费记录（PDF和Excel）"), crowded.says("/accounts")):
            await asked
            await crowded.sees("这次没有查成")
    far = await world.enrolled(region="44")
    await far.says("账户合并")
    await far.sees("没有联网查询")
    await roster(world, far, id_number=None)
    await far.says("账户合并")
    await far.sees("花名册里没有您的身份证号")
