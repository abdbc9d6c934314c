"""What handlers may use beside the session, injected by the program or by a test."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from services.console.settings import ConsoleSettings
from services.people.settings import PeopleSettings
from services.policies import Library
from storage.clock import SystemClock


class BankDirectory(Protocol):
    """Which desks are connected."""

    @property
    def connected_banks(self) -> tuple[str, ...]: ...


@dataclass(frozen=True)
class Toolbox:
    """Settings and knowledge for conversations.

    `max_upload_bytes` is what the messenger lets a bot download; `console_url` is where browsers
    reach the console; `tick` is real time, for what must not follow a moved domain clock;
    `stale_days` is how long a check of a policy against its source holds.
    """

    people: PeopleSettings
    banks: BankDirectory
    policies: Library | None
    max_upload_bytes: int
    console: ConsoleSettings = field(default_factory=ConsoleSettings)
    console_url: str = ""
    tick: Callable[[], datetime] = SystemClock().tick
    stale_days: int = 31
