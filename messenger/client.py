"""A person's side over HTTP, for tests, drivers and bridges. It knows what the web page knows."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Any
from urllib.parse import urlsplit

import aiohttp

Message = dict[str, Any]
#: Name, bytes and media type of a file.
FileSpec = tuple[str, bytes, str]

_HEADERS = {"X-Messenger-Request": "1"}
_RECONNECT_SECONDS = 0.2


class ClientRefusedError(Exception):
    """The messenger refused a request."""

    def __init__(self, status: int, code: str) -> None:
        super().__init__(f"{status} {code}")
        self.status = status
        self.code = code


class MessengerClient:
    """One signed-in person. Received messages are kept up to date by the event stream.

    Args:
        base_url: the messenger's address.
    """

    def __init__(self, base_url: str) -> None:
        self.base_url = base_url.rstrip("/")
        self.account_id = 0
        self.path = ""
        self.chats: dict[int, dict[str, Any]] = {}
        self.messages: dict[tuple[int, int], Message] = {}
        self.events: list[tuple[str, dict[str, Any]]] = []
        self._news: list[Message] = []
        self._changed = asyncio.Condition()
        self._last_event_id = 0
        self._stream: asyncio.Task[None] | None = None
        self._http: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> MessengerClient:
        # unsafe: keeps cookies of hosts that are plain addresses, such as 127.0.0.1.
        jar = aiohttp.CookieJar(unsafe=True)
        self._http = aiohttp.ClientSession(cookie_jar=jar, headers=_HEADERS)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.disconnect()
        if self._http is not None:
            await self._http.close()

    async def sign_in(self, link: str, *, listen: bool = True) -> None:
        """Use a link up, load the chats and follow the events."""
        answer = await self.request("POST", "/api/sign-in", {"code": urlsplit(link).fragment})
        self.path = answer["path"]
        await self.refresh()
        if listen:
            self.connect()

    async def refresh(self) -> dict[str, Any]:
        """Load the account and the chats again."""
        me: dict[str, Any] = await self.call("GET", "me")
        self.account_id = me["account"]["id"]
        self.chats = {chat["id"]: chat for chat in me["chats"]}
        self._last_event_id = max(self._last_event_id, me["last_event_id"])
        return me

    def connect(self) -> None:
        """Follow the events, from where it was left."""
        if self._stream is None:
            self._stream = asyncio.create_task(self._follow(), name="messenger-client")

    async def disconnect(self) -> None:
        """Stop following; `connect` resumes without a gap."""
        if self._stream is not None:
            self._stream.cancel()
            await asyncio.gather(self._stream, return_exceptions=True)
            self._stream = None

    async def call(self, verb: str, path: str, body: Any = None) -> Any:
        """A request below `/c/<slug>/api/`."""
        return await self.request(verb, f"{self.path}api/{path}", body)

    async def request(self, verb: str, path: str, body: Any = None) -> Any:
        """A request; returns its JSON (None without any).

        Raises:
            ClientRefusedError: any answer but 2xx.
        """
        assert self._http is not None, "use `async with`"
        options = {"data": body} if isinstance(body, aiohttp.FormData) else {"json": body}
        async with self._http.request(verb, self.base_url + path, **options) as answer:
            content = await answer.read()
            if answer.status >= 300:
                raise ClientRefusedError(answer.status, _code(content))
            return json.loads(content) if content else None

    def _chat(self, chat: int | None) -> int:
        return self.account_id if chat is None else chat

    async def _post(self, chat: int | None, path: str, body: dict[str, Any]) -> Message:
        answer = await self.call("POST", f"chats/{self._chat(chat)}/{path}", body)
        message: Message = answer["message"]
        return message

    async def start(self) -> Message:
        """Press 「开始」."""
        return await self._post(None, "start", {})

    async def say(
        self,
        text: str,
        chat: int | None = None,
        thread: int | None = None,
        *,
        reply_to: int | None = None,
        client_key: str | None = None,
    ) -> Message:
        """Write a text; the chat with the bot unless another is named."""
        body = {
            "text": text,
            "thread": thread or 0,
            "reply_to": reply_to,
            "client_key": client_key,
        }
        return await self._post(chat, "messages", body)

    async def upload(
        self,
        files: Sequence[FileSpec],
        *,
        kind: str = "photo",
        caption: str | None = None,
        chat: int | None = None,
        thread: int | None = None,
        client_key: str | None = None,
    ) -> list[Message]:
        """Send files; two or more are an album."""
        form = aiohttp.FormData(quote_fields=False)
        fields = {"kind": kind, "caption": caption or "", "thread": str(thread or 0)}
        for name, value in fields.items():
            form.add_field(name, value)
        if client_key:
            form.add_field("client_key", client_key)
        for name, content, media_type in files:
            form.add_field("file", content, filename=name, content_type=media_type)
        answer = await self.call("POST", f"chats/{self._chat(chat)}/files", form)
        sent: list[Message] = answer["messages"]
        return sent

    async def press(
        self, label: str, *, message_id: int | None = None, chat: int | None = None
    ) -> dict[str, Any]:
        """Press the inline button with this label on the newest message that has one.

        Raises:
            LookupError: no message has such a button.
        """
        chat_id = self._chat(chat)
        for key in sorted(self.messages, reverse=True):
            if key[0] != chat_id or (message_id is not None and key[1] != message_id):
                continue
            rows = self.messages[key].get("reply_markup", {}).get("inline_keyboard", [])
            for row, buttons in enumerate(rows):
                for column, button in enumerate(buttons):
                    if button["text"] == label:
                        place = {"row": row, "column": column, "label": label}
                        path = f"chats/{chat_id}/messages/{key[1]}/press"
                        return await self._press(path, place)
        raise LookupError(f"no button {label!r}")

    async def _press(self, path: str, place: dict[str, Any]) -> dict[str, Any]:
        try:
            answer: dict[str, Any] = await self.call("POST", path, place)
        except ClientRefusedError as error:
            if error.code == "button_gone":
                raise LookupError("the message was edited meanwhile") from error
            raise
        return answer

    async def share_contact(self, chat: int | None = None) -> Message:
        """Share one's own number, as the invitation named it."""
        return await self._post(chat, "contact", {})

    async def edit(self, message_id: int, text: str, chat: int | None = None) -> Message:
        """Change one's own message."""
        path = f"chats/{self._chat(chat)}/messages/{message_id}"
        answer = await self.call("PATCH", path, {"text": text})
        message: Message = answer["message"]
        return message

    async def delete(self, message_id: int, chat: int | None = None) -> None:
        """Delete a message."""
        await self.call("DELETE", f"chats/{self._chat(chat)}/messages/{message_id}")

    async def history(
        self, chat: int | None = None, *, thread: int | None = None, limit: int = 50
    ) -> list[Message]:
        """The newest messages, oldest first."""
        where = "" if thread is None else f"&thread={thread}"
        path = f"chats/{self._chat(chat)}/messages?limit={limit}{where}"
        page: list[Message] = (await self.call("GET", path))["messages"]
        return page

    async def download(self, file_id: str) -> bytes:
        """A file's bytes."""
        assert self._http is not None
        url = f"{self.base_url}{self.path}api/files/{file_id}"
        async with self._http.get(url) as answer:
            content = await answer.read()
            if answer.status != 200:
                raise ClientRefusedError(answer.status, _code(content))
            return content

    def keyboard(self, chat: int | None = None) -> list[list[str]]:
        """The labels of the chat's reply keyboard."""
        markup = self.chats[self._chat(chat)].get("reply_keyboard") or {}
        return [[button["text"] for button in row] for row in markup.get("keyboard", [])]

    async def wait_for(
        self, wanted: Callable[[Message], bool], *, timeout: float = 10.0
    ) -> Message:
        """The next received message (new or edited, not one's own) that is wanted.

        Earlier ones are passed over for good, so that a conversation is read in its order.

        Raises:
            TimeoutError: none came in `timeout` seconds.
        """
        async with asyncio.timeout(timeout), self._changed:
            while True:
                for number, message in enumerate(self._news):
                    if wanted(message):
                        del self._news[: number + 1]
                        return message
                await self._changed.wait()

    async def wait_event(
        self, kind: str, wanted: Callable[[dict[str, Any]], bool], *, timeout: float = 10.0
    ) -> dict[str, Any]:
        """Data of the first event of a kind, past or coming, that is wanted.

        Raises:
            TimeoutError: none came in `timeout` seconds.
        """
        async with asyncio.timeout(timeout), self._changed:
            while True:
                for name, data in self.events:
                    if name == kind and wanted(data):
                        return data
                await self._changed.wait()

    async def _follow(self) -> None:
        assert self._http is not None
        url = f"{self.base_url}{self.path}api/events"
        timeout = aiohttp.ClientTimeout(total=None, sock_read=60)
        while True:
            headers = {"Last-Event-ID": str(self._last_event_id)}
            try:
                async with self._http.get(url, headers=headers, timeout=timeout) as answer:
                    if answer.status != 200:
                        return
                    await self._read(answer.content)
            except (aiohttp.ClientError, TimeoutError):
                pass
            await asyncio.sleep(_RECONNECT_SECONDS)

    async def _read(self, lines: aiohttp.StreamReader) -> None:
        fields: dict[str, str] = {}
        buffer = b""
        async for chunk in lines.iter_any():
            buffer += chunk
            while b"\n" in buffer:
                raw, buffer = buffer.split(b"\n", 1)
                line = raw.decode()
                if line and not line.startswith(":"):
                    name, _, value = line.partition(": ")
                    fields[name] = value
                elif not line and "data" in fields:
                    await self._receive(fields)
                    fields = {}

    async def _receive(self, fields: dict[str, str]) -> None:
        kind, data = fields["event"], json.loads(fields["data"])
        async with self._changed:
            self._last_event_id = int(fields.get("id", self._last_event_id))
            self.events.append((kind, data))
            if kind in ("message", "edited"):
                message = data["message"]
                self.messages[data["chat_id"], message["message_id"]] = message
                if not message["mine"]:
                    self._news.append(message)
            elif kind == "deleted":
                self.messages.pop((data["chat_id"], data["message_id"]), None)
            elif kind == "chat":
                self.chats[data["chat"]["id"]] = data["chat"]
            self._changed.notify_all()


def _code(content: bytes) -> str:
    try:
        return str(json.loads(content)["error"]["code"])
    except (ValueError, KeyError, TypeError):
        return "unknown"
