"""What can go wrong with a connector. Texts name the connector, never a person."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from services.gateways.contract import CardRecord, OpenApplication

_UNSAFE = re.compile(r"[^A-Za-z0-9_.\[\]-]")


def plain_code(text: str | None, limit: int = 64) -> str | None:
    """A code or field name as it may stand in a log: a stranger's free text does not pass."""
    if text is None:
        return None
    return _UNSAFE.sub("", text)[:limit] or None


class GatewayError(Exception):
    """Base of all. `source` is `bureau` or a bank's code."""

    def __init__(self, source: str, text: str) -> None:
        super().__init__(f"{source}: {text}")
        self.source = source


class Unavailable(GatewayError):
    """No usable answer now: down, too slow, overloaded, or the breaker is open. Try later.

    Args:
        retry_after: seconds that the other side asked for, if it did.
    """

    def __init__(self, source: str, text: str, retry_after: float | None = None) -> None:
        super().__init__(source, text)
        self.retry_after = retry_after


class Rejected(GatewayError):
    """The other side understood and refused; the same request will be refused again."""

    def __init__(self, source: str, code: str, field: str | None = None) -> None:
        self.code = plain_code(code) or "invalid"
        self.field = plain_code(field)
        super().__init__(source, f"rejected ({self.code}, field {self.field})")


class Duplicate(GatewayError):
    """The bureau found a card or an application of the person; nothing was submitted."""

    def __init__(
        self,
        source: str,
        code: str,
        cards: tuple[CardRecord, ...],
        open_applications: tuple[OpenApplication, ...] = (),
    ) -> None:
        self.code = plain_code(code) or "duplicate"
        super().__init__(source, self.code)
        self.cards = cards
        self.open_applications = open_applications


class Misbehaved(GatewayError):
    """The answer does not keep the contract; `what` says where, without its content."""

    def __init__(self, source: str, what: str) -> None:
        super().__init__(source, f"broke the contract ({what})")
        self.what = what


class NoConnector(GatewayError):
    """There is no interface: the evidence road, or a person, takes over."""

    def __init__(self, source: str) -> None:
        super().__init__(source, "no connector")


class CallbackError(GatewayError):
    """A callback that is not the bureau's, or too old, or malformed. `code` says which."""

    def __init__(self, code: str) -> None:
        super().__init__("callback", code)
        self.code = code


class ByFile(NoConnector):
    """The desk takes applications in files (`services.batches`): they wait for the next one."""
