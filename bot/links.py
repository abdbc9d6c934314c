"""Links that open the chat with somebody's own invitation."""

from __future__ import annotations

from telegram import Bot

from bot.settings import Settings


async def invitation_link(
    settings: Settings, bot: Bot, code: str, display_name: str, phone: str | None, **more: object
) -> str:
    """Where a person opens the chat with their code. Asks the embedded messenger for its own."""
    if settings.messenger == "telegram":
        return f"https://t.me/{settings.bot_username}?start={code}"
    wanted: dict[str, object] = {
        "start_parameter": code,
        "display_name": display_name,
        "expires_in": settings.people.invitation_days * 86400,
        **more,
    }
    if phone:
        wanted["phone_number"] = phone
    answer = await bot.do_api_request("createInviteLink", api_kwargs=wanted)
    link: str = answer["link"]
    return link
