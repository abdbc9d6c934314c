"""Where the bureau has no interface: telephone, evidence, HR's counter, and what HR looks up there.

The good, the returned and the cancelled way of a replacement, with a loss report before it.
"""

from __future__ import annotations

from pathlib import Path

from sqlmodel import col, select

from knowledge.batches import FOLDER
from services import cases
from services.batches import export_batch
from services.people.people import by_number
from storage.models import CaseMessage, StoredFile
from tests.flows.test_matters import holding, papers_in
from tests.support.world import Talker, World, picture


async def shown(officer: Talker, employee: Talker) -> None:
    """The person's own card list, and two presses of an officer."""
    await employee.sees("还没有联网查询")
    await employee.sends(picture(employee.person, "card_list"))
    await employee.sees("截图收到")
    await employee.presses("我有一张")
    await employee.sees("已交给HR同事核对")
    await officer.sees("核对要办理的那张卡")
    await officer.presses("核实有这张卡")
    await officer.presses("截图里看到了这张卡")
    await officer.sees("已记录，并告知员工")
    await employee.sees("HR同事已核对：可以办理")


async def filed(officer: Talker, employee: Talker) -> None:
    """From the summary to HR's counter."""
    await employee.sees("请最后核对一遍")
    await employee.presses("确认提交")
    await employee.sees("由HR同事代为申报")
    await officer.sees("请代为申报")
    await officer.presses("已代为申报")
    await officer.presses("已在柜台代办")
    await employee.sees("正在审核资料")
    card = await officer.sees("请查卡办到哪一步")
    assert "经办窗口、单位网厅或热线查" in card["text"]


async def looked_up(officer: Talker, what: str, how: str) -> None:
    """Two presses: what the officer has found out, and how."""
    await officer.presses(what)
    await officer.presses(how)
    await officer.sees("有查询截图的话")


def photos(employee: Talker) -> int:
    """How many pictures are in a chat."""
    return sum("photo" in message for message in employee.client.messages.values())


async def filed_with_others(world: World, officer: Talker, employee: Talker, folder: Path) -> None:
    """From the summary into the company's workbook; nobody files it at a counter any more."""
    await employee.sees("请最后核对一遍")
    await employee.presses("确认提交")
    await employee.sees("由HR同事代为申报")
    await officer.sees("请代为申报")
    own = folder / "templates"
    own.mkdir()
    text = (FOLDER / "370000.yaml").read_text(encoding="utf-8")
    (own / "440000.yaml").write_text(text.replace("370000", "440000", 1), encoding="utf-8")
    runtime = world.runtime
    (made,) = await export_batch(
        runtime.database,
        runtime.files,
        "440000",
        folder / "out",
        runtime.clock.now(),
        templates=(own, FOLDER),
        filed=True,
    )
    assert made.filed == 1
    await employee.sees("正在审核资料")


async def test_telephoned_shown_filed_and_looked_up(world: World, tmp_path: Path) -> None:
    officer = await world.hr()
    employee = await holding(world, region="440100")
    await employee.says("补卡")
    await employee.presses("卡丢了")
    await employee.sees("尾号4321")  # the bank knows it
    await employee.presses("马上临时挂失")
    await employee.sees("请最后核对一遍")
    await employee.presses("确认提交")
    await employee.sees("要您自己打两个电话")
    await employee.presses("两个电话都打过了")
    await employee.sees("记下了")
    await employee.presses("继续补卡")
    await papers_in(world, employee)
    await shown(officer, employee)
    await filed(officer, employee)
    # The cancelled way: only HR can take back what HR has filed.
    await employee.says("查进度")
    await employee.presses("撤回")
    await employee.presses("确定")
    await employee.sees("已请他们去撤回")
    await officer.sees("员工要撤回代办的申请")
    await officer.presses("已撤回")
    await officer.presses("已在柜台撤回")
    await employee.sees("已撤回")
    # Once more, and returned: it is mended, and goes to the counter again.
    await employee.says("补卡")
    await employee.presses("卡丢了")
    await employee.sees("请把下面的图片发给我")
    await employee.sends_papers()
    for _ in range(2):
        await employee.sees("请核对")
    await world.confirm_papers(employee)
    await shown(officer, employee)
    await filed(officer, employee)
    await looked_up(officer, "被退回", "证件照底色不对")
    await employee.sees("被退回")
    await employee.presses("去修改")
    await employee.sends(picture(employee.person, "portrait", background="white"))
    await filed_with_others(world, officer, employee, tmp_path)
    # The good way: no workbook comes back, so HR is asked; what they saw is kept as proof.
    await world.passes(days=6)
    await officer.sees("请查卡办到哪一步")
    await looked_up(officer, "审核通过，在制卡", "网上查到")
    before = photos(employee)
    await officer.client.upload(
        [("查询.png", picture(officer.person, "card_list"), "image/png")], chat=officer.chat
    )
    await officer.sees("图片已加密存好")
    await employee.sees("正在制卡")
    await world.passes(days=6)
    await officer.sees("请再查一次办到哪一步")
    await looked_up(officer, "卡做好了，可以领", "已向社保局或银行问到")
    await employee.sees("可以领取")
    await looked_up(officer, "员工已领到卡", "员工说已经领到")
    await employee.sees("卡已领到")
    await world.quiet()
    async with world.runtime.database.reading() as session:
        (person,) = await by_number(session, employee.person.number)
        open_now = await cases.unresolved(session, person.id)
        files = select(StoredFile.media_type).join(
            CaseMessage, col(CaseMessage.file_id) == col(StoredFile.id)
        )
        kept = (await session.exec(files.where(col(CaseMessage.internal).is_(True)))).all()
    assert "card_by_hand" not in {case.kind for case in open_now}
    assert len(kept) == 1
    assert photos(employee) == before  # it stays with HR
