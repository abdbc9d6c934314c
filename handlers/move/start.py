"""Beginning: which insurances move between two places, and what the agencies know already."""

from __future__ import annotations

from handlers.common import again, commission, own_application, subject
from handlers.inputs import Happened, Press
from handlers.move.asking import go_on
from handlers.move.mending import resume
from handlers.steps import KNOWN, Flow, happened, press
from handlers.turn import Button, Turn
from knowledge import transfers
from knowledge.regions import full_name
from services import moves
from services.moves.looking import LOOK
from storage.queue import add_task

flow = Flow("move")


@flow.on(press("move"))
async def pressed(turn: Turn) -> None:
    """A lasting button; its reference holds both places (`370100:320500`)."""
    assert isinstance(turn.input, Press)
    origin, _, destination = (turn.input.ref or "").partition(":")
    await turn.start("move", origin=origin, destination=destination)


@flow.begin
async def begin(turn: Turn) -> None:
    """With `origin` and `destination`, or an `application` to go on with; else the guide asks."""
    named = turn.data.get("application")
    if named is not None:
        application = await own_application(turn, named)
        if application is not None and application.open:
            await resume(turn, application)
            return
    origin, destination = turn.data.get("origin"), turn.data.get("destination")
    if not origin or not destination:
        turn.end()
        await turn.start("guide")
        return
    drawing = turn.data.get("drawing")
    turn.state.data = {"origin": origin, "destination": destination, **commission(turn)}
    if drawing in ("yes", "no"):  # the guide has asked
        turn.data["said"] = {"drawing": drawing == "no"}
    if any(each.possible for each in transfers.wanted(origin, destination)):
        await turn.ask("plan")
    else:
        tell_plan(turn, [])
        turn.end()


@flow.prompt("plan")
async def ask_plan(turn: Turn) -> None:
    """What moves and what doesn't, with sources; then which are wanted."""
    found = transfers.wanted(turn.data["origin"], turn.data["destination"])
    names = [each.insurance for each in found if each.possible]
    due = [each.insurance for each in found if each.need == "transfer"]
    first = due or names
    rows = [[Button("move.together", "move.chosen", ",".join(first))]] if len(first) > 1 else []
    rows += [
        [Button("move.one", "move.chosen", name, values={"kind": turn.label(f"reason.{name}")})]
        for name in names
    ]
    tell_plan(turn, [*rows, [Button("common.exit", "exit")]])


def tell_plan(turn: Turn, buttons: list[list[Button]]) -> None:
    """Each insurance with what the rules say, their sources under it."""
    origin, destination = turn.data["origin"], turn.data["destination"]
    found = transfers.wanted(origin, destination)
    clocks = {each.insurance: transfers.clock(each.insurance, destination) for each in found}
    facts = [name for each in found for name in each.facts]
    facts += [each.fact_id for each in clocks.values() if each]
    facts.append(str(transfers.rules().none_to_move["fact"]))
    turn.say(
        "move.plan",
        buttons,
        origin=full_name(origin),
        destination=full_name(destination),
        wanted=found,
        clocks={name: each.value if each else None for name, each in clocks.items()},
        facts=transfers.sources(facts),
        possible=bool(buttons),
    )


@flow.on(press("move.chosen"), at="plan")
async def chosen(turn: Turn) -> None:
    """First the agencies are asked what they have on file; then the person what is left."""
    assert isinstance(turn.input, Press)
    names = (turn.input.ref or "").split(",")
    told = {"pension": turn.data.get("said", {})} if "pension" in names else {}
    turn.data.update(chosen=names, answers=told)
    person = await subject(turn)
    if person.id_number is None:
        await go_on(turn)
        return
    turn.data["round"] = turn.event_id
    payload = {
        "person_id": person.id,
        "destination": turn.data["destination"],
        "insurances": names,
        "round": turn.event_id,
    }
    await add_task(turn.session, LOOK, mailbox=turn.state.mailbox, payload=payload, at=turn.now)
    turn.goto("looking")
    turn.typing()
    turn.say("move.looking")


@flow.prompt("looking")
async def still_looking(turn: Turn) -> None:
    """Asked again while the agencies are asked."""
    turn.say("move.looking")


@flow.on(happened(f"{LOOK}.done", f"{LOOK}.failed"), who=KNOWN)
async def looked(turn: Turn) -> None:
    """What the agencies say needs no question, where nothing came everything is asked; an answer
    to an earlier round is too late."""
    assert isinstance(turn.input, Happened)
    given, data = turn.input.payload, turn.data
    here = (turn.state.flow, turn.state.step) == (flow.name, "looking")
    if not here or given["round"] != data.get("round"):
        return
    found = given.get("found", {})
    known = {
        name: moves.known_of(name, found, data["origin"], data["destination"])
        for name in data["chosen"]
    }
    told = data["answers"]
    data["answers"] = {name: {**told.get(name, {}), **each} for name, each in known.items()}
    if any(known.values()):
        turn.say("move.looked", answers={name: each for name, each in known.items() if each})
    await go_on(turn)


def begin_again(turn: Turn) -> Button:
    """Look once more, when something has been put in order."""
    return again("move.again", "move", f"{turn.data['origin']}:{turn.data['destination']}")
