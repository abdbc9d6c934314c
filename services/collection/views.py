"""What the verbs give back: frozen values. Names are masked; codes stay out of `repr`."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal

from storage.models import ApplicationStatus

Received = Literal[
    "received",
    "already",
    "repeated",
    "collected",
    "given_back",
    "not_submitted",
    "closed",
    "no_card",
    "unknown",
    "invalid",
]
"""What came of one number of a list. `repeated`: it stood in the list before; `unknown`: there is
none, or it is somebody else's to receive."""

Handed = Literal["handed", "already", "not_here", "given_back", "back_ended", "sealed", "no_proxy"]
"""`back_ended`: given back, of an application that had ended before, which its owner knows."""
Found = Literal["found", "wrong_code", "too_many"]
Way = Literal["code", "press", "paper", "proxy"]
"""How it was signed: the owner told the officer the code, pressed in their own chat, or signed on
paper; or the proxy signed whom the owner had named."""


@dataclass(frozen=True)
class HeldCard:
    """One card that came to HR.

    Args:
        name: masked.
        due: the last day to collect it before it is sealed; None where nobody named one.
        bound: whether its owner has a chat; others must be told another way.
        left: its owner has left the company; the card is theirs all the same.
    """

    application_id: int
    application: str
    person_id: int
    person: str
    name: str = field(repr=False)
    employer_id: int
    region_code: str
    bank_code: str | None
    status: ApplicationStatus
    place: str = field(repr=False)
    code: str | None = field(repr=False)
    due: date | None
    bound: bool
    left: bool
    received_at: datetime
    received_by: str
    asked_at: datetime | None
    handed_at: datetime | None
    handed_by: str | None
    signed_by: str | None
    returned_at: datetime | None

    @property
    def open(self) -> bool:
        """Whether it still lies with HR."""
        return self.handed_at is None and self.returned_at is None

    def days_left(self, today: date) -> int | None:
        """Calendar days until it is sealed; negative when the day has passed."""
        return None if self.due is None else (self.due - today).days


@dataclass(frozen=True)
class Receipt:
    """One number of a list and what came of it; `card` where there is one."""

    number: str
    outcome: Received
    card: HeldCard | None = None


@dataclass(frozen=True)
class Handing:
    """What came of handing one out."""

    outcome: Handed
    card: HeldCard | None = None


@dataclass(frozen=True)
class CodeSearch:
    """Whose card a code is for. `too_many`: so many wrong ones that codes wait for an hour."""

    outcome: Found
    card: HeldCard | None = None
