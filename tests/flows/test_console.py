"""`/console` in the bot's chat, and a message to all from the console to the employee and back."""

from __future__ import annotations

import re

import aiohttp
from sqlmodel import select

from services.people import roles
from services.people.people import by_number
from storage.models import BroadcastReceipt, Role
from tests.console.office import Browser
from tests.support.world import Talker, World, text_of


async def signed_in(world: World, officer: Talker) -> Browser:
    """The officer asks the bot for a link in their own chat, and opens it."""
    officer.chat = None
    await officer.says("/console")
    message = await officer.sees("登录管理台")
    address = re.search(r"http://[^\s#]+#[\w-]+", text_of(message))
    assert address is not None
    jar = aiohttp.CookieJar(unsafe=True)
    http = await world.stack.enter_async_context(aiohttp.ClientSession(cookie_jar=jar))
    page, _, code = address[0].partition("#")
    browser = Browser(http, page.removesuffix("/sign-in"))
    assert (await browser.signs_in(code)).status == 303
    await officer.sees("刚才有人用您的链接登录了管理台")
    return browser


async def test_from_the_chat_to_the_console_and_back(world: World) -> None:
    officer, employee = await world.hr(), await world.enrolled()
    await employee.says("/console")
    await employee.sees("需要权限，请联系管理员")
    browser = await signed_in(world, officer)
    await browser.post("/broadcasts", text="<b>周五</b>停办，请改天再来。", region="", employer="")
    colleague = await world.enrolled()
    async with world.runtime.database.transaction() as session:
        (person,) = await by_number(session, colleague.person.number)
        await roles.grant(session, person.id, Role.MANAGER, world.runtime.clock.now())
    second = await signed_in(world, colleague)
    assert "停办" in await second.text("/broadcasts")
    await second.post("/broadcasts/decide", broadcast="1", what="approve")
    message = await employee.sees("停办，请改天再来")
    assert "<b>周五</b>" in text_of(message)  # as it was written: text, not markup
    await employee.presses("知道了", message_id=message["message_id"])
    await world.quiet()
    async with world.runtime.database.reading() as session:
        receipts = (await session.exec(select(BroadcastReceipt))).all()
    assert sum(receipt.sent_at is not None for receipt in receipts) == 3
    assert sum(receipt.read_at is not None for receipt in receipts) == 1

    await officer.presses("全部退出")
    await officer.sees("所有登录都已退出")
    assert (await browser.get("/account")).status == 401
