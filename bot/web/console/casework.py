"""What an officer does in a case: take, write, wait, hand over, decide, resolve."""

from __future__ import annotations

from aiohttp import web
from sqlmodel.ext.asyncio.session import AsyncSession

from bot.web.console.documents import mark
from bot.web.console.pages import DESK, OFFICERS, Pages
from bot.web.console.pictures import as_pictures
from bot.web.console.visit import Visit
from services import applications as apps
from services import cases
from services.applications.errors import ApplicationError
from services.cases import CaseError, CaseView
from services.cases.decisions import decide, decisions
from services.console import looking
from services.console.looking import Why
from services.documents.viewing import NotViewable
from services.people.people import mailbox_of
from storage import queue
from storage.models import Priority, StoredFile, WaitingFor

pages = Pages("casework")
_LONGEST = 3500
"""Characters of a reply: a message of the Bot API with ours around it."""


async def _case(session: AsyncSession, visit: Visit) -> CaseView:
    found = await cases.by_number(session, visit.ref)
    if found is None:
        raise web.HTTPNotFound
    return found


def _back(visit: Visit, said: str | None = None) -> web.Response:
    return visit.goes(f"/cases/{visit.ref}", said)


@pages.post("/cases/{ref}/take", roles=OFFICERS, subject="case")
async def take(visit: Visit) -> web.StreamResponse:
    """接手: of two officers at once one wins, and the other is told."""
    async with visit.transaction() as session:
        found = await _case(session, visit)
        try:
            taken = await cases.take(session, found.id, visit.person.id, visit.now)
        except CaseError:
            return _back(visit, "case_not_yours")
    return _back(visit, "case_taken" if taken.won else "case_too_late")


@pages.post("/cases/{ref}/write", roles=OFFICERS, subject="case", files=True)
async def write(visit: Visit) -> web.StreamResponse:
    """A reply, a request for papers, or a note of HR's own."""
    text, how = visit.form.text("text"), visit.form.text("how")
    upload = visit.form.files[0] if visit.form.files else None
    if len(text) > _LONGEST or how not in ("reply", "papers", "note"):
        return _back(visit, "case_too_long")
    if not text and (upload is None or how == "papers"):
        return _back(visit, "text_missing")
    name = await visit.runtime.files.write(upload.content) if upload and how != "papers" else None
    officer, now = visit.person.id, visit.now
    try:
        async with visit.transaction() as session:
            found = await _case(session, visit)
            if how == "papers":
                await cases.request_papers(session, found.id, officer, text, now)
            else:
                attachment = await _attachment(visit, session, found, name)
                verb = cases.note if how == "note" else cases.answer
                await verb(session, found.id, officer, text or None, now, attachment=attachment)
    except CaseError:
        return _back(visit, "case_not_yours")
    return _back(visit, f"case_{how}")


async def _attachment(
    visit: Visit, session: AsyncSession, case: CaseView, name: str | None
) -> cases.Attachment | None:
    """The uploaded file as the case keeps it: a picture by its content, else a document."""
    if name is None:
        return None
    upload = visit.form.files[0]
    picture = upload.content[:3] == b"\xff\xd8\xff" or upload.content[:8] == b"\x89PNG\r\n\x1a\n"
    kind = "image/jpeg" if upload.content[:3] == b"\xff\xd8\xff" else "image/png"
    row = StoredFile(
        name=name,
        person_id=case.person_id,
        media_type=kind if picture else "application/octet-stream",
        size=len(upload.content),
        created_at=visit.now,
    )
    session.add(row)
    await session.flush()
    media = "photo" if picture else "document"
    return cases.Attachment(media=media, file_id=row.id, name=upload.name[:200])


@pages.post("/cases/{ref}/state", roles=OFFICERS, subject="case")
async def state(visit: Visit) -> web.StreamResponse:
    """等待, 解决, 转回小助手, 重复, or open it again."""
    what, officer, now = visit.form.text("what"), visit.person.id, visit.now
    verbs = {
        "resolve": cases.resolve,
        "to_bot": cases.back_to_bot,
        "duplicate": cases.close_duplicate,
        "reopen": cases.reopen,
    }
    if what not in verbs and what not in set(WaitingFor):
        raise web.HTTPBadRequest
    try:
        async with visit.transaction() as session:
            found = await _case(session, visit)
            if what in verbs:
                await verbs[what](session, found.id, officer, now)
            else:
                await cases.wait(session, found.id, officer, WaitingFor(what), now)
    except CaseError as error:
        return _back(visit, "case_over" if error.code == "resolved" else "case_not_yours")
    return _back(visit, f"case_{what}" if what in verbs else "case_waits")


