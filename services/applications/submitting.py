"""Handing in: what is still needed, the package, and what the bureau did with it."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlmodel.ext.asyncio.session import AsyncSession

from knowledge import identities, regions
from services import cards
from services.applications import checking, decisions, papers, reminders, rows, states
from services.applications.answers import OFFICER, Answer, SubmitResult
from services.applications.asking import Package, PackageFile
from services.applications.errors import NotAllowed
from services.applications.fields import editable_fields
from services.applications.matters import matter_of
from services.applications.matters.base import paper_of
from services.applications.matters.transfer import MOVES
from services.applications.mending import mending_of
from services.applications.settings import rules
from services.applications.views import Submission, SubmitOutcome, Summary
from services.gateways.contract import Applicant, Identity
from services.gateways.contract import Employer as WireEmployer
from services.people import audit, consents
from services.people.notices import Recipients
from storage.models import (
    CLOSED,
    Application,
    ApplicationStatus,
    ConsentKind,
    DocumentStatus,
    Employer,
    Person,
    StoredFile,
)

TASK = "application.submit"
REJECTED, DEFERRED, RECEIVED, BY_HAND = "rejected", "deferred", "received", "by_hand"
_KEYS = uuid.UUID("5ba0a1e3-6d1f-4f0e-9c57-0d3a3f5f2b11")
_SEX = ("男", "女")


async def summary(session: AsyncSession, application_id: int) -> Summary:
    """What will be handed in, for the person's last look."""
    row = await rows.seen(session, application_id)
    applicant, employer, _ = await _parts(session, row)
    typed = [
        name
        for each in await rows.documents(session, application_id)
        if each.status in rows.CURRENT
        for name in each.corrected or {}
    ]
    return Summary(await rows.view(session, row), applicant, employer, tuple(typed))


async def submit(
    session: AsyncSession,
    application_id: int,
    now: datetime,
    *,
    recipients: Recipients | None = None,
) -> SubmitOutcome:
    """The person's confirmation: hand it in, once, however often it is pressed.

    Args:
        recipients: bureau and bank as the consent named them; None takes any living consent.
    """
    row = await rows.locked(session, application_id)
    await _let_go_of_deleted(session, row, now)
    outcome = await _ready(session, row, now, recipients)
    if row.status is ApplicationStatus.SUBMITTING:
        await _queue(session, row, now)  # one whose task has died gets another
    if outcome.outcome != "queued":
        return outcome
    applicant, _, _ = await _parts(session, row)
    row.applicant = dict(applicant)
    row.status, row.updated_at = ApplicationStatus.SUBMITTING, now
    await _queue(session, row, now)
    await reminders.arrange(session, row, now)
    return SubmitOutcome("queued", (), (), await rows.view(session, row))


async def _let_go_of_deleted(session: AsyncSession, row: Application, now: datetime) -> None:
    """A picture that was kept as long as promised and deleted must be sent again."""
    if row.status not in rows.EDITABLE:
        return
    for document in await rows.documents(session, row.id or 0):
        if document.status in rows.CURRENT and document.file_id is not None:
            stored = await session.get(StoredFile, document.file_id)
            expired = stored is not None and stored.expires_at and stored.expires_at <= now
            if stored is None or stored.deleted_at is not None or expired:
                document.status = DocumentStatus.REPLACED
    await session.flush()


async def _ready(
    session: AsyncSession, row: Application, now: datetime, recipients: Recipients | None
) -> SubmitOutcome:
    view = await rows.view(session, row)
    if row.status in CLOSED:
        return SubmitOutcome("closed", (), (), view)
    if row.status is ApplicationStatus.RETURNED:
        return SubmitOutcome("mend", (), (), view)
    if row.status not in rows.EDITABLE:
        return SubmitOutcome("already", (), (), view)
    none = matter_of(row).spec.bank == "none"
    bank = () if none or row.bank_code or "bank" in view.lacks else ("bank",)
    missing = (*view.missing, *view.unconfirmed, *view.lacks, *bank)
    _, _, lacking = await _parts(session, row) if not missing else ({}, {}, ())
    if missing or lacking:
        return SubmitOutcome("missing", (*missing, *lacking), (), view)
    findings = await papers.paper_findings(session, row.id or 0, now)
    if any(each.severity == "fault" for each in findings):
        return SubmitOutcome("faults", (), tuple(findings), view)
    if rows.required(row) and not await consents.has(
        session, row.person_id, ConsentKind.PICTURES, recipients
    ):
        return SubmitOutcome("consent", (), (), view)
    if row.status is not ApplicationStatus.DRAFT or not await _fresh(session, row, now):
        return SubmitOutcome("check", (), tuple(findings), view)
    return SubmitOutcome("queued", (), tuple(findings), view)


async def still_checked(session: AsyncSession, application_id: int, now: datetime) -> bool:
    """Whether the last check, or an officer's word, still holds: then nobody is asked again."""
    row = await rows.seen(session, application_id)
    return row.status is ApplicationStatus.DRAFT and await _fresh(session, row, now)


