"""What a person does in a chat: say, send, press, edit, delete, share, start, stop, read."""

from __future__ import annotations

import secrets
from typing import Any

from sqlmodel import select

from messenger.botapi.sending import carried_over, forward_origin
from messenger.core import markup as markups
from messenger.core import media
from messenger.core.chats import sender_json, tell_membership, topic_by_id, user_json
from messenger.core.formatting import utf16_length, with_found
from messenger.core.images import sticker_picture
from messenger.core.messages import (
    CAPTION_LENGTH,
    TEXT_LENGTH,
    change,
    find,
    membership,
    post,
    remove,
)
from messenger.core.unit import Unit
from messenger.core.views import bot_message
from messenger.errors import ClientError
from messenger.models import (
    Account,
    CallbackQuery,
    Chat,
    ChatType,
    Member,
    Message,
    ReadMark,
)


class Place:
    """A chat and a topic in it, seen by one of its members."""

    def __init__(self, unit: Unit, chat: Chat, member: Member, thread_id: int) -> None:
        self.unit = unit
        self.chat = chat
        self.member = member
        self.thread_id = thread_id

    @property
    def account_id(self) -> int:
        return self.member.account_id

    async def post(self, content: dict[str, Any], **options: Any) -> Message:
        """Say something here, once per client key.

        Raises:
            ClientError: 409 the bot is stopped, or the topic is closed.
        """
        if self.member.blocked:
            raise ClientError(409, "bot_blocked")
        if self.thread_id:
            topic = await topic_by_id(self.unit, self.chat, self.thread_id)
            if topic.closed:
                raise ClientError(409, "topic_closed")
        if not self.member.started:
            self.member.started = True
            self.unit.session.add(self.member)
            self.unit.event("chat", self.chat.id)
        return await post(
            self.unit,
            self.chat,
            self.account_id,
            content,
            thread_id=self.thread_id,
            **options,
        )

    async def sent_before(self, client_key: str | None) -> list[Message]:
        """What an earlier try with this key has posted."""
        if not client_key:
            return []
        query = select(Message).where(
            Message.client_key == self.key(client_key), Message.chat_id == self.chat.id
        )
        return list(await self.unit.session.exec(query))

    def key(self, client_key: str | None) -> str | None:
        """A person's key, apart from everybody else's."""
        return f"{self.account_id}:{client_key[:48]}" if client_key else None


async def place(unit: Unit, account_id: int, chat_id: int, thread_id: int = 0) -> Place:
    """The chat, if the person is in it.

    Raises:
        ClientError: 404, no such chat or not a member: the two look alike.
    """
    member = await membership(unit, chat_id, account_id)
    chat = await unit.session.get(Chat, chat_id)
    if member is None or chat is None:
        raise ClientError(404, "chat_not_found")
    return Place(unit, chat, member, thread_id)


def said(field: str, text: str) -> dict[str, Any]:
    """The text or caption fields of a person's message.

    Raises:
        ClientError: 422, too long or nothing but white space.
    """
    kept = text.replace("\x00", "").strip()
    limit = TEXT_LENGTH if field == "text" else CAPTION_LENGTH
    if utf16_length(kept) > limit:
        raise ClientError(422, "too_long")
    if not kept:
        if field == "text":
            raise ClientError(422, "empty")
        return {}
    entities = with_found(kept, [])
    name = "entities" if field == "text" else "caption_entities"
    return {field: kept, **({name: entities} if entities else {})}


async def say(
    spot: Place, text: str, *, reply_to: int | None = None, client_key: str | None = None
) -> Message:
    """A text message."""
    earlier = await spot.sent_before(client_key)
    if earlier:
        return earlier[0]
    return await spot.post(said("text", text), reply_to=reply_to, client_key=spot.key(client_key))


async def start(spot: Place) -> Message:
    """`/start`, with the invitation's parameter the first time; lets a stopped bot in again."""
    await block(spot, blocked=False)
    parameter = spot.member.start_parameter
    spot.member.start_parameter = None
    spot.unit.session.add(spot.member)
    spot.unit.event("chat", spot.chat.id)
    return await say(spot, f"/start {parameter}" if parameter else "/start")


async def send_files(
    spot: Place,
    staged: list[media.Staged],
    *,
    caption: str,
    reply_to: int | None,
    client_key: str | None,
) -> list[Message]:
    """One file, or several as an album with the caption on the first."""
    earlier = await spot.sent_before(client_key)
    if earlier:
        return earlier
    group = str(secrets.randbelow(10**17)) if len(staged) > 1 else None
    posted = []
    for number, one in enumerate(staged):
        content, files = media.attach(spot.unit, spot.chat.id, one)
        if number == 0:
            content |= said("caption", caption)
        posted.append(
            await spot.post(
                content,
                reply_to=reply_to,
                media_group_id=group,
                client_key=spot.key(client_key),
                files=files,
            )
        )
    return posted


async def share_contact(spot: Place) -> Message:
    """One's own number, as the company registered it: nobody can type another one here.

    Raises:
        ClientError: 409, none is registered.
    """
    account = await spot.unit.session.get_one(Account, spot.account_id)
    if not account.phone:
        raise ClientError(409, "no_phone")
    contact = {
        "phone_number": account.phone,
        "first_name": account.name,
        "user_id": account.id,
    }
    return await spot.post({"contact": contact})


