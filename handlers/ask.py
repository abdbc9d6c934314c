"""问政策: the rule, its source and its date, anywhere in the chat; then back to where we were."""

from __future__ import annotations

from handlers.common import again, rows
from handlers.inputs import Press, Text
from handlers.steps import Flow, command, press, text
from handlers.turn import Button, Turn
from knowledge.ask import Answer

flow = Flow("ask")


@flow.on(command("ask"))
async def ask_pressed(turn: Turn) -> None:
    """问政策: say what can be asked."""
    if turn.state.flow is None:
        turn.state.flow, turn.state.data = flow.name, {}
        turn.goto("question")
    turn.say("ask.what")


@flow.begin
async def begin(turn: Turn) -> None:
    """Started by another flow, with a topic or with a question in the person's own words."""
    topic, words = turn.data.get("topic"), turn.data.get("question")
    previous = turn.data.get("previous")
    turn.end()
    if words:
        answer_question(turn, words, previous)
        return
    if topic and turn.tools.answerer:
        give(turn, turn.tools.answerer.answer_topic(topic, turn.me.region_code, turn.language))
    else:
        turn.say("ask.what")


@flow.on(text, at="question")
async def question(turn: Turn) -> None:
    """A question in the person's own words."""
    assert isinstance(turn.input, Text)
    answer_question(turn, turn.input.text, turn.data.get("asked"))
    turn.data["asked"] = turn.input.text[:200]


def answer_question(turn: Turn, words: str, previous: str | None) -> None:
    """Answer from the policy base, or say honestly that we don't know."""
    answerer = turn.tools.answerer
    if answerer is None:
        turn.say("ask.unknown", [[again("menu.person", "person")]])
        return
    answer = answerer.ask(words, previous=previous, region=turn.me.region_code)
    give(turn, answer)


def give(turn: Turn, answer: Answer) -> None:
    """One message a part; choices as buttons; never a guess."""
    person = again("menu.person", "person")
    if answer.outcome == "choose":
        english = turn.language == "en"
        buttons = [
            Button(
                text=choice.title_en if english and choice.title_en else choice.title,
                action="topic",
                ref=choice.topic,
                lasting=True,
            )
            for choice in answer.offered
        ]
        turn.say("ask.which", [*rows(buttons, 1), [person]])
        return
    if not answer.parts:
        reason = answer.reason or "low_confidence"
        turn.say("ask.none", [[person]], reason=reason)
        return
    for part in answer.parts:
        ref = ",".join(part.policy_ids)[:60]
        turn.say(
            "ask.answer",
            [
                [
                    again("ask.solved", "solved", ref),
                    again("ask.unsolved", "unsolved", ref),
                    person,
                ]
            ],
            part=part,
        )


@flow.on(press("topic"))
async def topic_chosen(turn: Turn) -> None:
    """One of the offered topics."""
    assert isinstance(turn.input, Press)
    if turn.tools.answerer:
        answerer = turn.tools.answerer
        topic = turn.input.ref or ""
        give(turn, answerer.answer_topic(topic, turn.me.region_code, turn.language))


@flow.on(press("solved"))
async def solved(turn: Turn) -> None:
    """Good; and back to what was being done."""
    turn.toast("ask.glad")
    if turn.state.flow not in (None, "ask"):
        await turn.repeat()


@flow.on(press("unsolved"))
async def unsolved(turn: Turn) -> None:
    """Offer a person."""
    turn.say("ask.sorry", [[again("menu.person", "person")]])