async def _fresh(session: AsyncSession, row: Application, now: datetime) -> bool:
    if not matter_of(row).spec.checked:
        return True
    if row.checked_at is None:
        return False
    if await checking.checked_by(session, row) == OFFICER:
        return now - row.checked_at <= timedelta(hours=rules().evidence_fresh_hours)
    return now - row.checked_at <= timedelta(minutes=rules().check_fresh_minutes)


async def _parts(
    session: AsyncSession, row: Application
) -> tuple[dict[str, str], dict[str, str], tuple[str, ...]]:
    """Applicant, employer, and what neither documents nor roster could tell.

    A matter without papers goes by name, number and phone of the roster.
    """
    applicant: dict[str, str] = {}
    paper = identities.papers()[paper_of(row)]
    for each in await rows.documents(session, row.id or 0):
        if each.status in rows.CURRENT and each.kind in paper.kinds:
            applicant |= each.fields or {}
    applicant["id_number"] = applicant.get(paper.number, "")
    if paper_of(row) != identities.ID_CARD:
        applicant["document_type"] = paper_of(row)
    person = await session.get(Person, row.person_id)
    employer = await session.get(Employer, row.employer_id)
    applicant["phone"] = (person.phone if person else None) or ""
    wanted = _wanted(paper_of(row))
    if not matter_of(row).papers(row):
        number, name = await checking.identity_of(session, row)
        applicant |= {"id_number": number, "name": name}
        wanted = tuple(Identity.model_fields)
    applicant = {name: applicant.get(name, "") for name in wanted}
    entity = {
        "credit_code": employer.credit_code if employer else "",
        "unit_number": unit_number(employer.unit_numbers if employer else {}, row.region_code),
        "name": employer.name if employer else "",
    }
    optional = {"unit_number"} if row.kind in MOVES else set()
    known = {name: each for name, each in (applicant | entity).items() if name not in optional}
    empty = tuple(name for name, value in known.items() if not value)
    return applicant, entity, empty


def _wanted(paper: str) -> tuple[str, ...]:
    """What the bureau is told of a person with this paper: what stands on it, and the phone."""
    told = {"name", "id_number", "phone"}
    told |= {name for kind in identities.papers()[paper].kinds for name in editable_fields(kind)}
    told |= set() if paper == identities.ID_CARD else {"document_type"}
    return tuple(name for name in Applicant.model_fields if name in told)


def unit_number(units: Mapping[str, str] | None, region_code: str) -> str:
    """The employer's 单位编号 in a region, or at the nearest level above it."""
    for code in regions.ancestors(region_code):
        if (units or {}).get(code):
            return (units or {})[code]
    return ""


async def _queue(
    session: AsyncSession, row: Application, now: datetime, not_before: datetime | None = None
) -> None:
    since = await _last_note(session, row, "reopened")
    tries = await rows.count_notes(session, row, DEFERRED, since)
    rejections = await rows.count_notes(session, row, REJECTED)
    # One that was filed by hand keeps its revision when it is mended.
    reopened = await rows.count_notes(session, row, "reopened")
    await checking.queue_once(
        session,
        row,
        TASK,
        f"{TASK}:{row.id}:{row.revision}:{rejections}:{reopened}:{tries}",
        payload={"application_id": row.id, "revision": row.revision},
        now=now,
        not_before=not_before,
    )


async def _last_note(session: AsyncSession, row: Application, status: str) -> int:
    found = [e.id or 0 for e in await rows.events(session, row.id or 0) if e.status == status]
    return max(found, default=0)


async def load_package(session: AsyncSession, application_id: int, revision: int) -> Package | None:
    """What a task hands in; None when this revision is no longer to be handed in."""
    row = await rows.seen(session, application_id)
    if row.status is not ApplicationStatus.SUBMITTING or row.revision != revision:
        return None
    _, employer, _ = await _parts(session, row)
    matter = matter_of(row)
    rejections = await rows.count_notes(session, row, REJECTED)
    return Package(
        application_id=application_id,
        revision=revision,
        region_code=row.region_code,
        key=str(uuid.uuid5(_KEYS, f"{row.number}:{revision}:{rejections}")),
        body=matter.body(row, WireEmployer.model_validate(employer), revision),
        files=await _files(session, application_id, matter.papers(row)),
        agency=matter.agency(row),
    )


async def _files(
    session: AsyncSession, application_id: int, kinds: tuple[str, ...]
) -> tuple[PackageFile, ...]:
    found = []
    for document in await rows.documents(session, application_id):
        confirmed = document.status is DocumentStatus.CONFIRMED
        if confirmed and document.kind in kinds and document.file_id is not None:
            stored = await session.get(StoredFile, document.file_id)
            if stored is not None:
                found.append(PackageFile(document.kind, stored.media_type, stored.name))
    return tuple(found)


