"""Every method's answer, judged by aiogram's types, and Telegram's way of refusing."""

from __future__ import annotations

import io
import json
from typing import Any

import aiohttp
import pytest
from aiogram import types
from aiogram.enums import ContentType
from PIL import Image
from pydantic import TypeAdapter

from messenger.botapi.registry import METHODS
from tests.messenger.conftest import TOKEN, Person, Running

KEYBOARD = {"inline_keyboard": [[{"text": "好", "callback_data": "ok"}]]}
#: What Telegram's own methods answer with; our extensions are apart.
ANSWERS: dict[str, Any] = {
    "getMe": types.User,
    "sendMessage": types.Message,
    "sendPhoto": types.Message,
    "sendDocument": types.Message,
    "sendVoice": types.Message,
    "sendContact": types.Message,
    "sendLocation": types.Message,
    "sendMediaGroup": list[types.Message],
    "copyMessage": types.MessageId,
    "forwardMessage": types.Message,
    "editMessageText": types.Message,
    "editMessageCaption": types.Message,
    "editMessageReplyMarkup": types.Message,
    "editMessageMedia": types.Message,
    "getFile": types.File,
    "getChat": types.ChatFullInfo,
    "getChatMember": types.ResultChatMemberUnion,
    "getChatAdministrators": list[types.ResultChatMemberUnion],
    "getChatMemberCount": int,
    "getMyCommands": list[types.BotCommand],
    "getMyName": types.BotName,
    "getMyDescription": types.BotDescription,
    "getMyShortDescription": types.BotShortDescription,
    "getChatMenuButton": types.MenuButtonCommands,
    "getWebhookInfo": types.WebhookInfo,
    "createForumTopic": types.ForumTopic,
}
EXTENSIONS = {"createInviteLink", "revokeInviteLinks", "revokeSessions", "createGroup"}


def judged(method: str, result: Any) -> Any:
    """The result as aiogram reads it; methods without a type answer True."""
    kind = ANSWERS.get(method)
    if kind is None:
        assert result is True, (method, result)
        return result
    return TypeAdapter(kind).validate_python(result)


def picture(color: str = "white") -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (1000, 620), color).save(buffer, "PNG")
    return buffer.getvalue()


class Judge:
    """Calls methods and remembers which were judged."""

    def __init__(self, running: Running) -> None:
        self.running = running
        self.seen: set[str] = set()

    async def __call__(self, method: str, **params: Any) -> Any:
        self.seen.add(method)
        return judged(method, await self.running.call(method, **params))

    async def upload(self, method: str, fields: dict[str, Any], **files: bytes) -> Any:
        self.seen.add(method)
        form = aiohttp.FormData()
        for name, value in fields.items():
            form.add_field(name, value if isinstance(value, str) else json.dumps(value))
        for name, content in files.items():
            form.add_field(name, content, filename=f"{name}.png", content_type="image/png")
        url = f"{self.running.bot_url}{TOKEN}/{method}"
        async with self.running.http.post(url, data=form) as answer:
            body = await answer.json()
        assert body["ok"], body
        return judged(method, body["result"])


