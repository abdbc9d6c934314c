"""工单: a matter that needs a person in HR. Opened, taken by one officer, answered, resolved."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy.exc import IntegrityError
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from services.applications.numbers import CASE, new_number, read_number
from services.people import audit
from storage.models import Application, Case, CaseMessage, CaseStatus
from storage.queue import lock

EMPLOYEE, OFFICER = "employee", "officer"


class CaseNotFound(LookupError):
    """There is no such case."""


@dataclass(frozen=True)
class MessageView:
    """One message of a case."""

    author: str
    text: str | None = field(repr=False)
    file_id: int | None
    at: datetime


@dataclass(frozen=True)
class CaseView:
    """One case with what was written in it."""

    id: int
    number: str
    person_id: int
    application_id: int | None
    application_number: str | None
    kind: str
    status: CaseStatus
    waiting_for: str
    assignee_id: int | None
    group_mailbox: str | None
    message_id: int | None
    opened_at: datetime
    taken_at: datetime | None
    resolved_at: datetime | None
    messages: tuple[MessageView, ...]


@dataclass(frozen=True)
class Taken:
    """Whether this officer has the case now; `case.assignee_id` says who has it."""

    won: bool
    case: CaseView


async def open_case(
    session: AsyncSession,
    person_id: int,
    kind: str,
    application_id: int | None,
    now: datetime,
    *,
    text: str | None = None,
) -> CaseView:
    """The person's unresolved case of this kind and application, or a new one.

    Args:
        text: what the person wrote; it becomes a message either way.
    """
    await lock(session, f"case:{person_id}:{kind}:{application_id}")
    query = select(Case).where(
        col(Case.person_id) == person_id,
        col(Case.kind) == kind,
        col(Case.application_id).is_(None)
        if application_id is None
        else col(Case.application_id) == application_id,
        col(Case.status) != CaseStatus.RESOLVED,
    )
    row = (await session.exec(query.order_by(col(Case.id)).limit(1))).one_or_none()
    if row is None:
        row = await _insert(session, person_id, kind, application_id, now)
    if text:
        await _message(session, row, EMPLOYEE, text, None, at=now)
        row.waiting_for = OFFICER
    return await _view(session, row)


async def _insert(
    session: AsyncSession, person_id: int, kind: str, application_id: int | None, now: datetime
) -> Case:
    for _ in range(5):
        row = Case(
            number=new_number(CASE),
            person_id=person_id,
            application_id=application_id,
            kind=kind,
            opened_at=now,
        )
        try:
            async with session.begin_nested():
                session.add(row)
                await session.flush()
            return row
        except IntegrityError:
            continue  # the number is taken
    raise RuntimeError("no free case number")


async def take(session: AsyncSession, case_id: int, officer_id: int, now: datetime) -> Taken:
    """Take a case. Of two officers at once one wins; taking one's own again changes nothing."""
    row = await _locked(session, case_id)
    if row.status is CaseStatus.OPEN and row.assignee_id is None:
        row.assignee_id, row.status, row.taken_at = officer_id, CaseStatus.PENDING, now
        await _audit(session, row, officer_id, "case.taken", now)
    won = row.assignee_id == officer_id and row.status is not CaseStatus.RESOLVED
    return Taken(won, await _view(session, row))


async def answer(
    session: AsyncSession,
    case_id: int,
    officer_id: int,
    text: str,
    now: datetime,
    *,
    file_id: int | None = None,
) -> CaseView:
    """An officer's answer; who answers an open case has taken it."""
    row = await _locked(session, case_id)
    if row.assignee_id is None:
        row.assignee_id, row.taken_at = officer_id, now
    if row.status is CaseStatus.OPEN:
        row.status = CaseStatus.PENDING
    row.waiting_for = EMPLOYEE
    await _message(session, row, OFFICER, text, file_id, at=now)
    await _audit(session, row, officer_id, "case.answered", now)
    return await _view(session, row)


async def write(
    session: AsyncSession,
    case_id: int,
    text: str | None,
    now: datetime,
    *,
    file_id: int | None = None,
) -> CaseView:
    """The employee writes. A resolved case opens again for who had it."""
    row = await _locked(session, case_id)
    if row.status is CaseStatus.RESOLVED:
        row.status = CaseStatus.PENDING if row.assignee_id else CaseStatus.OPEN
        row.resolved_at = None
    row.waiting_for = OFFICER
    await _message(session, row, EMPLOYEE, text, file_id, at=now)
    return await _view(session, row)


