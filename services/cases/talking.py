"""What employee and officer write to each other in a case."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from services.cases import assignment, index, notices, officers, opening, promises, rows, sla
from services.cases.errors import CaseError
from services.cases.holding import reopen_row
from services.cases.settings import rules
from services.cases.views import CaseView, Written
from services.cases.words import is_closing, is_holding
from storage.models import (
    Case,
    CaseMessage,
    CasePost,
    CaseStatus,
    Delivery,
    StoredFile,
    WaitingFor,
)


@dataclass(frozen=True)
class Attachment:
    """A picture or file that lies with the messenger (`source`) or with us (`file_id`)."""

    media: str
    source: str | None = None
    file_id: int | None = None
    name: str | None = None
    album: str | None = None


@dataclass(frozen=True)
class Post:
    """The messenger's message in which something was written."""

    chat: str
    post_id: int


async def write(
    session: AsyncSession,
    case_id: int,
    text: str | None,
    now: datetime,
    *,
    attachment: Attachment | None = None,
    post: Post | None = None,
) -> Written:
    """The employee writes.

    A resolved case opens again for who had it, when the words are more than 谢谢 (words.yaml) and
    come within the days of the settings; later they open a new one.
    """
    row = await rows.locked(session, case_id)
    opened = False
    if row.status is CaseStatus.RESOLVED and (attachment or not is_closing(text or "")):
        opened = True
        latest = (row.resolved_at or now) + timedelta(days=rules().reopen_days)
        if now > latest:
            new = await opening.open_case(
                session, row.person_id, opening.ASKED, row.application_id, now, matter=row.matter
            )
            row = await rows.locked(session, new.id)
        else:
            await reopen_row(session, row, now)
    await promises.settle(session, row, now)
    before = _shown(row)
    said = _Said(rows.EMPLOYEE, text, None, attachment, post)
    written = await _message(session, row, said, now)
    if row.status is not CaseStatus.RESOLVED:
        await promises.set_waiting(session, row, WaitingFor.OFFICER, now)
        if not is_closing(text or "") or attachment:
            await sla.asked(session, row, now)
        await _wake_keeper(session, row, now)
    await sla.arrange(session, row, now)
    what = "reopened" if opened and row.id == case_id else "written"
    await rows.ring(session, row, what, now, card=before != _shown(row))
    return Written(await rows.view(session, row), written.id or 0, opened)


async def _wake_keeper(session: AsyncSession, row: Case, now: datetime) -> None:
    """Tell whose case it is; when they may not act any more, the next in line gets it."""
    if row.assignee_id is None:
        return
    if not await officers.may_act(session, row.assignee_id, row.region_code, row.employer_id):
        await assignment.release(session, row, now)
        row.status = CaseStatus.OPEN
        if row.kind not in opening.PRIVATE:
            await assignment.offer(session, row, now)
        return
    await notices.tell(session, row.assignee_id, row, "written", now)


async def answer(
    session: AsyncSession,
    case_id: int,
    officer_id: int,
    text: str | None,
    now: datetime,
    *,
    attachment: Attachment | None = None,
    post: Post | None = None,
    waiting_for: WaitingFor | str | None = None,
) -> CaseView:
    """An officer's answer; who answers an open case has taken it, and a resolved one is open again.

    After it, it is the employee's turn, unless the words only ask for patience (稍等).

    Raises:
        CaseError: not_officer.
    """
    row = await rows.locked(session, case_id)
    await officers.require(session, row, officer_id)
    if row.status is CaseStatus.RESOLVED:
        await reopen_row(session, row, now)
    await promises.settle(session, row, now)
    before = _shown(row)
    if row.assignee_id is None:
        await assignment.assign(session, row, officer_id, "taken", now)
        row.taken_at = row.taken_at or now
    row.status, row.live = CaseStatus.PENDING, True
    said = _Said(rows.OFFICER, text, officer_id, attachment, post)
    await _message(session, row, said, now)
    await sla.answered(session, row, now)
    turn_of = WaitingFor.OFFICER if is_holding(text or "") else WaitingFor.EMPLOYEE
    await promises.set_waiting(session, row, waiting_for or turn_of, now)
    await sla.arrange(session, row, now)
    await rows.record(session, row, officer_id, "case.answered", now)
    await rows.ring(session, row, "answered", now, card=before != _shown(row))
    return await rows.view(session, row)


def _shown(row: Case) -> tuple[object, ...]:
    """What of a case its card shows and a message may change."""
    outside = row.waiting_for in (WaitingFor.BUREAU, WaitingFor.BANK)
    return row.assignee_id, row.status, row.waiting_for if outside else None


