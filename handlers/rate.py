"""One rating where something ended: a press, reasons when it is low, a sentence, a follow-up."""

from __future__ import annotations

from handlers.common import again, rows
from handlers.inputs import Press, Text
from handlers.steps import KNOWN, Flow, press, text
from handlers.turn import Button, Turn
from services import ratings
from services.ratings import RatingError, RatingView
from services.ratings.reasons import word
from storage.models import FollowUp, OnDoubt

flow = Flow("rate", KNOWN)


@flow.begin
async def begin(turn: Turn) -> None:
    """Something has ended; run aside by the conversation in which it did."""
    invitation = await ratings.invite(turn.session, turn.data["subject"], turn.now)
    if invitation.outcome == ratings.ASK:
        ask(turn, invitation)
    elif invitation.outcome == ratings.OFFER:
        turn.say("rate.offer", [[again("rate.want", "rate.want", invitation.subject)]])


def ask(turn: Turn, invitation: ratings.Invitation) -> None:
    """One rating, in one press."""
    stars = [
        Button(text=str(score), action="rate", ref=f"{invitation.subject}:{score}", lasting=True)
        for score in range(1, 6)
    ]
    # An invitation that may have arrived is not sent again: nobody is asked twice.
    turn.say(
        "rate.ask",
        [stars],
        note="rate.ask",
        on_doubt=OnDoubt.PARK,
        about=invitation.about.value,
    )


@flow.on(press("rate.want"))
async def wanted(turn: Turn) -> None:
    """They want to rate although they were asked lately."""
    assert isinstance(turn.input, Press)
    subject = turn.input.ref or ""
    invitation = await ratings.wanted(turn.session, subject, turn.me.id, turn.now)
    if invitation.outcome == ratings.ASK:
        turn.buttons_off()
        ask(turn, invitation)
    else:
        turn.toast("rate.asked_before", alert=True)


@flow.on(press("rate"))
async def rated(turn: Turn) -> None:
    """Pressed a number; reasons, a sentence or a follow-up may come after it."""
    assert isinstance(turn.input, Press)
    subject, _, score = (turn.input.ref or "").rpartition(":")
    before = await ratings.get(turn.session, subject)
    try:
        rating = await ratings.rate(turn.session, subject, turn.me.id, int(score), turn.now)
    except RatingError:
        turn.toast("rate.closed", alert=True)
        return
    low = int(score) <= ratings.rules().low_score
    buttons = [*chips(turn, rating)] if low else []
    if turn.state.flow in (None, "rate"):
        turn.state.flow, turn.state.data = flow.name, {"subject": subject}
        # Not `goto`: the numbers stay, so that the score can be changed.
        turn.state.step = "comment"
        buttons.append([again("rate.skip", "rate.skip")])
        turn.say("rate.comment", buttons, score=int(score), low=low)
    else:
        turn.say("rate.thanks", buttons, score=int(score), low=low)
    offered_now = before is None or before.follow_up is FollowUp.NONE
    if rating.follow_up is FollowUp.OFFERED and offered_now:
        offer_follow_up(turn, rating)


def chips(turn: Turn, rating: RatingView) -> list[list[Button]]:
    """The reasons, with a mark on those that are pressed."""
    return rows(
        [
            Button(
                text=("✓ " if code in rating.reasons else "") + word(code, turn.language),
                action="rate.why",
                ref=f"{rating.subject}:{code}",
                lasting=True,
            )
            for code in ratings.reasons_for(rating.subject)
        ]
    )


@flow.on(press("rate.why"))
async def reason_pressed(turn: Turn) -> None:
    """One reason more, or one less."""
    assert isinstance(turn.input, Press)
    subject, _, code = (turn.input.ref or "").rpartition(":")
    rating = await ratings.get(turn.session, subject)
    pressed = rating.reasons if rating else ()
    chosen = [c for c in pressed if c != code] if code in pressed else [*pressed, code]
    try:
        rating = await ratings.set_reasons(turn.session, subject, turn.me.id, chosen, turn.now)
    except RatingError:
        turn.toast("rate.closed", alert=True)
        return
    turn.toast("rate.noted")
    if turn.input.message_id is not None:
        buttons = [*chips(turn, rating), [again("rate.skip", "rate.skip")]]
        turn.edit(turn.input.message_id, "rate.comment", buttons, score=rating.score or 0, low=True)


@flow.on(text, at="comment")
async def commented(turn: Turn) -> None:
    """Free words."""
    assert isinstance(turn.input, Text)
    subject, words = turn.data["subject"], turn.input.text
    turn.end()
    try:
        await ratings.comment(turn.session, subject, turn.me.id, words, turn.now)
    except RatingError:
        turn.say("rate.closed")
        return
    turn.say("rate.commented")


@flow.on(press("rate.skip"))
async def skipped(turn: Turn) -> None:
    """Nothing more to say."""
    if turn.state.flow == flow.name:
        turn.end()
    else:
        turn.buttons_off()
    turn.say("rate.skipped")


# -- somebody else looks after it ------------------------------------------------------------


def offer_follow_up(turn: Turn, rating: RatingView) -> None:
    """Only if the employee wants it, and never to the one who was rated."""
    turn.say(
        "rate.follow_up",
        [
            [
                again("rate.follow_yes", "rate.follow_yes", rating.subject),
                again("rate.follow_no", "rate.follow_no", rating.subject),
            ]
        ],
        about=rating.about.value,
    )


@flow.on(press("rate.follow_yes"))
async def follow_up(turn: Turn) -> None:
    """A colleague hears of it in their own chat; the HR group, where the rated one reads, not."""
    assert isinstance(turn.input, Press)
    try:
        opened = await ratings.follow_up(turn.session, turn.input.ref or "", turn.me.id, turn.now)
    except RatingError:
        turn.toast("rate.answered_before", alert=True)
        return
    if opened is None:
        turn.say("rate.nobody_else")
        return
    case, colleague = opened
    turn.buttons_off()
    turn.send_event(colleague.mailbox or "", "follow_up.asked", case_id=case.id)
    turn.say("rate.following", number=case.number)


@flow.on(press("rate.follow_no"))
async def no_follow_up(turn: Turn) -> None:
    """As they like."""
    assert isinstance(turn.input, Press)
    try:
        await ratings.follow_up_wanted(
            turn.session, turn.input.ref or "", turn.me.id, turn.now, wanted=False
        )
    except RatingError:
        turn.toast("rate.answered_before", alert=True)
        return
    turn.buttons_off()
    turn.say("rate.not_followed")
