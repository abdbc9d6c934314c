"""Taking an application back: ours at once, the bureau's by asking."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from sqlmodel.ext.asyncio.session import AsyncSession

from services.applications import checking, reminders, rows, states
from services.applications.asking import PollRequest
from services.applications.matters import MATTERS, agency_of
from services.applications.submitting import BY_HAND
from services.applications.views import Withdrawal
from storage.models import CLOSED, Application, ApplicationStatus

TASK = "application.withdraw"
_ASKED = "withdraw_asked"
_AT_BUREAU = frozenset(
    {
        ApplicationStatus.REVIEWING,
        ApplicationStatus.RETURNED,
        ApplicationStatus.REPORTED,
        ApplicationStatus.ORIGIN_ASKED,
    }
)
_AT_COUNTER = frozenset({ApplicationStatus.REVIEWING, ApplicationStatus.ORIGIN_ASKED})
"""Where one that was filed by hand is, while a desk works on it."""
WITHDRAWABLE = rows.EDITABLE | _AT_BUREAU
"""States in which a person may take an application back."""


async def withdraw(session: AsyncSession, application_id: int, now: datetime) -> Withdrawal:
    """Close an application that never left the house; ask the bureau for one that did. What was
    filed by hand is `asked` with `by_hand`: the caller has HR take it back.

    Taking a loss report back lifts it (解挂): the card works again.
    """
    row = await rows.locked(session, application_id)
    if row.status in CLOSED:
        done = row.status in (ApplicationStatus.WITHDRAWN, ApplicationStatus.STOPPED)
        return await _answer(session, row, "done" if done else "too_late")
    if row.status is ApplicationStatus.SUBMITTING:
        return await _answer(session, row, "busy")
    if row.status not in WITHDRAWABLE:
        return await _answer(session, row, "too_late")
    by_hand = await _by_hand(session, row)
    if by_hand and row.status in _AT_COUNTER:
        # An officer or a workbook brought it: only there it can be taken back.
        return Withdrawal("asked", await rows.view(session, row), by_hand=True)
    if by_hand:
        await _close(session, row, now)
        return await _answer(session, row, "done")
    await rows.note(session, row, _ASKED, now)
    await _queue(session, row, now)
    return await _answer(session, row, "asked")


async def _by_hand(session: AsyncSession, row: Application) -> bool:
    """Whether nobody is connected there; a workbook's answer may have brought a reference."""
    return row.reference is None or await rows.count_notes(session, row, BY_HAND) > 0


async def withdrawal_request(session: AsyncSession, application_id: int) -> PollRequest | None:
    """What the task asks; None when there is nothing to take back."""
    row = await rows.seen(session, application_id)
    if row.reference is None or row.status in CLOSED:
        return None
    return PollRequest(application_id, row.region_code, row.reference, agency_of(row))


async def record_withdrawal(
    session: AsyncSession,
    application_id: int,
    outcome: Literal["withdrawn", "refused", "unavailable"],
    now: datetime,
) -> Withdrawal:
    """Write down what the bureau said; while it says nothing, the task comes again."""
    row = await rows.locked(session, application_id)
    if row.status in CLOSED:
        done = row.status is ApplicationStatus.WITHDRAWN
        return await _answer(session, row, "done" if done else "too_late")
    if outcome == "withdrawn":
        await _close(session, row, now)
        return await _answer(session, row, "done")
    if outcome == "refused":
        # The bureau is further than we know: ask where.
        await states.poll_now(session, row, now)
        return await _answer(session, row, "too_late")
    await rows.note(session, row, _ASKED, now)
    await _queue(session, row, now, again=True)
    attempt = await rows.count_notes(session, row, _ASKED)
    return Withdrawal("asked", await rows.view(session, row), attempt)


async def _queue(
    session: AsyncSession, row: Application, now: datetime, *, again: bool = False
) -> None:
    count = await rows.count_notes(session, row, _ASKED)
    not_before = now + checking.backoff(count) if again else None
    key = f"{TASK}:{row.id}:{count}"
    payload: dict[str, object] = {"application_id": row.id}
    await checking.queue_once(
        session, row, TASK, key, payload=payload, now=now, not_before=not_before
    )


async def _close(session: AsyncSession, row: Application, now: datetime) -> None:
    row.status, row.closed_at, row.updated_at = ApplicationStatus.WITHDRAWN, now, now
    await rows.note(session, row, "withdrawn", now)
    matter = MATTERS.get(row.kind)
    if matter is not None:
        await matter.entered(session, row, "withdrawn", now)
    await reminders.arrange(session, row, now)


async def _answer(
    session: AsyncSession,
    row: Application,
    outcome: Literal["done", "asked", "too_late", "busy"],
) -> Withdrawal:
    return Withdrawal(outcome, await rows.view(session, row))
