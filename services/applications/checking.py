"""The duplicate check: begun, answered, repeated while an interface is down."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from services import cards
from services.applications import choosing, identities, reminders, rows
from services.applications.answers import BUREAU, OFFICER, Answer
from services.applications.asking import CheckRequest
from services.applications.decisions import Verdict, merged
from services.applications.errors import NotAllowed, NotFound
from services.applications.matters import matter_of
from services.applications.matters.base import Facts, paper_of
from services.applications.settings import rules
from services.applications.views import Decision, StopReason
from services.cards import FoundCard
from storage.clock import local_date
from storage.models import (
    Application,
    ApplicationStatus,
    Evidence,
    LookUp,
    Person,
    Task,
    TaskStatus,
)
from storage.queue import add_task

TASK = "application.check"
_CAN_BEGIN = frozenset(
    {ApplicationStatus.DRAFT, ApplicationStatus.CHECKING, ApplicationStatus.WAITING}
)
CARD_HERE: StopReason = "card_same_province"
APPLICATION_HERE: StopReason = "open_application"
NO_CARD: StopReason = "no_card"
"""Reasons of a stop."""


async def begin_check(session: AsyncSession, application_id: int, now: datetime) -> int:
    """Start a round, or find the one that is under way; returns its number.

    Raises:
        NotAllowed: `documents_missing`, `bank_missing`, `details_missing` or `not_editable`.
    """
    row = await rows.locked(session, application_id)
    if row.status not in _CAN_BEGIN:
        raise NotAllowed("not_editable")
    view = await rows.view(session, row)
    if view.missing or view.unconfirmed:
        raise NotAllowed("documents_missing")
    if view.lacks:
        raise NotAllowed("bank_missing" if view.lacks == ("bank",) else "details_missing")
    if row.bank_code is None:
        raise NotAllowed("bank_missing")
    number = await _last_round(session, row) + 1
    await _queue(session, row, number, now)
    if row.status is ApplicationStatus.DRAFT:
        row.status, row.updated_at = ApplicationStatus.CHECKING, now
        await reminders.arrange(session, row, now)
    return number


async def _queue(
    session: AsyncSession,
    row: Application,
    number: int,
    now: datetime,
    not_before: datetime | None = None,
) -> None:
    await queue_once(
        session,
        row,
        TASK,
        f"{TASK}:{row.id}:{number}",
        payload={"application_id": row.id, "round": number},
        now=now,
        not_before=not_before,
    )


async def queue_once(
    session: AsyncSession,
    row: Application,
    name: str,
    key: str,
    *,
    payload: dict[str, object],
    now: datetime,
    not_before: datetime | None = None,
) -> None:
    """Add a task once per key; a dead one (poison) gives way to a new one."""
    for attempt in range(20):
        each = key if attempt == 0 else f"{key}:again{attempt}"
        mailbox = await rows.mailbox(session, row)
        task = await add_task(
            session,
            name,
            mailbox=mailbox,
            payload=payload,
            at=now,
            not_before=not_before,
            key=each,
        )
        if task is not None:
            return
        status = (await session.exec(select(Task.status).where(col(Task.key) == each))).one()
        if status is not TaskStatus.DEAD:
            return


async def _last_round(session: AsyncSession, row: Application) -> int:
    return max((each.round for each in await _look_ups(session, row)), default=0)


async def _look_ups(session: AsyncSession, row: Application) -> list[LookUp]:
    query = select(LookUp).where(col(LookUp.application_id) == row.id)
    return list((await session.exec(query.order_by(col(LookUp.id)))).all())


async def check_request(
    session: AsyncSession, application_id: int, round: int
) -> CheckRequest | None:
    """What a task asks; None when this round is no longer wanted."""
    row = await rows.seen(session, application_id)
    if not await _expects(session, row, round):
        return None
    identity = await known_as(session, row)
    return CheckRequest(
        application_id=application_id,
        round=round,
        region_code=row.region_code,
        bank_code=row.bank_code,
        id_number=identity[0],
        name=identity[1],
    )


async def _expects(session: AsyncSession, row: Application, number: int) -> bool:
    waiting = row.status in (ApplicationStatus.CHECKING, ApplicationStatus.WAITING)
    return waiting and number == await _last_round(session, row) + 1


async def identity_of(session: AsyncSession, row: Application) -> tuple[str, str]:
    """Number and name: as confirmed on the paper that proves the person, else as on the roster."""
    kind, number = identities.numbered(paper_of(row))
    for document in reversed(await rows.documents(session, row.id or 0)):
        if document.kind == kind and document.status in rows.CURRENT:
            values = document.fields or {}
            if values.get(number) and values.get("name"):
                return values[number], values["name"]
    person = await session.get(Person, row.person_id)
    if person is None or person.id_number is None:
        raise NotFound("id number")
    return person.id_number, person.name


async def known_as(session: AsyncSession, row: Application) -> tuple[str, str]:
    """ID number and name under which the registry has the person: before a change, the old ones."""
    number, name = await identity_of(session, row)
    previous = (row.details or {}).get("previous") or {}
    return previous.get("id_number", number), previous.get("name", name)


async def record_answers(
    session: AsyncSession,
    application_id: int,
    round: int,
    answers: Sequence[Answer],
    now: datetime,
) -> Decision | None:
    """Keep a round's answers as evidence, bring our card records in step, and decide.

    Returns:
        None when this round was answered before, or is no longer wanted.
    """
    row = await rows.locked(session, application_id)
    if not await _expects(session, row, round):
        return None
    for answer in answers:
        _keep(session, row, round, answer, now)
    await session.flush()
    everyone = not any(answer.failed for answer in answers)
    asked = any(each.source == BUREAU and each.outcome == "answered" for each in answers)
    found = merged(answers)
    await cards.record_cards(session, row.person_id, found, complete=everyone and asked)
    known = await cards.known_blocking(session, row.person_id, row.province_code)
    verdict = matter_of(row).decide(row, answers, Facts(known, local_date(now)))
    if verdict.outcome == "evidence" and await _vouched(session, row, now):
        verdict = Verdict("clear", verdict.cards)
    return await _settle(session, row, round, verdict, now=now, as_of=_as_of(answers))


async def _vouched(session: AsyncSession, row: Application, now: datetime) -> bool:
    """Whether an officer has seen the evidence already: it holds for a while, and once the desk has
    taken the application, for what it returned."""
    seen = [each for each in await _look_ups(session, row) if each.source == OFFICER]
    if not seen or (seen[-1].answer or {}).get("detail") is not None:
        return False
    lately = now - seen[-1].at <= timedelta(hours=rules().evidence_fresh_hours)
    return lately or row.submitted_at is not None


def _keep(
    session: AsyncSession, row: Application, number: int, answer: Answer, now: datetime
) -> None:
    session.add(
        LookUp(
            application_id=row.id or 0,
            round=number,
            source=answer.source,
            outcome=answer.outcome,
            answer=answer.as_json(),
            at=answer.as_of or now,
        )
    )


def _as_of(answers: Sequence[Answer]) -> datetime | None:
    """The oldest answer: as good as that is the whole."""
    return min((each.as_of for each in answers if each.as_of), default=None)


async def _settle(
    session: AsyncSession,
    row: Application,
    number: int,
    verdict: Verdict,
    *,
    now: datetime,
    as_of: datetime | None,
) -> Decision:
    attempt, not_before = 1, None
    row.updated_at = now
    if verdict.outcome == "stop":
        stop(row, verdict.reason or CARD_HERE, now)
    elif verdict.outcome == "wait":
        attempt = await _attempts(session, row)
        not_before = now + backoff(attempt)
        row.status = ApplicationStatus.WAITING
        await _queue(session, row, number + 1, now, not_before)
    elif verdict.outcome == "evidence":
        row.status = ApplicationStatus.EVIDENCE
    elif verdict.outcome == "report":
        row.status, row.checked_at = ApplicationStatus.DRAFT, None
        key = matter_of(row).key(row)
        if key is not None:
            await choosing.let_lapse(session, row.person_id, key, now)
    else:
        row.status, row.checked_at = ApplicationStatus.DRAFT, now
    await reminders.arrange(session, row, now)
    return await decision(
        session, row, number, verdict, as_of=as_of, attempt=attempt, not_before=not_before
    )


async def decision(
    session: AsyncSession,
    row: Application,
    number: int,
    verdict: Verdict,
    *,
    as_of: datetime | None,
    attempt: int = 1,
    not_before: datetime | None = None,
    evidence: Evidence | None = None,
) -> Decision:
    """A verdict as it is given back."""
    return Decision(
        outcome=verdict.outcome,
        round=number,
        attempt=attempt,
        cards=verdict.cards,
        open_applications=verdict.open_applications,
        ways=verdict.ways,
        waiting_for=verdict.waiting_for,
        not_before=not_before,
        escalate=attempt == rules().escalate_after_attempts,
        evidence=evidence or _grade(verdict),
        as_of=as_of,
        overridden=row.override_reason is not None,
        reason=verdict.reason,
        until=verdict.until,
        application=await rows.view(session, row),
    )


def _grade(verdict: Verdict) -> Evidence | None:
    if verdict.outcome == "wait":
        return None
    if verdict.outcome == "evidence":
        return best(verdict.cards)
    return Evidence.CONNECTOR


def best(found: Sequence[FoundCard]) -> Evidence | None:
    """The best grade among some cards."""
    grades = list(Evidence)
    return min((each.evidence for each in found), key=grades.index, default=None)


async def _attempts(session: AsyncSession, row: Application) -> int:
    """Rounds in a row, up to the newest, in which somebody connected gave no answer."""
    failed: dict[int, bool] = {}
    for each in await _look_ups(session, row):
        bad = each.source != OFFICER and each.outcome not in ("answered", "no_connector")
        failed[each.round] = failed.get(each.round, False) or bad
    count = 0
    for number in sorted(failed, reverse=True):
        if not failed[number]:
            break
        count += 1
    return max(count, 1)


def backoff(attempt: int, asked_seconds: float | None = None) -> timedelta:
    """The pause before the next try, at least what the other side asked for."""
    steps = rules().retry_minutes
    pause = timedelta(minutes=steps[min(attempt, len(steps)) - 1])
    return max(pause, timedelta(seconds=asked_seconds or 0))


def stop(row: Application, reason: str, now: datetime) -> None:
    """End an application that would make a second card, or that the rules do not allow."""
    row.status, row.stop_reason, row.closed_at = ApplicationStatus.STOPPED, reason, now


async def checked_by(session: AsyncSession, row: Application) -> str | None:
    """Who vouched last: `bureau` or `officer`."""
    answered = [each for each in await _look_ups(session, row) if each.outcome == "answered"]
    return None if not answered else (OFFICER if answered[-1].source == OFFICER else BUREAU)


async def record_officer(
    session: AsyncSession, row: Application, answer: Answer, now: datetime
) -> int:
    """An officer's finding as a round of its own."""
    number = await _last_round(session, row) + 1
    _keep(session, row, number, answer, now)
    await session.flush()
    return number
