"""Taking the bank's box in, and seeing what is uncollected."""

from __future__ import annotations

from collections import Counter

from handlers.common import again, officer_reach
from handlers.handout.hand import actor_of, pressed
from handlers.inputs import Happened, Text, Upload
from handlers.steps import EMPLOYEES, GROUPS, Flow, command, happened, press, text, upload
from handlers.turn import Button, Turn
from services import collection
from services.collection import HeldCard, Receipt
from services.console.reach import Reach
from services.desk import desk_mailbox
from storage import queue

flow = Flow("handout")
_SHOWN = 20
"""Lines of one message; the console and the command line list everything."""
_AT_ONCE = 200
"""Numbers of one message: a turn is one transaction."""
_NEWS = ("received", "already", "repeated")


def menu() -> list[list[Button]]:
    """What an officer does with a box of cards."""
    return [
        [again("handout.receive", "handout.receive"), again("handout.hand", "handout.hand")],
        [again("handout.list", "handout.list"), again("handout.remind", "handout.remind")],
    ]


@flow.on(command("collection"))
@flow.on(press("handout.list"))
async def listed(turn: Turn) -> None:
    """What lies here, the next to be sealed first."""
    reach = await officer_reach(turn)
    if reach is not None:
        show(turn, await collection.held(turn.session, reach), menu())


@flow.on(command("collection"), who=GROUPS)
async def listed_in_group(turn: Turn) -> None:
    """The same for everybody at the desk; cards are taken in and handed out in one's own chat."""
    if not await at_desk(turn):
        turn.say("handout.not_desk")
        return
    reach = await officer_reach(turn)
    if reach is not None:
        buttons = [[again("handout.remind", "handout.remind")]]
        show(turn, await collection.held(turn.session, reach), buttons)


@flow.on(happened("collection.watch"), who=GROUPS)
async def watched(turn: Turn) -> None:
    """Every morning: what is about to be sealed; silent when nothing is."""
    if not await at_desk(turn):  # HR has another group by now
        home = await desk_mailbox(turn.session)
        if home is not None:
            turn.send_event(home, "collection.watch")
        return
    held = await collection.held(turn.session, Reach.everything())
    soon = collection.pressing(held, turn.today)
    if soon:
        show(turn, soon, [[again("handout.remind", "handout.remind")]])
    if held:
        await collection.watch(turn.session, turn.now)


async def at_desk(turn: Turn) -> bool:
    """Whether this group is HR's: who is in any other must not read whose cards lie here."""
    return turn.state.mailbox.partition(":")[0] == await desk_mailbox(turn.session)


def show(turn: Turn, held: list[HeldCard], buttons: list[list[Button]]) -> None:
    """The list, without names in full."""
    turn.say(
        "handout.list",
        buttons,
        cards=[(card, card.days_left(turn.today)) for card in held[:_SHOWN]],
        total=len(held),
        more=max(len(held) - _SHOWN, 0),
    )


async def remind(turn: Turn) -> None:
    """Everybody whose card lies here hears of it, once a day however often it is pressed."""
    reach = await officer_reach(turn)
    if reach is None:
        return
    held = await collection.held(turn.session, reach)
    done = await collection.remind(turn.session, held, turn.now, actor=actor_of(turn))
    silent = [card.person for card in held if not card.bound]
    turn.say("handout.reminded", count=len(done), unbound=silent[:_SHOWN])


flow.on(press("handout.remind"), who=EMPLOYEES)(remind)


@flow.on(press("handout.remind"), who=GROUPS)
async def remind_from_group(turn: Turn) -> None:
    """The same at the desk."""
    if await officer_reach(turn) is None:
        return
    if await at_desk(turn):
        await remind(turn)
    else:
        turn.toast("common.stale", alert=True)


# -- taking in ------------------------------------------------------------------------------------


@flow.on(press("handout.receive"))
async def receive(turn: Turn) -> None:
    """First where and when: each owner is told."""
    if await officer_reach(turn) is None:
        return
    turn.state.flow, turn.state.data = flow.name, {}
    await turn.ask("place")


@flow.prompt("place")
async def ask_place(turn: Turn) -> None:
    """The last place by one press, or another one typed."""
    last = await collection.last_place(turn.session, actor_of(turn))
    buttons = [[Button("handout.same_place", "handout.place")]] if last else []
    turn.say("handout.place", [*buttons, [Button("common.exit", "exit")]], place=last)


