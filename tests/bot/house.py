"""A bot without its conversations: the real runners around small flows that a test writes."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlmodel import col, select

from bot.application import build_application
from bot.intake import accept_update
from bot.runtime import Runtime
from bot.settings import Settings
from bot.turns import TurnRunner
from handlers.steps import Flow, Registry
from handlers.toolbox import Toolbox
from services.documents.reader import DocumentReader
from services.gateways import Gateways
from services.people import accounts, consents
from services.people.notices import current_version
from storage import queue
from storage.database import Database
from storage.files import FolderStore
from storage.models import (
    ChannelAccount,
    ConsentKind,
    Conversation,
    EventStatus,
    InboxEvent,
    OutboxMessage,
)
from tests.messenger.conftest import TOKEN as MESSENGER_TOKEN
from tests.people.makers import employ
from tests.support.clock import ManualClock

TOKEN = MESSENGER_TOKEN
NOBODY = "http://127.0.0.1:9"  # the discard port: nobody answers there


class PlainRenderer:
    """Says the template's name and its values: these tests are not about words."""

    def message(self, name: str, language: str, values: dict[str, Any]) -> str:
        return " ".join([name, *(f"{key}={value}" for key, value in values.items())])

    def label(self, key: str, language: str, values: dict[str, Any]) -> str:
        return key

    def key_of_label(self, text: str) -> str | None:
        return None


def make_settings(database_url: str, folder: Path, **more: Any) -> Settings:
    """Settings of one process, quick to try again."""
    runner = {
        "max_attempts": 3,
        "poll_seconds": 0.05,
        "task_attempts": 3,
        "send_attempts": 3,
        **more.pop("runner", {}),
    }
    values: dict[str, Any] = {
        "database_url": database_url,
        "files_dir": folder / "files",
        "bot_token": TOKEN,
        "api_url": NOBODY,
        "runner": runner,
    }
    return Settings(_env_file=None, **{**values, **more})


def make_runtime(
    database: Database, clock: Any, settings: Settings, *flows: Flow, **parts: Any
) -> Runtime:
    """One process's parts. Its application counts as introduced to the Bot API."""
    registry = Registry(flows)
    application = build_application(settings, registry)
    application._initialized = True  # `initialize()` would ask the Bot API who we are
    gateways = Gateways.from_settings(settings.gateways)
    values: dict[str, Any] = {
        "settings": settings,
        "database": database,
        "clock": clock,
        "files": FolderStore(settings.files_dir, database.keyring),
        "application": application,
        "registry": registry,
        "renderer": PlainRenderer(),
        "reader": DocumentReader(settings.documents),
        "gateways": gateways,
        "tools": Toolbox(settings.people, gateways, None, 20 * 2**20),
    }
    return Runtime(**{**values, **parts})


