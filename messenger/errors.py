"""What goes wrong, in the two shapes that our two kinds of client read.

MessengerError
├── ApiError       to the bot: Telegram's {"ok": false, "error_code", "description"}
└── ClientError    to people: {"error": {"code", "message"}}
"""

from __future__ import annotations

from typing import Any


class MessengerError(Exception):
    """Base of the errors that a client is told."""


class ApiError(MessengerError):
    """A Bot API request failed; the texts are Telegram's, as libraries match on them."""

    def __init__(self, code: int, description: str, **parameters: Any) -> None:
        super().__init__(description)
        self.code = code
        self.description = description
        self.parameters = parameters

    def body(self) -> dict[str, Any]:
        """Telegram's error object."""
        answer: dict[str, Any] = {
            "ok": False,
            "error_code": self.code,
            "description": self.description,
        }
        if self.parameters:
            answer["parameters"] = self.parameters
        return answer


def bad_request(reason: str) -> ApiError:
    """A 400 in Telegram's wording."""
    return ApiError(400, f"Bad Request: {reason}")


class ClientError(MessengerError):
    """A person's request failed. `code` is for the page, which has the words for it."""

    def __init__(self, status: int, code: str, *, retry_after: int | None = None) -> None:
        super().__init__(code)
        self.status = status
        self.code = code
        self.retry_after = retry_after
