"""Forum topics of groups."""

from __future__ import annotations

from typing import Any

from messenger.botapi.params import Params
from messenger.botapi.registry import method
from messenger.core.chats import chat_by_id, topic_by_id
from messenger.core.messages import post
from messenger.core.unit import Unit
from messenger.errors import bad_request
from messenger.models import Chat, Topic

_NAME_LENGTH = 128
_COLORS = (0x6FB9F0, 0xFFD67E, 0xCB86DB, 0x8EEE98, 0xFF93B2, 0xFB6F5F)


async def _forum(unit: Unit, params: Params) -> Chat:
    chat = await chat_by_id(unit, params.chat_id())
    if not chat.is_forum:
        raise bad_request("the chat is not a forum")
    return chat


def _name(params: Params) -> str:
    name = params.required_text("name", "TOPIC_NAME_EMPTY").strip()
    if len(name) > _NAME_LENGTH:
        raise bad_request("TOPIC_TITLE_TOO_LONG")
    return name


@method("createForumTopic")
async def create_forum_topic(unit: Unit, params: Params) -> dict[str, Any]:
    chat = await _forum(unit, params)
    name = _name(params)
    color = params.integer("icon_color") or _COLORS[chat.last_message_id % len(_COLORS)]
    service = {"forum_topic_created": {"name": name, "icon_color": color}}
    message = await post(unit, chat, unit.bot_id, service)
    topic = Topic(chat_id=chat.id, id=message.message_id, name=name, icon_color=color)
    unit.session.add(topic)
    message.thread_id = message.message_id
    unit.session.add(message)
    await unit.session.flush()
    unit.event("chat", chat.id)
    return {"message_thread_id": topic.id, "name": name, "icon_color": color}


async def _topic(unit: Unit, params: Params) -> tuple[Chat, Topic]:
    chat = await _forum(unit, params)
    return chat, await topic_by_id(unit, chat, params.integer("message_thread_id") or 0)


async def _say(unit: Unit, chat: Chat, topic: Topic, service: dict[str, Any]) -> bool:
    unit.session.add(topic)
    await post(unit, chat, unit.bot_id, service, thread_id=topic.id)
    unit.event("chat", chat.id)
    return True


@method("editForumTopic")
async def edit_forum_topic(unit: Unit, params: Params) -> bool:
    chat, topic = await _topic(unit, params)
    if params.text("name") is None:
        return True
    name = _name(params)
    if name == topic.name:
        raise bad_request("TOPIC_NOT_MODIFIED")
    topic.name = name
    return await _say(unit, chat, topic, {"forum_topic_edited": {"name": name}})


@method("closeForumTopic")
async def close_forum_topic(unit: Unit, params: Params) -> bool:
    chat, topic = await _topic(unit, params)
    if topic.closed:
        raise bad_request("TOPIC_NOT_MODIFIED")
    topic.closed = True
    return await _say(unit, chat, topic, {"forum_topic_closed": {}})


@method("reopenForumTopic")
async def reopen_forum_topic(unit: Unit, params: Params) -> bool:
    chat, topic = await _topic(unit, params)
    if not topic.closed:
        raise bad_request("TOPIC_NOT_MODIFIED")
    topic.closed = False
    return await _say(unit, chat, topic, {"forum_topic_reopened": {}})
