"""getMe, getChat, getChatMember, commands, profile texts and getFile."""

from __future__ import annotations

import mimetypes
from typing import Any

from messenger.botapi.params import Params
from messenger.botapi.registry import method
from messenger.core.chats import (
    bot_json,
    bot_member_json,
    chat_by_id,
    chat_json,
    members,
    sender_json,
)
from messenger.core.media import MEGABYTE
from messenger.core.messages import membership
from messenger.core.unit import Unit
from messenger.errors import bad_request
from messenger.models import ChatType, File

_MAX_COMMANDS = 100
_COMMAND_LENGTH, _DESCRIPTION_LENGTH = 32, 256
_EVERYTHING = {
    "can_send_messages": True, "can_send_audios": True, "can_send_documents": True,
    "can_send_photos": True, "can_send_videos": True, "can_send_video_notes": True,
    "can_send_voice_notes": True, "can_send_polls": False, "can_send_other_messages": True,
    "can_add_web_page_previews": False, "can_change_info": False, "can_invite_users": False,
    "can_pin_messages": False, "can_manage_topics": False,
}  # fmt: skip


@method("getMe")
async def get_me(unit: Unit, params: Params) -> dict[str, Any]:
    return {
        **await bot_json(unit),
        "can_join_groups": True,
        "can_read_all_group_messages": True,
        "supports_inline_queries": False,
        "can_connect_to_business": False,
        "has_main_web_app": False,
    }


@method("logOut")
@method("close")
async def nothing_to_do(unit: Unit, params: Params) -> bool:
    return True


@method("getChat")
async def get_chat(unit: Unit, params: Params) -> dict[str, Any]:
    chat = await chat_by_id(unit, params.chat_id())
    described = {
        **await chat_json(unit, chat),
        "accent_color_id": 0,
        "max_reaction_count": 0,
        "accepted_gift_types": dict.fromkeys(
            (
                "unlimited_gifts",
                "limited_gifts",
                "unique_gifts",
                "premium_subscription",
                "gifts_from_channels",
            ),
            False,
        ),
    }
    if chat.type is ChatType.SUPERGROUP:
        described["permissions"] = _EVERYTHING
    return described


@method("getChatMember")
async def get_chat_member(unit: Unit, params: Params) -> dict[str, Any]:
    chat = await chat_by_id(unit, params.chat_id())
    user_id = params.integer("user_id")
    if user_id is None:
        raise bad_request("invalid user_id specified")
    if user_id == unit.bot_id:
        status = "administrator" if chat.type is ChatType.SUPERGROUP else "member"
        return bot_member_json(await bot_json(unit), status)
    present = await membership(unit, chat.id, user_id) is not None
    status = "member" if present else "left"
    return {"user": await sender_json(unit, user_id), "status": status}


@method("getChatMemberCount")
async def get_chat_member_count(unit: Unit, params: Params) -> int:
    chat = await chat_by_id(unit, params.chat_id())
    return len(await members(unit, chat.id)) + 1


@method("getChatAdministrators")
async def get_chat_administrators(unit: Unit, params: Params) -> list[dict[str, Any]]:
    chat = await chat_by_id(unit, params.chat_id())
    if chat.type is ChatType.PRIVATE:
        raise bad_request("there are no administrators in the private chat")
    return [bot_member_json(await bot_json(unit), "administrator")]


@method("setMyCommands")
async def set_my_commands(unit: Unit, params: Params) -> bool:
    commands = params.json("commands")
    if not isinstance(commands, list) or len(commands) > _MAX_COMMANDS:
        raise bad_request("can't parse commands JSON object")
    kept = [_command(command) for command in commands]
    await _remember(unit, _scoped("commands", params), kept)
    return True


@method("getMyCommands")
async def get_my_commands(unit: Unit, params: Params) -> list[dict[str, str]]:
    profile = (await unit.bot()).profile or {}
    found: list[dict[str, str]] = profile.get(_scoped("commands", params), [])
    return found


@method("deleteMyCommands")
async def delete_my_commands(unit: Unit, params: Params) -> bool:
    await _remember(unit, _scoped("commands", params), [])
    return True


def _scoped(name: str, params: Params) -> str:
    """The profile's key for a language; scopes share one list here."""
    language = params.text("language_code") or ""
    return f"{name}:{language}"


def _command(given: Any) -> dict[str, str]:
    if not isinstance(given, dict):
        raise bad_request("can't parse BotCommand: expected an Object")
    name = str(given.get("command", "")).removeprefix("/")
    text = str(given.get("description", "")).strip()
    if not name.replace("_", "").isalnum() or not name.isascii() or len(name) > _COMMAND_LENGTH:
        raise bad_request("BOT_COMMAND_INVALID")
    if not 1 <= len(text) <= _DESCRIPTION_LENGTH:
        raise bad_request("BOT_COMMAND_DESCRIPTION_INVALID")
    return {"command": name, "description": text}


async def _remember(unit: Unit, key: str, value: Any) -> None:
    bot = await unit.bot()
    bot.profile = {**(bot.profile or {}), key: value}
    unit.session.add(bot)


def _profile_text(method_name: str, field: str, key: str) -> None:
    """A pair of setMyX and getMyX."""

    @method(f"set{method_name}")
    async def setter(unit: Unit, params: Params) -> bool:
        await _remember(unit, key, params.text(field) or "")
        return True

    @method(f"get{method_name}")
    async def getter(unit: Unit, params: Params) -> dict[str, str]:
        profile = (await unit.bot()).profile or {}
        default = unit.messenger.settings.bot_name if field == "name" else ""
        return {field: profile.get(key) or default}


_profile_text("MyName", "name", "name")
_profile_text("MyDescription", "description", "description")
_profile_text("MyShortDescription", "short_description", "short_description")


@method("setChatMenuButton")
async def set_chat_menu_button(unit: Unit, params: Params) -> bool:
    return True


@method("getChatMenuButton")
async def get_chat_menu_button(unit: Unit, params: Params) -> dict[str, str]:
    return {"type": "commands"}


@method("getFile")
async def get_file(unit: Unit, params: Params) -> dict[str, Any]:
    file = await unit.session.get(File, params.text("file_id") or "")
    if file is None:
        raise bad_request("invalid file_id")
    if file.size > unit.messenger.settings.bot_download_limit_mb * MEGABYTE:
        raise bad_request("file is too big")
    extension = mimetypes.guess_extension(file.media_type) or ".bin"
    return {
        "file_id": file.id,
        "file_unique_id": file.unique_id,
        "file_size": file.size,
        "file_path": f"{file.kind}s/{file.id}{extension}",
    }
