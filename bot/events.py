"""Our own events, as PTB's `process_update` receives them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class InternalEvent:
    """Something that happened outside the chat: a task's result, a report, a timer."""

    kind: str
    version: int
    mailbox: str
    actor: str | None
    payload: dict[str, Any] = field(default_factory=dict)


UPDATE = "update"
DEAD = "event.dead"
SENT = "sent"
UNSENT = "unsent"
