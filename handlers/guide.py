"""注销还是转移: two places, at most two questions, and a guide in readable pieces with sources."""

from __future__ import annotations

from itertools import chain

from handlers.common import again, rows
from handlers.inputs import Press, Text
from handlers.steps import Flow, press, text
from handlers.turn import Button, Turn
from knowledge import regions, transfers
from knowledge.move import INSURANCE_ABOUT, About, Guide, Step, guide
from knowledge.policies.schema import Source
from knowledge.understand.reader import MOVES
from services import cases, gaps
from services.policies import answers
from services.policies.answers import Shown

flow = Flow("guide")
PIECES: tuple[tuple[str, frozenset[str]], ...] = (
    ("card", frozenset({"card"})),
    ("insurance", frozenset({"enrol", "pension", "medical", "unemployment", "other"})),
    ("care", frozenset({"meanwhile", "avoid", "close"})),
)
"""Messages of a guide, and what the steps in each are about."""
UNKNOWN = "-"
HMT_NUMBERS = ("81", "82", "83")
"""How numbers of residence permits for Hong Kong, Macao and Taiwan residents begin."""


@flow.begin
async def begin(turn: Turn) -> None:
    """Started by its name, with codes for `origin` and `destination` as far as they are known."""
    origin, destination = turn.data.get("origin"), turn.data.get("destination")
    home = turn.me.region_code
    if origin and not destination and origin != home:
        destination = home
    elif destination and not origin and destination != home:
        origin = home
    if origin and destination:
        turn.end()
        await go_on(turn, origin, destination)
        return
    turn.data.clear()
    await turn.ask("where")


@flow.prompt("where")
async def ask_where(turn: Turn) -> None:
    """From where to where?"""
    turn.say(
        "guide.where",
        [[Button("common.exit", "guide.leave")]],
        home=regions.full_name(turn.me.region_code),
    )


@flow.on(press("guide.leave"), at="where")
async def leave(turn: Turn) -> None:
    """Back to where the person was."""
    turn.come_back()
    turn.say("guide.left", menu=turn.has_menu)


@flow.on(text, at="where")
async def places_named(turn: Turn) -> None:
    """One place is the one gone to; two are both."""
    assert isinstance(turn.input, Text)
    home = turn.me.region_code
    policies = turn.tools.policies
    assert policies is not None
    edition = await policies.edition(turn.session, turn.now)
    found = edition.answerer.places(turn.input.text, home)
    origin = found.origin.code if found.origin else home
    destination = found.destination.code if found.destination else home
    if not found.named or origin == destination:
        turn.say("guide.no_place", [[Button("common.exit", "guide.leave")]])
        return
    turn.come_back()
    await go_on(turn, origin, destination)


@flow.on(press("guide"))
async def wanted(turn: Turn) -> None:
    """The button under an answer; its reference holds what is known (`370100.370200.-.-`)."""
    assert isinstance(turn.input, Press)
    origin, destination, about, drawing = (turn.input.ref or "").split(".")
    await go_on(turn, origin, destination, about, drawing)


async def go_on(
    turn: Turn, origin: str, destination: str, about: str = UNKNOWN, drawing: str = UNKNOWN
) -> None:
    """Ask what would still change the advice, one press each; then say it."""
    policies = turn.tools.policies
    assert policies is not None
    edition = await policies.edition(turn.session, turn.now)
    found = guide(
        origin,
        destination,
        about=None if about == UNKNOWN else About(about),
        drawing_pension=None if drawing == UNKNOWN else drawing == "yes",
        hmt=(turn.me.id_number or "").startswith(HMT_NUMBERS),
        base=edition.answerer.base,
    )
    if "about" in found.questions:
        ways = [(name, f"{name}.{drawing}") for name in ("card", "insurance", "both")]
        buttons = [
            again(f"guide.about_{name}", "guide", f"{origin}.{destination}.{rest}")
            for name, rest in ways
        ]
        turn.say("guide.about", rows(buttons, 1), guide=found)
    elif "drawing_pension" in found.questions:
        start = f"{origin}.{destination}.{about}"
        buttons = [
            again(f"guide.drawing_{word}", "guide", f"{start}.{word}") for word in ("no", "yes")
        ]
        turn.say("guide.drawing", [buttons], guide=found)
    else:
        await show(turn, found, drawing)