@dataclass
class House:
    """One process and what a test asks of it."""

    runtime: Runtime
    clock: ManualClock
    numbers: list[int] = field(default_factory=lambda: [1000])

    @property
    def database(self) -> Database:
        return self.runtime.database

    def number(self) -> int:
        """A fresh update id, message id or person's serial."""
        self.numbers[0] += 1
        return self.numbers[0]

    # -- what comes in ----------------------------------------------------------------------

    def message(self, chat: int, *, user: int | None = None, **content: Any) -> dict[str, Any]:
        """A Bot API message."""
        kind = "private" if chat > 0 else "supergroup"
        sender = {"id": user or abs(chat), "is_bot": False, "first_name": "样本"}
        return {
            "message_id": self.number(),
            "date": int(self.clock.tick().timestamp()),
            "chat": {"id": chat, "type": kind},
            "from": sender,
            **content,
        }

    async def says(self, chat: int, words: str, **more: Any) -> dict[str, Any]:
        """Accept a text; the update."""
        update = {"update_id": self.number(), "message": self.message(chat, text=words, **more)}
        await accept_update(self.runtime, update)
        return update

    async def presses(
        self, chat: int, token: str, *, user: int | None = None, message_id: int = 1
    ) -> None:
        """Accept a press of a button."""
        message = {**self.message(chat, text="…"), "message_id": message_id}
        query = {
            "id": str(self.number()),
            "from": {"id": user or abs(chat), "is_bot": False, "first_name": "样本"},
            "chat_instance": "1",
            "message": message,
            "data": token,
        }
        await accept_update(self.runtime, {"update_id": self.number(), "callback_query": query})

    async def happens(self, mailbox: str, kind: str, key: str | None = None, **payload: Any) -> int:
        """Accept an event of our own; its id."""
        key = key or f"made:{self.number()}"
        async with self.database.transaction() as session:
            at = self.clock.tick()
            await queue.accept(session, key=key, mailbox=mailbox, kind=kind, payload=payload, at=at)
        return (await self.event(key)).id or 0

    # -- what it does -----------------------------------------------------------------------

    async def turn(self) -> bool:
        """One turn."""
        return await TurnRunner(self.runtime).run_one()

    async def turns(self) -> int:
        """Turns until nothing is due; how many."""
        count = 0
        while await self.turn():
            count += 1
        return count

    async def patiently(self) -> None:
        """Turns until nothing is pending, letting back-offs pass."""
        for _ in range(50):
            await self.turns()
            if not await self.rows(InboxEvent, col(InboxEvent.status) == EventStatus.PENDING):
                return
            self.clock.advance(timedelta(minutes=10))
        raise AssertionError("events stay pending")

    # -- what there is ----------------------------------------------------------------------

    async def rows(self, model: Any, *conditions: Any) -> list[Any]:
        """Rows in the order of their keys."""
        async with self.database.reading() as session:
            query = select(model).where(*conditions).order_by(*model.__table__.primary_key)
            return list((await session.exec(query)).all())

    async def event(self, key: str) -> InboxEvent:
        """One event by its key."""
        found = await self.rows(InboxEvent, col(InboxEvent.key) == key)
        event: InboxEvent = found[0]
        return event

    async def said(self, chat: int | str | None = None) -> list[str]:
        """Texts in the outbox, in order."""
        where = [] if chat is None else [col(OutboxMessage.mailbox) == str(chat)]
        rows = await self.rows(OutboxMessage, *where)
        return [row.payload["text"] for row in rows if row.method == "sendMessage"]

    async def tokens(self, chat: int | str) -> list[str]:
        """Callback data of the buttons, in the order in which they were said."""
        rows = await self.rows(OutboxMessage, col(OutboxMessage.mailbox) == str(chat))
        keyboards = [row.payload.get("reply_markup", {}) for row in rows]
        return [
            button["callback_data"]
            for keyboard in keyboards
            for line in keyboard.get("inline_keyboard", [])
            for button in line
        ]

    async def conversation(self, mailbox: int | str) -> Conversation:
        """Where a mailbox stands."""
        found = await self.rows(Conversation, col(Conversation.mailbox) == str(mailbox))
        conversation: Conversation = found[0]
        return conversation

    async def employee(self, chat: int, *, noticed: bool = True, **more: Any) -> int:
        """Somebody of the roster with this chat as their account; the person's id."""
        async with self.database.transaction() as session:
            person = await employ(session, self.clock.now(), self.number() - 1000, **more)
            account = ChannelAccount(
                person_id=person.id,
                user_id=chat,
                mailbox=str(chat),
                bound_by="code",
                bound_at=self.clock.now(),
            )
            session.add(account)
            if noticed:
                kind, version = ConsentKind.NOTICE, current_version(ConsentKind.NOTICE)
                await consents.give(session, person.id, kind, self.clock.now(), version=version)
        return person.id

    async def rebound(self, person_id: int, chat: int) -> None:
        """The person's account is another one from now on."""
        async with self.database.transaction() as session:
            await accounts.unbind(session, person_id, self.clock.now())
            account = ChannelAccount(
                person_id=person_id,
                user_id=chat,
                mailbox=str(chat),
                bound_by="rebind",
                bound_at=self.clock.now(),
            )
            session.add(account)
