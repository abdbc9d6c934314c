"""问政策: the rule, its source and its date, anywhere in the chat; then back to where we were."""

from __future__ import annotations

import re

from handlers.common import again, gently, rows
from handlers.inputs import Press, Text
from handlers.steps import Flow, command, press, text
from handlers.turn import Button, Turn
from knowledge.answers import Choice
from services.policies import Asker, Inquiry, Reply, ToldPart
from services.policies.answers import SOLVED

flow = Flow("ask")
value, wanted = Flow("apply"), Flow("mydata")
"""Steps of others where a typed value is awaited: there a question is recognised by its mark."""
_QUESTION = re.compile(r"[？?]\s*$")


def question(turn: Turn) -> bool:
    """Words that end as a question does; no value of a paper does."""
    return text(turn) and isinstance(turn.input, Text) and bool(_QUESTION.search(turn.input.text))


@flow.on(command("ask"))
async def ask_pressed(turn: Turn) -> None:
    """问政策: say what can be asked. Where words are awaited, the next ones are the question."""
    if turn.registry.takes_text(turn.state.flow, turn.state.step):
        turn.stand_aside(flow.name, "question")
    turn.say("ask.what")


@flow.begin
async def begin(turn: Turn) -> None:
    """Started by another flow, with a topic or with a question in the person's own words."""
    data = dict(turn.data)
    turn.end()
    if data.get("question"):
        await answer(turn, data["question"])
    elif data.get("topic"):
        region = data.get("region") or turn.me.region_code
        await give(turn, await inquiry(turn, region).choose(data["topic"]))
    else:
        turn.say("ask.what")


@value.on(question, at="value")
@wanted.on(question, at="wanted")
async def asked_instead(turn: Turn) -> None:
    """A question where a value was asked for: answer it, then ask for the value again."""
    assert isinstance(turn.input, Text)
    await turn.aside(flow.name, question=turn.input.text)
    if turn.state.flow in (value.name, wanted.name):
        await turn.repeat()


@flow.on(text, at="question")
async def asked(turn: Turn) -> None:
    """The question after 问政策; then back."""
    assert isinstance(turn.input, Text)
    words = turn.input.text
    turn.come_back()
    await turn.aside(flow.name, question=words)
    if turn.state.flow not in (None, flow.name, "guide"):
        turn.say("common.where_we_were", [[again("apply.resume", "resume")]])


@flow.on(press("resume"))
async def resume(turn: Turn) -> None:
    """Put the open question again."""
    if not await turn.registry.prompt(turn) and turn.state.flow in turn.registry.entries:
        await turn.start(turn.state.flow)
    elif turn.state.flow is None:
        turn.say("common.menu", menu=True, name=turn.me.name)


def inquiry(turn: Turn, region: str | None = None) -> Inquiry:
    """The services' side of this turn's question."""
    assert turn.tools.policies is not None
    asker = Asker(turn.me.id, region or turn.me.region_code, turn.language)
    return Inquiry(turn.session, turn.tools.policies, asker, turn.now)


async def answer(turn: Turn, words: str) -> None:
    """Answer from the published policies, or say honestly that we don't know."""
    if turn.tools.policies is None:
        turn.say("ask.unknown", [[again("menu.person", "person")]])
        return
    await give(turn, await inquiry(turn).ask(words))


async def give(turn: Turn, reply: Reply) -> None:
    """One message a part; choices as buttons; never a guess."""
    for told in reply.parts:
        give_part(turn, told, reply)
    if reply.guide:
        await turn.start("guide", origin=reply.origin, destination=reply.destination)
    elif reply.hr is not None:
        turn.say("ask.hr", closing(reply.answer_id), hr=reply.hr)
    elif reply.outcome == "choose":
        buttons = topic_buttons(turn, reply.offered, reply.answer_id)
        ends = [
            again("ask.neither", "unsolved", reply.answer_id),
            again("menu.person", "person", f"answer:{reply.answer_id}"),
        ]
        turn.say("ask.which", [*rows(buttons, 1), ends])
    elif not reply.parts:
        person = again("menu.person", "person", f"answer:{reply.answer_id}")
        doubt = again("ask.unsolved", "unsolved", reply.answer_id)
        ours = reply.reason in ("out_of_scope", "gibberish")
        upset = reply.reason == "insult" and not gently(turn)
        reason = "insult_again" if upset else reply.reason
        turn.say("ask.none", [[doubt, person] if ours else [person]], reason=reason)


