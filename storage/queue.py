"""The durable queue: events into mailboxes, messages out of turns, tasks and timers between.

Everything here runs inside the caller's transaction. Order within a mailbox is the order of
`InboxEvent.id`, given out under a per-mailbox lock.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, delete, exists, func, or_, select, text, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import aliased
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from storage.models import EventStatus, InboxEvent, Task, TaskStatus, Timer

INBOX, OUTBOX, TASKS, TIMERS = "inbox", "outbox", "tasks", "timers"
CASES = "cases"  # something of a case has changed: for pages that show it live
_LOCK = text("select pg_advisory_xact_lock(hashtextextended(:key, 0))")
_SHARED = text("select pg_advisory_xact_lock_shared(hashtextextended(:key, 0))")

# The claims run at every wake-up of every worker, so they are put together once.
_OLDER = aliased(InboxEvent)
_NEXT_EVENT = (
    select(InboxEvent)
    .where(
        col(InboxEvent.status) == EventStatus.PENDING,
        or_(col(InboxEvent.not_before).is_(None), col(InboxEvent.not_before) <= bindparam("now")),
        ~exists().where(
            col(_OLDER.mailbox) == col(InboxEvent.mailbox),
            col(_OLDER.status) == EventStatus.PENDING,
            col(_OLDER.id) < col(InboxEvent.id),
        ),
    )
    .order_by(col(InboxEvent.id))
    .limit(1)
    .with_for_update(skip_locked=True)
)
_FREE_TASK = (col(Task.status) == TaskStatus.PENDING) & or_(
    col(Task.not_before).is_(None), col(Task.not_before) <= bindparam("now")
)
_ABANDONED_TASK = (col(Task.status) == TaskStatus.RUNNING) & (
    col(Task.lease_until) < bindparam("tick")
)
_NEXT_TASK = (
    select(Task)
    .where(or_(_FREE_TASK, _ABANDONED_TASK))
    .order_by(col(Task.id))
    .limit(1)
    .with_for_update(skip_locked=True)
)


def is_sqlite(session: AsyncSession) -> bool:
    """Whether this session speaks to SQLite (one writer, so locks are no-ops)."""
    return session.sync_session.get_bind().dialect.name == "sqlite"


def wake(session: AsyncSession, topic: str) -> None:
    """Wake who waits for `topic` when this transaction commits (see `Database.signal`)."""
    session.info.setdefault("signals", set()).add(topic)


async def lock(session: AsyncSession, key: str, *, shared: bool = False) -> None:
    """Hold a named lock until the end of the transaction, alone or with other shared holders."""
    if not is_sqlite(session):
        await session.execute(_SHARED if shared else _LOCK, {"key": key})


async def accept(
    session: AsyncSession,
    *,
    key: str,
    mailbox: str,
    kind: str,
    payload: Any,
    at: datetime,
    actor: str | None = None,
    ordered: bool = True,
) -> bool:
    """Write an event once. `key` is the event's own id; False when it was there already.

    Args:
        ordered: ids within the mailbox come in commit order, by a lock until the commit. Without
            it no lock is held; the mailbox's turns must then look at rows, not at their order.
    """
    if ordered:
        await lock(session, f"mailbox:{mailbox}")
    insert = sqlite.insert if is_sqlite(session) else postgresql.insert
    statement = (
        insert(InboxEvent)
        .values(
            key=key,
            mailbox=mailbox,
            kind=kind,
            version=1,
            actor=actor,
            payload=payload,
            status=EventStatus.PENDING,
            attempts=0,
            received_at=at,
        )
        .on_conflict_do_nothing(index_elements=["key"])
        .returning(col(InboxEvent.id))
    )
    new = (await session.execute(statement)).scalar_one_or_none() is not None
    if new:
        wake(session, INBOX)
    return new


async def claim_event(session: AsyncSession, now: datetime) -> InboxEvent | None:
    """The oldest pending event of a mailbox that has no older pending one, its row locked.

    The open transaction is the lease: a killed worker's claim goes with its connection.
    """
    return (await session.execute(_NEXT_EVENT, {"now": now})).scalar_one_or_none()


async def add_task(
    session: AsyncSession,
    name: str,
    *,
    mailbox: str,
    payload: dict[str, Any],
    at: datetime,
    not_before: datetime | None = None,
    key: str | None = None,
) -> int | None:
    """Ask for slow work after this commit; None when a task with this `key` exists already."""
    if key is not None:
        await lock(session, f"task:{key}")
        found = select(Task.id).where(col(Task.key) == key)  # type: ignore[call-overload]
        if (await session.execute(found)).scalar_one_or_none() is not None:
            return None
    task = Task(
        name=name,
        mailbox=mailbox,
        payload=payload,
        created_at=at,
        not_before=not_before,
        key=key,
    )
    session.add(task)
    await session.flush()
    wake(session, TASKS)
    return task.id


async def claim_task(session: AsyncSession, now: datetime, tick: datetime) -> Task | None:
    """The next task that is due, or whose worker's lease has run out; its row locked.

    `now` is domain time (a wait until tomorrow moves with the demo's day), `tick` real time.
    """
    given = {"now": now, "tick": tick}
    return (await session.execute(_NEXT_TASK, given)).scalar_one_or_none()


async def set_timer(
    session: AsyncSession,
    key: str,
    *,
    mailbox: str,
    kind: str,
    due_at: datetime,
    payload: dict[str, Any] | None = None,
) -> None:
    """Set or move the timer `key`; when due it becomes the event `timer:<id>` in `mailbox`."""
    await lock(session, f"timer:{key}")
    await cancel_timers(session, key)
    session.add(Timer(key=key, mailbox=mailbox, kind=kind, payload=payload, due_at=due_at))
    wake(session, TIMERS)


async def timer_due(session: AsyncSession, key: str) -> datetime | None:
    """When the timer `key` is due; None when it is not set."""
    statement = select(col(Timer.due_at)).where(col(Timer.key) == key)
    return (await session.execute(statement)).scalar_one_or_none()


async def move_mailbox(session: AsyncSession, old: str, new: str) -> None:
    """Timers and open tasks follow a person to another mailbox."""
    await session.execute(update(Timer).where(col(Timer.mailbox) == old).values(mailbox=new))
    open_tasks = col(Task.status).in_((TaskStatus.PENDING, TaskStatus.RUNNING))
    await session.execute(
        update(Task).where(col(Task.mailbox) == old, open_tasks).values(mailbox=new)
    )


async def cancel_timers(session: AsyncSession, *keys: str) -> None:
    """Forget timers that have not fired."""
    await session.execute(delete(Timer).where(col(Timer.key).in_(keys)))


async def fire_due_timers(session: AsyncSession, now: datetime, limit: int = 100) -> int:
    """Turn due timers into events; returns how many."""
    statement = (
        select(Timer)
        .where(col(Timer.due_at) <= now)
        .order_by(col(Timer.due_at), col(Timer.id))
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    timers = (await session.execute(statement)).scalars().all()
    for timer in sorted(timers, key=lambda t: (t.mailbox, t.id or 0)):
        await accept(
            session,
            key=f"timer:{timer.id}",
            mailbox=timer.mailbox,
            kind=timer.kind,
            payload=timer.payload or {},
            at=now,
            actor="timer",
        )
        await session.delete(timer)
    return len(timers)


async def depth(session: AsyncSession) -> dict[str, int]:
    """How many events and tasks are open, for metrics."""
    events = select(func.count()).where(col(InboxEvent.status) == EventStatus.PENDING)
    tasks = select(func.count()).where(
        col(Task.status).in_((TaskStatus.PENDING, TaskStatus.RUNNING))
    )
    return {
        INBOX: (await session.execute(events)).scalar_one(),
        TASKS: (await session.execute(tasks)).scalar_one(),
    }
