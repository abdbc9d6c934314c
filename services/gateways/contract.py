"""Contract v1 as the client reads it: strict in what it needs, blind to what it does not know."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import (
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    SerializerFunctionWrapHandler,
    StringConstraints,
    field_validator,
    model_serializer,
)

Region = Annotated[str, StringConstraints(pattern=r"^[1-9][0-9]{5}$")]
BankCode = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,15}$")]
LastFour = Annotated[str, StringConstraints(pattern=r"^[0-9]{4}$")]
Reference = Annotated[
    str, StringConstraints(min_length=1, max_length=64, pattern=r"^[\x21-\x7e]+$")
]
Month = Annotated[str, StringConstraints(pattern=r"^[0-9]{4}-(0[1-9]|1[0-2])$")]
Short = Annotated[str, StringConstraints(max_length=64)]
Text = Annotated[str, StringConstraints(max_length=500)]

CardState = Literal["normal", "making", "collectable", "lost", "sealed", "cancelled"]
State = Literal[
    "reviewing",
    "returned",
    "origin_asked",
    "origin_sent",
    "making",
    "collectable",
    "collected",
    "social_enabled",
    "financial_activated",
    "reported",
    "lapsed",
    "done",
    "sealed",
    "withdrawn",
]
Kind = Literal[
    "first", "replacement", "bank_change", "loss_report", "cancellation", "transfer", "merge"
]


class _Wire(BaseModel):
    """Unknown fields are dropped, so that a newer bureau does not stop an older bot."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class CardRecord(_Wire):
    """A card as a registry or a bank lists it."""

    province: Region
    region: Region
    bank: BankCode
    last_four: LastFour
    status: CardState
    valid_until: date | None = None
    social: Literal["enabled", "not_enabled"]
    financial: Literal["active", "inactive"]
    issued_on: date | None = None


class OpenApplication(_Wire):
    """An application under way at the bureau, from whomever."""

    reference: Reference
    region: Region
    bank: BankCode
    kind: Short
    status: Short


class RegistryAnswer(_Wire):
    """POST /v1/registry/lookup"""

    as_of: AwareDatetime
    cards: Annotated[tuple[CardRecord, ...], Field(max_length=200)]
    open_applications: Annotated[tuple[OpenApplication, ...], Field(max_length=200)]


class BankAnswer(_Wire):
    """POST /v1/cards/lookup"""

    as_of: AwareDatetime
    cards: Annotated[tuple[CardRecord, ...], Field(max_length=200)]


class Receipt(_Wire):
    """The bureau has taken the application (or its mended revision).

    A loss report works at once: its state is `reported`, `due` the day on which it lapses.
    """

    reference: Reference
    status: Literal["reviewing", "reported"]
    received_at: AwareDatetime
    due: date | None = None


class Reason(_Wire):
    """Why an application was returned. A code that we do not know is treated as `other`."""

    code: Short
    field: Short | None = None
    message: Text = ""


class HistoryEntry(_Wire):
    """One state of an application; `sequence` counts from 1 without gaps."""

    sequence: Annotated[int, Field(ge=0, le=1_000_000)]
    status: State
    at: AwareDatetime
    reason: Reason | None = None
    due: date | None = None
    place: Text | None = None


class StateAnswer(_Wire):
    """GET /v1/applications/{reference}: the whole history."""

    reference: Reference
    number: Short
    status: State
    sequence: Annotated[int, Field(ge=0, le=1_000_000)]
    history: Annotated[tuple[HistoryEntry, ...], Field(max_length=1000)]

    @field_validator("history")
    @classmethod
    def _in_order(cls, history: tuple[HistoryEntry, ...]) -> tuple[HistoryEntry, ...]:
        return tuple(sorted(history, key=lambda entry: entry.sequence))


class StateReport(HistoryEntry):
    """One state as a callback brings it."""

    delivery: Short
    reference: Reference
    number: Short


class ErrorBody(_Wire):
    """What stands in `error`; the message may quote a person and is never kept."""

    code: Short = "error"
    field: Short | None = None


