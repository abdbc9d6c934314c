"""我的数据: see, correct, export and erase it; withdraw the consent for pictures."""

from __future__ import annotations

from handlers.common import again, rows, tongue
from handlers.inputs import Happened, Press, Text
from handlers.steps import KNOWN, Flow, command, happened, press, text
from handlers.turn import Button, Turn
from services import applications as apps
from services import cases
from services.people import consents
from services.privacy import corrections, erase, held
from storage import queue
from storage.models import ConsentKind

flow = Flow("mydata", KNOWN)
# Not yet with the bureau: nothing of it has left the house.
OURS = ("draft", "checking", "waiting", "evidence")
FIELDS = ("name", "id_number", "phone", "region", "hire_date")


@flow.on(command("mydata"))
async def show(turn: Turn) -> None:
    """Everything by category: why, for whom, until when."""
    holdings = await held.held(
        turn.session, turn.me.id, turn.now, tongue(turn), settings=turn.tools.people
    )
    buttons = [
        again("mydata.export", "mydata.export"),
        again("mydata.correct", "mydata.correct"),
        again("mydata.withdraw", "mydata.withdraw"),
        again("mydata.erase", "mydata.erase"),
    ]
    for index, holding in enumerate(holdings):
        last = index == len(holdings) - 1
        turn.say("mydata.holding", rows(buttons) if last else None, holding=holding)


@flow.on(press("mydata.export"))
async def export(turn: Turn) -> None:
    """A file with everything, made after this turn."""
    await queue.add_task(
        turn.session,
        "privacy.export",
        mailbox=turn.state.mailbox,
        payload={"person_id": turn.me.id},
        at=turn.now,
    )
    turn.typing()
    turn.say("mydata.exporting")


@flow.on(happened("privacy.export.done"))
async def exported(turn: Turn) -> None:
    """Here it is."""
    assert isinstance(turn.input, Happened)
    turn.send_document(turn.input.payload["file_id"], "my-data.zip", "mydata.exported")


@flow.on(press("mydata.correct"))
async def correct(turn: Turn) -> None:
    """Which one is wrong?"""
    turn.state.flow, turn.state.data = flow.name, {}
    turn.goto("field")
    buttons = [Button(f"field.{name}", "mydata.field", name) for name in FIELDS]
    turn.say("mydata.which", [*rows(buttons), [Button("common.exit", "exit")]])


@flow.on(press("mydata.field"), at="field")
async def field_chosen(turn: Turn) -> None:
    """What should it be?"""
    assert isinstance(turn.input, Press)
    turn.data["field"] = turn.input.ref
    turn.goto("wanted")
    turn.say("mydata.type", field=turn.label(f"field.{turn.input.ref}"))


@flow.on(text, at="wanted")
async def wanted(turn: Turn) -> None:
    """The roster is HR's: they decide, and say so."""
    assert isinstance(turn.input, Text)
    correction = await corrections.request(
        turn.session, turn.me.id, turn.data["field"], turn.input.text, turn.now
    )
    words = f"{correction.label} → {correction.wanted}"
    case = await cases.open_case(turn.session, turn.me.id, "correction", None, turn.now, text=words)
    turn.end()
    turn.say("mydata.requested", number=case.number)


@flow.on(press("mydata.withdraw"))
async def withdraw(turn: Turn) -> None:
    """Say what it means, then do it."""
    yes = again("mydata.withdraw_sure", "mydata.withdraw.sure")
    turn.say("mydata.withdraw", [[yes]])


@flow.on(press("mydata.withdraw.sure"))
async def withdrawn(turn: Turn) -> None:
    """Pictures go; the offline way is told."""
    result = await consents.withdraw(turn.session, turn.me.id, ConsentKind.PICTURES, turn.now)
    if turn.state.flow == "apply":
        turn.end()
    refusal = consents.refusal_text(
        ConsentKind.PICTURES, turn.language, region_code=turn.me.region_code
    )
    numbers = [running.number for running in result.running if running.status not in OURS]
    turn.say("mydata.withdrawn", files=result.files, running=numbers, refusal=refusal)


@flow.on(press("mydata.erase"))
async def erase_asked(turn: Turn) -> None:
    """What would go and what must be kept, with the rule."""
    plan = await erase.preview(
        turn.session, turn.me.id, turn.now, tongue(turn), settings=turn.tools.people
    )
    yes = again("mydata.erase_sure", "mydata.erase.sure")
    turn.say("mydata.erase", [[yes]], plan=plan)


@flow.on(press("mydata.erase.sure"))
async def erased(turn: Turn) -> None:
    """Done, or why not yet."""

    async def close(session: object, application_id: int, now: object) -> bool:
        outcome = await apps.withdraw(turn.session, application_id, turn.now)
        return outcome.outcome == "done"

    result = await erase.erase(
        turn.session,
        turn.me.id,
        turn.now,
        tongue(turn),
        settings=turn.tools.people,
        withdraw=close,
    )
    if result.done:
        turn.end()
    turn.say("mydata.erased" if result.done else "mydata.not_yet", plan=result.plan)
