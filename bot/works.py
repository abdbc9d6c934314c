"""What each task does. None holds a transaction while it reaches the network or reads a picture.

Every work may run twice (a worker may die between the work and its commit), so each is written to
be repeatable: gateway calls carry idempotency keys, a second stored file is an orphan to be swept.
"""

from __future__ import annotations

import asyncio
import html
from datetime import timedelta
from typing import Any

from sqlmodel.ext.asyncio.session import AsyncSession
from telegram.error import BadRequest, NetworkError

from bot.application import bot_of
from bot.papers import (
    look_for_accounts,
    make_authority,
    make_form,
    make_letter,
    make_move_form,
    make_record,
)
from bot.renderer import plain
from bot.summaries import draw_summary, report_summary
from bot.tasks import GivenUpError, Job, LaterError, Result, Work
from knowledge.profiles import photo_profile
from services import applications as apps
from services import broadcasts, cases, collection, moves, proofs
from services.cases import hook, mail
from services.documents.document import ReadDocument
from services.documents.profile import PortraitProfile
from services.imports.report import UnreadableError
from services.moves.looking import LOOK
from services.people.people import by_id
from services.privacy import export
from storage.clock import local_date
from storage.models import Document, StoredFile

_DOWNLOAD_SECONDS, _DOWNLOAD_TRIES = 30, 60
_ZIP, _JPEG = "application/zip", "image/jpeg"


async def read_document(job: Job) -> Result:
    """Fetch an upload, read and judge it in a worker process, keep the cleaned pictures."""
    runtime, payload = job.runtime, job.payload
    content = await download(job, payload["file"])
    found: list[ReadDocument] = []
    if content is not None:
        found = await runtime.reader.read(
            content,
            kind=payload.get("kind"),
            profile=portrait_profile(payload["region"]),
            today=local_date(runtime.clock.now()),
        )
    names = [(document, *await _keep(job, document)) for document in found]

    async def complete(session: AsyncSession, result: dict[str, Any]) -> None:
        owner = await session.get(Document, int(payload["document_id"]))
        person_id = owner.person_id if owner else None
        readings = []
        for document, crop, mended in names:
            crop_id = await _row(job, session, person_id, crop)
            mended_id = await _row(job, session, person_id, mended)
            readings.append(apps.Reading.of(document, crop_id, mended_id).as_json())
        result["readings"] = readings

    answer = {key: payload[key] for key in ("document_id", "application_id")}
    return Result(answer, complete)


async def download(job: Job, file_id: str) -> bytes | None:
    """The bytes of an upload; None when the messenger no longer gives them.

    Raises:
        LaterError: the messenger does not answer; nobody has to send the picture again for that.
    """
    bot = bot_of(job.runtime.application)
    try:
        file = await bot.get_file(file_id, read_timeout=_DOWNLOAD_SECONDS)
        return bytes(await file.download_as_bytearray(read_timeout=_DOWNLOAD_SECONDS))
    except BadRequest:
        return None
    except NetworkError as error:
        if job.attempt >= _DOWNLOAD_TRIES:
            raise
        wait = timedelta(seconds=min(2**job.attempt, 60))
        raise LaterError(job.runtime.clock.now() + wait) from error


def portrait_profile(region: str) -> PortraitProfile:
    """The region's photo rules in the reader's terms; what no rule says is not enforced."""
    rules = photo_profile(region)
    return PortraitProfile(
        name=region,
        width_px=rules.width_px,
        height_px=rules.height_px,
        dpi=rules.dpi,
        min_kb=rules.min_kb,
        max_kb=rules.max_kb,
    )


async def _keep(
    job: Job, document: ReadDocument
) -> tuple[tuple[str, int] | None, tuple[str, int] | None]:
    """Store the straightened picture and the mended one; their names and sizes."""
    files = job.runtime.files
    crop = mended = None
    if document.crop is not None:
        crop = (await files.write(document.crop), len(document.crop))
    if document.mended is not None:
        image = document.mended.image
        mended = (await files.write(image), len(image))
    return crop, mended


