"""/summary as a manager and an officer see it, and the month's report that comes by itself."""

from __future__ import annotations

import io
from datetime import date, timedelta

import pypdfium2
from openpyxl import load_workbook
from sqlmodel import select

from bot.commands.history import grant_areas, made_up_people
from sandbox.company.history import REGIONS, Past
from services.measures.periods import month
from services.people import roles
from services.people.people import by_number
from storage.clock import local_date
from storage.models import MonthClosed, Role
from tests.support.world import Talker, World


async def bad_month(world: World) -> date:
    """Two months of a small company, the last one bad; the first day of this month."""
    now = world.runtime.clock.now()
    last = month(local_date(now)).before
    past = Past(people=300, per_month=90)
    async with world.runtime.database.transaction() as session:
        filler = await made_up_people(session, 300, REGIONS, employers=1, officers=3)
        await grant_areas(
            session, filler, {r: past.officer(r) for r in REGIONS}, now - timedelta(days=400)
        )
        for record in past.months(last.start, 2, bad=last.start):
            filler.add(record.kind, record.data)
        await filler.write(session)
    return last.start


async def staff(world: World, role: Role, **area: str) -> Talker:
    """Somebody with a role."""
    talker = await world.enrolled()
    async with world.runtime.database.transaction() as session:
        (person,) = await by_number(session, talker.person.number)
        await roles.grant(session, person.id, role, world.runtime.clock.now(), **area)  # type: ignore[arg-type]
    return talker


async def file_of(talker: Talker, message: dict[str, object]) -> bytes:
    """The bytes of a received file."""
    document = message["document"]
    assert isinstance(document, dict)
    return await talker.client.download(document["file_id"])


async def test_a_manager_s_month(world: World) -> None:
    last = await bad_month(world)
    this = month(local_date(world.runtime.clock.now())).start
    employee = await world.enrolled()
    await employee.says("/summary")
    await employee.sees("只给经理和HR专员")
    manager = await staff(world, Role.MANAGER)
    await world.passes(days=33)  # the first workday of next month has come
    report = await manager.sees("对小助手")
    assert f"{this:%Y-%m}" in report["caption"]
    assert report["photo"]
    await manager.says("/summary")
    await manager.sees("（到目前）")
    await manager.presses("◀ 上个月")
    await manager.sees(f"{this:%Y-%m}")
    await manager.presses("◀ 上个月")
    await manager.sees(f"{last:%Y-%m}")
    await manager.presses("地区")
    await manager.sees("请选择地区")
    await manager.presses("广东省深圳市")
    shown = await manager.sees("广东省深圳市")
    assert "不显示" in shown["caption"] or "满意" in shown["caption"]
    await manager.presses("PDF和Excel", message_id=shown["message_id"])
    pdf = await file_of(manager, await manager.sees("月报（PDF）"))
    text = "".join(page.get_textpage().get_text_range() for page in pypdfium2.PdfDocument(pdf))
    assert "社保小助手月报" in text
    book = load_workbook(io.BytesIO(await file_of(manager, await manager.sees("月报（Excel）"))))
    assert "指标定义" in book.sheetnames
    async with world.runtime.database.reading() as session:
        assert (await session.exec(select(MonthClosed))).all()
