"""换银行: a replacement at another bank, which some regions let wait."""

from __future__ import annotations

from collections.abc import Sequence

from services.applications.decisions import Verdict
from services.applications.matters.base import Facts
from services.applications.matters.replacement import Replacement
from services.cards import FoundCard
from storage.models import Application, ApplicationKind


class BankChange(Replacement):
    """The social functions move to the new card; the old account is the old bank's matter."""

    kind = ApplicationKind.BANK_CHANGE

    def _judge(
        self, row: Application, card: FoundCard, here: Sequence[FoundCard], facts: Facts
    ) -> Verdict:
        if row.bank_code == card.bank_code:
            return Verdict("stop", (card,), reason="same_bank", ways=("use_card",))
        return super()._judge(row, card, here, facts)
