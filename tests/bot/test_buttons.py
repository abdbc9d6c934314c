"""Buttons: opaque tokens bound to person, step and version; and mailboxes of every kind."""

from __future__ import annotations

from typing import Any

import pytest
from sqlmodel import col

from handlers.inputs import Press, Text
from handlers.steps import ANYONE, GROUPS, KNOWN, Flow, happened, press, text
from handlers.turn import Button, Turn
from services.people import accounts
from services.people.people import mailbox_of
from storage.models import ButtonToken, Conversation, InboxEvent, OutboxMessage
from tests.bot.conftest import Build
from tests.bot.house import House


def question() -> Flow:
    """Asks; `yes` moves on, `twice` stays, `always` is lasting. Stale presses are told apart."""
    flow = Flow("question", ANYONE)

    @flow.on(lambda turn: isinstance(turn.input, Press) and turn.input.stale)
    async def stale(turn: Turn) -> None:
        turn.toast("stale", alert=True)

    @flow.on(text)
    async def ask(turn: Turn) -> None:
        turn.state.flow = "question"
        turn.goto("asked")
        turn.say(
            "ask",
            [
                [
                    Button("yes", "yes", "7"),
                    Button("stay", "stay"),
                    Button("l", "always", lasting=True),
                ]
            ],
        )

    @flow.on(press("yes"), at="asked")
    async def yes(turn: Turn) -> None:
        assert isinstance(turn.input, Press)
        turn.goto("done")
        turn.say("did", ref=None, what=turn.input.ref)

    @flow.on(press("stay"), at="asked")
    async def stay(turn: Turn) -> None:
        turn.say("stayed")

    @flow.on(press("always"))
    async def always(turn: Turn) -> None:
        turn.toast("always")

    return flow


async def toasts(house: House) -> list[Any]:
    """What was answered to presses; None for a bare end of the spinner."""
    rows = await house.rows(OutboxMessage, col(OutboxMessage.method) == "answerCallbackQuery")
    return [row.payload.get("text") for row in rows]


async def asked(house: House, chat: int = 5) -> list[str]:
    """The tokens of the question's three buttons."""
    await house.says(chat, "hello")
    await house.turns()
    return (await house.tokens(chat))[-3:]


async def test_what_the_messenger_sees_of_a_button_means_nothing(build: Build) -> None:
    house = build(question())
    for token in await asked(house):
        assert 20 <= len(token) <= 32
        assert "yes" not in token


async def test_a_press_is_done_once_and_pressed_again_it_is_stale(build: Build) -> None:
    house = build(question())
    yes, _, _ = await asked(house)
    for _ in range(2):
        await house.presses(5, yes, message_id=77)
    await house.turns()
    assert (await house.said(5)).count("did what=7") == 1
    assert await toasts(house) == [None, "stale"]
    rows = await house.rows(OutboxMessage, col(OutboxMessage.method) == "editMessageReplyMarkup")
    assert [row.payload["message_id"] for row in rows] == [77, 77]  # the buttons go


async def test_a_button_of_a_step_that_stays_can_be_pressed_again(build: Build) -> None:
    house = build(question())
    _, stay, _ = await asked(house)
    for _ in range(2):
        await house.presses(5, stay)
    await house.turns()
    assert (await house.said(5)).count("stayed") == 2


async def test_the_same_question_again_makes_the_older_buttons_stale(build: Build) -> None:
    house = build(question())
    old, _, _ = await asked(house)
    new, _, _ = await asked(house)
    await house.presses(5, old)
    await house.turns()
    assert await toasts(house) == ["stale"]
    await house.presses(5, new)
    await house.turns()
    assert "did what=7" in await house.said(5)


async def test_a_lasting_button_outlives_its_step(build: Build) -> None:
    house = build(question())
    yes, _, always = await asked(house)
    await house.presses(5, yes)
    await house.turns()
    await house.presses(5, always)
    await house.presses(5, always)
    await house.turns()
    assert (await toasts(house))[1:] == ["always", "always"]


async def test_somebody_elses_button_is_stale(build: Build) -> None:
    house = build(question())
    await house.employee(5)
    await house.employee(6)
    yes, _, always = await asked(house, 5)
    for token in (yes, always):  # in their own chat, and in the other's
        await house.presses(6, token)
        await house.presses(5, token, user=6)
    await house.turns()
    assert await toasts(house) == ["stale"] * 4


async def test_a_button_ends_with_the_account(build: Build) -> None:
    house = build(question())
    person = await house.employee(5)
    _, _, always = await asked(house, 5)
    async with house.database.transaction() as session:
        await accounts.unbind(session, person, house.clock.now())
    await house.presses(5, always)
    await house.turns()
    assert await toasts(house) == ["stale"]


@pytest.mark.parametrize("data", ["", "yes", "x" * 64, "令牌", "a\x00b", "a\nb", "' or 1=1 --"])
async def test_invented_callback_data_is_stale(build: Build, data: str) -> None:
    house = build(question())
    await asked(house)
    await house.presses(5, data)
    await house.turns()
    assert await toasts(house) == ["stale"]
    assert (await house.rows(InboxEvent))[-1].attempts == 1


