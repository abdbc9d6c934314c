"""What the machine could not decide: an officer does, in two presses, with a reason (as data)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from sqlmodel.ext.asyncio.session import AsyncSession

from services import applications as apps
from services.applications.errors import ApplicationError
from services.cases import holding, officers, opening, rows, talking
from services.cases.errors import CaseError
from services.cases.views import CaseView
from services.gateways.contract import HistoryEntry
from services.gateways.contract import Reason as StateReason
from storage.models import Application, ApplicationStatus, CaseStatus

_FILE = Path(__file__).with_name("decisions.yaml")

BY_HAND, BACK_BY_HAND = "transfer_by_hand", "withdraw_by_hand"
"""A transfer that was filed by hand: an officer looks up where it stands, or takes it back."""

TELLS = {
    "filed": "application.tell",
    "override": "case.overridden",
    "papers_ok": "case.papers_ok",
    "transfer_done": "application.tell",
    "transfer_returned": "application.tell",
    "taken_back": "application.tell",
    "not_taken_back": "application.not_withdrawn",
}
"""By which event the employee hears of a decision; of the others by `evidence.decided`."""


@dataclass(frozen=True)
class Reason:
    """Why it was decided so. `ask_*`: what the employee reads when papers are to come again."""

    code: str
    zh: str
    en: str
    ask_zh: str = ""
    ask_en: str = ""

    def title(self, language: str) -> str:
        """Its words in `zh` or `en`."""
        return self.en if language == "en" else self.zh

    def asks(self, language: str) -> str:
        """The request to the employee in `zh` or `en`."""
        return self.ask_en if language == "en" else self.ask_zh


@dataclass(frozen=True)
class Decision:
    """One way to decide, with its reasons. `stopped`: only over a stopped application."""

    code: str
    kinds: frozenset[str]
    stopped: bool
    reasons: tuple[Reason, ...]


@cache
def decisions() -> dict[str, Decision]:
    """Every decision by its code."""
    raw: dict[str, Any] = yaml.safe_load(_FILE.read_text("utf-8"))
    return {
        code: Decision(
            code,
            frozenset(row["kinds"]),
            bool(row.get("stopped")),
            tuple(Reason(**reason) for reason in row["reasons"]),
        )
        for code, row in raw.items()
    }


async def decisions_for(session: AsyncSession, case: CaseView) -> tuple[Decision, ...]:
    """What can be decided in a case now."""
    if case.application_id is None or case.status is CaseStatus.RESOLVED:
        return ()
    application = await session.get(Application, case.application_id)
    stopped = application is not None and application.status is ApplicationStatus.STOPPED
    return tuple(
        each
        for each in decisions().values()
        if case.kind in each.kinds and (stopped or not each.stopped)
    )


async def decide(
    session: AsyncSession, case_id: int, officer_id: int, choice: str, now: datetime
) -> CaseView:
    """Decide with a reason (`choice` is `decision.reason`), and resolve the case.

    After `papers_bad` the case goes on: the employee is to send the papers again.

    Raises:
        CaseError: not_officer, resolved, decision_unknown.
        services.applications.errors.ApplicationError: it was decided before, or does not fit.
    """
    row = await rows.locked(session, case_id)
    await officers.require(session, row, officer_id)
    if row.status is CaseStatus.RESOLVED:
        raise CaseError("resolved")
    code, _, reason_code = choice.partition(".")
    view = await rows.view(session, row)
    found = next((d for d in await decisions_for(session, view) if d.code == code), None)
    reason = next((r for r in found.reasons if r.code == reason_code), None) if found else None
    if found is None or reason is None or row.application_id is None:
        raise CaseError("decision_unknown")
    await _act(session, row.application_id, officer_id, (found.code, reason), now)
    detail = {"decision": code, "reason": reason_code}
    await rows.record(session, row, officer_id, "case.decided", now, **detail)
    if code == "papers_bad":
        words = reason.asks(row.language)
        return await talking.request_papers(session, case_id, officer_id, words, now)
    await rows.ring(session, row, f"decided_{code}", now)
    return await holding.resolve(session, case_id, officer_id, now, resolution=holding.DECIDED)


async def file_by_hand(
    session: AsyncSession, application_id: int, officer_id: int, now: datetime
) -> None:
    """An officer says on the application's page that it was filed by hand: as `filed` in the case
    that asked for it, which is over then.

    Raises:
        services.applications.errors.ApplicationError: it is not waiting to be filed.
    """
    person_id = await _filed(session, application_id, officer_id, now)
    await _over(session, person_id, ("file_by_hand", application_id), officer_id, now)


async def _over(
    session: AsyncSession, person_id: int, about: tuple[str, int], officer_id: int, now: datetime
) -> None:
    """A case (its kind and application) whose question is answered; nothing where there is none,
    or where it is another region's officers'."""
    for case in await opening.unresolved(session, person_id):
        if (case.kind, case.application_id) == about and await officers.may_act(
            session, officer_id, case.region_code, case.employer_id
        ):
            await holding.resolve(session, case.id, officer_id, now, resolution=holding.DECIDED)


async def _filed(session: AsyncSession, application_id: int, officer_id: int, now: datetime) -> int:
    """It is at the desk now; a transfer gets a case that asks where it stands. Its person."""
    filed = await apps.record_filed(session, application_id, officer_id, None, now)
    person_id = filed.application.person_id
    if filed.application.kind in apps.MOVES:
        await opening.open_case(session, person_id, BY_HAND, application_id, now)
    return person_id


async def _came_to(
    session: AsyncSession,
    application_id: int,
    officer_id: int,
    came: tuple[HistoryEntry, str],
    now: datetime,
) -> None:
    """What was filed by hand has left the desk: the case that asked the other question (where it
    stands, or to take it back) is over too."""
    entry, kind = came
    await apps.record_by_officer(session, application_id, officer_id, entry, now)
    person_id = (await apps.get(session, application_id)).person_id
    await _over(session, person_id, (kind, application_id), officer_id, now)


async def _act(
    session: AsyncSession,
    application_id: int,
    officer_id: int,
    choice: tuple[str, Reason],
    now: datetime,
) -> None:
    code, reason = choice
    if code in ("evidence_ok", "card_seen"):
        await apps.confirm_evidence(session, application_id, officer_id, now)
    elif code in ("evidence_bad", "card_missing"):
        await apps.refuse_evidence(session, application_id, officer_id, reason.code, now)
    elif code == "filed":
        await _filed(session, application_id, officer_id, now)
    elif code == "transfer_done":
        entry = HistoryEntry(sequence=0, status="done", at=now)
        await _came_to(session, application_id, officer_id, (entry, BACK_BY_HAND), now)
    elif code == "transfer_returned":
        why = StateReason(code=reason.code, message=reason.zh)
        entry = HistoryEntry(sequence=0, status="returned", at=now, reason=why)
        await _came_to(session, application_id, officer_id, (entry, BACK_BY_HAND), now)
    elif code == "taken_back":
        entry = HistoryEntry(sequence=0, status="withdrawn", at=now)
        await _came_to(session, application_id, officer_id, (entry, BY_HAND), now)
    elif code == "override":
        await apps.override(session, application_id, officer_id, reason.zh, now)


__all__ = [
    "ApplicationError",
    "Decision",
    "Reason",
    "decide",
    "decisions",
    "decisions_for",
    "file_by_hand",
]