@flow.on(press("handout.place"), at="place")
async def same_place(turn: Turn) -> None:
    """Where they were before."""
    turn.data["place"] = await collection.last_place(turn.session, actor_of(turn))
    await turn.ask("receive")


@flow.on(text, at="place")
async def place_typed(turn: Turn) -> None:
    """Another place."""
    assert isinstance(turn.input, Text)
    turn.data["place"] = turn.input.text.strip()[:120]
    await turn.ask("receive")


@flow.prompt("receive")
async def ask_numbers(turn: Turn) -> None:
    """Numbers, one or many, or the bank's workbook."""
    turn.say("handout.numbers", [[Button("handout.done", "handout.done")]])


@flow.on(text, at="receive")
async def numbers_typed(turn: Turn) -> None:
    """One number, or many lines of them."""
    assert isinstance(turn.input, Text)
    await take_in(turn, collection.from_text(turn.input.text).numbers, turn.data["place"])


@flow.on(upload, at="receive")
async def sheet_sent(turn: Turn) -> None:
    """A workbook: it is fetched and read outside the turn."""
    assert isinstance(turn.input, Upload)
    await queue.add_task(
        turn.session,
        "collection.read",
        mailbox=turn.state.mailbox,
        payload={"file": turn.input.file.file_id, "place": turn.data["place"]},
        at=turn.now,
    )
    turn.typing()


@flow.on(happened("collection.read.done"))
async def sheet_read(turn: Turn) -> None:
    """The numbers that stood in it."""
    assert isinstance(turn.input, Happened)
    payload = turn.input.payload
    if payload["trouble"]:
        turn.say("handout.unreadable", [[again("handout.receive", "handout.receive")]])
        return
    await take_in(turn, payload["numbers"], payload["place"], odd=payload["odd"])


async def take_in(
    turn: Turn, numbers: list[str] | tuple[str, ...], place: str, odd: list[int] | None = None
) -> None:
    """Every number is answered; what was taken in before changes nothing."""
    reach = await officer_reach(turn)
    if reach is None:
        return
    some, others = numbers[:_AT_ONCE], list(numbers[_AT_ONCE:])
    if others:
        rest = {"numbers": others, "place": place, "odd": [], "trouble": False}
        key = f"collection:rest:{turn.event_id}"
        turn.send_event(turn.state.mailbox, "collection.read.done", key, **rest)
    receipts = await collection.receive(
        turn.session, some, place, turn.now, actor=actor_of(turn), reach=reach
    )
    counts: Counter[str] = Counter(receipt.outcome for receipt in receipts)
    taken = [each for each in receipts if each.outcome == "received" and each.card is not None]
    turn.say(
        "handout.taken",
        [[Button("handout.done", "handout.done", lasting=True)]],
        counts={name: counts[name] for name in _NEWS},
        told=sum(each.card.bound for each in taken if each.card),
        odd=(odd or [])[:_SHOWN],
        rest=[each for each in receipts if each.outcome not in _NEWS][:_SHOWN],
        silent=[each.card.person for each in taken if each.card and not each.card.bound][:_SHOWN],
        left=[each.card.person for each in taken if each.card and each.card.left][:_SHOWN],
        beyond=len(others),
    )
    if len(receipts) == 1 and receipts[0].card is not None:
        await offer_undo(turn, receipts[0])


async def offer_undo(turn: Turn, receipt: Receipt) -> None:
    """One at a time: who it is, so that a wrong one is seen and taken back."""
    card = receipt.card
    if card is not None and card.open:
        undo = again("handout.undo", "handout.undo", card.application_id)
        turn.say("handout.card", [[undo]], card=card, days=card.days_left(turn.today))


@flow.on(press("handout.undo"))
async def undone(turn: Turn) -> None:
    """It was another number."""
    card = await pressed(turn)
    if card is None:
        return
    done = await collection.undo(turn.session, card.application_id, turn.now, actor=actor_of(turn))
    turn.buttons_off()
    if done:
        turn.say("handout.undone", number=card.application, bound=card.bound)
    else:
        turn.say("handout.not_undone", number=card.application)


@flow.on(press("handout.done"))
async def done(turn: Turn) -> None:
    """Back to the list."""
    turn.end()
    await listed(turn)
