"""Where no interface exists: the employee's own screenshot, a declaration, an officer's eyes.

And the officer's override of a stop, with its reason, audited.
"""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from services import cards
from services.applications import checking, reminders, rows
from services.applications.answers import OFFICER, Answer
from services.applications.decisions import Verdict, ways_on
from services.applications.errors import NotAllowed
from services.applications.matters import matter_of
from services.applications.views import ApplicationView, Decision, EvidenceState
from services.people import audit
from storage.models import CLOSED, Application, ApplicationStatus, DocumentStatus, Evidence

DECLARED_NONE, DECLARED_CARD = "declared_none", "declared_card"


async def declare(
    session: AsyncSession, application_id: int, has_card: bool, now: datetime
) -> EvidenceState:
    """The person's own word on whether they hold a valid card in this province.

    Raises:
        NotAllowed: `not_evidence`: the application is not on the evidence road.
    """
    row = await _on_evidence(session, application_id)
    await rows.note(session, row, DECLARED_CARD if has_card else DECLARED_NONE, now)
    row.updated_at = now
    await reminders.arrange(session, row, now)
    return await _state(session, row)


async def evidence_state(session: AsyncSession, application_id: int) -> EvidenceState:
    """What is still needed before an officer is asked. Raises as `declare`."""
    return await _state(session, await _on_evidence(session, application_id))


async def confirm_evidence(
    session: AsyncSession, application_id: int, officer_id: int, now: datetime
) -> Decision:
    """An officer has seen in the screenshot what the matter needs: no valid card in the province
    for a first one, the card itself for whatever concerns an existing one.

    Raises:
        NotAllowed: `not_evidence` (another officer was first) or `evidence_missing`.
    """
    row = await _on_evidence(session, application_id)
    if not (await _state(session, row)).ready:
        raise NotAllowed("evidence_missing")
    answer = Answer(source=OFFICER, outcome="answered", as_of=now)
    number = await checking.record_officer(session, row, answer, now)
    row.status, row.checked_at, row.updated_at = ApplicationStatus.DRAFT, now, now
    await _audit(session, row, officer_id, "evidence.confirmed", now)
    await reminders.arrange(session, row, now)
    return await checking.decision(
        session, row, number, Verdict("clear"), as_of=now, evidence=Evidence.SCREENSHOT
    )


async def refuse_evidence(
    session: AsyncSession, application_id: int, officer_id: int, reason: str, now: datetime
) -> Decision:
    """An officer has seen a valid card (or, where one is needed, none): the application stops.

    Raises:
        NotAllowed: `not_evidence`.
    """
    row = await _on_evidence(session, application_id)
    answer = Answer(source=OFFICER, outcome="answered", as_of=now, detail="card seen")
    number = await checking.record_officer(session, row, answer, now)
    known = await cards.known_blocking(session, row.person_id, row.province_code)
    stopped = checking.NO_CARD if _needs_card(row) else checking.CARD_HERE
    checking.stop(row, stopped, now)
    row.updated_at = now
    await _audit(session, row, officer_id, "evidence.refused", now, reason=reason)
    await reminders.arrange(session, row, now)
    ways = ways_on(known) or ("use_card", "replace")
    verdict = Verdict("stop", known, ways=() if _needs_card(row) else ways, reason=stopped)
    return await checking.decision(
        session, row, number, verdict, as_of=now, evidence=Evidence.SCREENSHOT
    )


async def override(
    session: AsyncSession, application_id: int, officer_id: int, reason: str, now: datetime
) -> ApplicationView:
    """Let a stopped application go on. The bureau may still refuse it.

    Raises:
        NotAllowed: `not_stopped`, `reason_missing`, or `another_open` in the same province.
    """
    row = await rows.locked(session, application_id)
    if row.status is not ApplicationStatus.STOPPED:
        raise NotAllowed("not_stopped")
    if not reason.strip():
        raise NotAllowed("reason_missing")
    if await _another_open(session, row):
        raise NotAllowed("another_open")
    row.status, row.stop_reason, row.closed_at = ApplicationStatus.DRAFT, None, None
    row.override_reason, row.checked_at, row.updated_at = reason.strip(), None, now
    await _audit(session, row, officer_id, "application.overridden", now, reason=reason.strip())
    await rows.note(session, row, "overridden", now, source=rows.OFFICER)
    await reminders.arrange(session, row, now)
    return await rows.view(session, row)


async def _another_open(session: AsyncSession, row: Application) -> bool:
    query = select(Application.id).where(
        col(Application.person_id) == row.person_id,
        col(Application.province_code) == row.province_code,
        col(Application.lane) == row.lane,
        col(Application.id) != row.id,
        col(Application.status).not_in(CLOSED),
    )
    return (await session.exec(query)).first() is not None


async def _on_evidence(session: AsyncSession, application_id: int) -> Application:
    row = await rows.locked(session, application_id)
    if row.status is not ApplicationStatus.EVIDENCE:
        raise NotAllowed("not_evidence")
    return row


async def _state(session: AsyncSession, row: Application) -> EvidenceState:
    needs: list[Literal["screenshot", "declaration"]] = []
    shown = any(
        each.kind == rows.SCREENSHOT and each.status is DocumentStatus.CONFIRMED
        for each in await rows.documents(session, row.id or 0)
    )
    if not shown:
        needs.append("screenshot")
    said = [
        each.status
        for each in await rows.events(session, row.id or 0, [rows.US])
        if each.status in (DECLARED_NONE, DECLARED_CARD)
    ]
    if not said or said[-1] != (DECLARED_CARD if _needs_card(row) else DECLARED_NONE):
        needs.append("declaration")
    return EvidenceState(tuple(needs), not needs, await rows.view(session, row))


def _needs_card(row: Application) -> bool:
    return matter_of(row).spec.expects == "one"


async def _audit(
    session: AsyncSession,
    row: Application,
    officer_id: int,
    verb: str,
    now: datetime,
    *,
    reason: str | None = None,
) -> None:
    detail = None if reason is None else {"reason": reason}
    await audit.record(
        session, f"person:{officer_id}", verb, f"application:{row.id}", now, detail=detail
    )
