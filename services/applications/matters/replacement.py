"""补换: the old card ends when the new one is made, and a loss report has done its work."""

from __future__ import annotations

from datetime import datetime

from sqlmodel.ext.asyncio.session import AsyncSession

from services import cards
from services.applications.matters.base import details_of, put_details
from services.applications.matters.existing import ExistingCard
from storage.models import Application, ApplicationKind, CardStatus, Evidence

_MADE = frozenset({"making", "collectable", "collected", "social_enabled", "financial_activated"})
_NOT_MADE = frozenset({"returned", "withdrawn"})


class Replacement(ExistingCard):
    """Lost, damaged, expired, or another name or number."""

    kind = ApplicationKind.REPLACEMENT

    async def entered(
        self,
        session: AsyncSession,
        row: Application,
        state: str,
        at: datetime,
        *,
        evidence: Evidence = Evidence.CONNECTOR,
    ) -> bool:
        """The old card gives way before the new one stands, and comes back when none is made."""
        key, details = self.key(row), details_of(row)
        if key is not None and state in _MADE and "retired" not in details:
            was = await cards.mark(
                session, row.person_id, key, CardStatus.CANCELLED, at, evidence=evidence
            )
            put_details(row, retired=was.value if was else "")
        if state in _NOT_MADE and "retired" in details:
            put_details(row, retired=None)
            followed = await cards.follow(session, row, state, at, evidence=evidence)
            if key is not None and details["retired"]:
                status = CardStatus(details["retired"])
                await cards.mark(
                    session, row.person_id, key, status, at, evidence=evidence, ended=True
                )
            return followed
        return await cards.follow(session, row, state, at, evidence=evidence)