@pages.post("/cases/{ref}/hand-over", roles=DESK, subject="case")
async def hand_over(visit: Visit) -> web.StreamResponse:
    """转给…: to a colleague who may act on it."""
    wanted = visit.form.text("to")
    if not wanted.isdigit() or len(wanted) > 15:
        return _back(visit, "case_to_whom")
    try:
        async with visit.transaction() as session:
            found = await _case(session, visit)
            await cases.hand_over(session, found.id, visit.person.id, int(wanted), visit.now)
    except CaseError as error:
        away = error.code == "not_available"
        return _back(visit, "case_away" if away else "case_not_yours")
    return _back(visit, "case_handed")


@pages.post("/cases/{ref}/label", roles=DESK, subject="case")
async def label(visit: Visit) -> web.StreamResponse:
    """What it is about, and how soon."""
    matter, priority = visit.form.text("matter"), visit.form.text("priority")
    if matter not in cases.matters() or priority not in set(Priority):
        raise web.HTTPBadRequest
    try:
        async with visit.transaction() as session:
            found = await _case(session, visit)
            if found.matter != matter:
                await cases.set_matter(session, found.id, visit.person.id, matter, visit.now)
            if found.priority != priority:
                wanted = Priority(priority)
                await cases.set_priority(session, found.id, visit.person.id, wanted, visit.now)
    except CaseError as error:
        return _back(visit, "case_over" if error.code == "resolved" else "case_not_yours")
    return _back(visit, "case_labelled")


@pages.post("/cases/{ref}/decide", roles=OFFICERS, subject="case", files=True)
async def decided(visit: Visit) -> web.StreamResponse:
    """What the machine could not decide, with a reason; with what was looked up, its picture."""
    choice, officer, now = visit.form.text("choice"), visit.person.id, visit.now
    decision = decisions().get(choice.partition(".")[0])
    proof = visit.form.files[0] if visit.form.files and decision and decision.came_to else None
    name = await visit.runtime.files.write(proof.content) if proof else None
    try:
        async with visit.transaction() as session:
            found = await _case(session, visit)
            await decide(session, found.id, officer, choice, now)
            given = await _attachment(visit, session, found, name)
            if given is not None:
                await cases.note(session, found.id, officer, None, now, attachment=given)
            if decision is not None and decision.code != "papers_bad":
                await _tell(visit, session, found, decision.tells)
    except (ApplicationError, CaseError):
        return _back(visit, "decided_before")
    return _back(visit, "decided_with_proof" if name else "decided")


async def _tell(visit: Visit, session: AsyncSession, case: CaseView, kind: str) -> None:
    if case.application_id is None:
        home = await mailbox_of(session, case.person_id) or f"person:{case.person_id}"
    else:
        home = await apps.mailbox_of(session, case.application_id)
    payload = {
        "number": case.number,
        "application_id": case.application_id,
        "case_id": case.id,
    }
    await queue.accept(
        session,
        key=f"console:{kind}:{case.id}:{visit.now.timestamp()}",
        mailbox=home,
        kind=kind,
        payload=payload,
        at=visit.runtime.clock.tick(),
        actor=visit.actor,
    )


@pages.post("/cases/{ref}/look", roles=OFFICERS, subject="case")
async def look(visit: Visit) -> web.StreamResponse:
    """A picture or file of a message: with a reason, marked, noted; as for documents."""
    wanted, reason = visit.form.text("message"), visit.form.text("reason")
    if reason not in looking.REASONS:
        return _back(visit, "look_reason")
    why = Why(reason, visit.form.text("note"))
    try:
        async with visit.transaction() as session:
            found = await _case(session, visit)
            message = next((m for m in found.messages if str(m.id) == wanted), None)
            if message is None or message.file_id is None or message.deleted_at is not None:
                return _back(visit, "look_gone")
            file = await looking.look_at(
                session,
                message.file_id,
                visit.person.id,
                visit.now,
                why=why,
                subject=f"case:{found.id}",
            )
        content = await visit.runtime.files.read(file.name)
        pictures = await as_pictures(content, mark(visit))
    except (LookupError, FileNotFoundError):
        return _back(visit, "look_gone")
    except NotViewable:
        # Not a picture: to be saved, since nothing can be drawn into it. The look is noted.
        return visit.download("file.bin", "application/octet-stream", content)
    return visit.render("case_file", pictures=pictures, case=found)
