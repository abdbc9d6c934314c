"""Cases as the rest of the program sees them: frozen, and silent in a traceback."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from storage.models import CaseStatus, Delivery, Priority, SlaClock, SlaState, WaitingFor


@dataclass(frozen=True)
class MessageView:
    """One message of a case. `author`: employee, officer, bot; `internal`: a note of HR's own."""

    id: int
    author: str
    author_id: int | None
    internal: bool
    text: str | None = field(repr=False)
    rules: tuple[str, ...]
    file_id: int | None
    media: str | None
    file_name: str | None = field(repr=False)
    album: str | None
    at: datetime
    edited_at: datetime | None
    deleted_at: datetime | None
    delivery: Delivery


@dataclass(frozen=True)
class WaitView:
    """A time in which the case waited for somebody else."""

    waiting_for: WaitingFor
    since: datetime
    until: datetime | None


@dataclass(frozen=True)
class AssignmentView:
    """Whose it was. `how`: offered, taken, handed, away, left or manager."""

    officer_id: int
    officer_name: str = field(repr=False)
    by_id: int | None
    how: str
    at: datetime
    ended_at: datetime | None


@dataclass(frozen=True)
class ClockView:
    """One clock: what was promised, when it is due, and whether it has been missed."""

    clock: SlaClock
    minutes: int
    due_at: datetime | None
    breached: bool


@dataclass(frozen=True)
class SlaView:
    """What is promised for a case. Counted business time waiting for each is in `waited`."""

    policy: str
    state: SlaState
    clocks: tuple[ClockView, ...]
    waited: dict[WaitingFor, timedelta]


@dataclass(frozen=True)
class CaseView:
    """One case with what was written in it, oldest first.

    Args:
        application_region: where its application is made, which need not be the person's own place.
    """

    id: int
    number: str
    person_id: int
    employer_id: int
    application_id: int | None
    application_number: str | None
    application_region: str | None
    kind: str
    matter: str
    region_code: str
    language: str
    priority: Priority
    status: CaseStatus
    waiting_for: WaitingFor
    live: bool
    assignee_id: int | None
    offered_to_id: int | None
    escalated_at: datetime | None
    group_mailbox: str | None
    message_id: int | None
    opened_at: datetime
    taken_at: datetime | None
    first_reply_at: datetime | None
    last_message_at: datetime | None
    due_at: datetime | None
    resolved_at: datetime | None
    resolution: str | None
    reopened: int
    messages: tuple[MessageView, ...]

    @property
    def is_over(self) -> bool:
        """Whether it is resolved."""
        return self.status is CaseStatus.RESOLVED


@dataclass(frozen=True)
class Taken:
    """Whether this officer has the case now; `case.assignee_id` says who has it."""

    won: bool
    case: CaseView


@dataclass(frozen=True)
class Written:
    """What came of an employee's words. `opened`: a resolved case is open again, or a new one is.

    Not `opened` and the case is over: the words closed it politely.
    """

    case: CaseView
    message_id: int
    opened: bool = False


@dataclass(frozen=True)
class HistoryEntry:
    """One line of a case's whole history. `kind`: message, wait, assignment, sla or audit."""

    at: datetime
    kind: str
    what: str
    actor_id: int | None = None
    actor_name: str | None = field(default=None, repr=False)
    message: MessageView | None = None
    until: datetime | None = None


@dataclass(frozen=True)
class CaseDetail:
    """Everything about a case, for a page."""

    case: CaseView
    employee_name: str = field(repr=False)
    employee_number: str
    assignee_name: str | None = field(repr=False)
    offered_to_name: str | None = field(repr=False)
    sla: SlaView | None
    waits: tuple[WaitView, ...]
    assignments: tuple[AssignmentView, ...]
    history: tuple[HistoryEntry, ...]


@dataclass(frozen=True)
class CaseLine:
    """One line of the queue, without what was written."""

    id: int
    number: str
    kind: str
    matter: str
    priority: Priority
    status: CaseStatus
    waiting_for: WaitingFor
    region_code: str
    language: str
    person_id: int
    employee_name: str = field(repr=False)
    employee_number: str
    assignee_id: int | None
    assignee_name: str | None = field(repr=False)
    application_id: int | None
    opened_at: datetime
    last_message_at: datetime | None
    due_at: datetime | None
    overdue: bool
    resolved_at: datetime | None
    resolution: str | None


@dataclass(frozen=True)
class Page:
    """A page of the queue. `total` counts all that fit."""

    lines: tuple[CaseLine, ...]
    total: int
    offset: int
    size: int

    @property
    def has_more(self) -> bool:
        """Whether another page follows."""
        return self.offset + len(self.lines) < self.total


@dataclass(frozen=True)
class Counts:
    """How many cases stand how, within a scope."""

    open: int
    pending: int
    waiting: dict[WaitingFor, int]
    mine: int
    overdue: int


@dataclass(frozen=True)
class Promise:
    """What an employee is told on opening: their place, the hours, and by when."""

    place: int
    open_now: bool
    opens_at: datetime
    answer_by: datetime | None
    minutes: int | None
