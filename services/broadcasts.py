"""群发: HR says something to everybody of an area. One writes, another approves, all is counted.

Recipients are fixed when it is approved: active people of the area. Those without an account stay
on the list, so that HR sees whom the message could not reach.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import and_, func
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from services.console.reach import Area, Reach
from services.people import audit
from services.people.roles import region_prefix_of
from storage import queue
from storage.models import (
    Broadcast,
    BroadcastReceipt,
    BroadcastStatus,
    ChannelAccount,
    Employer,
    Person,
    PersonStatus,
)

LONGEST = 2000
"""Characters of a message."""
_TASK = "broadcast.send"
_BATCH = 200


class BroadcastError(Exception):
    """`code`: empty, too_long, nobody, out_of_reach, own, or decided."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True)
class Audience:
    """Who would get it: everybody of the area, and how many have an account."""

    persons: int
    bound: int


@dataclass(frozen=True)
class BroadcastView:
    """A message with what became of it."""

    id: int
    text: str = field(repr=False)
    area: Area
    employer_name: str | None
    author_id: int
    author: str = field(repr=False)
    approver: str | None = field(repr=False)
    status: BroadcastStatus
    created_at: datetime
    decided_at: datetime | None
    recipients: int
    sent: int
    read: int
    unreachable: int


async def audience(session: AsyncSession, area: Area) -> Audience:
    """How many a message to an area would reach now."""
    living = and_(
        col(ChannelAccount.person_id) == col(Person.id), col(ChannelAccount.ended_at).is_(None)
    )
    query = (
        select(func.count(), func.count(col(ChannelAccount.id)))
        .select_from(Person)
        .outerjoin(ChannelAccount, living)
        .where(*_of(area))
    )
    persons, bound = (await session.exec(query)).one()
    return Audience(persons, bound)


async def propose(
    session: AsyncSession, author_id: int, text: str, area: Area, now: datetime, *, reach: Reach
) -> int:
    """Keep a message until somebody else approves it; its id.

    Raises:
        BroadcastError: `empty`, `too_long`, `out_of_reach`, or `nobody` has an account there.
    """
    text = text.replace("\x00", "").strip()
    area = Area(region_prefix_of(area.region_prefix), area.employer_id)
    if not text or len(text) > LONGEST:
        raise BroadcastError("too_long" if text else "empty")
    if not reach.contains(area):
        raise BroadcastError("out_of_reach")
    if not (await audience(session, area)).bound:
        raise BroadcastError("nobody")
    row = Broadcast(
        text=text,
        region_prefix=area.region_prefix,
        employer_id=area.employer_id,
        author_id=author_id,
        created_at=now,
    )
    session.add(row)
    await session.flush()
    await _audit(session, author_id, "broadcast.proposed", row, now)
    return row.id or 0


async def approve(
    session: AsyncSession, broadcast_id: int, approver_id: int, reach: Reach, now: datetime
) -> None:
    """Agree, and begin to send. The author can't, and twice is once.

    Raises:
        BroadcastError: `own`, `out_of_reach`, or `decided` before.
    """
    row = await _undecided(session, broadcast_id, reach)
    if row.author_id == approver_id:
        raise BroadcastError("own")
    row.status, row.approver_id, row.decided_at = BroadcastStatus.SENDING, approver_id, now
    area = Area(row.region_prefix, row.employer_id)
    ids = (await session.exec(select(Person.id).where(*_of(area)).order_by(col(Person.id)))).all()
    for person_id in ids:
        session.add(BroadcastReceipt(broadcast_id=broadcast_id, person_id=person_id or 0))
    await session.flush()
    await queue.add_task(
        session,
        _TASK,
        mailbox=f"person:{approver_id}",
        payload={"broadcast_id": broadcast_id},
        at=now,
        key=f"broadcast:{broadcast_id}",
    )
    await _audit(session, approver_id, "broadcast.approved", row, now)


async def refuse(
    session: AsyncSession, broadcast_id: int, by_id: int, reach: Reach, now: datetime
) -> None:
    """Don't send it; the author may take it back this way too. Raises as `approve`, but `own`."""
    row = await _undecided(session, broadcast_id, reach)
    row.status, row.approver_id, row.decided_at = BroadcastStatus.REFUSED, by_id, now
    await _audit(session, by_id, "broadcast.refused", row, now)


