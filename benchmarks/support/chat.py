"""One employee's side of the conversation, and what they have a right to hear.

Every deed appends the kinds of messages that must answer it. What bureau and tasks bring comes in
a stream of its own, because nobody can say between which two answers it arrives.
"""

from __future__ import annotations

import asyncio
import uuid
from dataclasses import dataclass, field
from typing import Any

from benchmarks.support.kinds import SEVERAL, TOLD, kind_of, words_of
from messenger.client import ClientRefusedError, MessengerClient

PATIENCE = 400.0


@dataclass
class Chat:
    """See the module. `replies` and `told` are filled as the story goes."""

    client: MessengerClient
    name: str
    replies: list[str] = field(default_factory=list)
    told: list[frozenset[str]] = field(default_factory=list)
    deeds: int = 0
    finished: bool = False
    _used: set[int] = field(default_factory=set)

    # -- what is owed ------------------------------------------------------------------------

    def owed(self, *kinds: str) -> None:
        """These answers must come, in this order."""
        for kind in kinds:
            assert kind not in TOLD, kind
            before = self.replies[-1] if self.replies else None
            assert kind != before or kind in SEVERAL, f"{kind} twice: repeats could not be told"
            self.replies.append(kind)

    def told_next(self, *kinds: str) -> None:
        """These must be told next, in this order."""
        self.told += [frozenset({kind}) for kind in kinds]

    def told_together(self, *kinds: str) -> None:
        """These must be told next, in any order among themselves."""
        self.told.append(frozenset(kinds))

    # -- deeds -------------------------------------------------------------------------------

    async def says(self, words: str, *kinds: str) -> int:
        """Write; the message's id."""
        self.owed(*kinds)
        sent = await self.client.say(words, client_key=uuid.uuid4().hex)
        self.deeds += 1
        return int(sent["message_id"])

    async def edits(self, message_id: int, words: str) -> None:
        """Change one's own message."""
        self.owed("edited")
        await self.client.edit(message_id, words)
        self.deeds += 1

    async def sticks(self) -> None:
        """Send a sticker."""
        self.owed("cannot_read")
        await self.client.call("POST", f"chats/{self.client.account_id}/sticker", {"emoji": "👍"})
        self.deeds += 1

    async def sends(self, *pictures: bytes, kind: str = "photo", answer: str = "reading") -> None:
        """Send pictures; two or more are an album, which is acknowledged once."""
        self.owed(answer)
        files = [(f"{i}.jpg", content, "image/jpeg") for i, content in enumerate(pictures)]
        await self.client.upload(files, kind=kind)
        self.deeds += len(pictures)

    async def presses(
        self, label: str, *kinds: str, message_id: int | None = None, times: int = 1
    ) -> None:
        """Press a button, perhaps several times at once. Only the first press is answered."""
        self.owed(*kinds)
        place = self._button(label, message_id)
        for nth in range(times):
            try:
                await self.client.call("POST", *place)
                self.deeds += 1
            except ClientRefusedError:
                if nth == 0:
                    raise
                return  # the buttons were taken off in the meantime

    def _button(self, label: str, message_id: int | None) -> tuple[str, dict[str, int]]:
        chat = self.client.account_id
        for key in sorted(self.client.messages, reverse=True):
            if key[0] != chat or message_id not in (None, key[1]):
                continue
            keyboard = self.client.messages[key].get("reply_markup", {})
            for row, buttons in enumerate(keyboard.get("inline_keyboard", [])):
                for column, button in enumerate(buttons):
                    if button["text"] == label:
                        path = f"chats/{chat}/messages/{key[1]}/press"
                        return path, {"row": row, "column": column}
        raise LookupError(f"{self.name}: no button {label}")

    # -- waiting -----------------------------------------------------------------------------

    async def until(self, *kinds: str, timeout: float = PATIENCE) -> dict[str, Any]:
        """Wait until one fresh message of every kind is here; the last one that came."""
        missing, found = list(kinds), {}
        try:
            async with asyncio.timeout(timeout):
                while missing:
                    for message in await self._fresh():
                        kind = kind_of(words_of(message))
                        if kind in missing:
                            missing.remove(kind)
                            self._used.add(message["message_id"])
                            found = message
                    if missing:
                        await asyncio.sleep(0.1)
        except TimeoutError:
            heard = [kind_of(words_of(m)) for m in self.client.messages.values() if not m["mine"]]
            raise TimeoutError(
                f"{self.name} never heard {missing}; the last were {heard[-5:]}"
            ) from None
        return found

    async def _fresh(self) -> list[dict[str, Any]]:
        chat = self.client.account_id
        return [
            message
            for (where, number), message in sorted(self.client.messages.items())
            if where == chat and not message["mine"] and number not in self._used
        ]
