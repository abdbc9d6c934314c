"""python-telegram-bot, unpatched: an echo bot with keyboards, files, albums, topics; both ways."""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import pytest
from aiohttp import web
from PIL import Image
from telegram import (
    Bot,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    InputMediaPhoto,
    KeyboardButton,
    ReplyKeyboardMarkup,
    ReplyKeyboardRemove,
    Update,
)
from telegram.error import BadRequest, Conflict, Forbidden, InvalidToken, RetryAfter
from telegram.ext import (
    Application,
    ApplicationBuilder,
    CallbackQueryHandler,
    CommandHandler,
    ContextTypes,
    MessageHandler,
    filters,
)

from tests.messenger.conftest import TOKEN, Person, Running

Context = ContextTypes.DEFAULT_TYPE
AnyApplication = Application[Any, Any, Any, Any, Any, Any]


def picture(color: str = "white") -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (900, 600), color).save(buffer, "JPEG")
    return buffer.getvalue()


async def on_start(update: Update, context: Context) -> None:
    assert update.message
    keys = [[KeyboardButton("发送手机号", request_contact=True)], [KeyboardButton("退出")]]
    code = context.args[0] if context.args else "-"
    await update.message.reply_html(
        f"<b>欢迎</b> {code}", reply_markup=ReplyKeyboardMarkup(keys, resize_keyboard=True)
    )


async def on_contact(update: Update, context: Context) -> None:
    assert update.message
    assert update.message.contact
    own = update.message.contact.user_id == update.effective_user.id  # type: ignore[union-attr]
    await update.message.reply_text(f"本人：{own}", reply_markup=ReplyKeyboardRemove())


async def on_text(update: Update, context: Context) -> None:
    assert update.message
    markup = InlineKeyboardMarkup([[InlineKeyboardButton("确认", callback_data="yes")]])
    await update.message.reply_text(f"您说：{update.message.text}", reply_markup=markup)


async def on_press(update: Update, context: Context) -> None:
    query = update.callback_query
    assert query
    await query.answer("好的")
    await query.edit_message_text(f"已确认 {query.data}")


async def on_photo(update: Update, context: Context) -> None:
    assert update.message
    file = await update.message.photo[-1].get_file()
    content = await file.download_as_bytearray()
    with Image.open(io.BytesIO(content)) as image:
        size = image.size
    note = f"{size[0]}×{size[1]} {update.message.media_group_id or '-'}"
    await update.message.reply_photo(update.message.photo[-1].file_id, caption=note)


async def on_edit(update: Update, context: Context) -> None:
    assert update.edited_message
    await update.edited_message.reply_text(f"改成：{update.edited_message.text}")


def build(running: Running) -> AnyApplication:
    application: AnyApplication = (
        ApplicationBuilder()
        .token(TOKEN)
        .base_url(running.bot_url)
        .base_file_url(f"{running.url}/file/bot")
        .build()
    )
    new = filters.UpdateType.MESSAGE
    application.add_handler(CommandHandler("start", on_start))
    application.add_handler(MessageHandler(filters.CONTACT, on_contact))
    application.add_handler(MessageHandler(filters.PHOTO, on_photo))
    application.add_handler(MessageHandler(filters.UpdateType.EDITED_MESSAGE, on_edit))
    application.add_handler(MessageHandler(filters.TEXT & new & filters.ChatType.PRIVATE, on_text))
    application.add_handler(CallbackQueryHandler(on_press))
    return application


@asynccontextmanager
async def webhook(running: Running, application: AnyApplication) -> AsyncIterator[None]:
    """An aiohttp server that hands updates to the application."""

    async def handle(request: web.Request) -> web.Response:
        assert request.headers["X-Telegram-Bot-Api-Secret-Token"] == "secret"
        update = Update.de_json(await request.json(), application.bot)
        await application.update_queue.put(update)
        return web.Response()

    app = web.Application()
    app.router.add_post("/hook", handle)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    url = f"http://127.0.0.1:{runner.addresses[0][1]}/hook"
    await application.bot.set_webhook(url, secret_token="secret")
    yield
    await application.bot.delete_webhook()
    await runner.cleanup()


@asynccontextmanager
async def echo(running: Running, way: str) -> AsyncIterator[AnyApplication]:
    application = build(running)
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(application)
        assert application.updater
        if way == "polling":
            await application.updater.start_polling(timeout=5, allowed_updates=Update.ALL_TYPES)
        else:
            await stack.enter_async_context(webhook(running, application))
        await application.start()
        yield application
        if application.updater.running:
            await application.updater.stop()
        await application.stop()


