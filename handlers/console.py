"""`/console`: a one-shot link to the web console, and word when somebody used it."""

from __future__ import annotations

from handlers.common import again
from handlers.steps import EMPLOYEES, Flow, command, happened, press
from handlers.turn import Turn
from services.console import signing

flow = Flow("console", EMPLOYEES)


@flow.on(command("console"))
async def link(turn: Turn) -> None:
    """A link for who works at the desk; others hear whom to ask."""
    settings = turn.tools.console
    try:
        tick = turn.tools.tick()
        code = await signing.issue(turn.session, turn.me.id, tick, settings, turn.language)
    except signing.NotStaff:
        turn.say("console.not_staff")
    except signing.TooManyLinks:
        turn.say("console.too_many")
    else:
        turn.say(
            "console.link",
            url=signing.link(turn.tools.console_url, code),
            minutes=int(settings.link_minutes),
        )


@flow.on(happened("console.signed_in"))
async def signed_in(turn: Turn) -> None:
    """Somebody came in with this person's link: it should have been them."""
    turn.say("console.signed_in", [[again("console.end_all", "console.end_all")]])


@flow.on(press("console.end_all"))
async def end_all(turn: Turn) -> None:
    """End every session, from the chat."""
    await signing.end_all(turn.session, turn.me.id, turn.tools.tick(), turn.now)
    turn.buttons_off()
    turn.say("console.ended")
