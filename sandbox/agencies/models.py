"""What goes over the wire between a client and an agency's transfer window (contract v1)."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from pydantic import Field, StringConstraints

from sandbox.bureau.models import IdNumber, Region, Text, Url, Wire

Insurance = Literal["pension", "medical", "unemployment"]
Month = Annotated[str, StringConstraints(pattern=r"^[0-9]{4}-(0[1-9]|1[0-2])$")]
TransferStatus = Literal[
    "reviewing", "origin_asked", "origin_sent", "returned", "done", "withdrawn"
]
TransferReason = Literal[
    "still_paying",
    "arrears",
    "already_drawing",
    "temporary_account",
    "not_enrolled",
    "wrong_origin",
    "wrong_status",
    "name_mismatch",
    "number_mismatch",
    "other",
]
AccountStatus = Literal["paying", "stopped", "drawing", "moved"]
AGENCIES: Final[dict[str, tuple[Insurance, ...]]] = {
    "hrss": ("pension", "unemployment"),
    "nhsa": ("medical",),
}
"""Which window takes which insurance."""


class TransferApplicant(Wire):
    """Whose relation is to be moved. `household`: the province of the household register, where
    it is known."""

    name: Text
    id_number: IdNumber
    phone: Annotated[str, StringConstraints(pattern=r"^1[3-9][0-9]{9}$")]
    status: Literal["employed", "unemployed"]
    household: Region | None = None


class TransferEmployer(Wire):
    """Where the person works now; the number at the destination, where there is one."""

    credit_code: Annotated[str, StringConstraints(pattern=r"^[0-9A-Z]{18}$")]
    unit_number: Text | None = None
    name: Text


class TransferRequest(Wire):
    """POST /v1/transfers: a new request, or a mended one after a return (revision 2..)."""

    number: Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z-]{4,40}$")]
    insurance: Insurance
    origin: Region
    destination: Region
    last_month: Month | None = None
    first_month: Month | None = None
    callback_url: Url | None = None
    employer: TransferEmployer
    applicant: TransferApplicant
    revision: Annotated[int, Field(ge=1, le=1000)]


class AccountsQuery(Wire):
    """POST /v1/accounts/lookup."""

    id_number: IdNumber
    name: Text


class TransferFault(Wire):
    """Why a request was returned, and which field to mend."""

    code: TransferReason
    field: str | None = None
    message: str


class Account(Wire):
    """An insurance relation as it is seeded, paid from `first_month` to `last_month`."""

    id_number: IdNumber
    name: Text
    insurance: Insurance
    region: Region
    status: AccountStatus = "stopped"
    arrears: Annotated[int, Field(ge=0)] = 0
    first_month: Month = "2020-01"
    last_month: Month = "2026-10"
