"""The HR system has moved somebody to another region: tell them, and offer the guide."""

from __future__ import annotations

from handlers.common import again
from handlers.inputs import Happened, Press
from handlers.steps import EMPLOYEES, Flow, happened, press
from handlers.turn import Turn
from knowledge.regions import full_name

flow = Flow("moved")


@flow.on(happened("person.moved"))
async def moved(turn: Turn) -> None:
    """What changes now, in one press."""
    if not isinstance(turn.input, Happened):
        return
    origin, destination = turn.input.payload["origin"], turn.input.payload["destination"]
    turn.say(
        "moved.told",
        [[again("moved.guide", "moved.guide", f"{origin}:{destination}")]],
        note="person.moved",
        origin=full_name(origin),
        destination=full_name(destination),
    )


@flow.on(press("moved.guide"), who=EMPLOYEES)
async def guide(turn: Turn) -> None:
    """The guide for exactly these two places."""
    assert isinstance(turn.input, Press)
    origin, _, destination = (turn.input.ref or "").partition(":")
    await turn.start("guide", origin=origin, destination=destination)
