"""The turn: all or nothing, in order, and never stuck."""

from __future__ import annotations

import asyncio
from collections import defaultdict

import pytest
from sqlmodel import col
from telegram.error import NetworkError

from bot.application import bot_of
from bot.turns import TurnRunner
from handlers.inputs import Text
from handlers.steps import ANYONE, Flow, happened, text
from handlers.turn import Button, Turn
from services.gateways.http import Call, Endpoint, HttpClient
from services.gateways.settings import ConnectorSettings, GatewaySettings
from storage import queue
from storage.crypto import Keyring
from storage.database import Database
from storage.guard import NetworkInTurnError
from storage.models import (
    ButtonToken,
    Case,
    Conversation,
    EventStatus,
    InboxEvent,
    OutboxMessage,
    Task,
    Timer,
)
from tests.bot.conftest import Build
from tests.bot.house import NOBODY, House


def words(turn: Turn) -> str:
    """What was said."""
    assert isinstance(turn.input, Text)
    return turn.input.text


def echo() -> Flow:
    """Says it back."""
    flow = Flow("echo", ANYONE)

    @flow.on(text)
    async def say_back(turn: Turn) -> None:
        turn.say("echo", words=words(turn))

    return flow


def brittle(times: int = 10**9) -> Flow:
    """Does a little of everything and breaks at `boom`, so many times."""
    flow, left = Flow("brittle", ANYONE), [times]

    @flow.on(text)
    async def break_down(turn: Turn) -> None:
        turn.say("half", [[Button("yes", "yes")]], words=words(turn))
        turn.data["half"] = True
        turn.state.flow = "brittle"
        turn.goto("half")
        turn.send_event("77", "half")
        now, here = turn.now, turn.state.mailbox
        await queue.add_task(turn.session, "half", mailbox=here, payload={}, at=now)
        await queue.set_timer(turn.session, "half", mailbox=here, kind="half", due_at=now)
        await turn.session.flush()
        if words(turn) == "boom" and left[0] > 0:
            left[0] -= 1
            raise ValueError("broken half-way")

    return flow


def sorry() -> Flow:
    """Apologises as the real conversation does."""
    from handlers import basics

    flow = Flow("sorry", ANYONE)
    flow.on(happened("event.dead"), who=ANYONE)(basics.broken)
    return flow


HALF = (Conversation, OutboxMessage, ButtonToken, Task, Timer)


async def test_a_handler_that_breaks_leaves_nothing_behind(build: Build) -> None:
    house = build(brittle())
    await house.says(5, "boom")
    assert await house.turn()
    for model in HALF:
        assert await house.rows(model) == [], model
    (event,) = await house.rows(InboxEvent)
    assert (event.status, event.attempts) == (EventStatus.PENDING, 1)
    assert "ValueError" in event.error
    assert "half-way" not in event.error
    assert event.payload["message"]["text"] == "boom"  # there for the next try


async def test_attempts_are_counted_although_the_turn_rolls_back(build: Build) -> None:
    house = build(brittle(times=2))
    await house.says(5, "boom")
    await house.patiently()
    event, onward = await house.rows(InboxEvent)
    assert (event.status, event.attempts) == (EventStatus.DONE, 3)
    assert event.payload is None
    assert onward.kind == "half"
    for model in HALF[1:]:
        assert len(await house.rows(model)) == 1, model
    assert (await house.conversation(5)).data == {"half": True}


async def test_a_failed_event_waits_longer_each_time(build: Build) -> None:
    house = build(brittle(), runner={"max_attempts": 6})
    await house.says(5, "boom")
    waits = []
    for _ in range(4):
        assert await house.turn()
        assert not await house.turn()  # not before its time
        (event,) = await house.rows(InboxEvent)
        waits.append((event.not_before - house.clock.tick()).total_seconds())
        house.clock.advance(event.not_before - house.clock.tick())
    assert waits == sorted(set(waits))


async def test_a_dead_event_becomes_an_apology_with_a_case_and_the_chat_goes_on(
    build: Build,
) -> None:
    house = build(sorry(), brittle())
    await house.employee(5)
    await house.says(5, "boom")
    await house.says(5, "after")
    await house.patiently()
    events = {event.key: event for event in await house.rows(InboxEvent)}
    (dead,) = [event for event in events.values() if event.status == EventStatus.DEAD]
    assert dead.attempts == 3
    assert events[f"dead:{dead.id}"].status == EventStatus.DONE
    (case,) = await house.rows(Case)
    assert case.kind == "fault"
    said = await house.said(5)
    assert "half words=after" in said
    assert f"common.broken number={case.number}" in said
    rung = [event.kind for event in events.values() if event.mailbox == f"case:{case.id}"]
    assert rung == ["case.changed"]  # the case shows itself to HR


async def test_a_broken_apology_ends_quietly(build: Build) -> None:
    flow = Flow("all", ANYONE)

    @flow.on(lambda turn: True)
    async def always(turn: Turn) -> None:
        raise RuntimeError

    house = build(flow)
    await house.says(5, "boom")
    await house.patiently()
    statuses = [event.status for event in await house.rows(InboxEvent)]
    assert statuses == [EventStatus.DEAD, EventStatus.DEAD]


async def test_an_update_that_cannot_be_read_dies_alone(build: Build) -> None:
    house = build(sorry(), echo())
    await house.says(5, "one")
    async with house.database.transaction() as session:
        await queue.accept(
            session,
            key="tg:bad",
            mailbox="5",
            kind="update",
            payload={"update_id": 1, "message": {"chat": {"id": 5}}},
            at=house.clock.tick(),
        )
    await house.says(5, "two")
    await house.patiently()
    assert await house.said(5) == ["echo words=one", "echo words=two", "common.broken number=None"]


