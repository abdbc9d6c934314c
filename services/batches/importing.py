"""A bureau's answer to a batch, row by row: matched, applied once, and accounted for."""

from __future__ import annotations

import asyncio
import hashlib
import json
from datetime import datetime, time

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from services import cases
from services.applications import rows
from services.applications.observing import record_by_batch
from services.batches.answers import read_answer
from services.batches.candidates import handed_in, keys_taken
from services.batches.views import Answered, AnswerReport, Outcome
from services.batches.words import reason_of
from services.gateways.contract import HistoryEntry
from services.imports.report import Findings
from services.imports.settings import ImportSettings
from services.people import audit
from services.people.identity import normalise_name, normalise_number
from storage import queue
from storage.clock import SHANGHAI, local_date
from storage.database import Database
from storage.models import (
    CLOSED,
    Application,
    ApplicationStatus,
    ChannelAccount,
    Person,
)

TELL = "application.tell"
_AT_A_TIME = 50
"""Rows of one transaction: on SQLite nobody else writes meanwhile."""
_ORDER = (
    ApplicationStatus.SUBMITTING,
    ApplicationStatus.REVIEWING,
    ApplicationStatus.MAKING,
    ApplicationStatus.COLLECTABLE,
    ApplicationStatus.COLLECTED,
)
_MAY_RETURN = frozenset(_ORDER[:3])


async def import_answer(
    database: Database,
    content: bytes,
    region: str,
    now: datetime,
    *,
    settings: ImportSettings,
    dry_run: bool = False,
    actor: str = "cli",
) -> AnswerReport:
    """Read a bureau's workbook (xlsx, xls or csv) and record what it says.

    What is sure is recorded; a row that is not is only reported. The same answer again changes
    nothing, also in another file, order or writing. Rows are written some at a time, so that chats
    go on meanwhile; when it is stopped halfway, importing again does the rest.

    Args:
        region: only applications of this region (six digits) and of all in it are looked at;
            empty: of every region.
    """
    findings = Findings(settings.max_errors)
    answered = await asyncio.to_thread(read_answer, content, settings, findings, local_date(now))
    if findings.found:
        found = findings.report()
        return AnswerReport(errors=found.errors, notices=found.notices)
    plan = _Plan(database, now, actor)
    async with database.reading() as session:
        await plan.load(session, region)
    outcomes = {each.row: plan.match(each) for each in answered}
    plan.set_apart(outcomes)
    if not dry_run:
        await plan.write(outcomes)
    report = AnswerReport(
        tuple(outcomes[each.row] for each in answered),
        notices=findings.report().notices,
        written=not dry_run,
    )
    if not dry_run:
        detail = {"region": region} | report.counts
        async with database.transaction() as session:
            subject = f"region:{region}"
            await audit.record(session, actor, "batch.answered", subject, now, detail=detail)
    return report


def key_of(application: Application, answer: Answered) -> str:
    """What the answer about an application is known by, however the sheet was edited."""
    said = (
        application.id,
        answer.status,
        answer.reason,
        answer.day.isoformat() if answer.day else None,
    )
    return hashlib.sha256(json.dumps(said, ensure_ascii=False).encode()).hexdigest()


