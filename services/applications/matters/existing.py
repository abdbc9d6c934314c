"""What concerns a card that exists: it must be there, in the right state, and at the right time."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from knowledge import matters
from services.applications import decisions
from services.applications.answers import BUREAU, Answer
from services.applications.decisions import Verdict
from services.applications.matters.base import Facts, Matter, details_of
from services.applications.views import StopReason
from services.cards import BLOCKING, FoundCard
from services.gateways.contract import SubmissionDetails, WireCard
from storage.models import Application, CardStatus

_UNDER_WAY = frozenset({CardStatus.MAKING, CardStatus.COLLECTABLE})


class ExistingCard(Matter):
    """Replacement, bank change, loss report, cancellation."""

    def wire(self, row: Application) -> SubmissionDetails:
        details = details_of(row)
        card = details.get("card")
        return SubmissionDetails(
            reason=row.reason,
            card=WireCard(bank=card["bank"], last_four=card.get("last_four")) if card else None,
            previous=details.get("previous"),
        )

    def decide(self, row: Application, answers: Sequence[Answer], facts: Facts) -> Verdict:
        """In this order: another open application stops it; a silent source makes it wait; a
        bureau without an interface takes the evidence road; then the card itself is looked at."""
        found = decisions.merged(answers)
        here = [card for card in found if card.province_code == row.province_code]
        others = [
            each
            for each in decisions.found_applications(answers, row.reference)
            if decisions.province_of(each.region_code) == row.province_code
        ]
        overridden = row.override_reason is not None
        if others and not overridden:
            return Verdict("stop", (), tuple(others), reason="open_application")
        failed = tuple(answer.source for answer in answers if answer.failed)
        if failed:
            return Verdict("wait", waiting_for=failed)
        if not any(each.source == BUREAU and each.outcome == "answered" for each in answers):
            return Verdict("evidence", cards=tuple(facts.known))
        card = self._named(row, here)
        if card is None:
            valid = tuple(each for each in here if each.status in BLOCKING)
            return Verdict("stop", valid, reason="no_card", ways=decisions.ways_on(valid))
        return self._judge(row, card, here, facts) if not overridden else Verdict("clear", (card,))

    def _named(self, row: Application, here: Sequence[FoundCard]) -> FoundCard | None:
        key = self.key(row)
        if key is None:
            return None
        alive = [each for each in here if each.status is not CardStatus.CANCELLED]
        return next((each for each in alive if key.fits(each)), None)

    def _judge(
        self, row: Application, card: FoundCard, here: Sequence[FoundCard], facts: Facts
    ) -> Verdict:
        reason = self.reason(row)
        under_way = tuple(each for each in here if each.status in _UNDER_WAY and each is not card)
        if self.spec.makes_card and under_way:
            return Verdict("stop", under_way, reason="card_under_way", ways=("use_card",))
        if reason is None or card.status.value not in reason.card:
            return Verdict("stop", (card,), reason="card_state", ways=decisions.ways_on((card,)))
        if reason.needs_report and card.status is not CardStatus.LOST:
            return Verdict("report", (card,))
        stopped, until = self.too_early(row, card, facts.today)
        if stopped:
            return Verdict("stop", (card,), reason=stopped, until=until, ways=("use_card",))
        return Verdict("clear", (card,))

    def too_early(
        self, row: Application, card: FoundCard, today: date
    ) -> tuple[StopReason | None, date | None]:
        """Whether the region's rules ask to wait, and until when."""
        reason = self.reason(row)
        if reason and reason.window and card.valid_until is not None:
            start = matters.moved(card.valid_until, row.region_code, "renew_from", back=True)
            if start is not None and today < start:
                return "too_early", start
        if reason and reason.waits and card.issued_on is not None:
            end = matters.moved(card.issued_on, row.region_code, "bank_change")
            if end is not None and today < end:
                return "too_early", end
        return None, None