async def test_order_within_a_mailbox_under_four_runners(
    build: Build, database: Database, keyring: Keyring
) -> None:
    """Two processes of two workers; handlers that give way in the middle."""
    busy: set[str] = set()
    seen: dict[str, list[str]] = defaultdict(list)
    flow = Flow("slow", ANYONE)

    @flow.on(text)
    async def slowly(turn: Turn) -> None:
        here = turn.state.mailbox
        assert here not in busy
        busy.add(here)
        await asyncio.sleep(0)
        turn.data["count"] = turn.data.get("count", 0) + 1
        seen[here].append(words(turn))
        turn.say("slow", words=words(turn), count=turn.data["count"])
        busy.discard(here)

    other_database = Database(database.url, keyring)
    houses = [build(flow), build(flow, on=other_database)]
    chats, each = range(1, 5), 8
    for number in range(each):
        for chat in chats:
            await houses[0].says(chat, f"{number}")

    async def work(house: House) -> None:
        while any(len(seen[str(chat)]) < each for chat in chats):
            await house.turns()
            await asyncio.sleep(0.005)

    try:
        async with asyncio.timeout(60):
            await asyncio.gather(*(work(house) for house in houses * 2))
    finally:
        await other_database.dispose()
    for chat in chats:
        assert seen[str(chat)] == [str(n) for n in range(each)]
        wanted = [f"slow words={n} count={n + 1}" for n in range(each)]
        assert await houses[0].said(chat) == wanted


async def test_a_failing_event_holds_its_own_mailbox_only(build: Build) -> None:
    house = build(brittle())
    await house.says(5, "boom")
    await house.says(5, "after")
    await house.says(6, "elsewhere")
    await house.turns()
    assert await house.said() == ["half words=elsewhere"]


async def test_no_bot_api_inside_a_turn(build: Build) -> None:
    flow = Flow("nosy", ANYONE)
    caught: list[BaseException | None] = []

    @flow.on(text)
    async def call_home(turn: Turn) -> None:
        house_bot = bot_of(house.runtime.application)
        with pytest.raises(NetworkError) as refused:
            await house_bot.send_message(5, "hello")
        caught.append(refused.value.__cause__)
        await asyncio.create_task(from_a_task())

    async def from_a_task() -> None:
        with pytest.raises(NetworkError) as refused:
            await bot_of(house.runtime.application).get_me()
        caught.append(refused.value.__cause__)

    house = build(flow)
    await house.says(5, "hello")
    await house.turn()
    assert [type(error) for error in caught] == [NetworkInTurnError, NetworkInTurnError]
    with pytest.raises(NetworkError) as outside:  # outside it tries, and nobody answers
        await bot_of(house.runtime.application).get_me()
    assert not isinstance(outside.value.__cause__, NetworkInTurnError)


async def test_no_gateway_inside_a_turn(build: Build) -> None:
    client = HttpClient(GatewaySettings())
    bureau = Endpoint("bureau", ConnectorSettings(base_url=NOBODY, token="t"), client)
    flow = Flow("nosy", ANYONE)
    caught: list[BaseException | None] = []

    @flow.on(text)
    async def ask_the_bureau(turn: Turn) -> None:
        try:
            await bureau.call(Call("GET", "/", "/"), ConnectorSettings)
        except NetworkInTurnError as error:
            caught.append(error)

    house = build(flow)
    await house.says(5, "hello")
    await house.turn()
    assert len(caught) == 1
    assert client.session is None


async def test_the_conversation_is_kept_between_turns_and_processes(
    build: Build, database: Database, keyring: Keyring
) -> None:
    flow = Flow("memory", ANYONE)

    @flow.on(text)
    async def remember(turn: Turn) -> None:
        turn.state.flow = "memory"
        turn.goto("on")
        turn.state.language = "en"
        # Changed in place, deep down: that must be written too.
        turn.data.setdefault("deep", {}).setdefault("list", []).append(words(turn))

    other = Database(database.url, keyring)
    first, second = build(flow), build(flow, on=other)
    try:
        await first.says(5, "a")
        await first.turn()
        await first.says(5, "b")
        await second.turn()
    finally:
        await other.dispose()
    kept = await first.conversation(5)
    assert (kept.flow, kept.step, kept.language, kept.version) == ("memory", "on", "en", 2)
    assert kept.data == {"deep": {"list": ["a", "b"]}}


async def test_every_text_is_one_turn_even_when_redelivered(build: Build) -> None:
    from bot.intake import accept_update

    house = build(echo())
    update = await house.says(5, "once")
    assert await house.turns() == 1
    assert not await accept_update(house.runtime, update)
    assert await house.turns() == 0
    assert await house.said() == ["echo words=once"]


async def test_the_first_handler_that_fits_takes_the_turn(build: Build) -> None:
    house = build(echo(), brittle())
    await house.says(5, "boom")
    await house.turns()
    assert await house.said() == ["echo words=boom"]


async def test_a_turn_that_loses_the_race_does_nothing(build: Build) -> None:
    """Counted by one worker, done by another in the meantime."""
    house = build(echo())
    await house.says(5, "once")
    runner = TurnRunner(house.runtime)
    counted = await runner._count_attempt()
    assert counted is not None
    await runner._run(counted[0])
    await runner._run(counted[0])
    assert await house.said() == ["echo words=once"]
    assert len(await house.rows(InboxEvent, col(InboxEvent.status) == EventStatus.DONE)) == 1