async def send_sticker(spot: Place, emoji: str) -> Message:
    """A sticker: an emoji, with a blank picture behind its file id."""
    upload = media.Upload("sticker.webp", "image/webp", sticker_picture())
    staged = await media.stage(spot.unit.messenger, upload, "sticker")
    content, files = media.attach(spot.unit, spot.chat.id, staged)
    described = content["sticker"]
    described.pop("mime_type")
    described |= {"type": "regular", "width": 512, "height": 512, "emoji": emoji}
    described |= {"is_animated": False, "is_video": False}
    return await spot.post({"sticker": described}, files=files)


async def forward(spot: Place, source: Place, message_id: int) -> Message:
    """Another chat's message, with a note of who wrote it."""
    message = await find(spot.unit, source.chat.id, message_id)
    if message is None:
        raise ClientError(404, "message_not_found")
    kept = {k: v for k, v in message.content.items() if k != "reply_markup"}
    content, files = await carried_over(spot.unit, spot.chat.id, kept)
    origin = await forward_origin(spot.unit, message)
    return await spot.post({**content, **origin}, files=files)


async def _own(spot: Place, message_id: int) -> Message:
    message = await find(spot.unit, spot.chat.id, message_id)
    if message is None:
        raise ClientError(404, "message_not_found")
    if message.sender_id != spot.account_id:
        raise ClientError(403, "not_yours")
    return message


async def edit(spot: Place, message_id: int, text: str) -> Message:
    """Change one's own text or caption."""
    message = await _own(spot, message_id)
    if "text" in message.content:
        content = said("text", text)
    elif any(kind in message.content for kind in ("photo", "document", "voice")):
        kept = {k: v for k, v in message.content.items() if not k.startswith("caption")}
        content = {**kept, **said("caption", text)}
    else:
        raise ClientError(409, "not_editable")
    if content != message.content:
        await change(spot.unit, message, content)
    return message


async def delete(spot: Place, message_id: int) -> None:
    """Delete one's own message for everybody; in a private chat any message."""
    if spot.chat.type is ChatType.PRIVATE:
        message = await find(spot.unit, spot.chat.id, message_id)
        if message is None:
            raise ClientError(404, "message_not_found")
    else:
        message = await _own(spot, message_id)
    await remove(spot.unit, message)


async def press(
    spot: Place, message_id: int, row: int, column: int, label: str | None = None
) -> dict[str, Any]:
    """Press an inline button: a callback query for the bot, or the button's link.

    `label` is what the person saw there: after an edit another button may stand in its place.
    """
    if spot.member.blocked:
        raise ClientError(409, "bot_blocked")
    message = await find(spot.unit, spot.chat.id, message_id)
    if message is None:
        raise ClientError(404, "message_not_found")
    button = markups.button_at(message.content.get("reply_markup"), row, column)
    if button is None or (label is not None and button["text"] != label):
        raise ClientError(409, "button_gone")
    if "callback_data" not in button:
        return {"url": button.get("url")}
    query = CallbackQuery(
        id=str(secrets.randbelow(2**63)),
        account_id=spot.account_id,
        chat_id=spot.chat.id,
        message_id=message_id,
        created_at=spot.unit.now,
    )
    spot.unit.session.add(query)
    await spot.unit.update(
        "callback_query",
        spot.chat.id,
        {
            "id": query.id,
            "from": await sender_json(spot.unit, spot.account_id),
            "message": await bot_message(spot.unit, message),
            "chat_instance": str(spot.chat.id),
            "data": button["callback_data"],
        },
    )
    return {"callback_query_id": query.id, "answer": None}


async def mark_read(spot: Place, message_id: int) -> None:
    """Note the newest message seen in this topic."""
    mark = await spot.unit.session.get(ReadMark, (spot.chat.id, spot.thread_id, spot.account_id))
    if mark is None:
        mark = ReadMark(
            chat_id=spot.chat.id,
            thread_id=spot.thread_id,
            account_id=spot.account_id,
            message_id=0,
        )
    mark.message_id = max(mark.message_id, min(message_id, spot.chat.last_message_id))
    spot.unit.session.add(mark)


async def block(spot: Place, *, blocked: bool) -> None:
    """Stop the bot in its private chat, or let it in again; the bot is told."""
    if spot.chat.type is not ChatType.PRIVATE:
        raise ClientError(409, "not_private")
    if spot.member.blocked == blocked:
        return
    spot.member.blocked = blocked
    spot.unit.session.add(spot.member)
    spot.unit.event("chat", spot.chat.id)
    old, new = ("member", "kicked") if blocked else ("kicked", "member")
    await tell_membership(spot.unit, spot.chat, spot.account_id, old, new)


async def leave(spot: Place) -> None:
    """Leave a group."""
    if spot.chat.type is ChatType.PRIVATE:
        raise ClientError(409, "not_group")
    account = await spot.unit.session.get_one(Account, spot.account_id)
    await spot.post({"left_chat_member": user_json(account)})
    await spot.unit.session.delete(spot.member)
