"""What every kind of application can be asked. The defaults suit one that touches no card."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlmodel.ext.asyncio.session import AsyncSession

from knowledge import identities, matters
from knowledge.workdays import Deadline
from services.applications.answers import Answer
from services.applications.decisions import Verdict
from services.cards import CardKey, FoundCard
from services.gateways.contract import (
    Applicant,
    Employer,
    Identity,
    SubmissionBody,
    SubmissionDetails,
    TransferBody,
)
from storage.models import Application, ApplicationKind, Evidence


@dataclass(frozen=True)
class Facts:
    """What a verdict may rest on besides the answers.

    Args:
        known: valid cards of the province on our own record, shown where nobody can be asked.
        today: the day in China.
    """

    known: Sequence[FoundCard]
    today: date


class Matter:
    """One kind of application."""

    kind: ApplicationKind

    @property
    def spec(self) -> matters.Kind:
        """The part of the kind that is data."""
        return matters.kinds()[self.kind.value]

    def key(self, row: Application) -> CardKey | None:
        """The existing card that the application is about."""
        card = details_of(row).get("card")
        if not card:
            return None
        return CardKey(row.province_code, card["bank"], card.get("last_four"))

    def reason(self, row: Application) -> matters.Reason | None:
        """The data of the application's reason."""
        return self.spec.reasons.get(row.reason or "")

    def papers(self, row: Application) -> tuple[str, ...]:
        """Documents that the submission needs; another paper than the ID card takes its place."""
        usual = identities.papers()[identities.ID_CARD].kinds
        own = identities.papers()[paper_of(row)].kinds
        wanted = self.spec.papers_for(row.reason)
        first = next((each for each in wanted if each in usual), None)
        found: list[str] = []
        for each in wanted:
            found += (own if each == first else ()) if each in usual else (each,)
        return tuple(found)

    def lacks(self, row: Application) -> tuple[str, ...]:
        """What the person still has to say, besides papers, in the order of asking: `reason`,
        `card`, `previous`, `consequences`, `bank`."""
        found = []
        if self.spec.reasons and row.reason not in self.spec.reasons:
            found.append("reason")
        if self.spec.expects == "one" and not details_of(row).get("card"):
            found.append("card")
        reason = self.reason(row)
        if reason and reason.previous and not details_of(row).get("previous"):
            found.append("previous")
        if self.spec.confirm_twice and not details_of(row).get("accepted"):
            found.append("consequences")
        if self.spec.bank == "choose" and row.bank_code is None:
            found.append("bank")
        return tuple(found)

    def decide(self, row: Application, answers: Sequence[Answer], facts: Facts) -> Verdict:
        """What the answers of bureau and banks come to."""
        raise NotImplementedError

    def lane(self, reason: str | None) -> str:
        """Matters of one lane exclude each other in a province."""
        return self.spec.lane

    def agency(self, row: Application) -> str | None:
        """The agency whose window it is for; None is the bureau's card desk."""
        return None

    def deadline(self, row: Application) -> Deadline | None:
        """By when the rules want it done, where it has a clock of its own."""
        return None

    def taken(self, row: Application, at: datetime) -> None:
        """The desk has it, or has it again after a return, since ``at`` (UTC)."""

    def body(
        self, row: Application, employer: Employer, revision: int
    ) -> SubmissionBody | TransferBody:
        """What is handed in; its pictures and the callback's address come later."""
        who = Applicant if self.papers(row) else Identity
        return SubmissionBody(
            number=row.number,
            kind=row.kind.value,
            region=row.region_code,
            bank=row.bank_code or "",
            callback_url=None,
            employer=employer,
            applicant=who.model_validate(row.applicant),
            details=self.wire(row),
            documents=(),
            revision=revision,
        )

    def wire(self, row: Application) -> SubmissionDetails | None:
        """What the submission says besides applicant and papers."""
        return None

    async def entered(
        self,
        session: AsyncSession,
        row: Application,
        state: str,
        at: datetime,
        *,
        evidence: Evidence = Evidence.CONNECTOR,
    ) -> bool:
        """The effect of a bureau's state outside the application; False when a person must look."""
        return True


def details_of(row: Application) -> dict[str, Any]:
    """The application's own details; a copy, JSON columns are reassigned."""
    return dict(row.details or {})


def paper_of(row: Application) -> str:
    """The paper that proves who applies; see `knowledge.identities.papers`."""
    return str(details_of(row).get("identity", identities.ID_CARD))


def put_details(row: Application, **values: Any) -> None:
    """Set some details; None takes one away."""
    row.details = {k: v for k, v in (details_of(row) | values).items() if v is not None}