def has(text: str) -> Any:
    return lambda m: text in (m.get("text") or m.get("caption") or "")


@pytest.fixture(params=["polling", "webhook"])
def way(request: pytest.FixtureRequest) -> str:
    return str(request.param)


async def test_a_conversation(running: Running, person: Person, way: str) -> None:
    employee = await person(start_parameter="abc-1", phone_number="13800000000")
    async with echo(running, way):
        await employee.start()
        hello = await employee.wait_for(has("欢迎 abc-1"))
        assert hello["entities"][0]["type"] == "bold"
        await employee.wait_event("chat", lambda d: bool(d["chat"]["reply_keyboard"]))
        assert employee.keyboard() == [["发送手机号"], ["退出"]]
        await employee.share_contact()
        await employee.wait_for(has("本人：True"))
        said = await employee.say("查进度")
        await employee.wait_for(has("您说：查进度"))
        await employee.press("确认")
        assert "reply_markup" not in await employee.wait_for(has("已确认 yes"))
        assert (await employee.wait_event("callback_answer", lambda d: True))["text"] == "好的"
        await employee.edit(said["message_id"], "查办理进度")
        await employee.wait_for(has("改成：查办理进度"))
        await employee.upload([("a.jpg", picture(), "image/jpeg")])
        await employee.wait_for(has("900×600 -"))
        sent = await employee.upload([(n, picture(), "image/jpeg") for n in ("a.jpg", "b.jpg")])
        for _ in range(2):
            await employee.wait_for(has(f"900×600 {sent[0]['media_group_id']}"))


@asynccontextmanager
async def plain_bot(running: Running) -> AsyncIterator[Bot]:
    bot = Bot(TOKEN, base_url=running.bot_url, base_file_url=f"{running.url}/file/bot")
    async with bot:
        yield bot


async def test_topics_albums_and_extensions(running: Running, person: Person) -> None:
    async with plain_bot(running) as bot:
        group = await bot.do_api_request("createGroup", api_kwargs={"title": "HR 群"})
        officer = await person("样本乙", group_chat_id=group["id"])
        topic = await bot.create_forum_topic(group["id"], "工单 1")
        thread = topic.message_thread_id
        album = await bot.send_media_group(
            group["id"],
            [InputMediaPhoto(picture("red"), caption="正面"), InputMediaPhoto(picture("blue"))],
            message_thread_id=thread,
        )
        assert [m.message_thread_id for m in album] == [thread, thread]
        await officer.wait_for(lambda m: m.get("caption") == "正面")
        await officer.say("我来", chat=group["id"], thread=thread)
        updates = await bot.get_updates(timeout=5)
        said = next(u.message for u in updates if u.message and u.message.text == "我来")
        assert said.is_topic_message
        assert said.message_thread_id == thread
        assert any(u.message and u.message.new_chat_members for u in updates)
        assert updates[0].my_chat_member
        await bot.close_forum_topic(group["id"], thread)
        link = await bot.do_api_request(
            "createInviteLink", api_kwargs={"display_name": "样本丙", "start_parameter": "x"}
        )
        assert "/join#" in link["link"]
        chat = await bot.get_chat(group["id"])
        assert chat.is_forum
        document = await bot.send_document(
            group["id"], b"%PDF-1.4", filename="表.pdf", caption="<b>表</b>", parse_mode="HTML"
        )
        assert document.document
        assert document.document.file_name == "表.pdf"


async def test_errors_become_its_exceptions(running: Running, person: Person) -> None:
    chat = (await person()).account_id
    async with plain_bot(running) as bot:
        await running.fault("retry_after", retry_after=9, times=1)
        with pytest.raises(RetryAfter) as told:
            await bot.send_message(chat, "x")
        assert "9" in str(told.value)
        await running.fault("blocked", times=1)
        with pytest.raises(Forbidden):
            await bot.send_message(chat, "x")
        with pytest.raises(BadRequest, match="Chat not found"):
            await bot.send_message(5, "x")
    with pytest.raises(InvalidToken):
        async with Bot("1:wrong", base_url=running.bot_url):
            pass


async def test_two_pollers_conflict(running: Running) -> None:
    async with plain_bot(running) as one, plain_bot(running) as other:
        first = asyncio.create_task(one.get_updates(timeout=20))
        await asyncio.sleep(0.3)
        await other.get_updates(timeout=0)
        with pytest.raises(Conflict, match="terminated by other getUpdates"):
            await first