async def _row(
    job: Job,
    session: AsyncSession,
    person_id: int | None,
    stored: tuple[str, int] | None,
    media_type: str = _JPEG,
) -> int | None:
    if stored is None:
        return None
    row = StoredFile(
        name=stored[0],
        person_id=person_id,
        media_type=media_type,
        size=stored[1],
        created_at=job.runtime.clock.now(),
    )
    session.add(row)
    await session.flush()
    return row.id


async def read_proof(job: Job) -> Result:
    """What a person's picture shows of their cards; the picture is not kept."""
    content = await download(job, job.payload["file"])
    found: list[ReadDocument] = []
    if content is not None:
        today = local_date(job.runtime.clock.now())
        found = await job.runtime.reader.read(content, today=today)
    shown = [{"kind": each.kind, "fields": dict(each.fields)} for each in found]
    return Result({"shown": [each for each in shown if each["kind"] in (proofs.LIST, proofs.CARD)]})


async def check_application(job: Job) -> Result | None:
    """Ask the registry and every partner bank at the same time."""
    application_id, number = job.payload["application_id"], job.payload["round"]
    async with job.runtime.database.reading() as session:
        request = await apps.check_request(session, application_id, number)
    if request is None:
        return None
    answers = await apps.run_check(job.runtime.gateways, request)
    found = [answer.as_json() for answer in answers]
    return Result({"application_id": application_id, "round": number, "answers": found})


async def refresh_cards(job: Job) -> Result:
    """Ask which cards a person holds now."""
    person_id = int(job.payload["person_id"])
    async with job.runtime.database.reading() as session:
        request = await apps.refresh_request(session, person_id)
    if request is None:
        raise GivenUpError("no ID number")
    answers = await apps.run_check(job.runtime.gateways, request)
    return Result({"person_id": person_id, "answers": [each.as_json() for each in answers]})


async def submit_application(job: Job) -> Result | None:
    """Send the confirmed papers to the bureau, under the revision's idempotency key."""
    application_id, revision = job.payload["application_id"], job.payload["revision"]
    async with job.runtime.database.reading() as session:
        package = await apps.load_package(session, application_id, revision)
    if package is None:
        return None
    package = await package.read(job.runtime.files)
    result = await apps.run_submit(job.runtime.gateways, package)
    return Result({"application_id": application_id, "result": result.as_json()})


async def poll_application(job: Job) -> Result | None:
    """Ask the bureau where an application stands."""
    application_id = job.payload["application_id"]
    async with job.runtime.database.reading() as session:
        request = await apps.poll_request(session, application_id)
    if request is None:
        return None
    state = await apps.run_poll(job.runtime.gateways, request)
    found = state.model_dump(mode="json") if state else None
    return Result({"application_id": application_id, "state": found})


async def withdraw_application(job: Job) -> Result | None:
    """Ask the bureau to let an application be withdrawn."""
    application_id = job.payload["application_id"]
    async with job.runtime.database.reading() as session:
        request = await apps.withdrawal_request(session, application_id)
    if request is None:
        return None
    outcome = await apps.run_withdraw(job.runtime.gateways, request)
    return Result({"application_id": application_id, "outcome": outcome})


async def export_data(job: Job) -> Result | None:
    """Everything held about a person, as a file."""
    runtime, person_id = job.runtime, int(job.payload["person_id"])
    async with runtime.database.reading() as session:
        if await by_id(session, person_id) is None:
            return None
        content = await export.export(session, runtime.files, person_id, runtime.clock.now())
    stored = (await runtime.files.write(content), len(content))

    async def complete(session: AsyncSession, result: dict[str, Any]) -> None:
        result["file_id"] = await _row(job, session, person_id, stored, _ZIP)

    return Result({}, complete)


