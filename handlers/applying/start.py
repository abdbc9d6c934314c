"""Beginning a first application, or going on with the one that there is."""

from __future__ import annotations

from handlers.applying.checking import ways_of
from handlers.applying.identity import at_window
from handlers.applying.road import next_step
from handlers.common import MOVE_FLOWS, again, own_application, rows
from handlers.steps import Flow, command, press
from handlers.turn import Turn
from knowledge.regions import full_name, same_province
from services import applications as apps
from services import cards
from services.applications.decisions import ALL_WAYS
from services.applications.views import ApplicationView
from storage.models import ApplicationStatus, CardStatus

flow = Flow("apply")
EDITABLE = (ApplicationStatus.DRAFT,)


@flow.on(command("apply"))
async def apply_pressed(turn: Turn) -> None:
    """办社保卡."""
    await turn.start("apply")


@flow.on(press("apply"))
async def apply_button(turn: Turn) -> None:
    """The same from a notice's button, which may name the application."""
    await turn.start("apply", application=getattr(turn.input, "ref", None))


@flow.begin
async def begin(turn: Turn) -> None:
    """Open an application, or go on with the one that there is.

    `quiet`: come from a paper just confirmed, so no greeting. `anyway`: the person knows of the
    card in our books and wants to go on.
    """
    quiet, anyway = turn.data.get("quiet"), turn.data.get("anyway")
    named = turn.data.get("application")
    application = await own_application(turn, named) if named else None
    if application and application.open and application.kind in MOVE_FLOWS:
        await turn.start(MOVE_FLOWS[application.kind], application=application.id)
        return
    if application is None or not application.open:
        application = await apps.current(turn.session, turn.me.id)
    if application is None and not anyway and await known_card(turn):
        return
    if application is None and at_window(turn, turn.me.region_code):
        return
    if application is None:
        application = await apps.open_first(turn.session, turn.me.id, turn.me.region_code, turn.now)
        turn.say(
            "apply.opened",
            region=full_name(application.region_code),
            paper=turn.label(f"paper.{application.identity}"),
        )
    elif application.status == ApplicationStatus.RETURNED:
        await turn.start("mend", application=application.id)
        return
    elif application.status == ApplicationStatus.EVIDENCE:
        await evidence_again(turn, application, greet=not quiet)
        return
    elif application.status not in EDITABLE:
        turn.end()
        await turn.start("status")
        return
    elif not quiet:
        turn.say("apply.resumed", number=application.number, kind=application.kind)
    turn.state.data = {"application": application.id}
    await next_step(turn, application)


async def evidence_again(turn: Turn, application: ApplicationView, *, greet: bool) -> None:
    """Back to the screenshot and the declaration, or to waiting for the officer."""
    if (await apps.evidence_state(turn.session, application.id)).ready:
        turn.end()
        await turn.start("status")
        return
    if greet:
        turn.say("apply.resumed", number=application.number, kind=application.kind)
    turn.state.data = {"application": application.id}
    await turn.ask("evidence")


async def known_card(turn: Turn) -> bool:
    """Stop before any effort when our books have a valid card in the same province."""
    region = turn.me.region_code
    held = [
        card
        for card in await cards.cards_of(turn.session, turn.me.id)
        if card.status == CardStatus.NORMAL and same_province(card.region_code, region)
    ]
    if not held:
        return False
    turn.end()
    turn.say(
        "apply.known_card",
        [*rows(ways_of(ALL_WAYS), 1), [again("apply.not_mine", "apply.anyway")]],
        cards=held,
        region=full_name(region),
    )
    return True


@flow.on(press("apply.anyway"))
async def apply_anyway(turn: Turn) -> None:
    """The books may be wrong; bureau and banks are asked in any case."""
    await turn.start("apply", anyway=True)