async def send_some(session: AsyncSession, broadcast_id: int, tick: datetime) -> bool:
    """Hand the next recipients' messages to their mailboxes; False when nobody is left."""
    row = await session.get(Broadcast, broadcast_id)
    if row is None or row.status is not BroadcastStatus.SENDING:
        return False
    living = and_(
        col(ChannelAccount.person_id) == col(BroadcastReceipt.person_id),
        col(ChannelAccount.ended_at).is_(None),
    )
    query = (
        select(BroadcastReceipt, ChannelAccount.mailbox)
        .join(ChannelAccount, living)
        .where(
            col(BroadcastReceipt.broadcast_id) == broadcast_id,
            col(BroadcastReceipt.queued_at).is_(None),
        )
        .order_by(col(BroadcastReceipt.id))
        .limit(_BATCH)
    )
    found = (await session.exec(query)).all()
    for receipt, mailbox in found:
        await queue.accept(
            session,
            key=f"broadcast:{receipt.id}",
            mailbox=mailbox,
            kind="broadcast",
            payload={"receipt_id": receipt.id},
            at=tick,
            actor="hr",
        )
        receipt.queued_at = tick
    if not found:
        row.status = BroadcastStatus.SENT
    return bool(found)


async def words_for(session: AsyncSession, receipt_id: int, person_id: int) -> str | None:
    """What a recipient is told; None for a receipt that isn't theirs."""
    receipt = await session.get(BroadcastReceipt, receipt_id)
    if receipt is None or receipt.person_id != person_id:
        return None
    row = await session.get(Broadcast, receipt.broadcast_id)
    return row.text if row else None


async def was_sent(session: AsyncSession, receipt_id: int, now: datetime) -> None:
    """The messenger has taken it."""
    receipt = await session.get(BroadcastReceipt, receipt_id)
    if receipt is not None and receipt.sent_at is None:
        receipt.sent_at = now


async def was_read(session: AsyncSession, receipt_id: int, person_id: int, now: datetime) -> None:
    """The recipient has pressed 知道了."""
    receipt = await session.get(BroadcastReceipt, receipt_id)
    if receipt is not None and receipt.person_id == person_id and receipt.read_at is None:
        receipt.read_at = now


async def views(
    session: AsyncSession, reach: Reach, *, limit: int, offset: int = 0
) -> tuple[BroadcastView, ...]:
    """Messages to areas within reach, the newest first."""
    query = select(Broadcast).order_by(col(Broadcast.id).desc())
    rows = [row for row in (await session.exec(query)).all() if reach.contains(_area(row))]
    return tuple([await _view(session, row) for row in rows[offset : offset + limit]])


async def view(session: AsyncSession, broadcast_id: int) -> BroadcastView:
    """One message. Raises `LookupError`."""
    row = await session.get(Broadcast, broadcast_id)
    if row is None:
        raise LookupError("broadcast")
    return await _view(session, row)


def _area(row: Broadcast) -> Area:
    return Area(row.region_prefix, row.employer_id)


def _of(area: Area) -> list[Any]:
    where: list[Any] = [col(Person.status) == PersonStatus.ACTIVE]
    if area.region_prefix:
        where.append(col(Person.region_code).startswith(area.region_prefix, autoescape=True))
    if area.employer_id is not None:
        where.append(col(Person.employer_id) == area.employer_id)
    return where


async def _undecided(session: AsyncSession, broadcast_id: int, reach: Reach) -> Broadcast:
    query = select(Broadcast).where(col(Broadcast.id) == broadcast_id).with_for_update()
    found = await session.exec(query.execution_options(populate_existing=True))
    row = found.one_or_none()
    if row is None or not reach.contains(_area(row)):
        raise BroadcastError("out_of_reach")
    if row.status is not BroadcastStatus.WAITING:
        raise BroadcastError("decided")
    return row


async def _view(session: AsyncSession, row: Broadcast) -> BroadcastView:
    mine = col(BroadcastReceipt.broadcast_id) == row.id
    counts = select(
        func.count(),
        func.count(col(BroadcastReceipt.sent_at)),
        func.count(col(BroadcastReceipt.read_at)),
        func.count(col(BroadcastReceipt.queued_at)),
    ).where(mine)
    recipients, sent, read, queued = (await session.exec(counts)).one()
    names = {
        identity: name
        for identity, name in await session.exec(
            select(Person.id, Person.name).where(
                col(Person.id).in_({row.author_id, row.approver_id or row.author_id})
            )
        )
    }
    employer = None if row.employer_id is None else await session.get(Employer, row.employer_id)
    over = row.status is BroadcastStatus.SENT
    return BroadcastView(
        id=row.id or 0,
        text=row.text,
        area=_area(row),
        employer_name=employer.name if employer else None,
        author_id=row.author_id,
        author=names.get(row.author_id, ""),
        approver=names.get(row.approver_id),
        status=row.status,
        created_at=row.created_at,
        decided_at=row.decided_at,
        recipients=recipients,
        sent=sent,
        read=read,
        unreachable=recipients - queued if over else 0,
    )


async def _audit(
    session: AsyncSession, person_id: int, verb: str, row: Broadcast, now: datetime
) -> None:
    await audit.record(session, f"person:{person_id}", verb, f"broadcast:{row.id}", now)