async def test_every_method_by_aiogram(running: Running, person: Person) -> None:
    employee = await person(phone_number="13800000000")
    chat = employee.account_id
    ask = Judge(running)
    me = await ask("getMe")
    assert me.is_bot
    assert me.username == "shebao_bot"
    sent = await ask("sendMessage", chat_id=chat, text="你好", reply_markup=KEYBOARD)
    assert sent.chat.type == "private"
    assert sent.from_user.id == me.id
    await ask("editMessageText", chat_id=chat, message_id=sent.message_id, text="您好")
    await ask(
        "editMessageReplyMarkup", chat_id=chat, message_id=sent.message_id, reply_markup=KEYBOARD
    )
    photo = await ask.upload("sendPhoto", {"chat_id": chat, "caption": "样本"}, photo=picture())
    assert [(p.width, p.height) for p in photo.photo] == [(320, 198), (800, 496), (1000, 620)]
    await ask("editMessageCaption", chat_id=chat, message_id=photo.message_id, caption="新")
    media = {"type": "photo", "media": "attach://new"}
    await ask.upload(
        "editMessageMedia",
        {"chat_id": chat, "message_id": photo.message_id, "media": media},
        new=picture("red"),
    )
    document = await ask.upload("sendDocument", {"chat_id": chat}, document=b"%PDF-1.4 sample")
    assert document.document.file_size == 15
    await ask.upload("sendVoice", {"chat_id": chat}, voice=b"OggS sample")
    album = [{"type": "photo", "media": f"attach://{name}"} for name in ("a", "b")]
    both = await ask.upload(
        "sendMediaGroup", {"chat_id": chat, "media": album}, a=picture(), b=picture("blue")
    )
    assert both[0].media_group_id == both[1].media_group_id
    await ask("sendContact", chat_id=chat, phone_number="12333", first_name="热线")
    await ask("sendLocation", chat_id=chat, latitude=36.6, longitude=117.0)
    await ask("copyMessage", chat_id=chat, from_chat_id=chat, message_id=both[0].message_id)
    forwarded = await ask(
        "forwardMessage", chat_id=chat, from_chat_id=chat, message_id=sent.message_id
    )
    assert forwarded.forward_origin.sender_user.id == me.id
    file = await ask("getFile", file_id=photo.photo[-1].file_id)
    assert file.file_path.endswith(".jpg")
    await ask("deleteMessage", chat_id=chat, message_id=document.message_id)
    await ask("deleteMessages", chat_id=chat, message_ids=[sent.message_id, photo.message_id])
    await ask("sendChatAction", chat_id=chat, action="typing")
    await _people_and_profile(ask, chat, me.id)
    await _groups(ask)
    await _callback(ask, running, employee)
    await ask("setWebhook", url="http://127.0.0.1:9/never", secret_token="s")
    assert (await ask("getWebhookInfo")).url == "http://127.0.0.1:9/never"
    await ask("deleteWebhook", drop_pending_updates=True)
    await ask("logOut")
    await ask("close")
    assert {m.name for m in METHODS.values()} - EXTENSIONS - ask.seen == set()


async def _people_and_profile(ask: Judge, chat: int, bot_id: int) -> None:
    assert (await ask("getChat", chat_id=chat)).first_name == "样本甲"
    assert (await ask("getChatMember", chat_id=chat, user_id=bot_id)).status == "member"
    assert await ask("getChatMemberCount", chat_id=chat) == 2
    commands = [{"command": "menu", "description": "主菜单"}]
    await ask("setMyCommands", commands=commands)
    assert (await ask("getMyCommands"))[0].description == "主菜单"
    await ask("deleteMyCommands")
    for name in ("Name", "Description", "ShortDescription"):
        field = {"Name": "name", "Description": "description"}.get(name, "short_description")
        await ask(f"setMy{name}", **{field: "文字"})
        assert getattr(await ask(f"getMy{name}"), field) == "文字"
    await ask("setChatMenuButton")
    await ask("getChatMenuButton")


async def _groups(ask: Judge) -> None:
    group = types.Chat.model_validate(await ask.running.call("createGroup", title="HR 群"))
    assert group.type == "supergroup"
    assert group.is_forum
    topic = await ask("createForumTopic", chat_id=group.id, name="工单 1")
    thread = topic.message_thread_id
    sent = await ask("sendMessage", chat_id=group.id, text="在", message_thread_id=thread)
    assert sent.is_topic_message
    assert sent.message_thread_id == thread
    await ask("editForumTopic", chat_id=group.id, message_thread_id=thread, name="工单 1 已接")
    await ask("closeForumTopic", chat_id=group.id, message_thread_id=thread)
    await ask("reopenForumTopic", chat_id=group.id, message_thread_id=thread)
    assert (await ask("getChatAdministrators", chat_id=group.id))[0].user.is_bot
    assert (await ask("getChat", chat_id=group.id)).is_forum


async def _callback(ask: Judge, running: Running, employee: Any) -> None:
    await ask("sendMessage", chat_id=employee.account_id, text="选", reply_markup=KEYBOARD)
    await employee.wait_for(lambda m: m.get("text") == "选")
    await employee.press("好")
    updates = TypeAdapter(list[types.Update]).validate_python(await running.call("getUpdates"))
    query = updates[-1].callback_query
    assert query is not None
    assert query.data == "ok"
    await ask("answerCallbackQuery", callback_query_id=query.id)


