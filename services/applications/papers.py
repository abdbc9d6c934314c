"""The documents of an application: corrected, confirmed, checked against each other."""

from __future__ import annotations

from datetime import datetime

from sqlmodel.ext.asyncio.session import AsyncSession

from knowledge.identities import papers
from services.applications import reminders, rows
from services.applications.errors import FieldError, NotAllowed
from services.applications.fields import check_field, lacking
from services.applications.matters.base import paper_of
from services.applications.readings import (
    expire,
    finding_json,
    forget_check,
    install,
    locked_document,
)
from services.applications.views import DocumentView
from services.documents.consistency import RosterPerson
from services.documents.findings import Finding
from services.documents.identity import identity_findings, own_findings
from services.documents.idnumber import IdNumberError, check_id_number
from storage.clock import local_date
from storage.models import (
    DocumentStatus,
    Person,
)

_IDENTITY = frozenset({"name", "id_number", "passport_number"})


async def accept_mended(session: AsyncSession, document_id: int, now: datetime) -> DocumentView:
    """Use the portrait that we mended.

    Raises:
        NotAllowed: `nothing_mended` or `not_editable`.
    """
    row, document = await locked_document(session, document_id)
    if document.status is DocumentStatus.CONFIRMED and document.mended:
        return rows.document_view(document)
    if row.status not in rows.EDITABLE:
        raise NotAllowed("not_editable")
    if document.crop_id is None or document.status is not DocumentStatus.REFUSED:
        raise NotAllowed("nothing_mended")
    if document.file_id is not None:
        await expire(session, document.file_id, now)
    document.file_id, document.crop_id, document.mended = document.crop_id, None, True
    document.findings = []
    await install(session, row, document, now)
    row.updated_at = now
    await session.flush()
    await reminders.arrange(session, row, now)
    return rows.document_view(document)


async def confirm_fields(session: AsyncSession, document_id: int, now: datetime) -> DocumentView:
    """The person says that the fields are right. A second press changes nothing.

    Raises:
        FieldError: `missing` (a field is still empty), or the code of a finding that is a fault
            (`number_invalid`, `birth_differs`, `expired` …).
        NotAllowed: `not_offered` (replaced meanwhile) or `not_editable`.
    """
    row, document = await locked_document(session, document_id)
    if document.status is DocumentStatus.CONFIRMED:
        return rows.document_view(document)
    if document.status is not DocumentStatus.OFFERED:
        raise NotAllowed("not_offered")
    if row.status not in rows.EDITABLE:
        raise NotAllowed("not_editable")
    values = document.fields or {}
    empty = lacking(document.kind, values)
    if empty is not None:
        raise FieldError("missing", empty)
    for finding in own_findings(document.kind, values, local_date(now)):
        if finding.severity == "fault":
            raise FieldError(finding.code, finding.field or document.kind, finding.values)
    document.status, document.confirmed_at = DocumentStatus.CONFIRMED, now
    row.updated_at = now
    await session.flush()
    await reminders.arrange(session, row, now)
    return rows.document_view(document)


async def correct_field(
    session: AsyncSession, document_id: int, name: str, text: str, now: datetime
) -> DocumentView:
    """Type over what the machine read; `corrected` keeps both. A confirmed one is offered again.

    Raises:
        FieldError: what was typed can't be this field.
        NotAllowed: `not_offered` or `not_editable`.
    """
    row, document = await locked_document(session, document_id)
    if document.status not in rows.CURRENT:
        raise NotAllowed("not_offered")
    if row.status not in rows.EDITABLE:
        raise NotAllowed("not_editable")
    value = check_field(document.kind, name, text, local_date(now))
    values = dict(document.fields or {})
    if values.get(name) == value:
        document.doubts = [each for each in document.doubts or [] if each != name]
        return rows.document_view(document)
    corrected = dict(document.corrected or {})
    read = corrected.get(name, {}).get("read", values.get(name, ""))
    corrected[name] = {"read": read, "typed": value}
    document.fields = values | {name: value}
    document.corrected = corrected
    document.doubts = [each for each in document.doubts or [] if each != name]
    kept = [each for each in document.findings or [] if each.get("field") is None]
    own = own_findings(document.kind, document.fields, local_date(now))
    document.findings = kept + [finding_json(each) for each in own]
    document.status, document.confirmed_at = DocumentStatus.OFFERED, None
    if name in _IDENTITY:
        forget_check(row)
    row.updated_at = now
    await session.flush()
    await reminders.arrange(session, row, now)
    return rows.document_view(document)


async def missing_documents(session: AsyncSession, application_id: int) -> tuple[str, ...]:
    """Kinds that have not been sent (or not usably)."""
    row = await rows.seen(session, application_id)
    return (await rows.view(session, row)).missing


async def paper_findings(
    session: AsyncSession, application_id: int, now: datetime
) -> list[Finding]:
    """What the paper and the roster say of each other, after the person's corrections.

    A `fault` would be returned by the bureau; a `question` (the roster has another name) is HR's.
    """
    row = await rows.seen(session, application_id)
    person = await session.get(Person, row.person_id)
    current = {
        each.kind: dict(each.fields or {})
        for each in await rows.documents(session, application_id)
        if each.status in rows.CURRENT and each.kind in papers()[paper_of(row)].kinds
    }
    roster = None
    if person is not None:
        sex, birth = _born(person.id_number)
        roster = RosterPerson(name=person.name, id_number=person.id_number, sex=sex, birth=birth)
    return identity_findings(paper_of(row), current, roster, today=local_date(now))


def _born(id_number: str | None) -> tuple[str | None, str | None]:
    try:
        read = check_id_number(id_number or "")
    except IdNumberError:
        return None, None
    return read.sex, read.birth.isoformat()
