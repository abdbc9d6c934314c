"""The sender against the real messenger with its faults: every outcome of a call."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import col

from bot.runtime import Runtime
from bot.sender import Sender
from messenger.client import MessengerClient
from messenger.settings import MessengerSettings
from storage.crypto import Keyring, generate_key
from storage.database import Database
from storage.models import (
    DeliveryDoubt,
    InboxEvent,
    OnDoubt,
    OutboxMessage,
    OutboxStatus,
    StoredFile,
)
from tests.bot.conftest import Build
from tests.bot.house import NOBODY, TOKEN, House
from tests.messenger.conftest import ADMIN, Running, serve
from tests.storage.helpers import Outbox
from tests.support.world import free_port

FAST = {"chat_rate_per_second": 1000, "chat_burst": 1000, "bot_rate_per_second": 1000}


@pytest.fixture
def messenger_settings(tmp_path: Path) -> MessengerSettings:
    return MessengerSettings(
        _env_file=None,
        database_url=f"sqlite:///{tmp_path}/messenger.db",
        files_dir=tmp_path / "messenger-files",
        key=generate_key(),
        bot_token=TOKEN,
        admin_token=ADMIN,
    )


@pytest.fixture
async def running(messenger_settings: MessengerSettings) -> AsyncIterator[Running]:
    async with AsyncExitStack() as stack:
        yield await serve(messenger_settings, stack)


class Post:
    """A house whose messages reach people."""

    def __init__(self, house: House, running: Running) -> None:
        self.house, self.running = house, running
        self.sender = Sender(house.runtime)
        self.boxes: list[Outbox] = []

    async def chat(self) -> int:
        """A person who has signed in."""
        async with MessengerClient(self.running.url) as client:
            await client.sign_in(await self.running.invite(), listen=False)
            return client.account_id

    async def add(self, chat: int, *texts: str, **values: Any) -> list[int]:
        """Messages to a chat; their ids."""
        async with self.house.database.transaction() as session:
            outbox = Outbox(session)
            self.boxes.append(outbox)  # alive, so that its event's key is its own
            rows = [
                await outbox.add(
                    str(chat), **{"payload": {"text": text}, "created_at": self.now, **values}
                )
                for text in texts
            ]
            return [row.id or 0 for row in rows]

    @property
    def now(self) -> Any:
        return self.house.clock.tick()

    async def send(self) -> int:
        """Send what may be sent now; how many calls were tried."""
        count = 0
        while await self.sender.send_one():
            count += 1
        return count

    async def row(self, number: int) -> OutboxMessage:
        """One message as it stands."""
        found: OutboxMessage = (
            await self.house.rows(OutboxMessage, col(OutboxMessage.id) == number)
        )[0]
        return found

    async def status(self, *numbers: int) -> list[str]:
        """How they stand."""
        return [(await self.row(number)).status.value for number in numbers]

    async def arrived(self, chat: int) -> list[str]:
        """Texts that the messenger keeps for the chat, in order."""
        lines = await self.running.requests(chat_id=str(chat), content="1")
        kept = [line for line in lines if line["message_id"] is not None]
        return [line["parameters"]["text"] for line in kept if "text" in line["parameters"]]

    async def doubts(self) -> list[tuple[int, str, str]]:
        """Message, reason and resolution of every doubt."""
        rows = await self.house.rows(DeliveryDoubt)
        return [(row.outbox_id, row.reason, row.resolution) for row in rows]


MakePost = Callable[..., Awaitable[Post]]


@pytest.fixture
async def post(build: Build, running: Running) -> AsyncIterator[Post]:
    house = build(api_url=running.url, runner=FAST)
    await house.runtime.application.bot.initialize()
    yield Post(house, running)
    await house.runtime.application.bot.shutdown()


async def test_messages_arrive_in_order_and_are_marked(post: Post) -> None:
    chat, other = await post.chat(), await post.chat()
    numbers = await post.add(chat, "一", "二", "三")
    numbers += await post.add(other, "甲")
    assert await post.send() == 4
    assert await post.arrived(chat) == ["一", "二", "三"]
    assert await post.arrived(other) == ["甲"]
    assert await post.status(*numbers) == ["sent"] * 4
    row = await post.row(numbers[0])
    assert row.message_id is not None
    assert (row.attempts, row.claimed_until) == (1, None)


async def test_four_senders_keep_the_order_of_a_chat(post: Post) -> None:
    chat = await post.chat()
    texts = [str(n) for n in range(12)]
    numbers = await post.add(chat, *texts)

    async def work() -> None:
        sender = Sender(post.house.runtime)
        while "pending" in await post.status(*numbers):
            if not await sender.send_one():
                await asyncio.sleep(0.01)

    async with asyncio.timeout(60):
        await asyncio.gather(*(work() for _ in range(4)))
    assert await post.arrived(chat) == texts


async def test_retry_after_waits_without_holding_others(post: Post) -> None:
    chat, other = await post.chat(), await post.chat()
    await post.running.fault("retry_after", retry_after=7, chat_id=chat, times=1)
    first, second = await post.add(chat, "一", "二")
    (third,) = await post.add(other, "甲")
    await post.send()
    assert await post.status(first, second, third) == ["pending", "pending", "sent"]
    row = await post.row(first)
    assert row.not_before == post.now + timedelta(seconds=7)
    assert row.attempts == 0  # it never arrived: that was no try
    post.house.clock.advance(timedelta(seconds=7))
    await post.send()
    assert await post.arrived(chat) == ["一", "二"]
    assert await post.doubts() == []


@pytest.mark.parametrize("status", [403, 400])
async def test_a_refusal_is_final_and_the_chat_goes_on(post: Post, status: int) -> None:
    chat = await post.chat()
    kind = {"kind": "blocked"} if status == 403 else {"kind": "error", "status": 400}
    await post.running.fault(**kind, chat_id=chat, times=1)
    first, second = await post.add(chat, "一", "二")
    await post.send()
    assert await post.status(first, second) == ["failed", "sent"]
    row = await post.row(first)
    assert row.error in ("Forbidden", "BadRequest")
    assert await post.doubts() == []


async def test_an_edit_of_what_is_gone_is_done(post: Post) -> None:
    chat = await post.chat()
    edit = {"method": "editMessageText", "payload": {"text": "新", "message_id": 99999}}
    (number,) = await post.add(chat, "x", **edit)
    await post.send()
    assert await post.status(number) == ["sent"]


async def test_a_server_error_is_in_doubt_and_sent_again(post: Post) -> None:
    chat = await post.chat()
    await post.running.fault("error", status=502, chat_id=chat, times=1)
    (number,) = await post.add(chat, "一")
    await post.send()
    assert await post.status(number) == ["pending"]
    assert await post.doubts() == [(number, "answer_lost", "resend")]
    post.house.clock.advance(timedelta(minutes=10))
    await post.send()
    assert await post.status(number) == ["sent"]
    assert await post.arrived(chat) == ["一"]


async def test_a_lost_answer_is_sent_again_or_parked_by_its_kind(post: Post) -> None:
    chat, other = await post.chat(), await post.chat()
    await post.running.fault("lost_answer", method="sendMessage", times=2)
    (resent,) = await post.add(chat, "可以领取")
    (parked,) = await post.add(other, "请打分", on_doubt=OnDoubt.PARK)
    (after,) = await post.add(other, "之后")
    await post.send()
    post.house.clock.advance(timedelta(minutes=10))
    await post.send()
    assert await post.status(resent, parked, after) == ["sent", "in_doubt", "sent"]
    assert sorted(await post.doubts()) == [
        (resent, "answer_lost", "resend"),
        (parked, "answer_lost", "park"),
    ]
    assert await post.arrived(chat) == ["可以领取"] * 2  # both had arrived: the doubt says so
    assert await post.arrived(other) == ["请打分", "之后"]


async def test_what_always_fails_ends_and_its_chat_goes_on(post: Post) -> None:
    chat = await post.chat()
    await post.running.fault("error", status=500, chat_id=chat, times=3)
    first, second = await post.add(chat, "一", "二")
    for _ in range(4):
        await post.send()
        post.house.clock.advance(timedelta(hours=1))
    assert await post.status(first, second) == ["failed", "sent"]
    assert len(await post.doubts()) == 3


async def test_nobody_answering_is_no_doubt_and_never_the_end(build: Build) -> None:
    """Connection refused, for longer than the tries that a message has."""
    house = build(api_url=NOBODY, runner=FAST)
    await house.runtime.application.bot._request[1].initialize()
    post = Post(house, running=None)  # type: ignore[arg-type]
    numbers = await post.add(5, "一", "二")
    for _ in range(8):
        await post.send()
        assert await post.status(*numbers) == ["pending", "pending"]
        house.clock.advance(timedelta(hours=1))
    row = await post.row(numbers[0])
    assert (row.attempts, row.error) == (0, "unsent")
    assert await post.doubts() == []


async def test_after_an_outage_everything_arrives_once_in_order(
    build: Build, messenger_settings: MessengerSettings
) -> None:
    port = free_port()
    house = build(api_url=f"http://127.0.0.1:{port}", runner=FAST)
    async with AsyncExitStack() as stack:
        post = Post(house, await serve(messenger_settings, stack, port))
        await house.runtime.application.bot.initialize()
        chat = await post.chat()
    numbers = await post.add(chat, "一", "二")
    await post.send()
    assert await post.status(*numbers) == ["pending", "pending"]
    async with AsyncExitStack() as stack:
        post.running = await serve(messenger_settings, stack, port)
        house.clock.advance(timedelta(minutes=10))
        await post.send()
        assert await post.arrived(chat) == ["一", "二"]
    assert await post.doubts() == []
    await house.runtime.application.bot.shutdown()


async def test_a_wrong_token_loses_nothing(build: Build, running: Running) -> None:
    house = build(api_url=running.url, runner=FAST, bot_token="7000000001:rotated")
    await house.runtime.application.bot._request[1].initialize()
    post = Post(house, running)
    chat = await post.chat()
    (number,) = await post.add(chat, "一")
    for _ in range(4):
        await post.send()
        house.clock.advance(timedelta(minutes=10))
    assert await post.status(number) == ["pending"]


@pytest.mark.parametrize(
    "broken",
    [
        {"payload": {"text": ""}},
        {"method": "sendPhoto", "payload": {"text": "x", "file": 12345}},
        {"method": "noSuchMethod"},
        {"payload": {}},
        {"payload": {"text": "\ud800"}},
    ],
    ids=["empty", "no file", "no method", "no text", "half a character"],
)
async def test_a_message_that_no_call_can_take_does_not_hold_its_chat(
    post: Post, broken: dict[str, Any]
) -> None:
    if broken.get("payload", {}).get("text") == "\ud800":
        broken = {"payload": {"text": "x" * 5000}}  # the column itself refuses half characters
    chat = await post.chat()
    first, second = [*await post.add(chat, "x", **broken), *await post.add(chat, "之后")]
    await post.send()
    assert await post.status(first, second) == ["failed", "sent"]


async def test_a_picture_whose_bytes_are_gone_does_not_hold_its_chat(post: Post) -> None:
    chat = await post.chat()
    async with post.house.database.transaction() as session:
        stored = StoredFile(name="0" * 32, media_type="image/jpeg", size=1, created_at=post.now)
        session.add(stored)
        await session.flush()
        file = stored.id
    payload = {"text": "x", "file": file}
    first, second = [
        *await post.add(chat, "x", method="sendPhoto", payload=payload),
        *await post.add(chat, "之后"),
    ]
    await post.send()
    assert await post.status(first, second) == ["failed", "sent"]


async def test_who_died_while_sending_leaves_a_doubt_that_the_sweep_settles(post: Post) -> None:
    chat, other = await post.chat(), await post.chat()
    (resent,) = await post.add(chat, "一")
    (parked,) = await post.add(other, "请打分", on_doubt=OnDoubt.PARK)
    for _ in range(2):
        assert await post.sender._claim() is not None  # and nothing more: SIGKILL
    await post.sender.sweep()
    assert await post.status(resent, parked) == ["sending", "sending"]  # they may live
    post.house.clock.advance(timedelta(seconds=91))
    await post.sender.sweep()
    assert await post.status(resent, parked) == ["pending", "in_doubt"]
    assert sorted(await post.doubts()) == [
        (resent, "sender_died", "resend"),
        (parked, "sender_died", "park"),
    ]
    await post.send()
    assert await post.arrived(chat) == ["一"]
    assert await post.arrived(other) == []


async def test_a_message_that_kills_every_sender_ends(post: Post) -> None:
    (number,) = await post.add(await post.chat(), "一")
    for _ in range(3):
        assert await post.sender._claim() is not None
        post.house.clock.advance(timedelta(seconds=91))
        await post.sender.sweep()
    assert await post.status(number) == ["failed"]


async def test_a_message_waits_for_the_one_it_depends_on(post: Post) -> None:
    chat, other = await post.chat(), await post.chat()
    await post.running.fault("retry_after", retry_after=5, chat_id=chat, times=1)
    (topic,) = await post.add(chat, "主题")
    (greeting,) = await post.add(other, "跟在后面", depends_on=topic)
    await post.send()
    assert await post.status(topic, greeting) == ["pending", "pending"]
    post.house.clock.advance(timedelta(seconds=5))
    await post.send()
    assert await post.status(topic, greeting) == ["sent", "sent"]


async def test_the_messages_id_comes_back_once(post: Post) -> None:
    chat = await post.chat()
    (number,) = await post.add(chat, "一", ref="case:3")
    await post.send()
    row = await post.row(number)
    await post.sender._sent(row, row.message_id)  # a second mark, as after a doubt
    events = await post.house.rows(InboxEvent, col(InboxEvent.kind) == "sent")
    assert [event.key for event in events] == [f"sent:{number}"]
    assert events[0].payload == {"ref": "case:3", "message_id": row.message_id}
    assert events[0].mailbox == str(chat)


async def test_two_senders_share_the_limits(post: Post, keyring: Keyring) -> None:
    """One message a second after a burst of three, whoever sends."""
    limits = {"chat_rate_per_second": 1, "chat_burst": 3, "bot_rate_per_second": 1000}
    house = post.house
    runner = house.runtime.settings.runner.model_copy(update=limits)
    settings = house.runtime.settings.model_copy(update={"runner": runner})
    other = Database(house.database.url, keyring)
    parts = {name: getattr(house.runtime, name) for name in Runtime.__dataclass_fields__}
    senders = [
        Sender(Runtime(**{**parts, "settings": settings, "database": database}))
        for database in (house.database, other)
    ]
    chat = await post.chat()
    numbers = await post.add(chat, *(str(n) for n in range(6)))

    async def send() -> int:
        for _ in range(12):
            for sender in senders:
                await sender.send_one()
        return (await post.status(*numbers)).count("sent")

    try:
        assert await send() == 3
        house.clock.advance(timedelta(seconds=1))
        assert await send() == 4
        house.clock.advance(timedelta(seconds=2))
        assert await send() == 6
    finally:
        await other.dispose()
    assert await post.arrived(chat) == [str(n) for n in range(6)]


async def test_the_whole_bots_limit_holds_over_chats(post: Post) -> None:
    runner = post.house.runtime.settings.runner
    post.sender.runner = runner.model_copy(update={"bot_rate_per_second": 1})
    chats = [await post.chat() for _ in range(3)]
    numbers = [number for chat in chats for number in await post.add(chat, *"0123456789abc")]
    await post.send()
    assert (await post.status(*numbers)).count("sent") == 30  # the burst
    post.house.clock.advance(timedelta(seconds=1))
    await post.send()
    assert (await post.status(*numbers)).count("sent") == 31


async def test_a_failed_message_stays_failed(post: Post) -> None:
    chat = await post.chat()
    await post.running.fault("blocked", chat_id=chat, times=1)
    (number,) = await post.add(chat, "一")
    await post.send()
    post.house.clock.advance(timedelta(days=1))
    await post.sender.sweep()
    assert await post.send() == 0
    assert await post.status(number) == [OutboxStatus.FAILED.value]
