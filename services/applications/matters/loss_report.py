"""挂失: the card stops at once; lifted before a replacement, lapsed when only temporary."""

from __future__ import annotations

from datetime import datetime

from sqlmodel.ext.asyncio.session import AsyncSession

from services import cards
from services.applications.matters.existing import ExistingCard
from storage.models import Application, ApplicationKind, CardStatus, Evidence

_EFFECTS = {
    "reported": CardStatus.LOST,
    "withdrawn": CardStatus.NORMAL,
    "lapsed": CardStatus.NORMAL,
}


class LossReport(ExistingCard):
    """Temporary (until a day, where the region has one) or formal."""

    kind = ApplicationKind.LOSS_REPORT

    async def entered(
        self,
        session: AsyncSession,
        row: Application,
        state: str,
        at: datetime,
        *,
        evidence: Evidence = Evidence.CONNECTOR,
    ) -> bool:
        key, status = self.key(row), _EFFECTS.get(state)
        if key is not None and status is not None:
            await cards.mark(session, row.person_id, key, status, at, evidence=evidence)
        return True
