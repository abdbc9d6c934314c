"""Pictures: faults named with their remedy, corrections, two failures fetch a person."""

from __future__ import annotations

from tests.support.world import World, picture, text_of


async def test_a_blue_background_is_named_and_mended(world: World) -> None:
    employee = await world.enrolled(region="37")
    await world.collecting(employee)
    await employee.sends(picture(employee.person, "portrait", background="blue"))
    await employee.sees("您的照片背景是蓝色")
    await employee.presses("用修好的这张")
    await employee.sees("证件照合格")


async def test_a_wrong_field_is_corrected_by_typing(world: World) -> None:
    employee = await world.enrolled(region="37")
    await world.collecting(employee)
    await employee.sends(picture(employee.person, "id_back"))
    await employee.sees("签发机关")
    await employee.presses("有错，改一下")
    await employee.sees("哪一项不对")
    await employee.presses("有效期止")
    await employee.sees("请输入正确的有效期止")
    await employee.says("不知道")
    await employee.sees("日期格式不对")
    await employee.says("长期")
    await employee.sees("有效期止已改好")
    seen = await employee.sees("请核对")
    assert "有效期止：长期" in text_of(seen)


async def test_a_paper_that_is_not_needed_is_named_and_not_kept(world: World) -> None:
    employee = await world.enrolled(region="37")
    await world.collecting(employee)
    await employee.sends(picture(employee.person, "hukou_person"))
    seen = await employee.sees("户口本个人页，这次用不到，我没有保存")
    assert "还差：身份证人像面" in text_of(seen)


async def test_two_unreadable_pictures_fetch_a_person(world: World) -> None:
    officer = await world.hr()
    employee = await world.enrolled(region="37")
    await world.collecting(employee)
    for _ in range(2):
        await employee.sends(
            picture(employee.person, "portrait", background="white", fault="no_face")
        )
        await employee.sees("还不能用")
    await employee.sees("已请HR同事帮忙")
    await officer.sees("图片两次看不清")


async def test_a_file_that_is_no_picture_is_refused(world: World) -> None:
    employee = await world.enrolled(region="37")
    await world.collecting(employee)
    await employee.sends(b"%PDF-1.4 not really", kind="document")
    await employee.sees("还不能用")


async def test_a_huge_file_is_refused_before_it_is_fetched(world: World) -> None:
    employee = await world.enrolled(region="37")
    await world.collecting(employee)
    await employee.sends(b"\xff\xd8" + bytes(50 * 2**20), kind="document")
    await employee.sees("这个文件太大了")
