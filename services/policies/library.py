"""The answerer of the bundle in force, kept per process and exchanged when another is published."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlmodel.ext.asyncio.session import AsyncSession

from knowledge.ask import Answerer
from knowledge.policies.snapshot import in_force
from services.policies.published import base_of, current, digest_of
from services.policies.settings import PolicySettings
from storage.clock import local_date
from storage.models import PolicyBundle


@dataclass(frozen=True)
class Edition:
    """An answerer with the bundle and the day that it speaks for."""

    bundle_id: int
    version: str
    day: date
    answerer: Answerer


class Library:
    """What conversations ask. Every question looks which bundle is in force (one small query), so
    that no process answers from an older one, and no restart is needed."""

    def __init__(self, answerer: Answerer, settings: PolicySettings) -> None:
        self.settings = settings
        self._answerer = answerer
        self._digest = digest_of(answerer.base)
        self._kept: Edition | None = None

    async def edition(self, session: AsyncSession, now: datetime) -> Edition:
        """The edition in force, inside the transaction that answers from it.

        Raises:
            LookupError: nothing was ever published (`published.ensure` does at start).
        """
        bundle = await current(session, shared=True)
        if bundle is None:
            raise LookupError("no policies")
        day = local_date(now)
        kept = self._kept
        if kept is None or (kept.bundle_id, kept.day) != (bundle.id, day):
            kept = await self.edition_of(session, bundle.id or 0, bundle.version, day)
            self._kept = kept
        return kept

    async def edition_of(
        self, session: AsyncSession, bundle_id: int, version: str, day: date
    ) -> Edition:
        """Any earlier bundle as it was in force on a day."""
        bundle = await session.get(PolicyBundle, bundle_id)
        if bundle is not None and bundle.digest == self._digest:
            base = self._answerer.base  # it is at hand already
        else:
            base = await base_of(session, bundle_id)
        base = in_force(base, day)
        return Edition(bundle_id, version, day, self._answerer.with_base(base))
