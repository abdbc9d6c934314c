"""转移: one insurance relation from its place to another, at the agency that keeps it."""

from __future__ import annotations

from datetime import date, datetime

from knowledge import transfers
from knowledge.workdays import Deadline
from services.applications.matters.base import Matter, details_of, put_details
from services.gateways.contract import Employer, Mover, MoverEmployer, TransferBody
from storage.clock import local_date
from storage.models import Application, ApplicationKind, ApplicationStatus

MOVES = frozenset({ApplicationKind.TRANSFER, ApplicationKind.MERGE})
"""Kinds that ask an agency to move a relation."""
UNDER_WAY = frozenset(
    {
        ApplicationStatus.REVIEWING,
        ApplicationStatus.ORIGIN_ASKED,
        ApplicationStatus.ORIGIN_SENT,
    }
)
"""States in which the rule's clock runs."""


def asked_on(row: Application) -> date | None:
    """The day from which the rule's clock runs: a mended request starts it anew."""
    told = details_of(row).get("asked_on")
    if told is not None:
        return date.fromisoformat(told)
    return None if row.submitted_at is None else local_date(row.submitted_at)


class Transfer(Matter):
    """`reason` is the insurance, the region the destination, `details["origin"]` the origin."""

    kind = ApplicationKind.TRANSFER

    def lane(self, reason: str | None) -> str:
        return reason or self.spec.lane

    def agency(self, row: Application) -> str:
        return transfers.insurances()[row.reason or ""].agency

    def lacks(self, row: Application) -> tuple[str, ...]:
        return () if details_of(row).get("origin") else ("origin",)

    def deadline(self, row: Application) -> Deadline | None:
        asked = asked_on(row)
        if asked is None or row.status not in UNDER_WAY:
            return None
        return transfers.deadline(row.reason or "", row.region_code, asked)

    def taken(self, row: Application, at: datetime) -> None:
        put_details(row, asked_on=local_date(at).isoformat())

    def body(self, row: Application, employer: Employer, revision: int) -> TransferBody:
        details = details_of(row)
        return TransferBody(
            number=row.number,
            insurance=row.reason,
            origin=details["origin"],
            destination=row.region_code,
            last_month=details.get("last_month"),
            first_month=details.get("first_month"),
            callback_url=None,
            employer=MoverEmployer(
                credit_code=employer.credit_code,
                unit_number=employer.unit_number or None,
                name=employer.name,
            ),
            applicant=Mover.model_validate(
                {**row.applicant, "status": "employed", "household": details.get("household")}
            ),
            revision=revision,
        )
