"""What still has to reach the other side, and where it stands there."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from services.cases import notices, rows
from services.cases.views import CaseView, MessageView
from storage.models import Case, CaseMessage, CasePost, Delivery, FileView

Side = Literal["employee", "group"]


@dataclass(frozen=True)
class Found:
    """The case (and message) for which a messenger's message stands."""

    case_id: int
    message_id: int | None
    original: bool


async def waiting(session: AsyncSession, case_id: int) -> tuple[MessageView, ...]:
    """Messages not yet handed on, oldest first. An officer's file waits until it is here."""
    query = (
        select(CaseMessage)
        .where(col(CaseMessage.case_id) == case_id, col(CaseMessage.relayed_at).is_(None))
        .order_by(col(CaseMessage.id))
    )
    found = (await session.exec(query)).all()
    return tuple(
        rows.message_view(each)
        for each in found
        if each.author != rows.OFFICER or not each.media or each.file_id or each.deleted_at
    )


async def handed_on(session: AsyncSession, message_id: int, now: datetime) -> None:
    """It is on its way to the other side."""
    row = await session.get(CaseMessage, message_id)
    if row is not None:
        row.relayed_at = now
        await session.flush()


async def set_home(session: AsyncSession, case_id: int, group_mailbox: str) -> CaseView:
    """Where HR's group talks about the case: a topic, or the group itself."""
    row = await rows.locked(session, case_id)
    row.group_mailbox, row.message_id = group_mailbox, None
    return await rows.view(session, row)


async def set_notice(
    session: AsyncSession, case_id: int, group_mailbox: str, message_id: int, now: datetime
) -> None:
    """Remember which message in the HR group is the case's card."""
    row = await rows.locked(session, case_id)
    row.group_mailbox, row.message_id = group_mailbox, message_id
    await post(session, case_id, (group_mailbox, message_id), now)
    await rows.ring(session, row, "carded", now)


async def post(
    session: AsyncSession,
    case_id: int,
    place: tuple[str, int],
    now: datetime,
    *,
    message_id: int | None = None,
) -> None:
    """Remember which messenger's message (mailbox and id) shows a case or one of its messages."""
    chat, post_id = place[0].partition(":")[0], place[1]
    session.add(
        CasePost(case_id=case_id, message_id=message_id, chat=chat, post_id=post_id, shown_at=now)
    )
    await session.flush()


async def by_post(session: AsyncSession, mailbox: str, post_id: int) -> Found | None:
    """What a messenger's message stands for; None for any other talk."""
    query = (
        select(CasePost)
        .where(col(CasePost.chat) == mailbox.partition(":")[0], col(CasePost.post_id) == post_id)
        .order_by(col(CasePost.id).desc())
        .limit(1)
    )
    row = (await session.exec(query)).one_or_none()
    return None if row is None else Found(row.case_id, row.message_id, row.original)


async def by_topic(session: AsyncSession, mailbox: str) -> int | None:
    """The case whose forum topic this is."""
    if ":" not in mailbox:
        return None
    query = select(Case.id).where(col(Case.group_mailbox) == mailbox).limit(1)
    return (await session.exec(query)).one_or_none()


async def copies(session: AsyncSession, message_id: int) -> tuple[tuple[str, int, datetime], ...]:
    """Where a message is shown: chat, the messenger's id, and since when its text was current."""
    query = select(CasePost).where(
        col(CasePost.message_id) == message_id, col(CasePost.original).is_(False)
    )
    found = (await session.exec(query.order_by(col(CasePost.id)))).all()
    return tuple((each.chat, each.post_id, each.shown_at) for each in found)


async def written_in(session: AsyncSession, message_id: int, chat: str) -> bool:
    """Whether a message was written in this very chat."""
    query = select(CasePost.id).where(
        col(CasePost.message_id) == message_id,
        col(CasePost.chat) == chat,
        col(CasePost.original).is_(True),
    )
    return (await session.exec(query.limit(1))).first() is not None


async def ring_again(session: AsyncSession, case_id: int, now: datetime) -> None:
    """Let the case look for its place in the group once more."""
    await rows.ring(session, await rows.locked(session, case_id), "bound", now)


async def looked(
    session: AsyncSession, file_id: int, officer_id: int, number: str, now: datetime
) -> None:
    """Every look at a file of an employee is logged."""
    session.add(
        FileView(file_id=file_id, actor=f"person:{officer_id}", reason=f"case {number}", at=now)
    )
    await session.flush()


async def person_of(session: AsyncSession, message_id: int) -> int | None:
    """Whose case a message is in."""
    query = (
        select(Case.person_id)
        .join(CaseMessage, col(CaseMessage.case_id) == col(Case.id))
        .where(col(CaseMessage.id) == message_id)
    )
    return (await session.exec(query)).one_or_none()


async def get_message(session: AsyncSession, message_id: int) -> tuple[int, MessageView] | None:
    """A message and the id of its case."""
    row = await session.get(CaseMessage, message_id)
    return None if row is None else (row.case_id, rows.message_view(row))


async def delivered(session: AsyncSession, message_id: int, now: datetime) -> None:
    """An officer's message is with the employee."""
    await _mark(session, message_id, Delivery.DELIVERED, now)


async def undelivered(
    session: AsyncSession, message_id: int, now: datetime, *, blocked: bool
) -> None:
    """It did not arrive: the employee has stopped the bot, or the messenger refused it."""
    await _mark(session, message_id, Delivery.BLOCKED if blocked else Delivery.FAILED, now)


async def _mark(session: AsyncSession, message_id: int, delivery: Delivery, now: datetime) -> None:
    found = await session.get(CaseMessage, message_id)
    if found is None or found.author != rows.OFFICER or found.internal:
        return
    row = await rows.locked(session, found.case_id)
    if found.delivery is delivery:
        return
    found.delivery = delivery
    if delivery is not Delivery.DELIVERED:
        await rows.record(session, row, None, "case.undelivered", now, why=str(delivery))
        if row.assignee_id is not None:
            await notices.tell(session, row.assignee_id, row, "undelivered", now)
    await rows.ring(session, row, "delivery", now, message_id=message_id)


async def again(
    session: AsyncSession, person_id: int, now: datetime, *, moved: bool = False
) -> list[int]:
    """The employee can be reached again: what did not arrive is handed on once more.

    Args:
        moved: on another account, so that what the messenger refused on the old one is tried too.

    Returns:
        The ids of the cases whose messages go out again.
    """
    lost = (Delivery.BLOCKED, Delivery.FAILED) if moved else (Delivery.BLOCKED,)
    query = (
        select(CaseMessage)
        .join(Case, col(Case.id) == col(CaseMessage.case_id))
        .where(
            col(Case.person_id) == person_id,
            col(CaseMessage.delivery).in_(lost),
            col(CaseMessage.deleted_at).is_(None),
        )
        .order_by(col(CaseMessage.id))
    )
    cases: dict[int, None] = {}
    for message in (await session.exec(query)).all():
        message.delivery, message.relayed_at = Delivery.PENDING, None
        cases[message.case_id] = None
    for case_id in sorted(cases):
        await rows.ring(session, await rows.locked(session, case_id), "again", now)
    return list(cases)
