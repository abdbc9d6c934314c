"""What the machine could not decide: an officer does, in two presses, with a reason (as data)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from sqlmodel.ext.asyncio.session import AsyncSession

from services import applications as apps
from services.applications.errors import ApplicationError
from services.applications.matters import matter_of
from services.cases import holding, looking, officers, rows, talking
from services.cases.errors import CaseError
from services.cases.views import CaseView
from services.gateways.contract import HistoryEntry
from services.gateways.contract import Reason as StateReason
from storage.models import Application, ApplicationStatus, CaseStatus

_FILE = Path(__file__).with_name("decisions.yaml")

_TELLS = {
    "filed": "application.tell",
    "override": "case.overridden",
    "papers_ok": "case.papers_ok",
    "not_taken_back": "application.not_withdrawn",
}


@dataclass(frozen=True)
class Reason:
    """Why it was decided so. `ask_*`: what the employee reads when papers are to come again."""

    code: str
    zh: str
    en: str
    ask_zh: str = ""
    ask_en: str = ""
    portrait: bool = False

    def title(self, language: str) -> str:
        """Its words in `zh` or `en`."""
        return self.en if language == "en" else self.zh

    def asks(self, language: str) -> str:
        """The request to the employee in `zh` or `en`."""
        return self.ask_en if language == "en" else self.ask_zh


@dataclass(frozen=True)
class Decision:
    """One way to decide, with its reasons. `stopped`: only over a stopped application.

    `at`, `only`: states and kinds of the application; empty: any. `came_to`: the state that an
    officer has looked up. `waits_for`: whom the case waits for then; None: it is over.
    """

    code: str
    kinds: frozenset[str]
    stopped: bool
    reasons: tuple[Reason, ...]
    at: frozenset[str] = frozenset()
    only: frozenset[str] = frozenset()
    came_to: str | None = None
    waits_for: str | None = None

    @property
    def tells(self) -> str:
        """By which event the employee hears of it."""
        return "application.tell" if self.came_to else _TELLS.get(self.code, "evidence.decided")

    def fits(self, application: Application | None) -> bool:
        """Whether it can be decided about this application as it stands."""
        if application is None:
            return False
        stopped = application.status is ApplicationStatus.STOPPED
        return (
            (stopped or not self.stopped)
            and (not self.at or application.status.value in self.at)
            and (not self.only or application.kind.value in self.only)
        )


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
            frozenset(row.get("at", ())),
            frozenset(row.get("only", ())),
            row.get("came_to"),
            row.get("waits_for"),
        )
        for code, row in raw.items()
    }


async def decisions_for(session: AsyncSession, case: CaseView) -> tuple[Decision, ...]:
    """What can be decided in a case now."""
    if case.application_id is None or case.status is CaseStatus.RESOLVED:
        return ()
    application = await session.get(Application, case.application_id)
    found = [each for each in decisions().values() if case.kind in each.kinds]
    if application is None or "portrait" in matter_of(application).papers(application):
        return tuple(each for each in found if each.fits(application))
    return tuple(
        replace(each, reasons=tuple(r for r in each.reasons if not r.portrait))
        for each in found
        if each.fits(application)
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
    await _act(session, row.application_id, officer_id, (found, reason), now)
    detail = {"decision": code, "reason": reason_code}
    await rows.record(session, row, officer_id, "case.decided", now, **detail)
    if code == "papers_bad":
        words = reason.asks(row.language)
        return await talking.request_papers(session, case_id, officer_id, words, now)
    await rows.ring(session, row, f"decided_{code}", now)
    if found.waits_for is not None:
        return await looking.wait(session, case_id, officer_id, found.waits_for, now)
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
    await looking.known(
        session,
        person_id,
        application_id,
        now,
        kinds=frozenset({looking.FILE}),
        officer_id=officer_id,
    )


async def _filed(session: AsyncSession, application_id: int, officer_id: int, now: datetime) -> int:
    """It is at the desk now, and a case asks in some days where it stands. Its person."""
    filed = await apps.record_filed(session, application_id, officer_id, None, now)
    await looking.begin(session, filed.application, officer_id, now)
    return filed.application.person_id


async def _came_to(
    session: AsyncSession,
    application_id: int,
    officer_id: int,
    choice: tuple[Decision, Reason],
    now: datetime,
) -> None:
    """What was filed by hand has come to another state: the case that asked the other question
    (where it stands, or to take it back) is over too."""
    decision, reason = choice
    why = None
    if decision.came_to == "returned":
        why = StateReason(code=reason.code, message=reason.zh)
    entry = HistoryEntry.model_validate(
        {"sequence": 0, "status": decision.came_to, "at": now, "reason": why}
    )
    await apps.record_by_officer(session, application_id, officer_id, entry, now)
    person_id = (await apps.get(session, application_id)).person_id
    others = looking.KINDS - decision.kinds
    await looking.known(
        session, person_id, application_id, now, kinds=others, officer_id=officer_id
    )


async def _act(
    session: AsyncSession,
    application_id: int,
    officer_id: int,
    choice: tuple[Decision, Reason],
    now: datetime,
) -> None:
    decision, reason = choice
    code = decision.code
    if code in ("evidence_ok", "card_seen"):
        await apps.confirm_evidence(session, application_id, officer_id, now)
    elif code in ("evidence_bad", "card_missing"):
        await apps.refuse_evidence(session, application_id, officer_id, reason.code, now)
    elif code == "filed":
        await _filed(session, application_id, officer_id, now)
    elif decision.came_to is not None:
        await _came_to(session, application_id, officer_id, choice, now)
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
