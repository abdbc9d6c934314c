"""One rating, 1 to 5, and a comment; changeable."""

from __future__ import annotations

from handlers.inputs import Press, Text
from handlers.steps import KNOWN, Flow, press, text
from handlers.turn import Button, Turn
from services import ratings
from services.ratings import RatingError

flow = Flow("rate", KNOWN)


@flow.on(press("rate"))
async def rated(turn: Turn) -> None:
    """Pressed a number; a comment may follow."""
    assert isinstance(turn.input, Press)
    subject, _, score = (turn.input.ref or "").rpartition(":")
    try:
        await ratings.rate(turn.session, subject, turn.me.id, int(score), turn.now)
    except RatingError:
        turn.toast("rate.closed", alert=True)
        return
    if turn.state.flow in (None, "rate"):
        turn.state.flow, turn.state.data = flow.name, {"subject": subject}
        turn.goto("comment")
        turn.say("rate.comment", [[Button("rate.skip", "rate.skip")]], score=int(score))
    else:
        turn.say("rate.thanks", score=int(score))


@flow.on(text, at="comment")
async def commented(turn: Turn) -> None:
    """Free words."""
    assert isinstance(turn.input, Text)
    await ratings.comment(turn.session, turn.data["subject"], turn.me.id, turn.input.text, turn.now)
    turn.end()
    turn.say("rate.commented")


@flow.on(press("rate.skip"), at="comment")
async def skipped(turn: Turn) -> None:
    """No comment."""
    turn.end()
    turn.say("rate.skipped")
