"""Everything about a person as one file: data as JSON, pictures beside it."""

from __future__ import annotations

import io
import json
import zipfile
from datetime import date, datetime
from typing import Any

from sqlmodel.ext.asyncio.session import AsyncSession

from services.people import audit, consents, people
from services.privacy import own
from storage.files import FileStore
from storage.models import InboxEvent, OutboxMessage, Row, StoredFile

VERSION = 1
"""Of the shape of `data.json`."""
_ENDINGS = {"image/jpeg": "jpg", "image/png": "png", "application/pdf": "pdf"}
_INTERNAL = frozenset(
    {
        "id_number_index",
        "phone_index",
        "code_index",
        "error",
        "claimed_until",
        "event_id",
        "name",
        "source",
    }
)
"""Columns that say nothing of the person: look-up digests and the program's own bookkeeping."""


async def export(session: AsyncSession, files: FileStore, person_id: int, now: datetime) -> bytes:
    """A ZIP archive: `data.json` and `pictures/`. Reads files, so it belongs in a task.

    Raises:
        people.UnknownPersonError: no such person, or erased.
    """
    employee = await people.by_id(session, person_id)
    if employee is None:
        raise people.UnknownPersonError(f"person {person_id}")
    pictures, names = await _pictures(session, files, person_id)
    data = await _data(session, employee, now)
    data["pictures"] = names
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        text = json.dumps(data, ensure_ascii=False, indent=2, default=_plain)
        archive.writestr("data.json", text)
        for name, content in pictures.items():
            archive.writestr(name, content)
    return stream.getvalue()


async def _data(session: AsyncSession, employee: people.Employee, now: datetime) -> dict[str, Any]:
    person_id = employee.id
    chat = await own.Chat.of(session, person_id)
    return {
        "version": VERSION,
        "exported_at": now,
        "person": {
            "name": employee.name,
            "number": employee.number,
            "id_number": employee.id_number,
            "sex": employee.sex,
            "birth": employee.birth,
            "phone": employee.phone,
            "employer": employee.employer_name,
            "credit_code": employee.credit_code,
            "region": employee.region_code,
            "hire_date": employee.hire_date,
            "status": employee.status,
        },
        "accounts": _dumped(await own.accounts(session, person_id)),
        "consents": [
            {
                "kind": one.kind,
                "version": one.version,
                "bureau": one.bureau,
                "bank": one.bank,
                "given_at": one.given_at,
                "withdrawn_at": one.withdrawn_at,
            }
            for one in await consents.given(session, person_id)
        ],
        "cards": _dumped(await own.cards(session, person_id)),
        **await _applications(session, person_id),
        "documents": _dumped(await own.documents(session, person_id)),
        "cases": _dumped(await own.cases(session, person_id)),
        "case_messages": _dumped(
            [one for one in await own.case_messages(session, person_id) if not one.internal]
        ),
        **await _questions(session, person_id),
        "ratings": _dumped(await own.ratings(session, person_id)),
        "file_views": _dumped(await own.views(session, person_id)),
        "messages_received": _dumped(await own.rows(session, InboxEvent, chat.inbox())),
        "messages_sent": _dumped(await own.rows(session, OutboxMessage, chat.outbox())),
        "actions": [
            {"at": entry.at, "verb": entry.verb}
            for entry in await audit.entries(session, f"person:{person_id}", limit=1000)
        ],
    }


async def _applications(session: AsyncSession, person_id: int) -> dict[str, Any]:
    return {
        "applications": _dumped(await own.applications(session, person_id)),
        "application_events": _dumped(await own.events(session, person_id)),
        "look_ups": _dumped(await own.look_ups(session, person_id)),
        "handovers": _dumped(await own.handovers(session, person_id)),
        "proxies": _dumped(await own.proxies(session, person_id)),
    }


async def _questions(session: AsyncSession, person_id: int) -> dict[str, Any]:
    return {
        "questions": _dumped(await own.answers(session, person_id)),
        "unanswered_questions": _dumped(await own.gap_questions(session, person_id)),
    }


def _dumped(rows: Any) -> list[dict[str, Any]]:
    return [
        {key: value for key, value in _row(row).items() if key not in _INTERNAL} for row in rows
    ]


def _row(row: Row) -> dict[str, Any]:
    return row.model_dump()


async def _pictures(
    session: AsyncSession, files: FileStore, person_id: int
) -> tuple[dict[str, bytes], list[dict[str, Any]]]:
    """Bytes by their name in the archive, and what each is."""
    kinds: dict[int | None, str] = {}
    for document in await own.documents(session, person_id):
        kinds[document.file_id] = document.kind
        kinds[document.crop_id] = f"{document.kind}_crop"
    pictures: dict[str, bytes] = {}
    listed: list[dict[str, Any]] = []
    for file in await own.files(session, person_id):
        ending = _ENDINGS.get(file.media_type)
        if ending is None:
            continue  # an earlier export is no data about the person
        name = f"pictures/{kinds.get(file.id, 'file')}-{file.id}.{ending}"
        try:
            pictures[name] = await files.read(file.name)
        except FileNotFoundError:
            continue
        listed.append(_listed(file, name))
    return pictures, listed


def _listed(file: StoredFile, name: str) -> dict[str, Any]:
    return {"file": name, "created_at": file.created_at, "expires_at": file.expires_at}


def _plain(value: object) -> object:
    if isinstance(value, (datetime, date)):
        return value.isoformat()
    raise TypeError(type(value).__name__)
