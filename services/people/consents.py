"""What a person agreed to: asked again for a new text, or for another bureau or bank."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from services.people import audit
from services.people.notices import (
    NoticeText,
    Recipients,
    current_version,
    notice_text,
    refusal_text,
)
from storage.models import (
    CLOSED,
    Application,
    ApplicationStatus,
    Consent,
    ConsentKind,
    StoredFile,
)

__all__ = [
    "Given",
    "NoticeText",
    "Recipients",
    "RunningApplication",
    "StaleNoticeError",
    "Withdrawal",
    "current_version",
    "give",
    "given",
    "has",
    "notice_text",
    "refusal_text",
    "required",
    "running",
    "withdraw",
]


class StaleNoticeError(Exception):
    """The text that was agreed to is no longer the newest: show the new one and ask again."""


@dataclass(frozen=True)
class Given:
    """One consent, living or withdrawn."""

    id: int
    kind: ConsentKind
    version: str
    bureau: str | None
    bank: str | None
    given_at: datetime
    withdrawn_at: datetime | None
    on_paper: bool = False


@dataclass(frozen=True)
class RunningApplication:
    """An application that isn't closed."""

    id: int
    number: str
    status: ApplicationStatus


@dataclass(frozen=True)
class Withdrawal:
    """What a withdrawal ended, how many files are to be deleted, and what is still running."""

    kinds: tuple[ConsentKind, ...]
    files: int
    running: tuple[RunningApplication, ...]


async def has(
    session: AsyncSession,
    person_id: int,
    kind: ConsentKind,
    recipients: Recipients | None = None,
) -> bool:
    """Whether a living consent covers the newest text and, for pictures, the same recipients."""
    version = current_version(kind)
    return any(
        one.version == version and one.withdrawn_at is None and _covers(one, recipients)
        for one in await given(session, person_id)
        if one.kind is kind
    )


async def required(
    session: AsyncSession,
    person_id: int,
    kind: ConsentKind,
    recipients: Recipients | None = None,
) -> bool:
    """Whether the person must be asked (again)."""
    return not await has(session, person_id, kind, recipients)


async def give(
    session: AsyncSession,
    person_id: int,
    kind: ConsentKind,
    now: datetime,
    *,
    version: str,
    recipients: Recipients | None = None,
    application_id: int | None = None,
    recorded_by: str | None = None,
) -> Given:
    """Write a consent down; the same one twice is one.

    Args:
        version: of the text that the person saw (`NoticeText.version`).
        recorded_by: who has it signed on paper; None when it was given in the chat.

    Raises:
        StaleNoticeError: that text has been replaced meanwhile.
        ValueError: pictures without named recipients.
    """
    if kind is ConsentKind.PICTURES and recipients is None:
        raise ValueError("consent to pictures names the bureau and the bank")
    if version != current_version(kind):
        raise StaleNoticeError(kind.value)
    for one in await given(session, person_id):
        same = (one.kind, one.version) == (kind, version) and _covers(one, recipients)
        if same and one.withdrawn_at is None:
            return one
    row = Consent(
        person_id=person_id,
        kind=kind,
        version=version,
        application_id=application_id,
        given_to=recipients.as_dict() if recipients else None,
        given_at=now,
        recorded_by=recorded_by,
    )
    session.add(row)
    await session.flush()
    detail = {"kind": kind.value, "version": version}
    subject = f"person:{person_id}"
    await audit.record(
        session, recorded_by or subject, "consent.given", subject, now, detail=detail
    )
    return _given(row)


async def withdraw(
    session: AsyncSession, person_id: int, kind: ConsentKind, now: datetime
) -> Withdrawal:
    """End a consent. Without the notice there are no pictures either, so it ends both.

    The person's files become due for deletion at once (Personal Information Protection Law,
    Article 47 (3)). What still runs is named, for the caller to withdraw or to explain.
    """
    kinds = (kind,) if kind is ConsentKind.PICTURES else (kind, ConsentKind.PICTURES)
    living = select(Consent).where(
        col(Consent.person_id) == person_id,
        col(Consent.kind).in_(kinds),
        col(Consent.withdrawn_at).is_(None),
    )
    ended: set[ConsentKind] = set()
    for row in await session.exec(living):
        row.withdrawn_at = now
        session.add(row)
        ended.add(row.kind)
    files = await expire_files(session, person_id, now) if ended else 0
    if ended:
        actor = subject = f"person:{person_id}"
        detail = {"kinds": sorted(k.value for k in ended)}
        await audit.record(session, actor, "consent.withdrawn", subject, now, detail=detail)
    still = await running(session, person_id)
    return Withdrawal(tuple(k for k in kinds if k in ended), files, still)


async def given(session: AsyncSession, person_id: int) -> tuple[Given, ...]:
    """Every consent of a person, oldest first, withdrawn ones too."""
    query = select(Consent).where(col(Consent.person_id) == person_id).order_by(col(Consent.id))
    return tuple(_given(row) for row in await session.exec(query))


async def running(session: AsyncSession, person_id: int) -> tuple[RunningApplication, ...]:
    """A person's applications that aren't closed, oldest first."""
    query = (
        select(Application)
        .where(
            col(Application.person_id) == person_id, col(Application.status).not_in(list(CLOSED))
        )
        .order_by(col(Application.id))
    )
    return tuple(
        RunningApplication(row.id or 0, row.number, row.status) for row in await session.exec(query)
    )


async def expire_files(session: AsyncSession, person_id: int, now: datetime) -> int:
    """Make every stored file of a person due for deletion; returns how many."""
    query = select(StoredFile).where(
        col(StoredFile.person_id) == person_id, col(StoredFile.deleted_at).is_(None)
    )
    files = list(await session.exec(query))
    for file in files:
        file.expires_at = now
        session.add(file)
    await session.flush()
    return len(files)


def _covers(one: Given, recipients: Recipients | None) -> bool:
    if recipients is None:
        return True
    return {"bureau": one.bureau, "bank": one.bank} == recipients.as_dict()


def _given(row: Consent) -> Given:
    to = row.given_to or {}
    return Given(
        id=row.id or 0,
        kind=row.kind,
        version=row.version,
        bureau=to.get("bureau"),
        bank=to.get("bank"),
        given_at=row.given_at,
        withdrawn_at=row.withdrawn_at,
        on_paper=row.recorded_by is not None,
    )
