"""Going on with a draft, and mending just what a side has returned."""

from __future__ import annotations

from handlers.common import again, person_about
from handlers.inputs import Press, Text
from handlers.steps import Flow, press, text
from handlers.turn import Button, Turn
from knowledge import transfers
from knowledge.regions import full_name
from services import applications as apps
from services import cases
from services.applications.errors import NotAllowed
from services.applications.views import ApplicationView
from storage.models import ApplicationStatus

flow = Flow("move")


async def resume(turn: Turn, application: ApplicationView) -> None:
    """A draft goes to its summary, a return to what must be mended; the rest is followed."""
    if application.status == ApplicationStatus.RETURNED:
        await mend(turn, application)
    elif application.status == ApplicationStatus.DRAFT:
        at_summary(turn, application)
        await turn.ask("summary")
    else:
        turn.end()
        await turn.start("status")


def at_summary(turn: Turn, application: ApplicationView) -> None:
    """The flow is about this application alone."""
    turn.state.data = {
        "origin": application.origin_code,
        "destination": application.region_code,
        "applications": [application.id],
    }


async def mend(turn: Turn, application: ApplicationView) -> None:
    """One thing is asked anew, or it can't be mended, or HR looks."""
    views = await apps.progress(turn.session, application.person_id, turn.now)
    found = next((each.mending for each in views if each.application_id == application.id), None)
    code, message = (found.code, found.message) if found else ("other", "")
    way = transfers.mended_by(code)
    if way == "end":
        turn.end()
        buttons = [instead(application.id)]
        turn.say("move.mend", buttons, number=application.number, message=message, way=way)
        return
    if way == "officer":
        await cases.open_case(
            turn.session, application.person_id, "returned", application.id, turn.now, text=message
        )
    at_summary(turn, application)
    turn.data.update(number=application.number, message=message, way=way)
    await turn.ask("origin" if way == "origin" else "mended")


@flow.prompt("mended")
async def ask_mended(turn: Turn) -> None:
    """Something is put in order elsewhere first; nothing is filled in anew."""
    leave = [Button("common.exit", "exit")]
    (number,) = turn.data["applications"]
    if turn.data["way"] == "officer":
        ask_again(turn, [[Button("move.settled", "move.mended")], instead(number), leave])
    else:
        ask_again(turn, [[Button("move.mended", "move.mended")], [person_about(number)], leave])


def instead(application_id: int) -> list[Button]:
    """Take it back, or talk to somebody."""
    return [again("status.withdraw", "withdraw", application_id), person_about(application_id)]


def ask_again(turn: Turn, buttons: list[list[Button]]) -> None:
    """What was returned, and what mends it."""
    data = turn.data
    number, message, way = data["number"], data["message"], data["way"]
    turn.say("move.mend", buttons, number=number, message=message, way=way)


@flow.on(press("move.mended"), at="mended")
async def mended(turn: Turn) -> None:
    """It is in order now: the same request once more."""
    assert isinstance(turn.input, Press)
    if await reopened(turn):
        await turn.ask("summary")


async def reopened(turn: Turn) -> bool:
    """Open the request for mending; where it is no longer returned, show where it stands."""
    (number,) = turn.data["applications"]
    try:
        await apps.reopen_for_mending(turn.session, number, turn.now)
    except NotAllowed:
        turn.end()
        await turn.start("status")
        return False
    return True


@flow.prompt("origin")
async def ask_origin(turn: Turn) -> None:
    """From where? Only that is written anew."""
    (number,) = turn.data["applications"]
    ask_again(turn, [[person_about(number)], [Button("common.exit", "exit")]])


@flow.on(text, at="origin")
async def origin_named(turn: Turn) -> None:
    """A place by its name."""
    assert isinstance(turn.input, Text)
    (number,) = turn.data["applications"]
    policies = turn.tools.policies
    assert policies is not None
    edition = await policies.edition(turn.session, turn.now)
    destination = turn.data["destination"]
    named = edition.answerer.places(turn.input.text, destination)
    place = named.origin or named.destination
    if place is None or place.code == destination:
        turn.say("move.no_place", [[Button("common.exit", "exit")]])
        return
    if not await reopened(turn):
        return
    await apps.describe_move(turn.session, number, {"origin": place.code}, turn.now)
    turn.data["origin"] = place.code
    turn.say("move.origin_set", origin=full_name(place.code))
    await turn.ask("summary")
