"""查进度: where an application stands, since when, what comes next, by when, and who says so."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from knowledge.matters import kinds, rule
from knowledge.workdays import Deadline, add_workdays
from services.applications import rows
from services.applications.evidence import DECLARED_CARD, DECLARED_NONE
from services.applications.matters import MATTERS
from services.applications.mending import current_mending, last_return
from services.applications.settings import rules
from services.applications.submitting import BY_HAND
from services.applications.views import ApplicationView, ProgressView
from storage.clock import local_date
from storage.models import (
    CLOSED,
    Application,
    ApplicationEvent,
    ApplicationKind,
    ApplicationStatus,
)

_CLOSED_DAYS = 90
_REPLACES = frozenset({ApplicationKind.REPLACEMENT, ApplicationKind.BANK_CHANGE})
_NEXT: dict[ApplicationStatus, str] = {
    ApplicationStatus.CHECKING: "answer_check",
    ApplicationStatus.WAITING: "wait_bureau_back",
    ApplicationStatus.SUBMITTING: "wait_bureau_back",
    ApplicationStatus.REVIEWING: "bureau_reviews",
    ApplicationStatus.ORIGIN_ASKED: "origin_sends",
    ApplicationStatus.ORIGIN_SENT: "destination_takes",
    ApplicationStatus.RETURNED: "mend",
    ApplicationStatus.MAKING: "bank_makes",
    ApplicationStatus.COLLECTABLE: "collect",
    ApplicationStatus.FINISHED: "done",
    ApplicationStatus.REPORTED: "lift_or_replace",
    ApplicationStatus.LAPSED: "report_again",
    ApplicationStatus.SEALED: "apply_again",
    ApplicationStatus.WITHDRAWN: "none",
}


async def progress(session: AsyncSession, person_id: int, now: datetime) -> list[ProgressView]:
    """The person's open applications and those closed lately, the newest first."""
    since = now - timedelta(days=_CLOSED_DAYS)
    query = select(Application).where(
        col(Application.person_id) == person_id,
        col(Application.status).not_in(CLOSED) | (col(Application.closed_at) >= since),
    )
    ordered = query.order_by(col(Application.updated_at).desc(), col(Application.id).desc())
    return [await _view(session, row) for row in (await session.exec(ordered)).all()]


async def _view(session: AsyncSession, row: Application) -> ProgressView:
    view = await rows.view(session, row)
    events = await rows.events(session, view.id)
    entered = _entered(row, events)
    by = _by(row, entered.at if entered else row.updated_at)
    returned = row.status is ApplicationStatus.RETURNED
    reason = await last_return(session, row) if returned else None
    return ProgressView(
        application_id=view.id,
        number=view.number,
        kind=view.kind,
        reason_code=view.reason,
        origin_code=view.origin_code,
        region_code=view.region_code,
        bank_code=view.bank_code,
        status=view.status,
        since=entered.at if entered else row.updated_at,
        source=entered.source if entered else rows.US,
        next=_next(view, events),
        by=by.day if by else None,
        by_provisional=by.provisional if by else False,
        due=row.due,
        place=row.place,
        reason=reason,
        missing=view.missing,
        social_enabled=row.social_enabled_at is not None,
        financial_active=row.financial_activated_at is not None,
        mending=await current_mending(session, row) if returned else None,
    )


async def rule_deadline(session: AsyncSession, application_id: int) -> Deadline | None:
    """By when the rule wants it done, counted from the day it was taken, or taken anew.

    Raises:
        NotFound: no such application.
    """
    row = await rows.seen(session, application_id)
    matter = MATTERS.get(row.kind)
    return matter.deadline(row) if matter else None


def _entered(row: Application, events: list[ApplicationEvent]) -> ApplicationEvent | None:
    """The newest applied event of the bureau or an officer, once it is theirs."""
    if row.status in rows.EDITABLE or row.status is ApplicationStatus.SUBMITTING:
        return None
    theirs = [
        each
        for each in events
        if each.source in (rows.OFFICER, rows.BATCH)
        or (each.source == rows.BUREAU and each.sequence <= row.sequence)
    ]
    return max(theirs, key=lambda each: (each.at, each.id or 0), default=None)


def _next(view: ApplicationView, events: list[ApplicationEvent]) -> str:
    status = view.status
    if status is ApplicationStatus.DRAFT:
        if view.lacks:
            return "tell_details"
        return "give_documents" if view.missing else "confirm_fields"
    if status is ApplicationStatus.EVIDENCE:
        said = [each.status for each in events if each.status in (DECLARED_NONE, DECLARED_CARD)]
        wanted = DECLARED_CARD if kinds()[view.kind.value].expects == "one" else DECLARED_NONE
        ready = not view.missing and said[-1:] == [wanted]
        return "officer_confirms" if ready else "give_evidence"
    if status is ApplicationStatus.SUBMITTING and any(e.status == BY_HAND for e in events):
        return "file_by_officer"
    if status is ApplicationStatus.COLLECTED:
        return "enable" if view.social_enabled_at is None else "activate"
    if status is ApplicationStatus.STOPPED:
        return "replace" if view.stop_reason == "card_same_province" else "none"
    return _NEXT[status]


def _by(row: Application, since: datetime) -> Deadline | None:
    """The bureau's own day where it named one, else the rule's workdays."""
    if row.due is not None:
        return Deadline(row.due, provisional=False)
    matter = MATTERS.get(row.kind)
    if matter is not None and (own_clock := matter.deadline(row)) is not None:
        return own_clock
    if row.kind in (ApplicationKind.TRANSFER, ApplicationKind.MERGE):
        return None
    start: date = local_date(since)
    if row.status is ApplicationStatus.REVIEWING:
        return add_workdays(start, rules().review_workdays)
    if row.status is ApplicationStatus.MAKING:
        own = rule(row.region_code, "replace_workdays") if row.kind in _REPLACES else None
        return add_workdays(start, int(own.value) if own else rules().make_workdays)
    return None