async def record_submission(
    session: AsyncSession, application_id: int, result: SubmitResult, now: datetime
) -> Submission:
    """Write down what the bureau did. A late or repeated result changes nothing."""
    row = await rows.locked(session, application_id)
    if result.revision != row.revision:
        return await _answer(session, row, "ignored", news=False)
    if result.outcome == "received":
        return await _received(session, row, result, now)
    if row.status is not ApplicationStatus.SUBMITTING:
        return await _answer(session, row, "ignored", news=False)
    if result.outcome == "duplicate":
        return await _duplicate(session, row, result, now)
    if result.outcome == "rejected":
        return await _rejected(session, row, result, now)
    if result.outcome in ("manual", "by_file"):
        since = await _last_note(session, row, "reopened")
        news = await rows.count_notes(session, row, BY_HAND, since) == 0
        await rows.note(session, row, BY_HAND, now)
        return await _answer(session, row, result.outcome, news=news)
    return await _unavailable(session, row, result, now)


async def _received(
    session: AsyncSession, row: Application, result: SubmitResult, now: datetime
) -> Submission:
    receipt = result.receipt
    if receipt is None or row.status in CLOSED:
        return await _answer(session, row, "ignored", news=False)
    news = row.status is ApplicationStatus.SUBMITTING
    row.reference = row.reference or receipt.reference
    row.submitted_at = row.submitted_at or receipt.received_at
    if news:
        matter_of(row).taken(row, receipt.received_at)
        await states.assume(session, row, receipt, now)
        await states.queue_poll(session, row, now)
    await reminders.arrange(session, row, now)
    return await _answer(session, row, "received", news=news)


async def _duplicate(
    session: AsyncSession, row: Application, result: SubmitResult, now: datetime
) -> Submission:
    """A card or application appeared between check and submission: the bureau's word ends it."""
    answer = Answer(
        source=rows.BUREAU,
        outcome="answered",
        as_of=now,
        cards=result.cards,
        open_applications=result.open_applications,
    )
    number = await checking.record_officer(session, row, answer, now)
    found = decisions.merged([answer])
    await cards.record_cards(session, row.person_id, found, complete=False)
    blocking = tuple(
        each
        for each in found
        if each.status in cards.BLOCKING and each.province_code == row.province_code
    )
    others = decisions.found_applications([answer], row.reference)
    stopped = checking.CARD_HERE if blocking else checking.APPLICATION_HERE
    checking.stop(row, stopped, now)
    row.updated_at = now
    await reminders.arrange(session, row, now)
    verdict = decisions.Verdict(
        "stop",
        blocking,
        others,
        decisions.ways_on(blocking),
        reason=stopped,
    )
    decision = await checking.decision(session, row, number, verdict, as_of=now)
    return await _answer(session, row, "duplicate", decision=decision)


async def _rejected(
    session: AsyncSession, row: Application, result: SubmitResult, now: datetime
) -> Submission:
    reason = {"code": result.code or "invalid", "field": result.field, "message": ""}
    await rows.note(session, row, REJECTED, now, reason=reason)
    row.status, row.updated_at = ApplicationStatus.RETURNED, now
    await reminders.arrange(session, row, now)
    return await _answer(session, row, "rejected", mending=mending_of(reason, paper_of(row)))


async def _unavailable(
    session: AsyncSession, row: Application, result: SubmitResult, now: datetime
) -> Submission:
    await rows.note(session, row, DEFERRED, now)
    attempt = await rows.count_notes(
        session, row, DEFERRED, await _last_note(session, row, "reopened")
    )
    not_before = now + checking.backoff(attempt, result.retry_after)
    await _queue(session, row, now, not_before)
    return await _answer(
        session,
        row,
        "unavailable",
        news=attempt == 1,
        not_before=not_before,
        escalate=attempt == rules().escalate_after_attempts,
    )


async def _answer(
    session: AsyncSession, row: Application, outcome: Any, **parts: Any
) -> Submission:
    empty: dict[str, Any] = {
        "news": True,
        "decision": None,
        "mending": None,
        "not_before": None,
        "escalate": False,
    }
    return Submission(outcome=outcome, application=await rows.view(session, row), **empty | parts)


async def record_filed(
    session: AsyncSession,
    application_id: int,
    officer_id: int,
    reference: str | None,
    now: datetime,
) -> Submission:
    """An officer handed it in by hand, where the bureau has no interface.

    Raises:
        NotAllowed: `not_submitting`.
    """
    row = await rows.locked(session, application_id)
    if row.status is not ApplicationStatus.SUBMITTING:
        raise NotAllowed("not_submitting")
    row.reference = row.reference or reference
    row.submitted_at = row.submitted_at or now
    matter_of(row).taken(row, now)
    row.status, row.updated_at = ApplicationStatus.REVIEWING, now
    event = await rows.note(session, row, "reviewing", now, source=rows.OFFICER)
    event.told_at = None  # the employee waits for it
    await audit.record(
        session, f"person:{officer_id}", "application.filed", f"application:{row.id}", now
    )
    await reminders.arrange(session, row, now)
    return await _answer(session, row, "received")
