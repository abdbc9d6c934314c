"""What goes over the wire between a client and the bureau or a bank (contract v1)."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from datetime import date
from functools import cached_property
from typing import Annotated, Literal

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    Strict,
    StringConstraints,
    model_validator,
)

Region = Annotated[str, StringConstraints(pattern=r"^[1-9][0-9]{5}$")]
BankCode = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{1,31}$")]
IdNumber = Annotated[str, StringConstraints(pattern=r"^[1-9][0-9]{16}[0-9X]$")]
PaperNumber = Annotated[
    str,
    StringConstraints(pattern=r"^([1-9][0-9]{16}[0-9X]|[A-Z]{3}[0-9]{12}|[A-Z0-9]{5,9})$"),
]
"""The number of whatever paper proves a person (contract 1.1)."""
DocumentType = Literal["id_card", "temporary_id", "hmt_permit", "foreign_permit", "passport"]
Text = Annotated[str, StringConstraints(min_length=1, max_length=200)]
Url = Annotated[str, StringConstraints(max_length=500, pattern=r"^https?://[^\s/?#]+[^\s]*$")]


def _plain_date(value: object) -> object:
    """Only YYYY-MM-DD: pydantic alone would also take numbers and times for a date."""
    if isinstance(value, date):
        return value
    if isinstance(value, str) and re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value):
        return value
    raise ValueError("日期格式应为 YYYY-MM-DD")


Day = Annotated[date, Strict(False), BeforeValidator(_plain_date)]

CardStatus = Literal["normal", "making", "collectable", "lost", "sealed", "cancelled"]
Status = Literal[
    "reviewing",
    "returned",
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
ReasonCode = Literal[
    "photo_background",
    "photo_size",
    "photo_blurred",
    "photo_face",
    "id_front_unreadable",
    "id_back_unreadable",
    "id_expired",
    "name_mismatch",
    "number_mismatch",
    "address_mismatch",
    "employer_mismatch",
    "card_mismatch",
    "not_reported_lost",
    "old_account_open",
    "other",
]
Kind = Literal[
    "first", "replacement", "bank_change", "loss_report", "cancellation", "transfer", "merge"
]
Taken = Literal["first", "replacement", "bank_change", "loss_report", "cancellation"]
DocumentKind = Literal[
    "id_front",
    "id_back",
    "temporary_id",
    "hmt_front",
    "hmt_back",
    "foreign_permit",
    "passport",
    "portrait",
]


class Wire(BaseModel):
    """Strict about what it knows, and refuses what it doesn't."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class LookupQuery(Wire):
    """Who is asked about."""

    id_number: PaperNumber
    name: Text


class Employer(Wire):
    """The applicant's legal entity as the bureau knows it."""

    credit_code: Annotated[str, StringConstraints(pattern=r"^[0-9A-Z]{18}$")]
    unit_number: Text
    name: Text


class Applicant(Wire):
    """Fields of the paper and the phone. `valid_to` is a day, 长期 or null (no end). Where no
    document is asked for, name, number and phone are enough. Without `document_type` it is the
    resident identity card."""

    name: Text
    id_number: PaperNumber
    document_type: DocumentType = "id_card"
    nationality: Text | None = None
    sex: Literal["男", "女"] | None = None
    birth: Day | None = None
    ethnicity: Text | None = None
    address: Text | None = None
    authority: Text | None = None
    valid_from: Day | None = None
    valid_to: Day | Literal["长期"] | None = None
    phone: Annotated[str, StringConstraints(pattern=r"^1[3-9][0-9]{9}$")]


class WireCard(Wire):
    """The card that a matter is about; without digits the newest of that bank."""

    bank: BankCode
    last_four: Annotated[str, StringConstraints(pattern=r"^[0-9]{4}$")] | None = None


class Previous(Wire):
    """What was changed, as it was before."""

    name: Text | None = None
    id_number: IdNumber | None = None


class CardDetails(Wire):
    """Why, and which card."""

    reason: Annotated[str, StringConstraints(pattern=r"^[a-z_]{1,32}$")] | None = None
    card: WireCard | None = None
    previous: Previous | None = None


class SubmittedDocument(Wire):
    """One picture: base64 content with its SHA-256 in hex."""

    kind: DocumentKind
    media_type: Literal["image/jpeg", "image/png"]
    sha256: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
    content: Annotated[str, StringConstraints(min_length=4)]

    @cached_property
    def data(self) -> bytes:
        """The decoded content."""
        return base64.b64decode(self.content, validate=True)

    @model_validator(mode="after")
    def _content_is_whole(self) -> SubmittedDocument:
        try:
            digest = hashlib.sha256(self.data).hexdigest()
        except (binascii.Error, ValueError):
            raise ValueError("content 不是合法的 base64") from None
        if digest != self.sha256:
            raise ValueError("sha256 与内容不符")
        return self


class Submission(Wire):
    """POST /v1/applications: a new application, or a mended one after a return (revision 2..)."""

    number: Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z-]{4,40}$")]
    kind: Taken
    region: Region
    bank: BankCode
    callback_url: Url | None = None
    employer: Employer
    applicant: Applicant
    details: CardDetails | None = None
    documents: Annotated[list[SubmittedDocument], Field(max_length=3)]
    revision: Annotated[int, Field(ge=1, le=1000)]

    @property
    def province(self) -> str:
        """Six digits of the province: cards are one per person and province."""
        return province_of(self.region)

    def document(self, kind: DocumentKind) -> bytes | None:
        """The content of one document, when it was sent."""
        return next((each.data for each in self.documents if each.kind == kind), None)


class Reason(Wire):
    """Why an application was returned, and which field to mend."""

    code: ReasonCode
    field: str | None = None
    message: str


class Card(Wire):
    """A card as seeded or listed by the test API; the wire's CardRecord is a part of it."""

    id_number: PaperNumber
    name: Text
    region: Region
    bank: BankCode
    last_four: Annotated[str, StringConstraints(pattern=r"^[0-9]{4}$")]
    status: CardStatus = "normal"
    valid_until: Day | None = None
    social: Literal["enabled", "not_enabled"] = "enabled"
    financial: Literal["active", "inactive"] = "active"
    issued_on: Day | None = None
    registered: bool = True
    at_bank: bool = True


CARD_RECORD = (
    "province",
    "region",
    "bank",
    "last_four",
    "status",
    "valid_until",
    "social",
    "financial",
    "issued_on",
)


def province_of(region: str) -> str:
    """GB/T 2260: the first two digits name the province."""
    return region[:2] + "0000"