def give_part(turn: Turn, told: ToldPart, reply: Reply) -> None:
    """One topic's answer; of two places the guide is one press away."""
    buttons = closing(told.answer_id)
    if reply.origin and reply.destination and not reply.guide:
        ref = f"{reply.origin}.{reply.destination}.-.-"
        buttons.insert(0, [again("ask.guide", "guide", ref)])
    if len(told.part.sources) > len(told.part.main):
        buttons.append([again("ask.sources", "sources", told.answer_id)])
    turn.say("ask.answer", buttons, part=told.part)


def closing(answer_id: int) -> list[list[Button]]:
    """解决了 / 没解决 / 找人工."""
    return [
        [
            again("ask.solved", "solved", answer_id),
            again("ask.unsolved", "unsolved", answer_id),
            again("menu.person", "person", f"answer:{answer_id}"),
        ]
    ]


def topic_buttons(turn: Turn, offered: tuple[Choice, ...], answer_id: int) -> list[Button]:
    """Topics by their titles; the press knows under which question it stood."""
    english = turn.language == "en"
    return [
        Button(
            text=one.title_en if english and one.title_en else one.title,
            action="topic",
            ref=f"{one.topic}@{answer_id}",
            lasting=True,
        )
        for one in offered
    ]


@flow.on(press("topic"))
async def topic_chosen(turn: Turn) -> None:
    """One of the offered topics, for the place that was asked about."""
    assert isinstance(turn.input, Press)
    topic, _, number = (turn.input.ref or "").partition("@")
    if turn.tools.policies is not None:
        await give_beside(turn, await inquiry(turn).choose(topic, int(number) if number else None))


async def give_beside(turn: Turn, reply: Reply) -> None:
    """Give a reply without leaving the step where the person stands."""
    if reply.guide:
        await turn.aside("guide", origin=reply.origin, destination=reply.destination)
    else:
        await give(turn, reply)


@flow.on(press("solved"))
async def solved(turn: Turn) -> None:
    """Good; and back to what was being done."""
    turn.toast("ask.glad")
    if turn.tools.policies is not None and (number := number_of(turn)):
        await inquiry(turn).judge(number, SOLVED)
    turn.buttons_off()
    if turn.state.flow not in (None, "ask"):
        await turn.repeat()


@flow.on(press("sources"))
async def sources(turn: Turn) -> None:
    """Everything that an answer rests on, as it was when it was given."""
    number = number_of(turn)
    if turn.tools.policies is None or not number:
        return
    part = await inquiry(turn).sources(number)
    if part is None:  # forgotten after its time, or another person's
        turn.say("ask.no_sources")
    else:
        turn.say("ask.sources", part=part)


@flow.on(press("unsolved"))
async def unsolved(turn: Turn) -> None:
    """It joins the gap list; offer what else it may have been, and a person."""
    choices: list[Button] = []
    number = number_of(turn)
    if turn.tools.policies is not None and number:
        past = await inquiry(turn).doubt(number)
        if past is not None and past.outcome == "answer":
            offered = await inquiry(turn).alternatives(past)
            choices = topic_buttons(turn, offered, number)
    person = again("menu.person", "person", f"answer:{number}" if number else None)
    turn.buttons_off()
    turn.say("ask.sorry", [*rows(choices, 1), [person]])


def number_of(turn: Turn) -> int | None:
    """The answer that a press is about."""
    ref = turn.input.ref if isinstance(turn.input, Press) else None
    return int(ref) if ref and ref.isdecimal() else None
