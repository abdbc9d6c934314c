"""What Telegram has no method for: invitations, groups made by the bot, the end of a sign-in."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

from messenger.botapi.params import Params
from messenger.botapi.registry import method
from messenger.core.accounts import Invitation, end_sign_ins, invite, revoke_invites
from messenger.core.chats import chat_json
from messenger.core.chats import create_group as new_group
from messenger.core.unit import Unit
from messenger.errors import bad_request

_START = re.compile(r"[A-Za-z0-9_-]{1,64}")
_LANGUAGES = ("zh", "en")
_LONGEST = timedelta(days=366)


@method("createInviteLink")
async def create_invite_link(unit: Unit, params: Params) -> dict[str, Any]:
    start = params.text("start_parameter")
    if start is not None and not _START.fullmatch(start):
        raise bad_request("start_parameter must be 1 to 64 of A-Z, a-z, 0-9, _ and -")
    language = params.text("language") or "zh"
    if language not in _LANGUAGES:
        raise bad_request("language must be zh or en")
    group_id = params.integer("group_chat_id")
    title = params.text("group_title")
    if title is not None and group_id is None:
        group = await new_group(unit, title, is_forum=params.flag("is_forum", default=True))
        group_id = group.id
    expires_at = unit.now + _life(unit, params)
    invitation = Invitation(
        name=params.required_text("display_name", "display_name is empty"),
        start_parameter=start,
        language=language,
        phone=params.text("phone_number"),
        account_id=params.integer("user_id"),
        group_chat_id=group_id,
    )
    return {
        "link": await invite(unit, invitation, expires_at),
        "expires_at": int(expires_at.timestamp()),
        "group_chat_id": group_id,
    }


def _life(unit: Unit, params: Params) -> timedelta:
    seconds = params.integer("expires_in")
    if seconds is None:
        return timedelta(hours=unit.messenger.settings.invite_hours)
    if not 1 <= seconds <= _LONGEST.total_seconds():
        raise bad_request("expires_in must be 1 second to 366 days")
    return timedelta(seconds=seconds)


@method("revokeInviteLinks")
async def revoke_invite_links(unit: Unit, params: Params) -> int:
    account_id, start = params.integer("user_id"), params.text("start_parameter")
    if account_id is None and start is None:
        raise bad_request("user_id or start_parameter is needed")
    return await revoke_invites(unit, account_id=account_id, start=start)


@method("revokeSessions")
async def revoke_sessions(unit: Unit, params: Params) -> int:
    account_id = params.integer("user_id")
    if account_id is None:
        raise bad_request("user_id is needed")
    return await end_sign_ins(unit, account_id)


@method("createGroup")
async def create_group(unit: Unit, params: Params) -> dict[str, Any]:
    title = params.required_text("title", "chat title must be 1 to 128 characters long")
    chat = await new_group(unit, title, is_forum=params.flag("is_forum", default=True))
    return await chat_json(unit, chat)