async def test_tokens_are_written_with_their_binding(build: Build) -> None:
    house = build(question())
    person = await house.employee(5)
    await asked(house)
    rows = {row.action: row for row in await house.rows(ButtonToken)}
    assert (rows["yes"].flow, rows["yes"].step, rows["yes"].version) == ("question", "asked", 1)
    assert (rows["always"].version, rows["always"].person_id) == (None, person)


# -- mailboxes ----------------------------------------------------------------------------------


def noisy() -> Flow:
    """Answers whatever comes, and tells who it is about."""
    flow = Flow("noisy", ANYONE)

    @flow.on(happened("news"), who=KNOWN)
    async def news(turn: Turn) -> None:
        turn.say("news", person=turn.me.id, **getattr(turn.input, "payload", {}))
        turn.send_event("desk", "seen", person=turn.me.id)

    @flow.on(happened("seen"))
    async def seen(turn: Turn) -> None:
        turn.say("seen")
        turn.data["seen"] = turn.data.get("seen", 0) + 1

    @flow.on(text, who=GROUPS)
    async def talk(turn: Turn) -> None:
        assert isinstance(turn.input, Text)
        turn.data["words"] = [*turn.data.get("words", []), turn.input.text]
        turn.say("talk", words=turn.input.text)

    return flow


async def test_a_person_without_an_account_has_a_mailbox_that_says_nothing(build: Build) -> None:
    house = build(noisy())
    person = await house.employee(5)
    async with house.database.transaction() as session:
        await accounts.unbind(session, person, house.clock.now())
    await house.happens(f"person:{person}", "news")
    await house.turns()
    assert await house.rows(OutboxMessage) == []
    assert (await house.conversation(f"person:{person}")).person_id == person
    assert (await house.conversation("desk")).data == {"seen": 1}  # nor does a desk without group


async def test_news_for_a_bound_person_go_to_their_chat(build: Build) -> None:
    house = build(noisy())
    person = await house.employee(5)
    await house.happens(f"person:{person}", "news", a=1)
    await house.turns()
    assert await house.said(5) == [f"news person={person} a=1"]


async def test_events_follow_a_person_to_the_new_account(build: Build) -> None:
    """A task's result that is already in the old mailbox must not be lost, nor read there."""
    house = build(noisy())
    person = await house.employee(5)
    event = await house.happens("5", "news", a=1)
    await house.rebound(person, 6)
    await house.turns()
    assert await house.said(5) == []
    assert await house.said(6) == [f"news person={person} a=1"]
    assert (await house.event(f"moved:{event}")).mailbox == "6"
    async with house.database.reading() as session:
        assert await mailbox_of(session, person) == "6"


async def test_an_old_account_taken_by_somebody_else_is_theirs(build: Build) -> None:
    house = build(noisy())
    first, second = await house.employee(5), await house.employee(7)
    await house.rebound(first, 6)
    await house.rebound(second, 5)
    await house.happens("5", "news")
    await house.turns()
    assert await house.said(5) == [f"news person={second}"]


async def test_the_desk_gets_what_is_sent_to_it_once_a_group_is_bound(build: Build) -> None:
    from services.desk import set_desk

    house = build(noisy())
    await house.employee(5)
    async with house.database.transaction() as session:
        await set_desk(session, "-100:4")
    await house.happens("5", "news")
    await house.turns()
    assert await house.said("-100:4") == ["seen"]
    (row,) = await house.rows(OutboxMessage, col(OutboxMessage.mailbox) == "-100:4")
    assert row.chat == "-100"


async def test_threads_of_a_group_are_mailboxes_of_their_own(build: Build) -> None:
    house = build(noisy())
    await house.says(-100, "general")
    await house.says(-100, "first", message_thread_id=3, is_topic_message=True)
    await house.says(-100, "second", message_thread_id=4, is_topic_message=True)
    await house.says(-100, "reply", message_thread_id=9)  # a reply chain, no topic
    await house.turns()
    conversations = {c.mailbox: c.data["words"] for c in await house.rows(Conversation)}
    assert conversations == {
        "-100": ["general", "reply"],
        "-100:3": ["first"],
        "-100:4": ["second"],
    }
    rows = await house.rows(OutboxMessage)
    assert {row.chat for row in rows} == {"-100"}
    assert {row.mailbox for row in rows} == set(conversations)


async def test_a_thread_that_fails_does_not_hold_another(build: Build) -> None:
    flow = Flow("picky", ANYONE)

    @flow.on(text)
    async def pick(turn: Turn) -> None:
        if turn.state.mailbox == "-100:3":
            raise RuntimeError
        turn.say("fine")

    house = build(flow)
    await house.says(-100, "x", message_thread_id=3, is_topic_message=True)
    await house.says(-100, "x", message_thread_id=4, is_topic_message=True)
    await house.turns()
    assert await house.said("-100:4") == ["fine"]
