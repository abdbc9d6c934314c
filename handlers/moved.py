"""The HR system has moved somebody to another region: tell them, and offer the guide."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from handlers.common import again
from handlers.inputs import Happened, Press
from handlers.steps import ANYONE, EMPLOYEES, Flow, happened, press
from handlers.turn import Turn
from knowledge.regions import full_name
from services import cases
from services.desk import desk_mailbox

flow = Flow("moved")


@flow.on(happened("person.moved"), who=ANYONE)
async def moved(turn: Turn) -> None:
    """HR has the employer's side to do, whoever moves; the employee gets the guide in one press."""
    if not isinstance(turn.input, Happened):
        return
    given = turn.input.payload
    await tell_hr(turn, given)
    if not turn.has_menu:
        return
    origin, destination = given["origin"], given["destination"]
    turn.say(
        "moved.told",
        [[again("moved.guide", "moved.guide", f"{origin}:{destination}")]],
        note="person.moved",
        origin=full_name(origin),
        destination=full_name(destination),
    )


async def tell_hr(turn: Turn, given: Mapping[str, Any]) -> None:
    """A case to be owned until both sides are done, and the checklist where HR works."""
    words = f"{full_name(given['origin'])} → {full_name(given['destination'])}"
    said = [cases.BotSaid(words, (), turn.now)]
    person_id = int(given["person_id"])
    await cases.open_case(turn.session, person_id, "mover", None, turn.now, said=said)
    home = await desk_mailbox(turn.session)
    if home is not None:
        wanted = ("person_id", "origin", "destination", "on")
        turn.send_event(home, "move.checklist", **{name: given[name] for name in wanted})


@flow.on(press("moved.guide"), who=EMPLOYEES)
async def guide(turn: Turn) -> None:
    """The guide for exactly these two places."""
    assert isinstance(turn.input, Press)
    origin, _, destination = (turn.input.ref or "").partition(":")
    await turn.start("guide", origin=origin, destination=destination)