async def test_updates_by_aiogram(running: Running, person: Person) -> None:
    """Every kind of thing that a person can send is a valid Update."""
    employee = await person(start_parameter="c1", phone_number="13800000000")
    chat = employee.account_id
    await employee.start()
    said = await employee.say("查进度 https://example.com")
    await employee.edit(said["message_id"], "查进度")
    await employee.upload([("a.jpg", picture(), "image/jpeg")], caption="正面")
    await employee.upload([(f"{n}.png", picture(), "image/png") for n in "ab"])
    await employee.upload([("表.pdf", b"%PDF-1.4", "application/pdf")], kind="document")
    await employee.upload([("v.ogg", b"OggS", "audio/ogg")], kind="voice")
    await employee.share_contact()
    await employee.call(
        "POST", f"chats/{chat}/foreign-contact", {"phone_number": "1", "first_name": "乙"}
    )
    await employee.call("POST", f"chats/{chat}/location", {"latitude": 1, "longitude": 2})
    await employee.call("POST", f"chats/{chat}/sticker", {"emoji": "👍"})
    await employee.call(
        "POST", f"chats/{chat}/forward", {"from_chat": chat, "message_id": said["message_id"]}
    )
    await employee.say("回复", reply_to=said["message_id"])
    await employee.call("POST", f"chats/{chat}/block", {"blocked": True})
    updates = TypeAdapter(list[types.Update]).validate_python(await running.call("getUpdates"))
    messages = [u.message for u in updates if u.message]
    assert messages[0].text == "/start c1"
    assert messages[0].entities
    assert messages[0].entities[0].type == "bot_command"
    assert any(u.edited_message and u.edited_message.text == "查进度" for u in updates)
    albums = [m.media_group_id for m in messages if m.media_group_id]
    assert len(albums) == 2
    assert len(set(albums)) == 1
    contacts = [m.contact for m in messages if m.contact]
    assert [c.user_id for c in contacts] == [chat, None]
    kinds = {ContentType(m.content_type).value for m in messages}
    assert {"text", "photo", "document", "voice", "contact", "location", "sticker"} <= kinds
    assert any(m.forward_origin for m in messages)
    assert any(m.reply_to_message for m in messages)
    assert updates[-1].my_chat_member
    assert updates[-1].my_chat_member.new_chat_member.status == "kicked"


async def test_file_goes_round(running: Running, person: Person) -> None:
    employee = await person()
    content = b"%PDF-1.4 " + bytes(range(256)) * 40
    [sent] = await employee.upload([("表.pdf", content, "application/pdf")], kind="document")
    [update] = await running.call("getUpdates")
    document = update["message"]["document"]
    assert document["file_name"] == "表.pdf"
    assert document["mime_type"] == "application/pdf"
    path = (await running.call("getFile", file_id=document["file_id"]))["file_path"]
    async with running.http.get(f"{running.url}/file/bot{TOKEN}/{path}") as answer:
        assert await answer.read() == content
    assert await employee.download(sent["document"]["file_id"]) == content
    again = await running.call(
        "sendDocument", chat_id=employee.account_id, document=document["file_id"]
    )
    assert again["document"]["file_unique_id"] == document["file_unique_id"]
    stored = list(running.settings.files_dir.rglob("*"))
    assert all(b"%PDF" not in f.read_bytes() for f in stored if f.is_file())


