"""账户合并: the relations side by side, what is kept and refunded, the request, and the record."""

from __future__ import annotations

from typing import Any

from handlers.common import again, commission, in_hand, own_application, rows, subject
from handlers.inputs import Happened, Press
from handlers.merge.request import hand_in, resume
from handlers.steps import Flow, command, happened, press
from handlers.turn import Button, Turn
from knowledge.matters import kinds
from knowledge.profiles import NATION, Sourced
from knowledge.regions import full_name
from services import applications as apps
from services import mergers
from services.applications.errors import NotAllowed
from services.mergers import Accounts, Overlap
from storage import queue
from storage.models import ApplicationKind, ApplicationStatus

flow = Flow("merge")


@flow.on(command("accounts"))
@flow.on(press("merge.begin"))
async def asked(turn: Turn) -> None:
    """From a command, or from a button."""
    await turn.start("merge")


@flow.begin
async def begin(turn: Turn) -> None:
    """Ask every agency what it has on file, or go on with the `application` that is named."""
    named = turn.data.get("application")
    application = await own_application(turn, named) if named else None
    if application is not None and application.kind == ApplicationKind.MERGE:
        await resume(turn, application)
        return
    turn.state.data = commission(turn)
    person = await subject(turn)
    if person.id_number is None:  # agencies find nobody without it
        turn.end()
        turn.say("merge.no_number", [[again("menu.person", "person")]])
        return
    turn.goto("looking")
    await queue.add_task(
        turn.session,
        "merge.look",
        mailbox=turn.state.mailbox,
        payload={"person_id": person.id},
        at=turn.now,
    )
    turn.typing()
    turn.say("merge.looking")


@flow.on(happened("merge.look.done"))
async def looked(turn: Turn) -> None:
    """The months side by side, then each insurance that is held twice."""
    assert isinstance(turn.input, Happened)
    payload = turn.input.payload
    found = mergers.read(payload["found"])
    if not found.asked:
        turn.say("merge.no_interface", [[again("menu.person", "person")]])
        return
    if turn.state.flow == flow.name:
        turn.data["found"] = payload["found"]
        turn.goto("shown")
    turn.say(
        "merge.accounts",
        [[again("merge.record", "merge.record")]] if found.accounts else None,
        file=payload.get("file_id"),
        lines=mergers.lines(found),
        missing=found.missing,
        overlaps=len(found.overlaps),
    )
    for overlap in found.overlaps:
        apply = again("merge.apply", "merge.apply", overlap.insurance)
        turn.say(
            "merge.overlap",
            [[apply if overlap.blocked is None else again("menu.person", "person")]],
            overlap=overlap,
            rule=rule_of(overlap.insurance),
        )


@flow.on(happened("merge.look.failed"))
@flow.on(happened("merge.record.failed"))
async def not_found(turn: Turn) -> None:
    """The look-up has given up: nobody is left waiting."""
    if turn.state.flow == flow.name and turn.state.step == "looking":
        turn.end()
    turn.say("merge.failed", [[again("menu.person", "person")]])


def rule_of(insurance: str) -> Sourced:
    """The fact that says what is kept and what is refunded."""
    fact_id = kinds()["merge"].reasons[insurance].fact
    return Sourced(value=insurance, region=NATION, fact_id=fact_id)


def chosen(turn: Turn) -> tuple[Accounts, Overlap] | None:
    """What was shown, and the insurance of the pressed button; None when it is no longer there."""
    assert isinstance(turn.input, Press)
    raw: Any = turn.data.get("found")
    if turn.state.flow != flow.name or raw is None:
        return None
    found = mergers.read(raw)
    overlap = found.overlap((turn.input.ref or "").partition(":")[0])
    return (found, overlap) if overlap is not None and overlap.blocked is None else None


@flow.on(press("merge.apply"))
async def ask_which(turn: Turn) -> None:
    """Which relation stays: where the person works now is proposed."""
    pair = chosen(turn)
    if pair is None:
        await turn.start("merge")
        return
    _, overlap = pair
    turn.goto("keep")
    buttons = [
        Button(
            text=full_name(each.region),
            action="merge.keep",
            ref=f"{overlap.insurance}:{each.region}",
        )
        for each in overlap.accounts
    ]
    turn.say("merge.keep", [*rows(buttons, 1), [Button("common.exit", "exit")]], overlap=overlap)


@flow.on(press("merge.keep"), at="keep")
async def kept(turn: Turn) -> None:
    """What will happen, to be confirmed."""
    pair = chosen(turn)
    assert isinstance(turn.input, Press)
    if pair is None:
        await turn.start("merge")
        return
    _, overlap = pair
    region = (turn.input.ref or "").partition(":")[2]
    turn.goto("sure")
    turn.say(
        "merge.sure",
        [
            [Button("merge.submit", "merge.submit", turn.input.ref)],
            [Button("common.exit", "exit")],
        ],
        overlap=overlap,
        kept=region,
        cleared=[each.region for each in overlap.accounts if each.region != region],
        rule=rule_of(overlap.insurance),
    )


@flow.on(press("merge.submit"), at="sure")
async def submit(turn: Turn) -> None:
    """One application: the relation that goes is asked for by the place that keeps the other."""
    pair = chosen(turn)
    assert isinstance(turn.input, Press)
    if pair is None:
        await turn.start("merge")
        return
    _, overlap = pair
    region = (turn.input.ref or "").partition(":")[2]
    cleared = next(each for each in overlap.accounts if each.region != region)
    try:
        view = await apps.open_matter(
            turn.session,
            (await subject(turn)).id,
            ApplicationKind.MERGE,
            region,
            turn.now,
            reason=overlap.insurance,
        )
        if view.status == ApplicationStatus.RETURNED:
            await resume(turn, view)
            return
        details = {
            "origin": cleared.region,
            "first_month": overlap.months[0],
            "last_month": overlap.months[-1],
        }
        await apps.describe_move(turn.session, view.id, details, turn.now)
        await in_hand(turn, view.id)
    except NotAllowed:
        turn.end()
        turn.say("merge.another_open", [[again("menu.status", "status")]])
        return
    await hand_in(turn, view.id)


@flow.on(press("merge.record"))
async def record_asked(turn: Turn) -> None:
    """The printable record, looked up anew."""
    person = await subject(turn) if turn.state.flow == flow.name else turn.me
    await queue.add_task(
        turn.session,
        "merge.record",
        mailbox=turn.state.mailbox,
        payload={"person_id": person.id},
        at=turn.now,
    )
    turn.typing()
    turn.toast("merge.record_making")


@flow.on(happened("merge.record.done"))
async def record_made(turn: Turn) -> None:
    """PDF and workbook."""
    assert isinstance(turn.input, Happened)
    payload = turn.input.payload
    if payload.get("pdf_id") is None:
        turn.say("merge.no_interface", [[again("menu.person", "person")]])
        return
    turn.send_document(payload["pdf_id"], "社保缴费记录.pdf", "merge.record")
    turn.send_document(payload["book_id"], "社保缴费记录.xlsx", "merge.record_book")
