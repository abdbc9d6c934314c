"""Tasks that set forms and letters; each is kept encrypted until it has been sent."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

from sqlmodel.ext.asyncio.session import AsyncSession

from bot.filters import load_words
from bot.tasks import GivenUpError, Job, Result
from knowledge.regions import full_name
from knowledge.transfers import insurances
from services import applications as apps
from services import mergers, moves
from services.applications import formdata
from services.collection import proxies
from services.console.workbooks import workbook
from services.forms import FORMS, FormData, as_json, render
from services.mergers.picture import timeline
from services.mergers.record import FORM, HEADINGS
from services.moves import look_request, run_look
from services.people import consents
from services.people.people import Employee, by_id
from storage.clock import local_date
from storage.models import Application, ApplicationKind, ConsentKind, StoredFile

_PDF, _JSON, _PNG = "application/pdf", "application/json", "image/png"
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_KEPT = timedelta(days=proxies.DAYS)


async def make_letter(job: Job) -> Result:
    """The letter of authority for the proxy whom an owner has named, or its data (`data`): the
    same, made when it is asked for and kept for a day."""
    runtime, application_id = job.runtime, int(job.payload["application_id"])
    async with runtime.database.reading() as session:
        data = await proxies.letter(session, application_id, runtime.clock.now())
        row = await session.get(Application, application_id)
    if data is None or row is None:
        raise GivenUpError("nobody is named any more")
    answer = {"application_id": application_id}
    if job.payload.get("data"):
        files = {"data_id": (as_json(proxies.FORM, data), _JSON)}
        return await _stored(job, answer, row.person_id, files, kept=timedelta(days=1))
    pdf = await asyncio.to_thread(render, proxies.FORM, data)
    return await _stored(job, answer, row.person_id, {"file_id": (pdf, _PDF)})


async def make_form(job: Job) -> Result:
    """An application's own form, as PDF and as JSON."""
    runtime, application_id = job.runtime, int(job.payload["application_id"])
    reasons = load_words()["zh"]["reason"]
    async with runtime.database.reading() as session:
        now = runtime.clock.now()
        found = await formdata.form_of(session, application_id, now, reasons)
        row = await session.get(Application, application_id)
    if found is None or row is None:
        raise GivenUpError("no form")
    pdf = await asyncio.to_thread(render, *found)
    files = {"pdf_id": (pdf, _PDF), "json_id": (as_json(*found), _JSON)}
    return await _stored(job, {"application_id": application_id}, row.person_id, files)


async def make_move_form(job: Job) -> Result:
    """A form or letter of a transfer as PDF, and its data as JSON."""
    runtime, application_id = job.runtime, int(job.payload["application_id"])
    form: Any = job.payload["form"]
    async with runtime.database.reading() as session:
        view = await apps.get(session, application_id)
        try:
            data = await moves.form_data(session, form, application_id, runtime.clock.now())
        except LookupError as error:
            raise GivenUpError("no form") from error
    pdf = await asyncio.to_thread(render, form, data)
    name = moves.form_name(form, view.reason or "")
    answer = {"form": form, "application_id": application_id, "name": name}
    files = {"pdf_id": (pdf, _PDF), "json_id": (as_json(form, data), _JSON)}
    return await _stored(job, answer, view.person_id, files)


async def make_authority(job: Job) -> Result:
    """The authority that somebody without a smartphone signs for an officer, and its data."""
    runtime, kind = job.runtime, str(job.payload["kind"])
    async with runtime.database.reading() as session:
        person = await by_id(session, int(job.payload["person"]))
        officer = await by_id(session, int(job.payload["officer"]))
    if person is None or officer is None:
        raise GivenUpError("somebody has been erased")
    values = {
        "employer": person.employer_name,
        "name": person.name,
        "number": person.number,
        "id_number": person.id_number or "",
        "officer": officer.name,
        "notice": consents.current_version(ConsentKind.NOTICE),
        "matter": load_words()["zh"]["application"][kind],
        "consent": _consent(kind, full_name(person.region_code)),
        "made": local_date(runtime.clock.now()).isoformat(),
    }
    data = FormData(values)
    pdf = await asyncio.to_thread(render, "on_behalf", data)
    files = {"file_id": (pdf, _PDF), "json_id": (as_json("on_behalf", data), _JSON)}
    return await _stored(job, {"person": person.id}, person.id, files)


def _consent(kind: str, region: str) -> str:
    """What the person lets the employer hand on, and to whom."""
    agency = kind in (ApplicationKind.TRANSFER, ApplicationKind.MERGE)
    words = load_words()["zh"]["handed_on"]
    return str(words["agency" if agency else "card"]).format(region=region)


async def _stored(
    job: Job,
    answer: dict[str, Any],
    person_id: int,
    files: dict[str, tuple[bytes, str]],
    *,
    kept: timedelta = _KEPT,
) -> Result:
    """The result with the ids of its files, which go after a while."""
    runtime = job.runtime
    written = {
        name: (await runtime.files.write(content), len(content), kind)
        for name, (content, kind) in files.items()
    }
    now = runtime.clock.now()

    async def complete(session: AsyncSession, result: dict[str, Any]) -> None:
        for key, (name, size, kind) in written.items():
            row = StoredFile(
                name=name,
                person_id=person_id,
                media_type=kind,
                size=size,
                created_at=now,
                expires_at=now + kept,
            )
            session.add(row)
            await session.flush()
            result[key] = row.id

    return Result(answer, complete)


async def look_for_accounts(job: Job) -> Result:
    """What every agency has on file about a person, and a picture of the months."""
    person, raw = await _accounts(job)
    found = mergers.read(raw)
    if not found.accounts:
        return Result({"found": raw})
    picture = await asyncio.to_thread(timeline, found)
    return await _stored(job, {"found": raw}, person.id, {"file_id": (picture, _PNG)})


async def make_record(job: Job) -> Result:
    """The contribution record, as PDF and as a workbook."""
    person, raw = await _accounts(job)
    found, today = mergers.read(raw), local_date(job.runtime.clock.now()).isoformat()
    if not found.accounts:
        return Result({})
    data = mergers.record_form(found, person, f"查询日期：{today}", today)
    pdf = await asyncio.to_thread(render, FORM, data)
    book = await workbook(FORMS[FORM].title, HEADINGS, mergers.record_rows(found))
    files = {"pdf_id": (pdf, _PDF), "book_id": (book, _XLSX)}
    return await _stored(job, {}, person.id, files)


async def _accounts(job: Job) -> tuple[Employee, dict[str, list[dict[str, Any]]]]:
    person_id = int(job.payload["person_id"])
    async with job.runtime.database.reading() as session:
        person = await by_id(session, person_id)
        if person is None:
            raise GivenUpError("erased")
        request = await look_request(session, person_id, person.region_code, tuple(insurances()))
    if request is None:
        raise GivenUpError("no ID number")
    return person, await run_look(job.runtime.gateways, request)
