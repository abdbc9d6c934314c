"""A real Chromium at the web chat."""

from __future__ import annotations

import io
import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageDraw
from playwright.async_api import (
    Browser,
    BrowserContext,
    FilePayload,
    Page,
    expect,
)

from tests.messenger.conftest import Running

pytestmark = pytest.mark.browser

PHONE = {"width": 390, "height": 844}


@pytest.fixture
def messenger_url(tmp_path: Path) -> str:
    """One database will do for what happens in the page."""
    return f"sqlite:///{tmp_path}/messenger.db"


@pytest.fixture
async def context(browser: Browser) -> AsyncIterator[BrowserContext]:
    made = await browser.new_context(viewport=PHONE, locale="zh-CN")  # type: ignore[arg-type]
    yield made
    await made.close()


@pytest.fixture
def shots(tmp_path: Path) -> Path:
    """Where pictures go; set SCREENSHOTS to keep them."""
    folder = Path(os.environ.get("SCREENSHOTS", tmp_path))
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def picture(words: str = "SAMPLE", size: tuple[int, int] = (1200, 760)) -> bytes:
    image = Image.new("RGB", size, "#dfe9f5")
    draw = ImageDraw.Draw(image)
    draw.rectangle((60, 60, size[0] - 60, size[1] - 60), outline="#335", width=8)
    draw.text((120, 120), words, fill="#224", font_size=90)
    buffer = io.BytesIO()
    image.save(buffer, "JPEG")
    return buffer.getvalue()


async def enter(context: BrowserContext, link: str) -> tuple[Page, list[str]]:
    """Open a link, press the button; the page and what its console complained of."""
    page = await context.new_page()
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on(
        "console",
        lambda line: problems.append(line.text) if line.type == "error" else None,
    )
    await page.goto(link)
    await page.get_by_role("button", name="进入聊天").click()
    await page.wait_for_url("**/c/*/**")
    return page, problems


def image_file(name: str, words: str) -> FilePayload:
    return {"name": name, "mimeType": "image/jpeg", "buffer": picture(words)}


async def next_update(running: Running, after: dict[str, Any] | None = None) -> dict[str, Any]:
    """The first update, or the first after another."""
    offset = after["update_id"] + 1 if after else 0
    found = await running.call("getUpdates", timeout=10, offset=offset, limit=1)
    assert found, "no update came"
    first: dict[str, Any] = found[0]
    return first


async def test_whole_visit(running: Running, context: BrowserContext, shots: Path) -> None:
    link = await running.invite("样本甲", start_parameter="code", phone_number="13800000000")
    page, problems = await enter(context, link)
    await page.get_by_role("button", name="开始").click()
    update = await next_update(running)
    message = update["message"]
    assert isinstance(message, dict)
    assert message["text"] == "/start code"
    chat = message["chat"]["id"]
    await running.call("sendChatAction", chat_id=chat, action="typing")
    await expect(page.locator("#status")).to_have_text("正在输入…")
    await running.call(
        "sendMessage",
        chat_id=chat,
        parse_mode="HTML",
        text="<b>您好，样本甲！</b>\n我是社保小助手，可以帮您：\n• 办理社保卡\n• 查询进度 /status\n"
        "<blockquote>请先阅读《个人信息处理告知》</blockquote>详情见 https://example.com/notice",
        reply_markup={
            "inline_keyboard": [
                [{"text": "📖 阅读告知", "callback_data": "notice"}],
                [
                    {"text": "同意", "callback_data": "yes"},
                    {"text": "暂不同意", "callback_data": "no"},
                ],
            ]
        },
    )
    await running.call(
        "sendMessage",
        chat_id=chat,
        text="请选择要办的事。",
        reply_markup={
            "keyboard": [["办社保卡", "查进度"], ["问政策", "找人工"], ["退出"]],
            "resize_keyboard": True,
        },
    )
    await expect(page.get_by_role("button", name="办社保卡")).to_be_visible()
    await page.get_by_role("button", name="同意", exact=True).click()
    query = await next_update(running, update)
    assert query["callback_query"]["data"] == "yes"
    await running.call(
        "answerCallbackQuery",
        callback_query_id=query["callback_query"]["id"],
        text="已记录",
    )
    await expect(page.locator("#toast")).to_have_text("已记录")
    await page.get_by_label("输入消息…").fill("我的卡到哪一步了？")
    await page.keyboard.press("Enter")
    said = await next_update(running, query)
    assert said["message"]["text"] == "我的卡到哪一步了？"
    await page.screenshot(path=shots / "phone-chat.png")

    await page.get_by_role("button", name="发送照片、文件或手机号").click()
    await page.screenshot(path=shots / "phone-attach.png")
    async with page.expect_file_chooser() as chooser:
        await page.get_by_role("button", name="从相册选照片").click()
    await (await chooser.value).set_files(
        [
            image_file("正面.jpg", "FRONT"),
            image_file("反面.jpg", "BACK"),
        ]
    )
    await page.screenshot(path=shots / "phone-preview.png")
    await page.get_by_role("button", name="发送 2 个").click()
    first = await next_update(running, said)
    assert first["message"]["photo"][-1]["width"] == 1200
    await expect(page.locator("li[data-album] article")).to_have_count(2)
    await running.call("sendMessage", chat_id=chat, text="照片收到，正在识别…")
    await expect(page.locator("#messages").get_by_text("照片收到，正在识别…")).to_be_visible()
    await page.wait_for_timeout(300)
    await page.screenshot(path=shots / "phone-album.png")
    assert problems == []


