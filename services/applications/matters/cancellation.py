"""注销: only for the reasons that the rules know; the card ends with the bureau's last state."""

from __future__ import annotations

from datetime import datetime

from sqlmodel.ext.asyncio.session import AsyncSession

from services import cards
from services.applications.matters.existing import ExistingCard
from storage.models import Application, ApplicationKind, CardStatus, Evidence


class Cancellation(ExistingCard):
    """The card, never the insurance: years and accounts stay."""

    kind = ApplicationKind.CANCELLATION

    async def entered(
        self,
        session: AsyncSession,
        row: Application,
        state: str,
        at: datetime,
        *,
        evidence: Evidence = Evidence.CONNECTOR,
    ) -> bool:
        key = self.key(row)
        if key is not None and state == "done":
            await cards.mark(
                session, row.person_id, key, CardStatus.CANCELLED, at, evidence=evidence
            )
        return True
