"""Whose card a press or a number is about, and who acts."""

from __future__ import annotations

from handlers.common import officer_reach
from handlers.inputs import Press
from handlers.turn import Turn
from services import collection
from services.collection import HeldCard
from services.console.reach import Place


def actor_of(turn: Turn) -> str:
    """As the records name the officer."""
    return f"person:{turn.me.id}"


async def pressed(turn: Turn) -> HeldCard | None:
    """The card of the pressed button, while the officer may touch it."""
    assert isinstance(turn.input, Press)
    return await within_reach(turn, int(turn.input.ref or 0))


async def within_reach(turn: Turn, application_id: int) -> HeldCard | None:
    """A card in HR's keeping, for an officer of its place."""
    reach = await officer_reach(turn)
    held = await collection.of_application(turn.session, application_id)
    if reach is None:
        return None
    if held is None or not reach.covers(Place(held.region_code, held.employer_id)):
        turn.say("handout.unknown")
        return None
    return held
