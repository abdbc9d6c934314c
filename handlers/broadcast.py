"""A message from HR to everybody: said once, with a button that says 知道了."""

from __future__ import annotations

from handlers.common import again
from handlers.inputs import Happened, Press
from handlers.steps import EMPLOYEES, PRIVATE, Flow, happened, press
from handlers.turn import Turn
from services import broadcasts

flow = Flow("broadcast", EMPLOYEES)
_REF = "broadcast:"


@flow.on(happened("broadcast"), who=PRIVATE)
async def tell(turn: Turn) -> None:
    """HR's words, as they were approved."""
    assert isinstance(turn.input, Happened)
    if turn.employee is None:
        return
    receipt = int(turn.input.payload["receipt_id"])
    words = await broadcasts.words_for(turn.session, receipt, turn.employee.id)
    if words is not None:
        button = again("broadcast.read", "broadcast.read", receipt)
        turn.say("broadcast.message", [[button]], ref=f"{_REF}{receipt}", text=words)


def _of_broadcast(turn: Turn) -> bool:
    said = turn.input
    return isinstance(said, Happened) and str(said.payload.get("ref", "")).startswith(_REF)


@flow.on(lambda turn: happened("sent")(turn) and _of_broadcast(turn), who=PRIVATE)
async def sent(turn: Turn) -> None:
    """The messenger has it."""
    assert isinstance(turn.input, Happened)
    receipt = int(str(turn.input.payload["ref"]).removeprefix(_REF))
    await broadcasts.was_sent(turn.session, receipt, turn.now)


@flow.on(press("broadcast.read"), who=PRIVATE)
async def read(turn: Turn) -> None:
    """知道了."""
    assert isinstance(turn.input, Press)
    if turn.employee is not None:
        receipt = int(turn.input.ref or 0)
        await broadcasts.was_read(turn.session, receipt, turn.employee.id, turn.now)
    turn.toast("broadcast.thanks")
    turn.buttons_off()


@flow.on(happened("broadcast.send.failed"), who=PRIVATE)
async def failed(turn: Turn) -> None:
    """The approver hears that it stopped half-way."""
    turn.say("broadcast.failed")
