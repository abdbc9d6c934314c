"""Uploads: expected, read, offered or refused, replaced by newer ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from knowledge.identities import paper_of
from services.applications import identities, reminders, rows
from services.applications.errors import NotAllowed, NotFound
from services.applications.fields import editable_fields
from services.applications.matters.base import paper_of as paper_of_row
from services.applications.settings import rules
from services.applications.views import Declined, DocumentView, ReadingOutcome
from services.documents.document import ReadDocument
from services.documents.findings import Finding
from services.documents.identity import kind_of_side
from storage.models import (
    Application,
    ApplicationStatus,
    Document,
    DocumentStatus,
    StoredFile,
)

UNKNOWN = "unknown"
_NOTHING_TO_CONFIRM = frozenset({"portrait", rows.SCREENSHOT})
_TYPED_OVER = frozenset(
    {
        "field_unreadable",
        "address_line_unreadable",
        "number_invalid",
        "birth_differs",
        "sex_differs",
        "validity_odd",
        "number_not_hmt",
        "permit_number_invalid",
        "permit_birth_differs",
        "passport_number_invalid",
    }
)
"""Findings that a misreading alone explains, so that typing may mend them."""
_TYPED_AT_ONCE = frozenset({"sex", "ethnicity"})
"""Fields that the reader may miss on a legible picture: of one or two characters, from a list."""


@dataclass(frozen=True)
class Reading:
    """One document that was found in an upload.

    Args:
        findings: `Finding.pack()` with its sentences.
        file_id: the stored crop (for a portrait the cleaned picture), instead of the upload.
        mended_id: the stored portrait that we mended, if one is offered.
    """

    kind: str
    ok: bool
    fields: Mapping[str, str] = field(repr=False)
    doubts: tuple[str, ...] = ()
    findings: tuple[Mapping[str, Any], ...] = ()
    file_id: int | None = None
    mended_id: int | None = None

    @classmethod
    def of(cls, read: ReadDocument, file_id: int | None, mended_id: int | None) -> Reading:
        """A reader's result whose pictures have been stored."""
        return cls(
            kind=kind_of_side(read.kind, read.side),
            ok=read.ok,
            fields=dict(read.fields),
            doubts=tuple(read.doubts),
            findings=tuple(finding_json(each) for each in read.findings),
            file_id=file_id,
            mended_id=mended_id,
        )

    def as_json(self) -> dict[str, Any]:
        """As a task's result carries it (encrypted there)."""
        return {
            "kind": self.kind,
            "ok": self.ok,
            "fields": dict(self.fields),
            "doubts": list(self.doubts),
            "findings": [dict(each) for each in self.findings],
            "file_id": self.file_id,
            "mended_id": self.mended_id,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Reading:
        """The opposite of `as_json`."""
        return cls(
            kind=data["kind"],
            ok=data["ok"],
            fields=data["fields"],
            doubts=tuple(data["doubts"]),
            findings=tuple(data["findings"]),
            file_id=data["file_id"],
            mended_id=data["mended_id"],
        )


def finding_json(finding: Finding) -> dict[str, Any]:
    """A finding with its parts and its Chinese sentences."""
    return {**finding.pack(), **finding.as_json()}


async def expect_document(
    session: AsyncSession,
    application_id: int,
    kind: str | None,
    file_id: int | None,
    now: datetime,
) -> DocumentView:
    """A document that was sent and is to be read. Its id goes into the reading task.

    Raises:
        NotAllowed: `not_editable`: it is at the bureau, or closed.
    """
    row = await rows.locked(session, application_id)
    if row.status not in rows.EDITABLE:
        raise NotAllowed("not_editable")
    document = Document(
        application_id=application_id,
        person_id=row.person_id,
        kind=kind or UNKNOWN,
        status=DocumentStatus.CHECKING,
        file_id=file_id,
        created_at=now,
    )
    session.add(document)
    row.updated_at = now
    await session.flush()
    await reminders.arrange(session, row, now)
    return rows.document_view(document)


async def record_reading(
    session: AsyncSession, document_id: int, readings: Sequence[Reading], now: datetime
) -> ReadingOutcome:
    """Take what was read from one upload (which may hold several documents).

    Usable ones are offered for confirmation (a portrait is confirmed by having been sent) and
    replace an older one of their kind; an upload overtaken by a newer one changes nothing.
    """
    row, first = await locked_document(session, document_id)
    if first.status is not DocumentStatus.CHECKING or row.status not in rows.EDITABLE:
        if first.status is DocumentStatus.CHECKING:
            first.status = DocumentStatus.REPLACED
        return await _outcome(session, row, first.kind, [], ignored=True)
    asked = first.kind
    taken: list[Document] = []
    unwanted: list[str] = []
    declined: dict[str, Declined] = {}
    upload, reused = first.file_id, False
    kept: list[Reading] = []
    for reading in readings:
        why = await _declined(session, row, reading)
        if why is not None:
            declined[reading.kind] = why
        elif not _unwanted(row, reading, asked):
            kept.append(reading)
            continue
        unwanted.append(reading.kind)
        await _let_go(session, reading, now)
    for number, reading in enumerate(kept):
        document = first if number == 0 else _sibling(first, reading, now)
        await _take(session, row, document, reading, asked=asked, now=now)
        reused |= document.file_id == upload
        taken.append(document)
    if not readings:
        first.status = DocumentStatus.REFUSED
        taken, reused = [first], True
    elif not kept:
        first.status = DocumentStatus.REPLACED
    if upload is not None and not reused:
        await expire(session, upload, now)
    row.updated_at = now
    await session.flush()
    await reminders.arrange(session, row, now)
    ignored = not unwanted and all(each.status is DocumentStatus.REPLACED for each in taken)
    outcome = await _outcome(session, row, asked, taken, unwanted=unwanted, ignored=ignored)
    return replace(outcome, declined=declined)


async def _declined(session: AsyncSession, row: Application, reading: Reading) -> Declined | None:
    """Why a paper that proves a person can't stand for the one that is asked for."""
    asked = any(paper_of(kind) is not None for kind in rows.required(row))
    if not asked or paper_of(reading.kind) is None:
        return None
    return await identities.consider(session, row, reading.kind, reading.fields)


def _unwanted(row: Application, reading: Reading, asked: str) -> bool:
    """Whether a paper is of a known kind that this application does not ask for."""
    return reading.kind not in (UNKNOWN, "other", asked, *rows.wanted(row))


async def _let_go(session: AsyncSession, reading: Reading, now: datetime) -> None:
    """Pictures of a paper that nobody asked for: the next sweep deletes them."""
    for stored in (reading.file_id, reading.mended_id):
        if stored is not None:
            await expire(session, stored, now)


def _sibling(first: Document, reading: Reading, now: datetime) -> Document:
    return Document(
        application_id=first.application_id,
        person_id=first.person_id,
        kind=reading.kind,
        status=DocumentStatus.CHECKING,
        file_id=first.file_id,
        created_at=first.created_at,
    )


async def _take(
    session: AsyncSession,
    row: Application,
    document: Document,
    reading: Reading,
    *,
    asked: str,
    now: datetime,
) -> None:
    known = reading.kind not in (UNKNOWN, "other")
    document.kind = reading.kind if known else asked
    document.fields = dict(reading.fields)
    document.doubts = list(reading.doubts)
    document.findings = [dict(each) for each in reading.findings]
    document.crop_id = reading.mended_id
    if reading.file_id is not None:
        document.file_id = reading.file_id
    session.add(document)
    await session.flush()
    tried = await failures(session, row.id or 0, document.kind)
    if not (known and (reading.ok or _can_go_on(reading, tried))):
        document.status = DocumentStatus.REFUSED
        return
    await install(session, row, document, now)


def _can_go_on(reading: Reading, tried: int) -> bool:
    """Whether a faulty reading is usable all the same: a person can type what the machine
    misread, unless that is most of it; a screenshot is looked at by an officer anyway.

    What an identity paper doesn't show legibly the bureau would return, whatever is typed: another
    picture comes first. After `tried` refused ones (`retakes_before_typing`) typing is let through,
    so that a worn card is no dead end.
    """
    if reading.kind == rows.SCREENSHOT:
        return True
    names = editable_fields(reading.kind)
    faults = [each for each in reading.findings if each.get("severity", "fault") == "fault"]
    empty = [name for name in names if not reading.fields.get(name)]
    illegible = {each.get("field") for each in faults if each["code"] == "field_unreadable"}
    if (
        illegible - _TYPED_AT_ONCE
        and paper_of(reading.kind) is not None
        and tried < rules().retakes_before_typing
    ):
        return False
    return (
        bool(names)
        and all(each["code"] in _TYPED_OVER and each.get("field") in names for each in faults)
        and len(empty) <= rules().fields_to_type
    )


async def install(
    session: AsyncSession, row: Application, document: Document, now: datetime
) -> None:
    """Make a document the current one of its kind, unless a newer one is."""
    for other in await rows.documents(session, document.application_id):
        if other.id == document.id or other.kind != document.kind:
            continue
        if other.status in rows.CURRENT:
            if (other.id or 0) > (document.id or 0):
                document.status = DocumentStatus.REPLACED
                return
            other.status = DocumentStatus.REPLACED
    await session.flush()  # the old one gives way before the new one stands
    document.status = DocumentStatus.OFFERED
    if document.kind in _NOTHING_TO_CONFIRM:
        document.status, document.confirmed_at = DocumentStatus.CONFIRMED, now
    if document.kind == identities.numbered(paper_of_row(row))[0]:
        forget_check(row)


def forget_check(row: Application) -> None:
    """The person asked about may be another one now: an answer under way no longer counts."""
    row.checked_at = None
    if row.status in (ApplicationStatus.CHECKING, ApplicationStatus.WAITING):
        row.status = ApplicationStatus.DRAFT


async def failures(session: AsyncSession, application_id: int, kind: str) -> int:
    """Refused tries of a kind since the last usable one."""
    count = 0
    for document in await rows.documents(session, application_id):
        if document.kind != kind:
            continue
        if document.status is DocumentStatus.REFUSED:
            count += 1
        elif document.status is not DocumentStatus.CHECKING:
            count = 0
    return count


async def _outcome(
    session: AsyncSession,
    row: Application,
    asked: str,
    taken: Sequence[Document],
    *,
    ignored: bool,
    unwanted: Sequence[str] = (),
) -> ReadingOutcome:
    refused = [each for each in taken if each.status is DocumentStatus.REFUSED]
    counts = [await failures(session, row.id or 0, each.kind) for each in refused]
    worst = max(counts, default=0)
    return ReadingOutcome(
        documents=tuple(rows.document_view(each) for each in taken if each.status in rows.CURRENT),
        refused=tuple(rows.document_view(each) for each in refused),
        unwanted=tuple(unwanted),
        declined={},
        ignored=ignored,
        failures=worst,
        escalate=worst >= rules().tries_before_escalation,
        missing=(await rows.view(session, row)).missing,
    )


async def locked_document(session: AsyncSession, document_id: int) -> tuple[Application, Document]:
    """A document, under its application's lock. Raises `NotFound`."""
    found = await session.get(Document, document_id)
    if found is None:
        raise NotFound("document")
    row = await rows.locked(session, found.application_id)
    await session.refresh(found)  # it may have changed while we waited for the lock
    return row, found


async def expire(session: AsyncSession, file_id: int, now: datetime) -> None:
    """An upload that nothing refers to any more: the sweep deletes it."""
    others = await session.exec(
        select(Document.id).where(
            (col(Document.file_id) == file_id) | (col(Document.crop_id) == file_id)
        )
    )
    stored = await session.get(StoredFile, file_id)
    if stored is not None and len(others.all()) <= 1:
        stored.expires_at = now