async def request_papers(
    session: AsyncSession, case_id: int, officer_id: int, text: str, now: datetime
) -> CaseView:
    """Ask the employee for papers in these words; the clock stands until they answer."""
    view = await answer(session, case_id, officer_id, text, now, waiting_for=WaitingFor.EMPLOYEE)
    row = await rows.locked(session, case_id)
    await rows.record(session, row, officer_id, "case.papers_requested", now)
    return view


async def note(
    session: AsyncSession,
    case_id: int,
    officer_id: int,
    text: str | None,
    now: datetime,
    *,
    attachment: Attachment | None = None,
    post: Post | None = None,
) -> CaseView:
    """A note of HR's own, or a picture that shows what they have looked up; the employee never
    sees it. Raises `CaseError("not_officer")`."""
    row = await rows.locked(session, case_id)
    await officers.require(session, row, officer_id)
    said = _Said(rows.OFFICER, text, officer_id, attachment, post, internal=True)
    await _message(session, row, said, now)
    await rows.record(session, row, officer_id, "case.noted", now)
    await rows.ring(session, row, "noted", now)
    return await rows.view(session, row)


@dataclass(frozen=True)
class _Said:
    """What is to be written, as it came."""

    author: str
    text: str | None
    author_id: int | None = None
    attachment: Attachment | None = None
    post: Post | None = None
    internal: bool = False


async def _message(session: AsyncSession, row: Case, said: _Said, now: datetime) -> CaseMessage:
    given, post = said.attachment or Attachment(media=""), said.post
    written = await rows.message(
        session,
        row,
        said.author,
        said.text,
        now,
        author_id=said.author_id,
        internal=said.internal,
        media=given.media or None,
        source=given.source,
        file_id=given.file_id,
        file_name=given.name,
        album=given.album,
    )
    if post is not None:
        session.add(
            CasePost(
                case_id=row.id or 0,
                message_id=written.id,
                chat=post.chat,
                post_id=post.post_id,
                original=True,
                shown_at=now,
            )
        )
        await session.flush()
    return written


async def edit_message(
    session: AsyncSession, message_id: int, text: str, now: datetime, *, by_id: int | None
) -> CaseView:
    """Correct what was written (`by_id` None: the employee does); the other side sees it corrected.

    Raises:
        CaseError: message_unknown, not_yours, or recalled.
    """
    row, written = await _own(session, message_id, by_id)
    if written.text == text:
        return await rows.view(session, row)
    written.text, written.edited_at = text.replace("\x00", ""), now
    await index.add(session, row.id or 0, text)
    await rows.record(session, row, by_id, "case.message_edited", now, message=message_id)
    await rows.ring(session, row, "edited", now, message_id=message_id)
    return await rows.view(session, row)


async def recall_message(
    session: AsyncSession, message_id: int, now: datetime, *, by_id: int | None
) -> CaseView:
    """Take back what was written: its copy goes, its words too; that it was there stays.

    Raises:
        CaseError: message_unknown, not_yours, or recalled.
    """
    row, written = await _own(session, message_id, by_id)
    written.text = written.source = written.file_name = None
    written.deleted_at = now
    file = await session.get(StoredFile, written.file_id) if written.file_id else None
    if file is not None:
        file.expires_at = now  # the next sweep takes its bytes
    await rows.record(session, row, by_id, "case.message_recalled", now, message=message_id)
    await rows.ring(session, row, "recalled", now, message_id=message_id)
    return await rows.view(session, row)


async def _own(
    session: AsyncSession, message_id: int, by_id: int | None
) -> tuple[Case, CaseMessage]:
    found = await session.get(CaseMessage, message_id)
    if found is None or found.author == rows.BOT:
        raise CaseError("message_unknown")
    row = await rows.locked(session, found.case_id)
    await session.refresh(found)
    mine = found.author == (rows.EMPLOYEE if by_id is None else rows.OFFICER)
    if not mine or found.author_id != by_id:
        raise CaseError("not_yours")
    if found.deleted_at is not None:
        raise CaseError("recalled")
    return row, found


async def fetched(
    session: AsyncSession, message_id: int, file_id: int | None, now: datetime
) -> None:
    """The file of a message is with us (None: the messenger no longer gives it)."""
    found = await session.get(CaseMessage, message_id)
    if found is None:
        raise CaseError("message_unknown")
    row = await rows.locked(session, found.case_id)
    found.file_id, found.source = file_id, None
    if file_id is None and found.author == rows.OFFICER:
        found.delivery = Delivery.FAILED
    await rows.ring(session, row, "fetched", now, message_id=message_id)


async def unfetched(session: AsyncSession, case_id: int) -> list[CaseMessage]:
    """Messages whose file still lies with the messenger."""
    query = select(CaseMessage).where(
        col(CaseMessage.case_id) == case_id, col(CaseMessage.source).is_not(None)
    )
    return list((await session.exec(query.order_by(col(CaseMessage.id)))).all())
