"""What the verbs give back: frozen values. Personal parts are kept out of `repr`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field as part
from datetime import date, datetime
from typing import Any, Literal

from services.cards.views import CardKey, FoundCard
from services.documents.findings import Finding
from storage.models import (
    CLOSED,
    ApplicationKind,
    ApplicationStatus,
    DocumentStatus,
    Evidence,
)


@dataclass(frozen=True)
class DocumentView:
    """One document of an application. `doubts` are fields that the machine was not sure of."""

    id: int
    application_id: int
    kind: str
    status: DocumentStatus
    fields: Mapping[str, str] = part(repr=False)
    doubts: tuple[str, ...]
    findings: tuple[Mapping[str, Any], ...]
    corrected: Mapping[str, Mapping[str, str]] = part(repr=False)
    file_id: int | None
    mended_id: int | None
    mended: bool


@dataclass(frozen=True)
class ApplicationView:
    """One application.

    Args:
        reason: why a card is replaced or cancelled, the form of a loss report, or which insurance.
        identity: the paper that proves who applies; see `knowledge.identities.papers`.
        origin_code: from where an insurance is moved.
        card: the card that it is about.
        lacks: what the person still has to say; see `Matter.lacks`.
        missing: kinds of document still to send.
        unconfirmed: sent, not yet confirmed.
        agent_id: the officer who does it for the person.
    """

    id: int
    number: str
    kind: ApplicationKind
    lane: str
    reason: str | None
    origin_code: str | None
    identity: str
    card: CardKey | None
    person_id: int
    employer_id: int
    agent_id: int | None
    region_code: str
    province_code: str
    bank_code: str | None
    status: ApplicationStatus
    revision: int
    reference: str | None
    stop_reason: str | None
    checked_at: datetime | None
    created_at: datetime
    submitted_at: datetime | None
    updated_at: datetime
    closed_at: datetime | None
    due: date | None
    place: str | None = part(repr=False)
    social_enabled_at: datetime | None
    financial_activated_at: datetime | None
    overridden: bool
    documents: tuple[DocumentView, ...]
    lacks: tuple[str, ...]
    missing: tuple[str, ...]
    unconfirmed: tuple[str, ...]

    @property
    def open(self) -> bool:
        """Whether it can still come to a card."""
        return self.status not in CLOSED

    def document(self, kind: str) -> DocumentView | None:
        """The current document of a kind."""
        return next((each for each in self.documents if each.kind == kind), None)


@dataclass(frozen=True)
class BankChoice:
    """A bank that may be chosen."""

    code: str
    name: str


@dataclass(frozen=True)
class FoundApplication:
    """An application under way that a registry told us of."""

    region_code: str
    bank_code: str
    kind: str
    status: str
    reference: str
    source: str


Outcome = Literal["stop", "warn", "clear", "wait", "evidence", "report"]
"""`report`: the card must be reported lost first."""

StopReason = Literal[
    "card_same_province",
    "open_application",
    "no_card",
    "card_under_way",
    "card_state",
    "same_bank",
    "too_early",
]
Way = Literal["use_card", "replace", "change_bank"]


@dataclass(frozen=True)
class Decision:
    """What a duplicate check came to.

    Args:
        attempt: how many rounds in a row an interface has been down, from 1.
        cards: what blocks (stop), or what is to be explained (warn).
        waiting_for: `bureau` or bank codes that gave no usable answer.
        evidence: the grade of the best proof behind it.
        reason, until: why it stopped, and from which day it may be asked for again.
    """

    outcome: Outcome
    round: int
    attempt: int
    cards: tuple[FoundCard, ...]
    open_applications: tuple[FoundApplication, ...]
    ways: tuple[Way, ...]
    waiting_for: tuple[str, ...]
    not_before: datetime | None
    escalate: bool
    evidence: Evidence | None
    as_of: datetime | None
    overridden: bool
    reason: StopReason | None
    until: date | None
    application: ApplicationView


@dataclass(frozen=True)
class EvidenceState:
    """What the evidence road still needs before an officer is asked."""

    needs: tuple[Literal["screenshot", "declaration"], ...]
    ready: bool
    application: ApplicationView


Step = Literal["report", "card", "again", "move"]


@dataclass(frozen=True)
class Mending:
    """What a returned application needs: pictures again, a field corrected, a step of its own
    (the card reported lost, the card named, or something done elsewhere first), or HR."""

    kinds: tuple[str, ...]
    field: str | None
    code: str
    message: str = part(repr=False)
    who: Literal["employee", "officer"]
    step: Step | None = None


@dataclass(frozen=True)
class Change:
    """One state of an application as it is told."""

    event_id: int
    application_id: int
    number: str
    kind: ApplicationKind
    reason_code: str | None
    status: str
    at: datetime
    source: str
    reason: Mapping[str, Any] | None = part(repr=False)
    due: date | None
    place: str | None = part(repr=False)
    application_status: ApplicationStatus
    finished: bool
    mending: Mending | None


Declined = Literal["complete", "other_person", "window", "no_rule", "chinese_passport"]
"""Why a paper that proves a person is not taken: another one is there already, the roster's number
is another kind of person's, the region serves such people at the counter, or no rule names it."""


