"""Papers of an application: upload, what was read, confirming and correcting it.

These are steps of the flow `apply`; apply.py has the others.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from handlers.applying.checking import evidence_next
from handlers.applying.identity import ask_papers, field_buttons, not_taken, printed_as
from handlers.common import (
    again,
    application_of,
    at_hand,
    come_back,
    elsewhere,
    name_principal,
    rows,
)
from handlers.inputs import Happened, Text, Upload
from handlers.steps import KNOWN, Flow, happened, press, text, upload
from handlers.turn import Button, Turn
from services import applications as apps
from services import cases
from services.applications.errors import FieldError, NotAllowed
from services.applications.views import DocumentView, ReadingOutcome
from services.documents.findings import Finding
from storage import queue

flow = Flow("apply")
# Faults of a portrait's file that change nothing of what it shows when they are mended.
FILE_ONLY = frozenset({"kb_large", "kb_small", "dpi"})
AT = ("documents", "evidence", "field", "value", "summary", "warned")


@flow.prompt("documents")
async def ask_documents(turn: Turn) -> None:
    """What is still needed, and what waits for the person's yes."""
    application = await apps.get(turn.session, turn.data["application"])
    await ask_papers(turn, application)
    for document in application.documents:
        if document.status == "offered":
            offer(turn, document)