class ErrorAnswer(_Wire):
    """An answer with a 4xx or 5xx status."""

    error: ErrorBody = ErrorBody()
    cards: tuple[CardRecord, ...] = ()
    open_applications: tuple[OpenApplication, ...] = ()


class Employer(_Wire):
    """The applicant's legal entity as the bureau knows it."""

    credit_code: str
    unit_number: str
    name: str


DocumentType = Literal["id_card", "temporary_id", "hmt_permit", "foreign_permit", "passport"]


class Applicant(_Wire):
    """Fields of the paper as the person confirmed them, and the phone.

    An ID card has them all; another paper says which it is, and has what is printed on it.
    `nationality`: as printed, or ISO 3166-1 alpha-3. Both new fields are left out for an ID card:
    a bureau of contract 1.0 sees what it always saw.
    """

    name: str
    id_number: str
    sex: Literal["男", "女"]
    birth: str
    ethnicity: str | None = None
    address: str | None = None
    authority: str | None = None
    valid_from: str | None = None
    valid_to: str
    phone: str
    document_type: DocumentType | None = None
    nationality: str | None = None

    @model_serializer(mode="wrap")
    def _as_contract_one(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        written: dict[str, Any] = handler(self)
        new = ("document_type", "nationality")
        return {k: v for k, v in written.items() if v is not None or k not in new}

    def __repr__(self) -> str:
        return "Applicant(…)"

    __str__ = __repr__


class Identity(_Wire):
    """Who it is about, where no papers are asked for."""

    name: str
    id_number: str
    phone: str

    def __repr__(self) -> str:
        return "Identity(…)"

    __str__ = __repr__


class WireCard(_Wire):
    """The card that a matter is about."""

    bank: str
    last_four: str | None = Field(default=None, repr=False)


class SubmissionDetails(_Wire):
    """What a matter says besides applicant and papers.

    Args:
        reason: why a card is replaced, changed or cancelled; the form of a loss report.
        previous: fields of the ID card as they were before a change.
    """

    reason: str | None = None
    card: WireCard | None = None
    previous: dict[str, str] | None = Field(default=None, repr=False)


class SubmittedDocument(_Wire):
    """One picture, base64, with its SHA-256 in hex."""

    kind: str
    media_type: str
    sha256: str
    content: str = Field(repr=False)


class SubmissionBody(_Wire):
    """POST /v1/applications"""

    number: str
    kind: Kind
    region: str
    bank: str
    callback_url: str | None
    employer: Employer
    applicant: Applicant | Identity
    details: SubmissionDetails | None = None
    documents: tuple[SubmittedDocument, ...]
    revision: int


class Mover(_Wire):
    """Whose relation is moved; `status` is employed or unemployed (人员状态)."""

    name: str
    id_number: str
    phone: str
    status: Literal["employed", "unemployed"]
    household: str | None = None

    def __repr__(self) -> str:
        return "Mover(…)"

    __str__ = __repr__


class MoverEmployer(_Wire):
    """Where the person works now; `unit_number` at the destination, where there is one."""

    credit_code: str
    unit_number: str | None
    name: str


class TransferBody(_Wire):
    """POST /v1/transfers: one insurance relation, asked of the destination. Months are YYYY-MM."""

    number: str
    insurance: Literal["pension", "medical", "unemployment"]
    origin: str
    destination: str
    last_month: str | None = None
    first_month: str | None = None
    callback_url: str | None
    employer: MoverEmployer
    applicant: Mover
    revision: int


class AccountRecord(_Wire):
    """An insurance relation as an agency keeps it; `arrears` are months owed."""

    insurance: Short
    region: Region
    status: Literal["paying", "stopped", "drawing", "moved"]
    first_month: Month
    last_month: Month
    arrears: Annotated[int, Field(ge=0)] = 0


class AccountsAnswer(_Wire):
    """POST /v1/accounts/lookup"""

    as_of: AwareDatetime
    accounts: Annotated[tuple[AccountRecord, ...], Field(max_length=500)]


def utc_text(moment: datetime) -> str:
    """RFC 3339 of an aware moment."""
    return moment.isoformat().replace("+00:00", "Z")
