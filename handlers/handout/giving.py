"""Handing a card out against a signature, to a proxy with a letter, or back to the bank."""

from __future__ import annotations

from handlers.common import again, officer_reach
from handlers.handout.hand import actor_of, pressed, within_reach
from handlers.inputs import Happened, Text
from handlers.steps import Flow, happened, press, text
from handlers.turn import Button, Turn
from services import applications as apps
from services import collection
from services.collection import Handing, HeldCard, Way, proxies
from services.console.reach import Place, Reach

flow = Flow("handout")


@flow.on(press("handout.hand"))
async def hand(turn: Turn) -> None:
    """A code that the owner tells, or an application's number."""
    if await officer_reach(turn) is None:
        return
    turn.state.flow, turn.state.data = flow.name, {}
    await turn.ask("hand")


@flow.prompt("hand")
async def ask_code(turn: Turn) -> None:
    """The code, or the number."""
    turn.say("handout.code", [[Button("handout.done", "handout.done")]])


@flow.on(text, at="hand")
async def code_typed(turn: Turn) -> None:
    """Whose card it is; handing it out takes one more press, after a look at the ID card."""
    assert isinstance(turn.input, Text)
    reach = await officer_reach(turn)
    if reach is None:
        return
    if apps.read_number(turn.input.text):
        await number_typed(turn, turn.input.text, reach)
        return
    found = await collection.find_by_code(
        turn.session, turn.input.text, turn.now, actor=actor_of(turn), reach=reach
    )
    if found.card is None:
        turn.say("handout.wrong_code", many=found.outcome == "too_many")
        return
    give = again("handout.give", "handout.give", found.card.application_id)
    turn.say("handout.card", [[give]], card=found.card, days=found.card.days_left(turn.today))


async def number_typed(turn: Turn, words: str, reach: Reach) -> None:
    """Without the code: the owner presses in their chat, or signs on paper."""
    application = await apps.by_number(turn.session, words)
    held = application and await collection.of_application(turn.session, application.id)
    if not held or not reach.covers(Place(held.region_code, held.employer_id)):
        turn.say("handout.unknown")
        return
    if not held.open:
        say_outcome(turn, ended(held))
        return
    ref = held.application_id
    ask = [again("handout.ask", "handout.ask", ref)] if held.bound else []
    named = await proxies.of_application(turn.session, ref, turn.today)
    rest = [again("handout.undo", "handout.undo", ref), again("handout.back", "handout.back", ref)]
    turn.say(
        "handout.card",
        [
            *([each] for each in ask),
            [again("handout.proxy", "handout.proxy", ref)],
            [again("handout.paper", "handout.paper", ref)],
            rest,
        ],
        card=held,
        days=held.days_left(turn.today),
    )
    if named is not None:
        turn.say("handout.proxy", name=named.name, number=named.number, until=named.until)


@flow.on(press("handout.proxy"))
async def give_to_proxy(turn: Turn) -> None:
    """Both ID cards and the signed letter have been looked at; without a letter nobody else gets
    the card."""
    card = await pressed(turn)
    if card is None:
        return
    handing = await hand_out(turn, card, "proxy")
    if handing.outcome != "no_proxy":
        turn.buttons_off()
    say_outcome(turn, handing)


@flow.on(press("handout.back"))
async def ask_back(turn: Turn) -> None:
    """Giving a card back can't be undone: it is pressed twice."""
    card = await pressed(turn)
    if card is not None and card.open:
        sure = again("handout.back_sure", "handout.back_sure", card.application_id)
        turn.say("handout.back_sure", [[sure]], card=card)
    elif card is not None:
        say_outcome(turn, ended(card))


@flow.on(press("handout.back_sure"))
async def given_back(turn: Turn) -> None:
    """Nobody came for it: the bank has it again, and its owner hears so."""
    card = await pressed(turn)
    if card is None:
        return
    turn.buttons_off()
    number, actor = card.application_id, actor_of(turn)
    say_outcome(turn, await collection.give_back(turn.session, number, turn.now, actor=actor))


@flow.on(press("handout.give"))
async def give(turn: Turn) -> None:
    """The code was right and the officer has looked at the ID card."""
    card = await pressed(turn)
    if card is None:
        return
    turn.buttons_off()
    say_outcome(turn, await hand_out(turn, card, "code"))


@flow.on(press("handout.ask"))
async def ask_owner(turn: Turn) -> None:
    """The owner signs with a press in their own chat."""
    card = await pressed(turn)
    if card is None:
        return
    asked = await collection.ask(turn.session, card.application_id, turn.now, actor=actor_of(turn))
    if asked.outcome == "handed":
        turn.say("handout.asked", number=card.application, name=card.name)
    else:
        say_outcome(turn, asked)


@flow.on(press("handout.paper"))
async def on_paper(turn: Turn) -> None:
    """Who has no phone at hand signs on paper: where is that list?"""
    card = await pressed(turn)
    if card is None:
        return
    turn.state.flow, turn.state.data = flow.name, {"card": card.application_id}
    turn.goto("paper")
    turn.say("handout.which_paper", [[Button("handout.done", "handout.done")]], card=card)


@flow.on(text, at="paper")
async def paper_named(turn: Turn) -> None:
    """Recorded with the officer's word on where the signature is."""
    assert isinstance(turn.input, Text)
    card = await within_reach(turn, turn.data["card"])
    if card is None:
        return
    say_outcome(turn, await hand_out(turn, card, "paper", turn.input.text.strip()[:200]))
    await turn.ask("hand")


async def hand_out(turn: Turn, card: HeldCard, way: Way, note: str | None = None) -> Handing:
    """This officer hands the card out."""
    number, actor = card.application_id, actor_of(turn)
    return await collection.hand(turn.session, number, way, turn.now, actor=actor, note=note)


def ended(card: HeldCard) -> Handing:
    """What had become of a card that is not in HR's keeping any more."""
    return Handing("already" if card.handed_at else "given_back", card)


def say_outcome(turn: Turn, handing: Handing) -> None:
    """What came of it."""
    card = handing.card
    turn.say("handout.outcome", outcome=handing.outcome, card=card)


# -- the owner has answered -----------------------------------------------------------------------


@flow.on(happened("collection.signed", "collection.denied"))
async def answered(turn: Turn) -> None:
    """The owner pressed: they have it, or they do not."""
    assert isinstance(turn.input, Happened)
    card = await collection.of_application(turn.session, int(turn.input.payload["card"]))
    if card is not None:
        turn.say("handout.answered", card=card, signed=turn.input.kind.endswith("signed"))