async def look_up_relations(job: Job) -> Result:
    """Ask the agencies which insurance relations a person has, and where."""
    given = job.payload
    async with job.runtime.database.reading() as session:
        request = await moves.look_request(
            session, int(given["person_id"]), given["destination"], given["insurances"]
        )
    if request is None:
        raise GivenUpError("no ID number")
    return Result(
        {"round": given["round"], "found": await moves.run_look(job.runtime.gateways, request)}
    )


async def send_broadcast(job: Job) -> Result | None:
    """Hand a message from HR to every recipient's mailbox, some in each transaction."""
    broadcast_id, more = int(job.payload["broadcast_id"]), True
    while more and not job.runtime.stopping.is_set():
        async with job.runtime.database.transaction() as session:
            more = await broadcasts.send_some(session, broadcast_id, job.runtime.clock.tick())
    if more:
        raise LaterError(job.runtime.clock.now())
    return None


async def fetch_case_file(job: Job) -> Result | None:
    """Fetch what was sent in a case; it stays as it is."""
    payload = job.payload
    content = await download(job, payload["file"])
    stored, media_type = None, "image/jpeg" if payload["photo"] else payload.get("media_type")
    if content is not None:
        stored = (await job.runtime.files.write(content), len(content))

    async def complete(session: AsyncSession, _result: dict[str, Any]) -> None:
        message_id = int(payload["message_id"])
        person_id = await cases.person_of(session, message_id)
        kind = (media_type or "application/octet-stream")[:32]
        file_id = await _row(job, session, person_id, stored, kind)
        await cases.fetched(session, message_id, file_id, job.runtime.clock.now())

    return Result({"message_id": payload["message_id"]}, complete)


async def read_numbers(job: Job) -> Result:
    """The application numbers of a workbook that an officer sent."""
    content = await download(job, job.payload["file"])
    found, trouble = collection.Numbers(()), content is None
    if content is not None:
        try:
            limits = job.runtime.settings.imports
            found = await asyncio.to_thread(collection.from_sheet, content, limits)
        except UnreadableError:
            trouble = True
    answer = {"numbers": list(found.numbers), "odd": list(found.odd_rows), "trouble": trouble}
    return Result({"place": job.payload["place"]} | answer)


async def keep_authority(job: Job) -> Result:
    """Fetch the authority that somebody has signed; it stays as it is, encrypted."""
    content = await download(job, job.payload["file"])
    person_id = int(job.payload["person"])
    stored = None if content is None else (await job.runtime.files.write(content), len(content))
    pdf = content is not None and content.startswith(b"%PDF")

    async def complete(session: AsyncSession, result: dict[str, Any]) -> None:
        kind = "application/pdf" if pdf else _JPEG
        result["file_id"] = await _row(job, session, person_id, stored, kind)

    return Result({"person": person_id}, complete)


async def send_mail(job: Job) -> None:
    """Notices to an officer by e-mail; the same message id when it is sent again."""
    given = job.payload
    text = plain(html.unescape(given["text"]))
    subject = plain(html.unescape(given["subject"]))
    await mail.send(mail.compose(given["to"], subject, text, f"task-{job.id}"))


async def report_to_desk(job: Job) -> None:
    """A change of a case to the company's own desk, under the task's own id."""
    await hook.send(job.payload["body"], f"task-{job.id}", job.runtime.clock.tick())


WORKS: dict[str, Work] = {
    "summary.draw": draw_summary,
    "summary.report": report_summary,
    "broadcast.send": send_broadcast,
    "case.fetch": fetch_case_file,
    "collection.read": read_numbers,
    "authority.keep": keep_authority,
    "authority.make": make_authority,
    "proxy.letter": make_letter,
    "form.make": make_form,
    "merge.look": look_for_accounts,
    "merge.record": make_record,
    "desk.mail": send_mail,
    "desk.hook": report_to_desk,
    "document.read": read_document,
    "application.check": check_application,
    "cards.refresh": refresh_cards,
    "card.proof": read_proof,
    "application.submit": submit_application,
    "application.poll": poll_application,
    "application.withdraw": withdraw_application,
    LOOK: look_up_relations,
    moves.FORM_TASK: make_move_form,
    "privacy.export": export_data,
}