async def resolve(
    session: AsyncSession, case_id: int, officer_id: int | None, now: datetime
) -> CaseView:
    """Close a case (`officer_id` None: the employee says it is solved). Twice is once."""
    row = await _locked(session, case_id)
    if row.status is not CaseStatus.RESOLVED:
        row.status, row.resolved_at = CaseStatus.RESOLVED, now
        if officer_id is not None:
            row.assignee_id = row.assignee_id or officer_id
            await _audit(session, row, officer_id, "case.resolved", now)
    return await _view(session, row)


async def get(session: AsyncSession, case_id: int) -> CaseView:
    """One case. Raises `CaseNotFound`."""
    row = await session.get(Case, case_id)
    if row is None:
        raise CaseNotFound("case")
    return await _view(session, row)


async def by_number(session: AsyncSession, text: str) -> CaseView | None:
    """The case with this number, as people type it."""
    number = read_number(text, CASE)
    row = (await session.exec(select(Case).where(col(Case.number) == number))).one_or_none()
    return None if row is None else await _view(session, row)


async def unresolved(session: AsyncSession, person_id: int) -> list[CaseView]:
    """A person's cases that are not resolved, the oldest first."""
    return await _list(session, col(Case.person_id) == person_id)


async def open_cases(session: AsyncSession) -> list[CaseView]:
    """Every case that is not resolved, the oldest first."""
    return await _list(session)


async def set_notice(
    session: AsyncSession, case_id: int, group_mailbox: str, message_id: int, now: datetime
) -> None:
    """Remember which message in the HR group stands for a case."""
    row = await _locked(session, case_id)
    row.group_mailbox, row.message_id = group_mailbox, message_id


async def by_notice(session: AsyncSession, group_mailbox: str, message_id: int) -> CaseView | None:
    """The case that a message in the HR group stands for."""
    query = select(Case).where(
        col(Case.group_mailbox) == group_mailbox, col(Case.message_id) == message_id
    )
    row = (await session.exec(query.limit(1))).one_or_none()
    return None if row is None else await _view(session, row)


async def _list(session: AsyncSession, *conditions: object) -> list[CaseView]:
    query = select(Case).where(col(Case.status) != CaseStatus.RESOLVED, *conditions)  # type: ignore[arg-type]
    found = (await session.exec(query.order_by(col(Case.id)))).all()
    return [await _view(session, row) for row in found]


async def _locked(session: AsyncSession, case_id: int) -> Case:
    query = select(Case).where(col(Case.id) == case_id).with_for_update()
    found = await session.exec(query.execution_options(populate_existing=True))
    row = found.one_or_none()
    if row is None:
        raise CaseNotFound("case")
    return row


async def _message(
    session: AsyncSession,
    row: Case,
    author: str,
    text: str | None,
    file_id: int | None,
    *,
    at: datetime,
) -> None:
    kept = None if text is None else text.replace("\x00", "")
    session.add(CaseMessage(case_id=row.id or 0, author=author, text=kept, file_id=file_id, at=at))
    await session.flush()


async def _audit(
    session: AsyncSession, row: Case, officer_id: int, verb: str, now: datetime
) -> None:
    await audit.record(session, f"person:{officer_id}", verb, f"case:{row.id}", now)


async def _view(session: AsyncSession, row: Case) -> CaseView:
    await session.flush()
    query = select(CaseMessage).where(col(CaseMessage.case_id) == row.id)
    messages = (await session.exec(query.order_by(col(CaseMessage.id)))).all()
    application = None
    if row.application_id is not None:
        application = await session.get(Application, row.application_id)
    return CaseView(
        id=row.id or 0,
        number=row.number,
        person_id=row.person_id,
        application_id=row.application_id,
        application_number=application.number if application else None,
        kind=row.kind,
        status=row.status,
        waiting_for=row.waiting_for,
        assignee_id=row.assignee_id,
        group_mailbox=row.group_mailbox,
        message_id=row.message_id,
        opened_at=row.opened_at,
        taken_at=row.taken_at,
        resolved_at=row.resolved_at,
        messages=tuple(MessageView(m.author, m.text, m.file_id, m.at) for m in messages),
    )
