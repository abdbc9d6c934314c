"""我的社保卡: every card in every province, how we know it, and what to do with it."""

from __future__ import annotations

from handlers.common import again, rows
from handlers.inputs import Happened, Press, Upload
from handlers.steps import Flow, command, happened, press, upload
from handlers.turn import Button, Turn
from knowledge.agencies import bank_name
from services import applications as apps
from services import cards, cases, proofs
from services.cards import CardView
from storage import queue
from storage.models import CardStatus

flow = Flow("cards")
_SCREEN = 8
"""Cards in one message, far more than anybody holds."""


@flow.on(command("cards"))
async def cards_asked(turn: Turn) -> None:
    """我的社保卡."""
    await turn.start("cards")


@flow.on(press("cards"))
async def cards_pressed(turn: Turn) -> None:
    """The same from a button."""
    await turn.start("cards")


@flow.begin
async def begin(turn: Turn) -> None:
    """The screen. `refreshed`: bureau and banks have just been asked; `down`: who was silent."""
    refreshed, down = turn.data.get("refreshed"), tuple(turn.data.get("down") or ())
    asked = turn.data.get("asked")
    found = await cards.cards_of(turn.session, turn.me.id)
    turn.state.flow, turn.state.data = flow.name, {}
    turn.goto("list")
    # Cards that ended stay in the list, but nothing is to be done with them.
    alive = [card for card in found if card.status is not CardStatus.CANCELLED]
    buttons = [
        Button(text=title(card), action="cards.one", ref=str(card.id), lasting=True)
        for card in alive
    ]
    more = [again("cards.refresh", "cards.refresh"), again("cards.proof", "cards.proof")]
    if not alive:
        more.append(again("menu.apply", "apply"))
    for first in range(0, max(len(found), 1), _SCREEN):
        last = first + _SCREEN >= len(found)
        turn.say(
            "cards.list",
            [*rows(buttons, 1), more] if last else None,
            cards=found[first : first + _SCREEN],
            refreshed=bool(refreshed),
            connected=bool(asked),
            down=down,
            today=turn.today,
        )


def title(card: CardView) -> str:
    """A card's short name on a button."""
    return f"{bank_name(card.bank_code)} {card.last_four or ''}".strip()


@flow.on(press("cards.refresh"))
async def refresh(turn: Turn) -> None:
    """Ask bureau and banks anew."""
    turn.state.flow, turn.state.data = flow.name, {}
    turn.goto("list")
    await apps.refresh(turn.session, turn.me.id, turn.now)
    turn.typing()
    turn.say("matter.looking")


@flow.on(press("cards.one"))
async def one(turn: Turn) -> None:
    """What can be done with one card."""
    assert isinstance(turn.input, Press)
    found = await cards.cards_of(turn.session, turn.me.id)
    card = next((each for each in found if str(each.id) == turn.input.ref), None)
    if card is None:
        turn.toast("common.stale", alert=True)
        return
    turn.say("cards.one", rows([*actions(card), again("cards.proof", "cards.proof")], 1), card=card)


@flow.on(press("cards.proof"))
async def ask_proof(turn: Turn) -> None:
    """A picture of one's own: the list in the electronic card, or the card itself."""
    turn.state.flow, turn.state.data = flow.name, {}
    turn.goto("proof")
    turn.say("cards.proof", [[Button("common.exit", "exit")]])


@flow.on(upload, at="proof")
async def proof_sent(turn: Turn) -> None:
    """Read outside the turn; the picture itself is not kept."""
    assert isinstance(turn.input, Upload)
    size = turn.input.file.size
    if size is not None and size > turn.tools.max_upload_bytes:
        turn.say("documents.too_big", limit=turn.tools.max_upload_bytes // 2**20)
        return
    await queue.add_task(
        turn.session,
        "card.proof",
        mailbox=turn.state.mailbox,
        payload={"file": turn.input.file.file_id},
        at=turn.now,
    )
    turn.typing()
    turn.say("documents.reading")


@flow.on(happened("card.proof.done"))
async def proof_read(turn: Turn) -> None:
    """The grade and the age of what we know, or what to send instead."""
    assert isinstance(turn.input, Happened)
    shown = [proofs.Shown(each["kind"], each["fields"]) for each in turn.input.payload["shown"]]
    proof = await proofs.record_proof(turn.session, turn.me.id, turn.me.id_number, shown, turn.now)
    if proof.conflict:
        await cases.open_case(turn.session, turn.me.id, "second_card", None, turn.now)
    turn.say("cards.proved", proof=proof)
    if proof.trouble is None and turn.state.flow == flow.name:
        await turn.start("cards")


def actions(card: CardView) -> list[Button]:
    """The matters that a card's state allows."""
    ref = f"{card.id}"
    lost = again("cards.lost", "matter", f"loss_report::{ref}")
    replaced = again("cards.replace", "matter", f"replacement::{ref}")
    banked = again("cards.bank", "matter", f"bank_change::{ref}")
    ended = again("cards.cancel", "matter", f"cancellation::{ref}")
    if card.status is CardStatus.NORMAL:
        enabled = [] if card.social_enabled else [again("cards.enable", "topic", "activate-social")]
        active = (
            [] if card.financial_active else [again("cards.activate", "topic", "activate-bank")]
        )
        return [*enabled, *active, lost, replaced, banked, ended]
    if card.status is CardStatus.LOST:
        again_new = again("cards.replace", "matter", f"replacement:lost:{ref}")
        return [again_new, ended]
    if card.status is CardStatus.COLLECTABLE:
        return [again("menu.status", "status"), again("cards.proxy", "topic", "proxy-pickup")]
    if card.status is CardStatus.SEALED:
        return [ended]
    return [again("menu.status", "status")]
