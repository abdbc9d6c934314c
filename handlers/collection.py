"""集中领卡, the owner's side: the card is with HR, the code to sign with, the press that signs."""

from __future__ import annotations

from handlers.common import again, application_of, name_principal, own_application
from handlers.inputs import Happened
from handlers.steps import KNOWN, Flow, happened, press
from handlers.turn import Button, Turn
from services import applications as apps
from services import cases, collection
from services.applications.views import ApplicationView
from services.collection import HeldCard

flow = Flow("collection", KNOWN)


@flow.on(happened("collection.received"))
async def received(turn: Turn) -> None:
    """The card is with HR: where, when, until when, and the code."""
    held = await told_of(turn)
    if held is not None and held.open:
        changes = await apps.untold(turn.session, held.application_id)
        await apps.told(turn.session, [change.event_id for change in changes], turn.now)
        here(turn, held)


@flow.on(happened("collection.remind"))
async def reminded(turn: Turn) -> None:
    """HR reminds, once a day at most."""
    held = await told_of(turn)
    if held is not None and held.open:
        here(turn, held, again_said=True)


@flow.on(press("collection.code"))
async def code_shown(turn: Turn) -> None:
    """The code once more."""
    application = await pressed(turn)
    held = application and await collection.of_application(turn.session, application.id)
    if not held or not held.open:
        turn.say("collection.not_here")
        return
    here(turn, held)


def here(turn: Turn, held: HeldCard, *, again_said: bool = False) -> None:
    """Where the card is and how to get it."""
    if held.person_id != turn.me.id:
        # Who acts for somebody hands the card over against a signature on paper, not the code.
        turn.say("collection.here_for", number=held.application, person=held.person, due=held.due)
        return
    proxy = again("proxy.name", "proxy.begin", held.application_id)
    turn.say(
        "collection.here",
        [[proxy]],
        note="collection.here",
        number=held.application,
        bank=held.bank_code,
        place=held.place,
        due=held.due,
        code=held.code,
        reminder=again_said,
    )


@flow.on(happened("collection.mistaken"))
async def mistaken(turn: Turn) -> None:
    """HR took in another card under this number."""
    application = await application_of(turn)
    if application is not None and turn.actor.chat_id is not None:
        await name_principal(turn, application)
        turn.say("collection.mistaken", number=application.number)


@flow.on(happened("collection.asked"))
async def asked(turn: Turn) -> None:
    """HR holds the card out: the owner presses when they have it."""
    held = await told_of(turn)
    if held is None or not held.open or held.asked_at is None:
        return
    ref = str(held.application_id)
    buttons = [
        [Button("collection.sign", "collection.sign", ref, lasting=True)],
        [Button("collection.deny", "collection.deny", ref, lasting=True)],
    ]
    turn.say("collection.asked", buttons, number=held.application, bank=held.bank_code)


@flow.on(press("collection.sign"))
async def signs(turn: Turn) -> None:
    """The signature."""
    application = await pressed(turn)
    if application is None:
        turn.toast("common.stale", alert=True)
        return
    turn.buttons_off()
    done = await collection.sign(turn.session, application.id, turn.now)
    if done.outcome != "handed":
        turn.say("collection.nothing_to_sign", outcome=done.outcome, number=application.number)


@flow.on(press("collection.deny"))
async def denies(turn: Turn) -> None:
    """They do not have it: HR hears so, and nothing is recorded."""
    application = await pressed(turn)
    if application is None:
        turn.toast("common.stale", alert=True)
        return
    turn.buttons_off()
    await collection.deny(turn.session, application.id, turn.now)
    turn.say("collection.denied_noted", number=application.number)


@flow.on(happened("collection.handed"))
async def handed(turn: Turn) -> None:
    """A receipt for the owner: whoever did not get the card says so with one press."""
    held = await told_of(turn)
    if held is None or held.handed_at is None:
        return
    turn.send_event(turn.state.mailbox, "application.tell", application_id=held.application_id)
    if held.person_id != turn.me.id:
        return
    turn.say(
        "collection.handed",
        [[again("collection.not_mine", "collection.not_mine", held.application_id)]],
        number=held.application,
        at=held.handed_at,
        way=held.signed_by,
    )


@flow.on(press("collection.not_mine"))
async def not_mine(turn: Turn) -> None:
    """Somebody else has it, or nobody: a person looks at once."""
    application = await pressed(turn)
    if application is None:
        turn.toast("common.stale", alert=True)
        return
    turn.buttons_off()
    case = await cases.open_case(
        turn.session, turn.me.id, "card_not_received", application.id, turn.now
    )
    turn.say("collection.not_mine_noted", number=application.number, case=case.number)


async def pressed(turn: Turn) -> ApplicationView | None:
    """The application of the pressed button: only its own person signs for the card."""
    found = await own_application(turn, getattr(turn.input, "ref", None))
    return found if found is not None and found.person_id == turn.me.id else None


async def told_of(turn: Turn) -> HeldCard | None:
    """The card that an event is about, when its owner has a chat to hear of it."""
    application = await application_of(turn)
    if application is None or turn.actor.chat_id is None or not isinstance(turn.input, Happened):
        return None
    return await collection.of_application(turn.session, application.id)
