"""HR's side of a run: one officer in a group with topics, who takes cases, answers and resolves."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from benchmarks.support.kinds import words_of
from benchmarks.support.town import Admin, Town
from messenger.client import ClientRefusedError, MessengerClient

PATIENCE = 400.0
FILE_CAME = "员工发来图片"
SENT = "已发给员工"


@dataclass
class Relay:
    """What went through one case: its topic, the employee's lines and pictures, HR's answers.

    Every line and every answer holds words that nothing else in the run has.
    """

    number: str
    chat: int
    thread: int = 0
    said: list[str] = field(default_factory=list)
    pictures: int = 0
    answers: list[str] = field(default_factory=list)


@dataclass
class HelpDesk:
    """The officer's client and what has been relayed. `group` is the group's chat."""

    client: MessengerClient
    group: int = 0
    relays: list[Relay] = field(default_factory=list)

    async def join(self, town: Town, admin: Admin, link: str, name: str) -> None:
        """Be enrolled as everybody is, and come into the group."""
        client = self.client
        await client.sign_in(link)
        await client.start()
        await self._once(client.account_id, lambda m: "个人信息处理告知" in words_of(m))
        await self._press("同意", client.account_id)
        await self._once(client.account_id, lambda m: "我是社保小助手" in words_of(m))
        wanted = {
            "display_name": name,
            "user_id": client.account_id,
            "group_chat_id": self.group,
        }
        made = await admin.bot_api("createInviteLink", wanted)
        await client.disconnect()
        await client.sign_in(made["link"])

    async def card(self, number: str) -> dict[str, Any]:
        """The case's card, once it is there."""
        return await self._once(
            self.group, lambda m: number in words_of(m) and "员工找人工" in words_of(m)
        )

    async def sees(self, relay: Relay, words: str) -> dict[str, Any]:
        """A message with these words in the case's topic."""
        return await self._once(
            self.group,
            lambda m: m.get("message_thread_id") == relay.thread and words in words_of(m),
        )

    async def presses(self, card: dict[str, Any], label: str, times: int = 1) -> None:
        """A button of a card; only the first press needs to find it."""
        await self._press(label, self.group, card["message_id"])
        for _ in range(times - 1):
            try:
                await self.client.press(label, message_id=card["message_id"], chat=self.group)
            except (LookupError, ClientRefusedError):
                return  # the card has other buttons by now

    async def replies(self, relay: Relay, to: dict[str, Any], text: str) -> None:
        """Answer a message of the employee."""
        relay.answers.append(text)
        await self.client.say(
            text,
            self.group,
            relay.thread,
            reply_to=to["message_id"],
            client_key=uuid.uuid4().hex,
        )

    async def sends(self, relay: Relay, card: dict[str, Any], picture: bytes, caption: str) -> None:
        """回复, and then a picture."""
        await self.presses(card, "回复")
        await self.sees(relay, "下一条消息会原样发给员工")
        relay.answers.append(caption)
        await self.client.upload(
            [("1.jpg", picture, "image/jpeg")],
            caption=caption,
            chat=self.group,
            thread=relay.thread,
            client_key=uuid.uuid4().hex,
        )

    async def _press(self, label: str, chat: int, message_id: int | None = None) -> None:
        async with asyncio.timeout(PATIENCE):
            while True:
                try:
                    await self.client.press(label, message_id=message_id, chat=chat)
                    return
                except LookupError:
                    await asyncio.sleep(0.2)

    async def _once(self, chat: int, wanted: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        async with asyncio.timeout(PATIENCE):
            while True:
                for (where, _), message in list(self.client.messages.items()):
                    if where == chat and not message["mine"] and wanted(message):
                        return message
                await asyncio.sleep(0.2)
