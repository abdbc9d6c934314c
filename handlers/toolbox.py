"""What handlers may use beside the session, injected by the program or by a test."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from knowledge.ask import Answerer
from services.people.settings import PeopleSettings


class BankDirectory(Protocol):
    """Which desks are connected."""

    @property
    def connected_banks(self) -> tuple[str, ...]: ...


@dataclass(frozen=True)
class Toolbox:
    """Settings and knowledge for conversations.

    `max_upload_bytes` is what the messenger lets a bot download.
    """

    people: PeopleSettings
    banks: BankDirectory
    answerer: Answerer | None
    max_upload_bytes: int
