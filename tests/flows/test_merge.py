"""账户合并: the months side by side, the request at the window, and one record afterwards."""

from __future__ import annotations

from typing import Any

from tests.support.world import Talker, World


async def on_file(world: World, employee: Talker, *accounts: dict[str, Any]) -> None:
    """What the agencies have about somebody."""
    person = employee.person.person
    who = {"id_number": person.id_number, "name": person.name}
    await world.admin("POST", "seed", {"accounts": [who | each for each in accounts]})


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
    told = await employee.sees("养老保险重复了3个月")
    assert "2024-04 至 2024-06" in told["text"]
    assert "先转后清" in told["text"]
    # The cancelled way: taken back before the origin has sent.
    await employee.presses("申请合并")
    await employee.sees("要保留哪里的关系")
    await employee.presses("山东省济南市")
    await employee.sees("请确认")
    await employee.presses("确认提交")
    await employee.sees("正在提交")
    await employee.sees("提交成功")
    await employee.says("查进度")
    await employee.presses("撤回")
    await employee.presses("确定")
    await employee.sees("已撤回")
    # The returned way, and the good way after it.
    await employee.says("我要合并社保账户")
    await employee.sees("养老保险重复了3个月")
    await employee.presses("申请合并")
    await employee.presses("山东省济南市")
    await employee.presses("确认提交")
    await employee.sees("提交成功")
    await employee.presses("要纸质申请表")
    form = await employee.sees("按您核对过的内容填好了")
    assert form["document"]["file_name"].endswith(".pdf")
    await world.step_transfer("pension", "returned", reason_code="wrong_origin")
    await employee.sees("被退回")
    await employee.presses("去修改")
    await employee.sees("请最后核对一遍")
    await employee.presses("确认提交")
    await employee.sees("提交成功")
    for _ in range(3):
        await world.step_transfer("pension")
    await employee.sees("已向原参保地发函")
    await employee.sees("重复关系已转移清理")
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
    far = await world.enrolled(region="44")
    await far.says("账户合并")
    await far.sees("没有联网查询")