async def show(turn: Turn, found: Guide, drawing: str) -> None:
    """Card, insurance, and what to mind, each with its sources; then what can be done now."""
    if not found.covered:
        pair = [regions.city_of(one.code).code for one in (found.origin, found.destination)]
        await gaps.note_pair(turn.session, turn.me.id, pair[0], pair[1], turn.now)
    number = await remember(turn, found)
    pieces = [(name, pick(found, about)) for name, about in PIECES]
    filled = [(name, steps) for name, steps in pieces if steps]
    for index, (name, steps) in enumerate(filled):
        last = index == len(filled) - 1
        turn.say(
            "guide.piece",
            buttons_under(found, number, drawing) if last else None,
            guide=found,
            piece=name,
            first=index == 0,
            steps=with_numbers(steps),
            caveat=any(step.caveat for step in steps),
            sources=sources_of(steps),
            mapped=regions.full_name(found.answered_from)
            if found.answered_from != "000000"
            else None,
        )


def pick(found: Guide, about: frozenset[str]) -> tuple[Step, ...]:
    """The steps of one message, in their order."""
    return tuple(step for step in found.steps if step.about in about)


def sources_of(steps: tuple[Step, ...]) -> tuple[Source, ...]:
    """Each document once, in the order in which the steps rest on them."""
    every = chain.from_iterable(step.sources for step in steps)
    return tuple({_document(one): one for one in every}.values())


def with_numbers(steps: tuple[Step, ...]) -> list[tuple[Step, list[int]]]:
    """Every step with the numbers, from 1, of the sources that it rests on."""
    order = {_document(one): number for number, one in enumerate(sources_of(steps), 1)}
    return [(step, sorted({order[_document(source)] for source in step.sources})) for step in steps]


def _document(source: Source) -> tuple[str, str | None]:
    return source.title, source.url


def buttons_under(found: Guide, number: int, drawing: str) -> list[list[Button]]:
    """The matching application in one press, and how it was."""
    closing = [
        again("ask.solved", "solved", number),
        again("ask.unsolved", "unsolved", number),
        again("menu.person", "person", f"answer:{number}"),
    ]
    places = f"{found.origin.code}:{found.destination.code}:{drawing}"
    actions = [found.action] if found.action else []
    moves = any(
        each.possible for each in transfers.wanted(found.origin.code, found.destination.code)
    )
    insured = any(step.about in INSURANCE_ABOUT for step in found.steps)
    if moves and insured and "transfer" not in actions:
        actions.append("transfer")
    return [
        *[[again(f"guide.do_{each}", "guide.do", f"{each}:{places}")] for each in actions],
        closing,
    ]


async def remember(turn: Turn, found: Guide) -> int:
    """Which facts were shown, under which bundle."""
    policies = turn.tools.policies
    assert policies is not None
    edition = await policies.edition(turn.session, turn.now)
    ids = tuple(dict.fromkeys(chain.from_iterable(step.fact_ids for step in found.steps)))
    words = f"{found.origin.name} → {found.destination.name}"
    shown = Shown(
        "guide",
        words,
        topic=MOVES[found.relation.value],
        region_code=found.destination.code,
        fact_ids=ids,
        asked={
            "origin": found.origin.code,
            "about": found.about,
            "drawing_pension": found.drawing_pension,
            "hmt": found.hmt,
        },
    )
    return await answers.record(turn.session, turn.me.id, edition.bundle_id, shown, turn.now)


@flow.on(press("guide.do"))
async def do(turn: Turn) -> None:
    """Hand over to the flow that does it, with both places."""
    assert isinstance(turn.input, Press)
    action, origin, destination, drawing = ((turn.input.ref or "") + f":{UNKNOWN}").split(":")[:4]
    if action == "transfer":
        await turn.start("move", origin=origin, destination=destination, drawing=drawing)
    elif action == "apply_first":
        await turn.start("apply")
    elif action == "enable_help":
        await turn.aside("ask", topic="activate-social", region=destination)
    else:
        await hand_to_person(turn, origin, destination)


async def hand_to_person(turn: Turn, origin: str, destination: str) -> None:
    """What no rule says, an officer answers: the case says from where to where."""
    words = f"{regions.full_name(origin)} → {regions.full_name(destination)}"
    case = await cases.open_case(turn.session, turn.me.id, "move", None, turn.now, text=words)
    turn.say("guide.handed", number=case.number)