@pytest.mark.parametrize(
    ("method", "params", "expected"),
    [
        (
            "sendMessage",
            {"text": "x"},
            (400, "chat_id is empty"),
        ),
        (
            "sendMessage",
            {"chat_id": 1, "text": "x"},
            (400, "chat not found"),
        ),
        (
            "sendMessage",
            {"chat_id": "@nobody", "text": "x"},
            (400, "chat not found"),
        ),
        (
            "sendMessage",
            {"chat_id": "me", "text": "  "},
            (400, "message text is empty"),
        ),
        (
            "sendMessage",
            {"chat_id": "me", "text": "x" * 4097},
            (400, "message is too long"),
        ),
        (
            "sendMessage",
            {"chat_id": "me", "text": "<b>x", "parse_mode": "HTML"},
            (400, "can't parse entities"),
        ),
        (
            "sendMessage",
            {"chat_id": "me", "text": "a<3", "parse_mode": "HTML"},
            (400, "can't parse entities"),
        ),
        (
            "sendMessage",
            {"chat_id": "me", "text": "x", "parse_mode": "MarkdownV2"},
            (400, "unsupported parse_mode"),
        ),
        (
            "sendMessage",
            {"chat_id": "me", "text": "x", "reply_parameters": {"message_id": 99}},
            (400, "message to be replied not found"),
        ),
        (
            "sendMessage",
            {
                "chat_id": "me",
                "text": "x",
                "reply_markup": {"inline_keyboard": [[{"text": "a", "callback_data": "字" * 22}]]},
            },
            (400, "BUTTON_DATA_INVALID"),
        ),
        (
            "sendMessage",
            {
                "chat_id": "me",
                "text": "x",
                "reply_markup": {"inline_keyboard": [[{"text": "a", "url": "javascript:1"}]]},
            },
            (400, "is invalid"),
        ),
        (
            "sendPhoto",
            {"chat_id": "me", "photo": "https://example.com/a.jpg"},
            (400, "wrong type of the web page content"),
        ),
        (
            "sendPhoto",
            {"chat_id": "me", "photo": "unknown"},
            (400, "wrong file identifier"),
        ),
        (
            "editMessageText",
            {"chat_id": "me", "message_id": 99, "text": "x"},
            (400, "message to edit not found"),
        ),
        (
            "deleteMessage",
            {"chat_id": "me", "message_id": 99},
            (400, "message to delete not found"),
        ),
        (
            "answerCallbackQuery",
            {"callback_query_id": "1"},
            (400, "query is too old"),
        ),
        (
            "getFile",
            {"file_id": "x"},
            (400, "invalid file_id"),
        ),
        (
            "createForumTopic",
            {"chat_id": "me", "name": "x"},
            (400, "not a forum"),
        ),
        (
            "noSuchMethod",
            {},
            (404, "Not Found"),
        ),
    ],
)
async def test_refusals(
    running: Running, person: Person, method: str, params: dict[str, Any], expected: tuple[int, str]
) -> None:
    employee = await person()
    if params.get("chat_id") == "me":
        params = {**params, "chat_id": employee.account_id}
    code, reason = expected
    status, body = await running.raw(method, **params)
    assert (status, body["ok"], body["error_code"]) == (code, False, code)
    assert reason in body["description"]


async def test_wrong_token(running: Running) -> None:
    async with running.http.post(f"{running.bot_url}1:wrong/getMe") as answer:
        assert answer.status == 401
        assert await answer.json() == {
            "ok": False,
            "error_code": 401,
            "description": "Unauthorized",
        }


async def test_same_text_is_not_modified(running: Running, person: Person) -> None:
    chat = (await person()).account_id
    sent = await running.call("sendMessage", chat_id=chat, text="一样")
    change = {"chat_id": chat, "message_id": sent["message_id"], "text": "一样"}
    status, body = await running.raw("editMessageText", **change)
    assert status == 400
    assert "message is not modified" in body["description"]


async def test_download_limit(running: Running, person: Person) -> None:
    running.settings.bot_download_limit_mb = 1
    employee = await person()
    big = b"x" * (1024 * 1024 + 1)
    await employee.upload([("big.bin", big, "application/octet-stream")], kind="document")
    [update] = await running.call("getUpdates")
    status, body = await running.raw("getFile", file_id=update["message"]["document"]["file_id"])
    assert (status, body["description"]) == (400, "Bad Request: file is too big")


async def test_blocked_by_the_person(running: Running, person: Person) -> None:
    employee = await person()
    await employee.call("POST", f"chats/{employee.account_id}/block", {"blocked": True})
    status, body = await running.raw("sendMessage", chat_id=employee.account_id, text="在吗")
    assert (status, body["description"]) == (403, "Forbidden: bot was blocked by the user")
    await employee.start()
    assert (await running.raw("sendMessage", chat_id=employee.account_id, text="在吗"))[0] == 200


async def test_form_body_as_aiogram_sends_it(running: Running, person: Person) -> None:
    chat = (await person()).account_id
    fields = {"chat_id": str(chat), "text": "表单", "reply_markup": json.dumps(KEYBOARD)}
    async with running.http.post(f"{running.bot_url}{TOKEN}/sendMessage", data=fields) as answer:
        assert (await answer.json())["result"]["reply_markup"] == KEYBOARD
