"""A first card: a valid one in the same province stands in its way."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlmodel.ext.asyncio.session import AsyncSession

from services import cards
from services.applications.answers import Answer
from services.applications.decisions import Verdict, decide
from services.applications.matters.base import Facts, Matter
from storage.models import Application, ApplicationKind, Evidence


class FirstCard(Matter):
    """首次申领."""

    kind = ApplicationKind.FIRST

    def decide(self, row: Application, answers: Sequence[Answer], facts: Facts) -> Verdict:
        return decide(
            row.province_code,
            answers,
            known=facts.known,
            own_reference=row.reference,
            overridden=row.override_reason is not None,
        )

    async def entered(
        self,
        session: AsyncSession,
        row: Application,
        state: str,
        at: datetime,
        *,
        evidence: Evidence = Evidence.CONNECTOR,
    ) -> bool:
        return await cards.follow(session, row, state, at, evidence=evidence)
