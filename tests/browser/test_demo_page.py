"""The whole main job in the real demo, by clicks in a real browser."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.async_api import Browser, expect

from tests.browser.demo import Desk, running_demo

pytestmark = pytest.mark.browser


async def test_an_employee_gets_a_card_in_the_demo(tmp_path: Path, browser: Browser) -> None:
    async with running_demo(tmp_path / "演示 数据", "--size", "4") as demo:
        context = await browser.new_context(
            viewport={"width": 1440, "height": 900}, locale="zh-CN", timezone_id="Asia/Shanghai"
        )
        desk = Desk(await context.new_page())
        await desk.opens(demo)
        await _hr_group_is_there(desk)
        await _agrees(desk)
        await _sends_pictures(desk)
        await _submits_although_a_bank_is_down(desk)
        await _asks_a_person(desk)
        await _follows_to_the_end(desk)
        assert desk.problems == []
        code, said = await demo.end()
    assert (code, "Traceback" in said) == (0, False), said


async def _hr_group_is_there(desk: Desk) -> None:
    await expect(desk.officer.frame.locator("#title")).to_have_text("HR社保群")


async def _agrees(desk: Desk) -> None:
    employee = desk.employee
    await employee.frame.get_by_role("button", name="开始", exact=True).click()
    await employee.sees("已确认您是")
    await employee.presses("同意", "个人信息处理告知")
    await employee.sees("我是社保小助手")
    await employee.key("办社保卡")
    await employee.presses("中国建设银行", "请选择开户银行")
    await employee.presses("同意", "单独同意")
    await employee.sees("请把下面的图片发给我")


async def _sends_pictures(desk: Desk) -> None:
    """Both ways: from the panel into the chat, and from the album."""
    employee = desk.employee
    await desk.hands("身份证人像面", 1)
    await desk.hands("身份证国徽面", 2)
    await employee.sends(2)
    await employee.presses("没问题", "姓名：")
    await employee.presses("没问题", "签发机关：")
    await employee.picks(desk.page, await desk.picture("portrait_blue"))
    await employee.sees("您的照片背景是蓝色")


async def _submits_although_a_bank_is_down(desk: Desk) -> None:
    employee, page = desk.employee, desk.page
    titles = await page.locator(".service legend").all_inner_texts()
    assert all(titles)  # every desk has its name
    bank = page.get_by_role("group", name="工商银行")
    await bank.get_by_label("停机").check()
    await employee.picks(page, await desk.picture("portrait"))
    await employee.sees("证件照合格")
    await employee.sees("暂时连不上")
    await bank.get_by_label("正常").check()
    await page.get_by_role("button", name="过一天").click()
    await employee.sees("没有查到您名下有效的社保卡")
    await employee.presses("确认提交", "请最后核对一遍")
    await employee.sees("提交成功")
    await expect(page.locator("#applications")).to_contain_text("审核")


async def _asks_a_person(desk: Desk) -> None:
    await desk.employee.key("找人工")
    await desk.employee.sees("工单号")
    await desk.officer.presses("接手", "员工找人工")
    await desk.employee.sees("已接手您的工单")


async def _follows_to_the_end(desk: Desk) -> None:
    employee = desk.employee
    await desk.step("按规则审核")
    await employee.sees("正在制卡")
    await employee.key("查进度")
    await employee.sees("接下来")
    for label, words in (
        ("送到银行网点", "可以领取"),
        ("本人领卡", "卡已领到"),
        ("启用社保功能", "银行账户待激活"),
        ("激活银行账户", "这件事办好啦"),
    ):
        await desk.step(label)
        await employee.sees(words)
    await employee.sees("请打个分")
    await employee.presses("5", "请打个分")
    await employee.sees("5分")
