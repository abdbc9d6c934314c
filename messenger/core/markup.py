"""Reply markups: checked as Telegram checks them, kept as the bot gave them."""

from __future__ import annotations

import re
from typing import Any

from messenger.errors import bad_request

Markup = dict[str, Any]

_CALLBACK_BYTES = 64
_MAX_BUTTONS = 100
_WEB_LINK = re.compile(r"(?:https?://|tg://|tel:|mailto:)\S+", re.IGNORECASE)
#: What a button may do besides carrying callback_data or a url; shown, but without effect here.
_OTHER_ACTIONS = (
    "web_app", "login_url", "switch_inline_query", "switch_inline_query_current_chat",
    "switch_inline_query_chosen_chat", "copy_text", "callback_game", "pay",
)  # fmt: skip


def check(markup: Any) -> Markup | None:
    """A valid markup, or None for none.

    Raises:
        ApiError: in Telegram's words, for the first fault found.
    """
    if markup is None or markup == {}:
        return None
    if not isinstance(markup, dict):
        raise bad_request("object expected as reply markup")
    if "inline_keyboard" in markup:
        rows = _rows(markup["inline_keyboard"], "inline_keyboard")
        buttons = [[_inline_button(button) for button in row] for row in rows if row]
        return {"inline_keyboard": buttons}
    if "keyboard" in markup:
        rows = _rows(markup["keyboard"], "keyboard")
        return {**markup, "keyboard": [[_button(button) for button in row] for row in rows if row]}
    if markup.get("remove_keyboard") or markup.get("force_reply"):
        return markup
    raise bad_request("can't parse reply keyboard markup JSON object")


def is_inline(markup: Markup | None) -> bool:
    """Whether it belongs to a message rather than to the chat's input."""
    return markup is not None and "inline_keyboard" in markup


def button_at(markup: Markup | None, row: int, column: int) -> Markup | None:
    """The inline button at a position."""
    rows = (markup or {}).get("inline_keyboard", [])
    if 0 <= row < len(rows) and 0 <= column < len(rows[row]):
        found: Markup = rows[row][column]
        return found
    return None


def _rows(value: Any, field: str) -> list[list[Any]]:
    if not isinstance(value, list) or not all(isinstance(row, list) for row in value):
        raise bad_request(f'field "{field}" of the reply markup must be an Array of Arrays')
    if sum(len(row) for row in value) > _MAX_BUTTONS:
        raise bad_request("reply markup is too long")
    return value


def _inline_button(button: Any) -> Markup:
    if not isinstance(button, dict) or not str(button.get("text", "")).strip():
        raise bad_request("inline keyboard button text must be non-empty")
    data, url = button.get("callback_data"), button.get("url")
    if data is not None:
        if not 1 <= len(str(data).encode()) <= _CALLBACK_BYTES:
            raise bad_request("BUTTON_DATA_INVALID")
    elif url is not None:
        if not _WEB_LINK.fullmatch(str(url)):
            raise bad_request(f"inline keyboard button URL '{url}' is invalid: Wrong HTTP URL")
    elif not any(action in button for action in _OTHER_ACTIONS):
        raise bad_request("Text buttons are unallowed in the inline keyboard")
    return button


def _button(button: Any) -> Markup:
    if isinstance(button, str):
        button = {"text": button}
    if not isinstance(button, dict) or not str(button.get("text", "")).strip():
        raise bad_request("keyboard button text must be non-empty")
    return button