async def test_resumes_after_a_lost_network(running: Running, context: BrowserContext) -> None:
    page, _ = await enter(context, await running.invite())
    await page.get_by_role("button", name="开始").click()
    chat = (await next_update(running))["message"]["chat"]["id"]
    await context.set_offline(True)
    # The open stream is cut as a lost network cuts it.
    running.messenger.hub.close()
    await expect(page.locator("#offline")).to_be_visible()
    running.messenger.hub.closing = False
    await running.call("sendMessage", chat_id=chat, text="断线时发出的消息")
    await context.set_offline(False)
    await expect(page.locator("#messages").get_by_text("断线时发出的消息")).to_be_visible(
        timeout=20_000
    )
    await expect(page.locator("#offline")).to_be_hidden()


async def test_stored_content_is_inert(running: Running, context: BrowserContext) -> None:
    evil = '<img src=x onerror="window.hit=1"><script>window.hit=1</script>'
    link = await running.invite(evil[:64], group_title=evil)
    page, _ = await enter(context, link)
    updates = await running.call("getUpdates", timeout=5)
    group = next(u["message"]["chat"]["id"] for u in updates if "message" in u)
    topic = await running.call("createForumTopic", chat_id=group, name=evil)
    await running.call(
        "sendMessage",
        chat_id=group,
        message_thread_id=topic["message_thread_id"],
        text=evil,
        entities=[{"type": "text_link", "offset": 0, "length": 4, "url": "javascript:alert(1)"}],
        reply_markup={"inline_keyboard": [[{"text": evil, "callback_data": "x"}]]},
    )
    for name, kind in (("<svg onload=window.hit=1>.svg", "image/svg+xml"), ("a.html", "text/html")):
        form_script = b"<svg xmlns='http://www.w3.org/2000/svg' onload='window.hit=1'/>"
        await page.evaluate(
            """async ([chat, name, kind, body]) => {
                const form = new FormData();
                form.append("kind", "document");
                form.append("file", new File([body], name, {type: kind}));
                await fetch(`api/chats/${chat}/files`, {method: "POST", body: form,
                    headers: {"X-Messenger-Request": "1"}});
            }""",
            [group, name, kind, form_script.decode()],
        )
    await expect(page.locator(".bubble .text").filter(has_text="<img src=x")).to_be_visible()
    await expect(page.locator(".file").first).to_be_visible()
    assert await page.locator("#app img[src='x'], #app script, a[href^='javascript']").count() == 0
    assert await page.evaluate("window.hit") is None


async def test_two_identities_in_one_browser(
    running: Running, browser: Browser, shots: Path
) -> None:
    context = await browser.new_context(viewport={"width": 1280, "height": 800}, locale="zh-CN")
    employee, _ = await enter(context, await running.invite("样本甲"))
    officer, _ = await enter(context, await running.invite("样本乙", group_title="HR 服务群"))
    await employee.get_by_role("button", name="开始").click()
    await expect(employee.locator("#messages").get_by_text("/start")).to_be_visible()
    updates = await running.call("getUpdates", timeout=5)
    messages = [u["message"] for u in updates if "message" in u]
    group = next(m["chat"]["id"] for m in messages if "title" in m["chat"])
    chat = next(m["chat"]["id"] for m in messages if "text" in m)
    for number in (1, 2):
        topic = await running.call("createForumTopic", chat_id=group, name=f"工单 {number} 样本甲")
        await running.call(
            "sendMessage",
            chat_id=group,
            message_thread_id=topic["message_thread_id"],
            text="<b>转人工</b>：照片两次未通过\n等待时间：5 分钟",
            parse_mode="HTML",
            reply_markup={
                "inline_keyboard": [[{"text": "接单", "callback_data": f"take{number}"}]]
            },
        )
    await running.call("sendMessage", chat_id=chat, text="已为您转人工，请稍候。")
    await expect(employee.locator("#messages").get_by_text("已为您转人工")).to_be_visible()
    await expect(officer.get_by_role("button", name="接单")).to_have_count(2)
    await employee.reload()
    await expect(employee.locator("#messages").get_by_text("已为您转人工")).to_be_visible()
    await officer.screenshot(path=shots / "desktop-group.png")
    await officer.get_by_role("tab", name="工单 2").click()
    await expect(officer.get_by_role("button", name="接单")).to_have_count(1)
    await officer.get_by_label("输入消息…").fill("您好，我来帮您看看。")
    await officer.keyboard.press("Enter")
    await expect(officer.locator(".bubble.mine .text")).to_have_text("您好，我来帮您看看。")
    await officer.set_viewport_size({"width": 360, "height": 740})
    await officer.wait_for_timeout(200)
    await officer.screenshot(path=shots / "phone-topic.png")
    width = await officer.evaluate("document.documentElement.scrollWidth")
    assert width <= 360
    await context.close()
