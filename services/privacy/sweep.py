"""What has had its time: pictures, exports, orphaned bytes, leavers' entries, old records."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, or_
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from services.collection.proxies import forget_over as forget_proxies
from services.people import audit
from services.people.settings import PeopleSettings
from services.privacy import blank, own
from services.privacy.erase import roster_needed
from storage.files import FileStore
from storage.models import (
    Application,
    Case,
    CaseMessage,
    Document,
    DocumentStatus,
    Person,
    PersonStatus,
    StoredFile,
)

_EXPORT = "application/zip"
_HOUR = 3600
_BATCH = 500
"""Files in one sweep, so that its transaction stays short."""


@dataclass(frozen=True)
class DueFile:
    """A file whose bytes are to be deleted; `name` is its name in the file store."""

    id: int
    name: str


@dataclass(frozen=True)
class Swept:
    """How many files went, how many bytes without a row, how many leavers' entries."""

    expired: int
    orphans: int
    leavers: int


async def expired_files(
    session: AsyncSession, now: datetime, settings: PeopleSettings
) -> tuple[DueFile, ...]:
    """Files past their day, and files that nothing open has needed for `picture_days`.

    A file is needed by a document of an open application and by a message of an open case; the
    days count from the latest closing, or from the upload when nothing refers to it.
    """
    query = (
        select(StoredFile)
        .where(col(StoredFile.deleted_at).is_(None), _candidates(now, settings))
        .order_by(col(StoredFile.id))
        .limit(_BATCH * 4)
    )
    files = (await session.exec(query)).all()
    needed_until = await _needed_until(session, [file.id or 0 for file in files])
    kept = timedelta(days=settings.picture_days)
    due = []
    for file in files:
        forced = file.expires_at is not None and file.expires_at <= now
        last_need = needed_until.get(file.id or 0, file.created_at)
        if forced or _export_over(file, now, settings) or (last_need and last_need + kept <= now):
            due.append(DueFile(file.id or 0, file.name))
    return tuple(due[:_BATCH])


async def sweep(
    session: AsyncSession, files: FileStore, now: datetime, settings: PeopleSettings
) -> Swept:
    """Delete what is due. Bytes go before their rows say so: a crash between repeats the call."""
    due = await expired_files(session, now, settings)
    for file in due:
        await files.delete(file.name)
        row = await session.get(StoredFile, file.id)
        if row is not None:
            row.deleted_at = now
            session.add(row)
    await session.flush()
    await _forget_readings(session, now, settings)
    await forget_proxies(session, now)
    orphans = await _orphans(session, files, settings)
    leavers = await _forget_leavers(session, now, settings)
    return Swept(len(due), orphans, leavers)


def _candidates(now: datetime, settings: PeopleSettings) -> ColumnElement[bool]:
    old = now - timedelta(days=settings.picture_days)
    day_old = now - timedelta(hours=settings.export_hours)
    return or_(
        col(StoredFile.expires_at) <= now,
        col(StoredFile.created_at) <= old,
        (col(StoredFile.media_type) == _EXPORT) & (col(StoredFile.created_at) <= day_old),
    )


def _export_over(file: StoredFile, now: datetime, settings: PeopleSettings) -> bool:
    age = now - file.created_at
    return file.media_type == _EXPORT and age >= timedelta(hours=settings.export_hours)


async def _needed_until(session: AsyncSession, file_ids: list[int]) -> dict[int, datetime | None]:
    """When each file was last needed; None: something open needs it still."""
    uses: defaultdict[int, list[datetime | None]] = defaultdict(list)
    for file_column in (col(Document.file_id), col(Document.crop_id)):
        query = (
            select(file_column, Application.closed_at, Document.status, Document.created_at)
            .join(Application, col(Application.id) == col(Document.application_id))
            .where(file_column.in_(file_ids))
        )
        for file_id, closed_at, status, created_at in await session.exec(query):
            gone = status in (DocumentStatus.REFUSED, DocumentStatus.REPLACED)
            if file_id is not None:
                uses[file_id].append(created_at if gone else closed_at)
    in_cases = (
        select(CaseMessage.file_id, Case.resolved_at)
        .join(Case, col(Case.id) == col(CaseMessage.case_id))
        .where(col(CaseMessage.file_id).in_(file_ids))
    )
    for in_case, resolved_at in await session.exec(in_cases):
        if in_case is not None:
            uses[in_case].append(resolved_at)
    return {file_id: _latest(moments) for file_id, moments in uses.items()}


def _latest(moments: Iterable[datetime | None]) -> datetime | None:
    known = list(moments)
    return None if None in known else max(m for m in known if m is not None)


async def _forget_readings(session: AsyncSession, now: datetime, settings: PeopleSettings) -> None:
    """What was read in pictures goes with them."""
    old = now - timedelta(days=settings.picture_days)
    query = (
        select(Document)
        .join(Application, col(Application.id) == col(Document.application_id))
        .where(col(Application.closed_at) <= old, col(Document.fields).is_not(None))
        .limit(_BATCH)
    )
    for document in await session.exec(query):
        document.fields = document.corrected = document.findings = document.doubts = None
        session.add(document)
    await session.flush()


async def _orphans(session: AsyncSession, files: FileStore, settings: PeopleSettings) -> int:
    """Bytes whose row was rolled back, or whose deletion was cut short."""
    names = {name for name, age in await files.names() if age > settings.orphan_hours * _HOUR}
    known = select(StoredFile.name).where(col(StoredFile.deleted_at).is_(None))
    orphans = names.difference((await session.exec(known)).all())
    for name in orphans:
        await files.delete(name)
    return len(orphans)


async def _forget_leavers(session: AsyncSession, now: datetime, settings: PeopleSettings) -> int:
    """Register entries of those who left long enough ago; nobody has to ask for it."""
    query = select(Person).where(
        col(Person.status) == PersonStatus.LEFT,
        col(Person.updated_at) <= now - timedelta(days=365 * settings.leaver_years),
    )
    gone = 0
    for person in (await session.exec(query)).all():
        person_id = person.id or 0
        running = await own.open_applications(session, person_id)
        if running or await roster_needed(session, person, now, settings):
            continue
        await blank.personal_data(session, person_id, now)
        await blank.account(session, person_id)
        blank.roster(session, person, now)
        await audit.record(session, "sweep", "person.erased", f"person:{person_id}", now)
        gone += 1
    await session.flush()
    return gone