class _Plan:
    """What each row comes to."""

    def __init__(self, database: Database, now: datetime, actor: str) -> None:
        self.database, self.now, self.actor = database, now, actor
        self.homes: dict[int, str] = {}
        self.numbers: dict[str, tuple[Application, Person]] = {}
        self.owners: dict[str, list[tuple[Application, Person]]] = {}
        self.keys: dict[int, set[str]] = {}
        self.steps: dict[int, list[tuple[Answered, Application]]] = {}

    async def load(self, session: AsyncSession, region: str) -> None:
        """Read the region's applications and the answers they have taken, once."""
        for row, person in await handed_in(session, region):
            self.numbers[row.number] = (row, person)
            for number in {_id_number(row), normalise_number(person.id_number or "")} - {""}:
                self.owners.setdefault(number, []).append((row, person))
        self.keys = await keys_taken(session, region)
        living = select(ChannelAccount.person_id, ChannelAccount.mailbox).where(
            col(ChannelAccount.ended_at).is_(None)
        )
        self.homes = dict((await session.exec(living)).all())

    def match(self, answer: Answered) -> Outcome:
        """The application of a row and what the row means for it."""
        if answer.trouble:
            return Outcome(answer.row, answer.trouble)
        found = self._find(answer)
        if isinstance(found, str):
            return Outcome(answer.row, found)
        code = self._code(answer, found)
        if code == "applied":
            self.steps.setdefault(found.id or 0, []).append((answer, found))
        return Outcome(answer.row, code, found.number, answer.status)

    def _find(self, answer: Answered) -> Application | str:
        owned = self.owners.get(answer.id_number, []) if answer.id_number else []
        if answer.number:
            known = self.numbers.get(answer.number)
            if known is None:
                return "mismatch" if owned else "unknown"
            if answer.id_number and known not in owned:
                return "mismatch"
        else:
            alive = [pair for pair in owned if pair[0].status not in CLOSED]
            if len(alive) > 1:
                return "ambiguous"
            known = alive[0] if alive else (owned[-1] if owned else None)
            if known is None:
                return "unknown"
        row, person = known
        names = {normalise_name(person.name), normalise_name((row.applicant or {}).get("name", ""))}
        return "mismatch" if answer.name and answer.name not in names else row

    def _code(self, answer: Answered, row: Application) -> str:
        if key_of(row, answer) in self.keys.get(row.id or 0, set()):
            return "repeated"
        if row.status in CLOSED:
            return "closed"
        if row.status in rows.EDITABLE:
            return "not_submitted"
        if answer.reference and row.reference and answer.reference != row.reference:
            return "other_reference"
        if answer.status == "returned":
            return "applied" if row.status in _MAY_RETURN else "older"
        if row.status not in _ORDER:
            return "older"
        later = _ORDER.index(ApplicationStatus(answer.status)) > _ORDER.index(row.status)
        return "applied" if later or _names_the_day(answer, row) else "older"

    def set_apart(self, outcomes: dict[int, Outcome]) -> None:
        """Several rows about one application: the same thing said twice is once; two things
        contradict each other, and none is taken."""
        for steps in self.steps.values():
            if len({key_of(row, answer) for answer, row in steps}) > 1:
                for answer, row in steps:
                    outcomes[answer.row] = Outcome(answer.row, "twice", row.number, answer.status)
            else:
                for answer, row in steps[1:]:
                    again = Outcome(answer.row, "repeated", row.number, answer.status)
                    outcomes[answer.row] = again

    async def write(self, outcomes: dict[int, Outcome]) -> None:
        """Record what is sure; the employees hear of it in their chats."""
        sure = [
            step
            for steps in self.steps.values()
            for step in steps
            if outcomes[step[0].row].code == "applied"
        ]
        sure.sort(key=lambda step: step[1].id or 0)
        for start in range(0, len(sure), _AT_A_TIME):
            async with self.database.transaction() as session:
                for answer, row in sure[start : start + _AT_A_TIME]:
                    outcomes[answer.row] = await self._apply(session, answer, row.id or 0)
        async with self.database.transaction() as session:
            for employer_id in sorted({row.employer_id for _, row in sure}):
                await cases.watch_batch(session, employer_id, self.now)

    async def _apply(self, session: AsyncSession, answer: Answered, application: int) -> Outcome:
        """Record one row; what has changed since the plan was made has the last word."""
        row = await rows.locked(session, application)
        code = self._code(answer, row)
        if code == "applied":
            ours = row.status is ApplicationStatus.SUBMITTING
            changes = await record_by_batch(
                session,
                application,
                _entry(answer, self.now),
                self.now,
                key=key_of(row, answer),
                actor=self.actor,
                reference=answer.reference or None,
            )
            code = "applied" if changes else "repeated"
            if ours:  # it went in, whether anybody has told us or not
                await cases.handed_in(session, row.person_id, application, self.now)
            for change in changes:
                await queue.accept(
                    session,
                    key=f"batch:{change.event_id}",
                    mailbox=self.homes.get(row.person_id, f"person:{row.person_id}"),
                    kind=TELL,
                    payload={"application_id": application},
                    at=self.now,
                )
        return Outcome(answer.row, code, row.number, answer.status)


def _names_the_day(answer: Answered, row: Application) -> bool:
    """The last day of collection, of a card that HR had before the bureau told of it."""
    waits = row.status is ApplicationStatus.COLLECTABLE and row.due is None
    return waits and answer.status == "collectable" and answer.due is not None


def _id_number(row: Application) -> str:
    return normalise_number((row.applicant or {}).get("id_number", ""))


def _entry(answer: Answered, now: datetime) -> HistoryEntry:
    at = now  # a day without an hour counts as its end, never as the future
    if answer.day is not None:
        at = min(now, datetime.combine(answer.day, time(23, 59), SHANGHAI).astimezone(now.tzinfo))
    returned = answer.status == "returned"
    reason = {"code": reason_of(answer.reason), "message": answer.reason} if returned else None
    return HistoryEntry.model_validate(
        {
            "sequence": 0,
            "status": answer.status,
            "at": at,
            "reason": reason,
            "due": answer.due,
            "place": answer.place or None,
        }
    )