@flow.on(upload)
async def uploaded(turn: Turn) -> None:
    """A picture, wherever the person is: it belongs to the application that waits for one."""
    assert isinstance(turn.input, Upload)
    application = await at_hand(turn)
    if application is None or turn.state.flow != "apply" or turn.state.step not in AT:
        turn.say("documents.not_expected", [[again("menu.apply", "apply")]])
        return
    size = turn.input.file.size
    if size is not None and size > turn.tools.max_upload_bytes:
        turn.say("documents.too_big", limit=turn.tools.max_upload_bytes // 2**20)
        return
    if turn.state.step in ("summary", "warned"):
        turn.goto("documents")  # a new picture: what was to be confirmed no longer is what it was
    kind = "ecard_list" if turn.state.step == "evidence" else None
    document = await apps.expect_document(turn.session, application.id, kind, None, turn.now)
    await queue.add_task(
        turn.session,
        "document.read",
        mailbox=turn.state.mailbox,
        at=turn.now,
        payload={
            "document_id": document.id,
            "application_id": application.id,
            "region": application.region_code,
            "kind": kind,
            "file": turn.input.file.file_id,
        },
    )
    seen = turn.data.get("album")
    if turn.input.album is None or turn.input.album != seen:
        turn.say("documents.reading")
    turn.data["album"] = turn.input.album
    turn.typing()


@flow.on(happened("document.read.done"), who=KNOWN)
async def was_read(turn: Turn) -> None:
    """The reader's result: offered for confirmation, or refused with the remedy."""
    application = await application_of(turn)
    if application is None or not isinstance(turn.input, Happened):
        return
    payload = turn.input.payload
    readings = [apps.Reading.from_json(reading) for reading in payload["readings"]]
    outcome = await apps.record_reading(
        turn.session, int(payload["document_id"]), readings, turn.now
    )
    if outcome.ignored:
        return
    await name_principal(turn, application)
    away = elsewhere(turn, application.id)
    if turn.state.flow != "apply" and not away:
        turn.state.flow, turn.state.data = "apply", {"application": application.id}
        turn.goto("documents")
    for document in outcome.documents:
        offer(turn, document)
    for kind in dict.fromkeys(outcome.unwanted):
        not_taken(turn, kind, outcome, application)
    refused = [document for document in outcome.refused if not await fitted(turn, document)]
    for document in refused:
        refuse(turn, document)
    if outcome.escalate:
        await escalate(turn, application.id, application.person_id)
    if away:
        come_back(turn, application.id)
        return
    # A mended portrait or a reading on offer: the person answers that first.
    waiting = any(document.mended_id is not None for document in refused)
    if not waiting:
        await after_reading(turn, outcome)


async def fitted(turn: Turn, document: DocumentView) -> bool:
    """Take a portrait whose file alone was at fault: the picture itself stays as it was sent."""
    faults = {f["code"] for f in document.findings if f.get("severity") == "fault"}
    if document.mended_id is None or not faults or not faults <= FILE_ONLY:
        return False
    await apps.accept_mended(turn.session, document.id, turn.now)
    turn.say("documents.fitted", kind=turn.label(f"kind.{document.kind}"))
    return True


async def after_reading(turn: Turn, outcome: ReadingOutcome) -> None:
    """Say what is still missing, or go on."""
    if turn.state.step == "evidence":
        if any(document.kind == "ecard_list" for document in outcome.documents):
            await evidence_next(turn)
        return
    offered = any(document.status == "offered" for document in outcome.documents)
    if not outcome.documents and outcome.unwanted:
        return  # said already, with what is still missing
    if not offered and turn.state.step not in ("field", "value"):
        await go_on(turn)


async def go_on(turn: Turn) -> None:
    """The next paper that is missing, the next to confirm, or the check."""
    application = await apps.get(turn.session, turn.data["application"])
    waiting = [d for d in application.documents if d.status == "offered"]
    reading = [d for d in application.documents if d.status == "checking"]
    if application.missing and not reading:
        kinds = [turn.label(f"kind.{kind}") for kind in application.missing]
        turn.say("documents.missing", kinds=kinds)
    elif not application.missing and not waiting and not reading:
        await turn.start("apply", quiet=True, application=application.id)


def refuse(turn: Turn, document: DocumentView) -> None:
    """Name the fault and the remedy."""
    sentences = [finding_text(finding, turn.language) for finding in document.findings]
    faults = [
        sentence
        for sentence, finding in zip(sentences, document.findings, strict=True)
        if finding.get("severity") == "fault"
    ]
    kind = turn.label(f"kind.{document.kind}")
    buttons: list[list[Button]] = []
    if document.mended_id is not None:
        buttons = [
            [Button("documents.use_mended", "doc.mended", str(document.id), lasting=True)],
        ]
    turn.say(
        "documents.refused",
        buttons,
        file=document.mended_id,
        kind=kind,
        faults=faults or sentences,
        mended=document.mended_id is not None,
    )


def offer(turn: Turn, document: DocumentView) -> None:
    """Show what was read, with what is doubted, to be confirmed or corrected."""
    notices = [
        finding_text(finding, turn.language)
        for finding in document.findings
        if finding.get("severity") != "question"
    ]
    kind = turn.label(f"kind.{document.kind}")
    if document.status == "confirmed":
        turn.say("documents.accepted", kind=kind, notices=notices)
        return
    ref = str(document.id)
    turn.say(
        "documents.offer",
        [
            [
                Button("documents.confirm", "doc.confirm", ref, lasting=True),
                Button("documents.correct", "doc.correct", ref, lasting=True),
            ]
        ],
        file=document.file_id,
        kind=kind,
        fields=shown_fields(turn, document),
        notices=notices,
    )


def shown_fields(turn: Turn, document: DocumentView) -> list[dict[str, Any]]:
    """Label, value and doubt of each field, in the order of the card."""
    return [
        {
            "label": turn.label(f"field.{printed_as(document.kind, name)}"),
            "value": value,
            "doubt": name in document.doubts,
        }
        for name, value in document.fields.items()
    ]


def finding_text(finding: Mapping[str, Any], language: str) -> dict[str, str]:
    """A finding's sentence and remedy in the person's language."""
    restored = Finding(
        finding["code"], finding.get("field"), finding.get("values") or {}, finding["severity"]
    )
    message, remedy = restored.text("en" if language == "en" else "zh")
    return {"message": message, "remedy": remedy}


async def escalate(turn: Turn, application_id: int, person_id: int) -> None:
    """Two pictures in a row could not be used: a person helps."""
    case = await cases.open_case(turn.session, person_id, "unreadable", application_id, turn.now)
    turn.say("documents.escalated", case=case.number)


@flow.on(happened("document.read.failed"), who=KNOWN)
async def reading_failed(turn: Turn) -> None:
    """The file could not be fetched or read by us: ask once more, and fetch a person."""
    application = await application_of(turn)
    if application is None or not isinstance(turn.input, Happened):
        return
    await apps.record_reading(turn.session, int(turn.input.payload["document_id"]), [], turn.now)
    turn.say("documents.failed", [[again("menu.person", "person")]])


# -- confirming and correcting ---------------------------------------------------------------


@flow.on(press("doc.confirm"))
async def confirmed(turn: Turn) -> None:
    """The person says that it is right."""
    document = await mine(turn)
    if document is None:
        return
    try:
        await apps.confirm_fields(turn.session, document.id, turn.now)
    except FieldError as error:
        still_wrong(turn, document, error)
        return
    turn.toast("documents.confirmed_toast")
    turn.buttons_off()
    await back_to_papers(turn, document)
    await go_on(turn)


def still_wrong(turn: Turn, document: DocumentView, error: FieldError) -> None:
    """A value cannot be right as it stands: say which, and offer to type it."""
    finding = {
        "code": error.code,
        "field": error.field,
        "values": error.values,
        "severity": "fault",
    }
    known = error.code != "missing"
    turn.say(
        "documents.cannot_confirm",
        [[Button("documents.correct", "doc.correct", str(document.id), lasting=True)]],
        finding=finding_text(finding, turn.language) if known else None,
        field="" if known else turn.label(f"field.{error.field}"),
    )


@flow.on(press("doc.mended"))
async def mended_accepted(turn: Turn) -> None:
    """The person takes the portrait that we mended."""
    ref = int(getattr(turn.input, "ref", 0) or 0)
    try:
        document = await apps.accept_mended(turn.session, ref, turn.now)
    except NotAllowed:
        turn.say("documents.over")
        return
    turn.buttons_off()
    turn.say("documents.accepted", kind=turn.label(f"kind.{document.kind}"), notices=[])
    await back_to_papers(turn, document)
    await go_on(turn)


@flow.on(press("doc.correct"))
async def correct(turn: Turn) -> None:
    """Which field is wrong?"""
    document = await mine(turn)
    if document is None:
        return
    turn.state.flow = "apply"
    turn.data.update(application=document.application_id, document=document.id)
    turn.goto("field")
    turn.say(
        "documents.which_field",
        [*rows(field_buttons(document)), [Button("common.back", "doc.back")]],
    )


@flow.on(press("doc.field"))
async def field_chosen(turn: Turn) -> None:
    """Type the right value."""
    turn.data["field"] = getattr(turn.input, "ref", None)
    await turn.ask("value")


@flow.prompt("value")
async def ask_value(turn: Turn) -> None:
    """What is printed on the paper?"""
    turn.say("documents.type_value", field=turn.label(f"field.{turn.data['field']}"))


@flow.on(text, at="value")
async def value_typed(turn: Turn) -> None:
    """A typed value is checked like a read one, and marked for HR."""
    assert isinstance(turn.input, Text)
    name = str(turn.data["field"])
    try:
        document = await apps.correct_field(
            turn.session, int(turn.data["document"]), name, turn.input.text, turn.now
        )
    except FieldError as error:
        turn.say(
            "documents.bad_value",
            [[Button("common.back", "doc.back")]],
            code=error.code,
            field=turn.label(f"field.{name}"),
        )
        return
    except NotAllowed:
        turn.say("documents.over")
        return
    turn.goto("documents")
    turn.say("documents.corrected", field=turn.label(f"field.{name}"))
    offer(turn, document)


@flow.on(press("doc.back"))
async def back(turn: Turn) -> None:
    """Back to the papers."""
    turn.goto("documents")
    application = await apps.get(turn.session, turn.data["application"])
    for document in application.documents:
        if document.id == turn.data["document"]:
            offer(turn, document)


async def mine(turn: Turn) -> DocumentView | None:
    """The document of the pressed button, while it is the current one and the presser's own."""
    ref = int(getattr(turn.input, "ref", 0) or 0)
    application = await at_hand(turn)
    found = [d for d in application.documents if d.id == ref] if application else []
    if not found or application is None or application.status != "draft":
        turn.say("documents.over")
        return None
    return found[0]


async def back_to_papers(turn: Turn, document: DocumentView) -> None:
    """The step where papers are collected, without asking for them again."""
    turn.state.flow = "apply"
    turn.data["application"] = document.application_id
    if turn.state.step != "documents":
        turn.goto("documents")
