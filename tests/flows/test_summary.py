"""/summary as a manager and an officer see it, and the month's report that comes by itself."""

from __future__ import annotations

import asyncio
import io
from datetime import date
from pathlib import Path

import numpy as np
import pypdfium2
from openpyxl import load_workbook
from sqlmodel import select

from bot.commands.bad_month import load_bad_month
from services.documents.ocr import Ocr
from services.measures.periods import month, read_month
from services.people.people import by_number
from storage.clock import local_date
from storage.models import MonthClosed
from tests.support.world import Talker, World


async def bad_month(world: World, folder: Path, manager: Talker) -> date:
    """Three months of a small company, as the demo loads them; the first day of the bad one."""
    async with world.runtime.database.reading() as session:
        (person,) = await by_number(session, manager.person.number)
    label = await load_bad_month(world.runtime, folder, person, per_month=90, months=3)
    assert await load_bad_month(world.runtime, folder, person) == label  # once
    return read_month(label).start


async def file_of(talker: Talker, message: dict[str, object]) -> bytes:
    """The bytes of a received file."""
    document = message["document"]
    assert isinstance(document, dict)
    return await talker.client.download(document["file_id"])


def as_seen(pdf: bytes) -> str:
    """What is to be read on the first page once it is drawn: glyphs, not the file's hidden text."""
    with pypdfium2.PdfDocument(pdf) as document:
        drawn = np.asarray(document[0].render(scale=2).to_pil().convert("RGB"))
    return "".join(line.text for line in Ocr().read(drawn))


async def test_a_manager_s_month(world: World, tmp_path: Path) -> None:
    manager = await world.enrolled()
    last = await bad_month(world, tmp_path, manager)
    this = month(local_date(world.runtime.clock.now())).start
    employee = await world.enrolled()
    await employee.says("/summary")
    await employee.sees("只给经理和HR专员")
    await world.passes(days=33)  # the first workday of next month has come
    report = await manager.sees(f"{this:%Y-%m}\n")
    assert report["photo"]
    for kind in ("PDF", "Excel"):  # nobody has to ask for them
        assert await file_of(manager, await manager.sees(f"{this:%Y-%m} 月报（{kind}）"))
    await manager.says("/summary")
    await manager.sees("（到目前）")
    await manager.presses("◀ 上个月")
    await manager.sees(f"{this:%Y-%m}\n")
    await manager.presses("◀ 上个月")
    told = await manager.sees(f"{last:%Y-%m}\n")
    assert "问题集中在广东省深圳市" in told["caption"]
    await manager.presses("地区")
    await manager.sees("请选择地区")
    await manager.presses("广东省深圳市")
    shown = await manager.sees("广东省深圳市")
    assert "不显示" in shown["caption"] or "满意" in shown["caption"]
    await manager.presses("事项", message_id=shown["message_id"])
    await manager.sees("请选择事项")
    await manager.presses("挂失")
    await manager.sees("社保卡挂失")
    await manager.presses("PDF和Excel", message_id=shown["message_id"])
    pdf = await file_of(manager, await manager.sees("月报（PDF）"))
    text = "".join(page.get_textpage().get_text_range() for page in pypdfium2.PdfDocument(pdf))
    assert "社保小助手月报" in text
    if world.runtime.database.is_sqlite:  # the same file on both; reading pictures takes a while
        seen = await asyncio.to_thread(as_seen, pdf)
        assert "社保小助手月报" in seen
        assert "及时率" in seen
    book = load_workbook(io.BytesIO(await file_of(manager, await manager.sees("月报（Excel）"))))
    assert "指标定义" in book.sheetnames
    async with world.runtime.database.reading() as session:
        assert (await session.exec(select(MonthClosed))).all()
