"""What is forgotten in time: old updates, events, links, sign-ins, logs, files of nobody."""

from __future__ import annotations

from datetime import timedelta

import structlog
from sqlalchemy import delete, func
from sqlmodel import col, select

from messenger.core.unit import Messenger, Unit
from messenger.models import (
    CallbackQuery,
    Event,
    File,
    Invite,
    Message,
    RequestLog,
    SignIn,
    Update,
)

log = structlog.get_logger(__name__)

_EVERY_SECONDS = 3600.0
#: A deleted message's files stay this long, for a bot that is just fetching them.
_DELETED_FILES = timedelta(hours=24)
_ORPHAN_SECONDS = 3600.0
_INVITES = timedelta(days=30)


async def run(messenger: Messenger) -> None:
    """Sweep every hour, until the messenger closes."""
    while not messenger.hub.closing:
        try:
            await sweep(messenger)
        except Exception as error:
            log.error("sweep.failed", kind=type(error).__name__)
        await messenger.hub.sleep(_EVERY_SECONDS)


async def sweep(messenger: Messenger) -> None:
    """Forget once everything that is due."""
    async with messenger.write() as unit:
        await _rows(unit)
        await _files_of_deleted(unit)
    await _orphans(messenger)


async def _rows(unit: Unit) -> None:
    settings = unit.messenger.settings
    # The newest event stays, so that a stream knows whether it has missed some.
    newest = (await unit.session.exec(select(func.max(Event.id)))).one() or 0
    retention = unit.now - timedelta(hours=settings.update_retention_hours)
    for statement in (
        delete(Update).where(col(Update.created_at) < retention),
        delete(Event).where(
            col(Event.created_at) < unit.now - timedelta(hours=settings.event_hours),
            col(Event.id) < newest,
        ),
        delete(CallbackQuery).where(
            col(CallbackQuery.created_at) < unit.now - timedelta(seconds=settings.callback_seconds)
        ),
        delete(Invite).where(col(Invite.expires_at) < unit.now - _INVITES),
        delete(SignIn).where(
            col(SignIn.seen_at) < unit.now - timedelta(days=settings.session_days)
        ),
        delete(RequestLog).where(
            col(RequestLog.at) < unit.now - timedelta(days=settings.request_log_days)
        ),
    ):
        await unit.session.exec(statement.execution_options(synchronize_session=False))


async def _files_of_deleted(unit: Unit) -> None:
    query = (
        select(File)
        .join(
            Message,
            (col(Message.chat_id) == col(File.chat_id))
            & (col(Message.message_id) == col(File.message_id)),
        )
        .where(col(Message.deleted_at) < unit.now - _DELETED_FILES)
    )
    for row in await unit.session.exec(query):
        await unit.session.delete(row)


async def _orphans(messenger: Messenger) -> None:
    """Stored bytes that no row points to any more."""
    names = await messenger.files.names()
    async with messenger.read() as unit:
        kept = set(await unit.session.exec(select(File.stored).distinct()))
    for name, age in names:
        if name not in kept and age > _ORPHAN_SECONDS:
            await messenger.files.delete(name)