@dataclass(frozen=True)
class ReadingOutcome:
    """What became of one upload.

    Args:
        documents: offered (or already confirmed) documents.
        refused: what cannot be used, with its findings.
        unwanted: kinds of papers that nobody asked for, such as a relative's hukou page: their
            fields and pictures are not kept.
        declined: why those of them that prove a person are not taken.
        ignored: the application no longer takes documents, or a newer upload came first.
        failures: refused tries of that kind in a row; `escalate` when a person should help.
    """

    documents: tuple[DocumentView, ...]
    refused: tuple[DocumentView, ...]
    unwanted: tuple[str, ...]
    declined: Mapping[str, Declined]
    ignored: bool
    failures: int
    escalate: bool
    missing: tuple[str, ...]


@dataclass(frozen=True)
class Summary:
    """What the person confirms before it is submitted."""

    application: ApplicationView
    applicant: Mapping[str, str] = part(repr=False)
    employer: Mapping[str, str]
    typed: tuple[str, ...]


@dataclass(frozen=True)
class SubmitOutcome:
    """`queued`: on its way; `already`: it was. The rest says what is still needed."""

    outcome: Literal["queued", "already", "missing", "consent", "check", "faults", "mend", "closed"]
    missing: tuple[str, ...]
    findings: tuple[Finding, ...]
    application: ApplicationView


@dataclass(frozen=True)
class Submission:
    """What the bureau did with a submission. `news` is False when it was told before; `by_file`: it
    goes with the next batch, `manual`: an officer hands it in."""

    outcome: Literal[
        "received", "duplicate", "unavailable", "rejected", "manual", "by_file", "ignored"
    ]
    news: bool
    decision: Decision | None
    mending: Mending | None
    not_before: datetime | None
    escalate: bool
    application: ApplicationView


@dataclass(frozen=True)
class Withdrawal:
    """`done`: closed now; `asked`: the bureau is asked; `busy`: on its way there, try later.

    Args:
        attempt: how often the bureau has been asked, from 1.
        by_hand: it was filed by hand, and is to be taken back so.
    """

    outcome: Literal["done", "asked", "too_late", "busy"]
    application: ApplicationView
    attempt: int = 1
    by_hand: bool = False


@dataclass(frozen=True)
class Reminder:
    """A reminder that still holds."""

    reminder: str
    application: ApplicationView
    due: date | None
    place: str | None = part(repr=False)
    missing: tuple[str, ...]


@dataclass(frozen=True)
class ProgressView:
    """One line of 查进度: where it stands, since when, what comes next and by when."""

    application_id: int
    number: str
    kind: ApplicationKind
    reason_code: str | None
    origin_code: str | None
    region_code: str
    bank_code: str | None
    status: ApplicationStatus
    since: datetime
    source: str
    next: str
    by: date | None
    by_provisional: bool
    due: date | None
    place: str | None = part(repr=False)
    reason: Mapping[str, Any] | None = part(repr=False)
    missing: tuple[str, ...]
    social_enabled: bool
    financial_active: bool
    mending: Mending | None
