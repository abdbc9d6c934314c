"""A page that frames the chat hands it a file; a page that may not frame it, cannot."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import pytest
from aiohttp import web
from playwright.async_api import BrowserContext, Page, expect

from messenger.settings import MessengerSettings
from tests.messenger.conftest import serve
from tests.messenger.test_browser import context, messenger_url, picture

__all__ = ["context", "messenger_url"]  # fixtures
pytestmark = pytest.mark.browser

PAGE = """<!doctype html><meta charset="utf-8"><iframe id="chat" width="380" height="760"></iframe>
<p id="answer"></p><script>
addEventListener("message", (event) => {
  document.getElementById("answer").textContent += event.data.type + " ";
});
</script>"""
_HAND = """([name, kind, bytes]) => document.getElementById("chat").contentWindow.postMessage(
  {type: "shebao:file", name, mediaType: kind, data: new Uint8Array(bytes).buffer}, "*")"""


@asynccontextmanager
async def framing_page() -> AsyncIterator[str]:
    """A page of another origin; yields it."""

    async def page(_: web.Request) -> web.Response:
        return web.Response(text=PAGE, content_type="text/html")

    app = web.Application()
    app.router.add_get("/", page)
    runner = web.AppRunner(app, shutdown_timeout=1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield "http://{}:{}".format(*runner.addresses[0][:2])
    await runner.cleanup()


async def frame(page: Page, origin: str, link: str) -> None:
    await page.goto(origin)
    await page.evaluate("link => { document.getElementById('chat').src = link; }", link)


async def test_a_framing_page_hands_files_in(
    settings: MessengerSettings, context: BrowserContext, tmp_path: Path
) -> None:
    async with AsyncExitStack() as stack:
        origin = await stack.enter_async_context(framing_page())
        settings.frame_ancestors = origin
        running = await serve(settings, stack)
        page = await context.new_page()
        await frame(page, origin, await running.invite())
        chat = page.frame_locator("#chat")
        await chat.get_by_role("button", name="进入聊天").click()
        await expect(chat.get_by_role("button", name="开始", exact=True)).to_be_visible()
        data = list(picture())
        await page.evaluate(_HAND, ["早了.jpg", "image/jpeg", data])
        await expect(page.locator("#answer")).to_have_text("shebao:file-no ")
        await chat.get_by_role("button", name="开始", exact=True).click()
        await expect(chat.locator("#composer")).to_be_visible()
        for count in (1, 2):
            await page.evaluate(_HAND, [f"{count}.jpg", "image/jpeg", data])
            await expect(chat.get_by_role("button", name=f"发送 {count} 个")).to_be_visible()
        await page.evaluate(_HAND, ["空.jpg", "image/jpeg", []])
        answers = "shebao:file-no shebao:file-ok shebao:file-ok shebao:file-no "
        await expect(page.locator("#answer")).to_have_text(answers)
        await chat.get_by_role("button", name="发送 2 个").click()
        await expect(chat.locator("li[data-album] article")).to_have_count(2)
        updates = await running.call("getUpdates", timeout=5)
        assert sum("photo" in update.get("message", {}) for update in updates) == 2


async def test_no_other_page_can_frame_it(
    settings: MessengerSettings, context: BrowserContext
) -> None:
    async with AsyncExitStack() as stack:
        origin = await stack.enter_async_context(framing_page())
        settings.frame_ancestors = "http://127.0.0.1:9"
        running = await serve(settings, stack)
        page = await context.new_page()
        async with page.expect_console_message(lambda line: "frame-ancestors" in line.text):
            await frame(page, origin, await running.invite())
        await page.evaluate(_HAND, ["a.jpg", "image/jpeg", [1]])
        await expect(page.frame_locator("#chat").locator("#enter")).to_have_count(0)
        await expect(page.locator("#answer")).to_have_text("")


async def test_a_window_that_opened_it_is_not_its_frame(
    settings: MessengerSettings, context: BrowserContext
) -> None:
    async with AsyncExitStack() as stack:
        origin = await stack.enter_async_context(framing_page())
        settings.frame_ancestors = origin
        running = await serve(settings, stack)
        page = await context.new_page()
        await page.goto(origin)
        async with page.expect_popup() as opened:
            await page.evaluate("link => { window.opened = open(link); }", await running.invite())
        chat = await opened.value
        await chat.get_by_role("button", name="进入聊天").click()
        await chat.get_by_role("button", name="开始", exact=True).click()
        await expect(chat.locator("#composer")).to_be_visible()
        await page.evaluate(
            "() => opened.postMessage({type: 'shebao:file', name: 'a', mediaType: 'image/png',"
            " data: new Uint8Array([1]).buffer}, '*')"
        )
        await page.evaluate("() => new Promise((done) => setTimeout(done, 300))")
        await expect(chat.locator("#sheet")).to_be_hidden()
        await expect(page.locator("#answer")).to_have_text("")
