"""我的数据: see, export, correct, withdraw, erase."""

from __future__ import annotations

import io
import zipfile

from tests.support.world import World


async def test_see_export_and_correct(world: World) -> None:
    officer = await world.hr()
    employee = await world.enrolled()
    await employee.says("我的数据")
    await employee.sees("用途")
    await employee.presses("导出我的数据")
    message = await employee.sees("这是您的全部数据")
    content = await employee.client.download(message["document"]["file_id"])
    names = zipfile.ZipFile(io.BytesIO(content)).namelist()
    assert any(name.endswith(".json") for name in names)
    await employee.presses("更正")
    await employee.sees("哪一项需要更正")
    await employee.presses("手机号")
    await employee.says("19900001111")
    await employee.sees("已转给HR同事核对")
    await officer.sees("员工要求更正信息")


async def test_withdrawing_the_consent_names_the_offline_way(world: World) -> None:
    employee = await world.enrolled(region="37")
    await world.collecting(employee)
    await employee.says("/mydata")
    await employee.sees("用途")
    await employee.presses("撤回照片授权")
    await employee.presses("确定撤回")
    await employee.sees("已撤回")
    await employee.says("办社保卡")
    await employee.sees("单独同意")


async def test_erasing(world: World) -> None:
    employee = await world.enrolled()
    await employee.says("/mydata")
    await employee.sees("用途")
    await employee.presses("删除我的数据")
    await employee.sees("会删除")
    await employee.presses("确定删除")
    await employee.sees("已删除")
