"""One turn: everything that a handler may touch, and everything that it leaves behind.

A handler changes the conversation, calls services with the turn's session, and says things.
Nothing leaves the process before the transaction commits: messages go to the outbox, slow work
becomes tasks, and whatever concerns another chat is an event to that chat's mailbox.
"""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Protocol

from sqlmodel.ext.asyncio.session import AsyncSession

from handlers.inputs import Actor, Input, Press
from services.people import Employee
from storage.clock import local_date
from storage.models import OnDoubt, PersonStatus

if TYPE_CHECKING:
    from handlers.steps import Registry
    from handlers.toolbox import Toolbox


@dataclass(frozen=True)
class Button:
    """An inline button.

    Args:
        label: key in the label catalogue, filled with `values`; or `text`, shown as it is.
        action, ref: what a press means; never shown.
        lasting: stays valid after the step has moved on.
    """

    label: str = ""
    action: str = ""
    ref: str | None = None
    text: str | None = None
    lasting: bool = False
    values: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Outgoing:
    """A rendered message on its way to the outbox."""

    method: str
    payload: dict[str, Any]
    buttons: tuple[tuple[Button, ...], ...] = ()
    chat: str | None = None
    note: str | None = None
    ref: str | None = None
    on_doubt: OnDoubt = OnDoubt.RESEND
    after_previous: bool = False


@dataclass(frozen=True)
class Onward:
    """An event for another mailbox."""

    key: str
    mailbox: str
    kind: str
    payload: dict[str, Any]


@dataclass
class State:
    """The conversation as the turn sees it; written back at the end.

    `data` belongs to the current flow; `memory` lasts from flow to flow.
    """

    mailbox: str
    flow: str | None = None
    step: str | None = None
    data: dict[str, Any] = field(default_factory=dict)
    language: str = "zh"
    version: int = 0
    memory: dict[str, Any] = field(default_factory=dict)


class Renderer(Protocol):
    """Turns a template's name and values into text, and a label's key into a label."""

    def message(self, name: str, language: str, values: dict[str, Any]) -> str: ...

    def label(self, key: str, language: str, values: dict[str, Any]) -> str: ...

    def key_of_label(self, text: str) -> str | None: ...


@dataclass
class Turn:
    """See the module.

    `employee` is None for a stranger and for some own events; `noticed` says whether the employee
    has agreed to the newest notice on personal data, `case` in which case an officer talks to them.
    With `keeps_buttons` a pressed message keeps its buttons although the step is over.
    """

    event_id: int
    input: Input
    actor: Actor
    state: State
    session: AsyncSession
    now: datetime
    employee: Employee | None
    renderer: Renderer
    registry: Registry
    tools: Toolbox
    noticed: bool = False
    case: int | None = None
    outgoing: list[Outgoing] = field(default_factory=list)
    onward: list[Onward] = field(default_factory=list)
    answered: bool = False
    keeps_buttons: bool = False

    @property
    def today(self) -> date:
        """The calendar day in China."""
        return local_date(self.now)

    @property
    def is_employee(self) -> bool:
        """Whether this turn has an employee who still works here."""
        return self.employee is not None and self.employee.status == PersonStatus.ACTIVE

    @property
    def has_menu(self) -> bool:
        """Whether the main keyboard is of use: not before the notice, not after leaving."""
        return self.is_employee and self.noticed

    @property
    def me(self) -> Employee:
        """The employee of this turn; handlers that need one are registered for employees only."""
        if self.employee is None:
            raise LookupError("this turn has no employee")
        return self.employee

    # -- saying ---------------------------------------------------------------------------

    def say(
        self,
        template: str,
        buttons: list[list[Button]] | None = None,
        *,
        file: int | None = None,
        menu: bool = False,
        contact: bool = False,
        note: str | None = None,
        ref: str | None = None,
        on_doubt: OnDoubt = OnDoubt.RESEND,
        **values: Any,
    ) -> None:
        """Queue a message to this chat.

        Args:
            template: `file.block` below the renderer's templates.
            file: id of a stored picture to send, with the text as its caption.
            menu, contact: show the main keyboard, or the one that shares a phone number.
            note: a short kind for operators' eyes (`state.making`), never personal.
            ref: come back as a `sent` event with this reference and the message id.
            on_doubt: whether to resend when nobody knows if it arrived.
        """
        payload: dict[str, Any] = {"text": self.renderer.message(template, self.language, values)}
        if file is not None:
            payload["file"] = file
        if menu:
            payload["keyboard"] = "menu"
        if contact:
            payload["keyboard"] = "contact"
        payload["language"] = self.language
        self.outgoing.append(
            Outgoing(
                method="sendPhoto" if file is not None else "sendMessage",
                payload=payload,
                buttons=tuple(tuple(row) for row in buttons or ()),
                note=note or template,
                ref=ref,
                on_doubt=on_doubt,
            )
        )

    def send_document(
        self, file: int, name: str, template: str, *, ref: str | None = None, **values: Any
    ) -> None:
        """Queue a stored file as a download named `name`; `ref` as in `say`."""
        text = self.renderer.message(template, self.language, values)
        payload = {"text": text, "file": file, "file_name": name, "language": self.language}
        self.outgoing.append(Outgoing("sendDocument", payload, note=template, ref=ref))

    def edit(
        self,
        message_id: int,
        template: str,
        buttons: list[list[Button]] | None = None,
        **values: Any,
    ) -> None:
        """Queue a new text (and buttons) for a message that was sent before."""
        text = self.renderer.message(template, self.language, values)
        payload = {"text": text, "message_id": message_id, "language": self.language}
        rows = tuple(tuple(row) for row in buttons or ())
        self.outgoing.append(Outgoing("editMessageText", payload, rows, note=template))

    def edit_caption(self, message_id: int, template: str, **values: Any) -> None:
        """Queue a new caption for a picture or file that was sent before."""
        text = self.renderer.message(template, self.language, values)
        payload = {"text": text, "message_id": message_id, "language": self.language}
        self.outgoing.append(Outgoing("editMessageCaption", payload, note=template))

    def delete(self, message_id: int) -> None:
        """Take back a message that was sent before."""
        payload = {"message_id": message_id}
        self.outgoing.append(Outgoing("deleteMessage", payload, note="taken back"))

    def open_topic(self, name: str, ref: str) -> None:
        """Ask for a forum topic; `ref` comes back as `sent` with its id, or as `unsent`."""
        self.outgoing.append(Outgoing("createForumTopic", {"name": name}, note="topic", ref=ref))

    def close_topic(self, *, closed: bool) -> None:
        """Close this topic, or open it again."""
        method = "closeForumTopic" if closed else "reopenForumTopic"
        self.outgoing.append(Outgoing(method, {}, note=method))

    def buttons_off(self) -> None:
        """Take the buttons off the pressed message: it is answered."""
        if isinstance(self.input, Press) and self.input.message_id is not None:
            payload = {"message_id": self.input.message_id}
            self.outgoing.append(Outgoing("editMessageReplyMarkup", payload, note="buttons off"))

    def typing(self) -> None:
        """Show that something is being worked on."""
        payload = {"action": "typing"}
        self.outgoing.append(Outgoing("sendChatAction", payload, note="typing"))

    def toast(self, template: str, *, alert: bool = False, **values: Any) -> None:
        """Answer a pressed button with a short line on top of the chat."""
        if isinstance(self.input, Press) and not self.answered:
            text = self.renderer.message(template, self.language, values)
            payload = {"query_id": self.input.query_id, "text": text[:200], "alert": alert}
            self.outgoing.insert(0, Outgoing("answerCallbackQuery", payload, note=template))
            self.answered = True

    def render(self, template: str, *, language: str | None = None, **values: Any) -> str:
        """A message's text without sending it: for an e-mail, or as somebody else's words."""
        return self.renderer.message(template, language or self.language, values)

    def label(self, key: str, **values: Any) -> str:
        """A label's text in this conversation's language."""
        return self.renderer.label(key, self.language, values)

    # -- moving ---------------------------------------------------------------------------

    @property
    def language(self) -> str:
        """`zh` or `en`."""
        return self.state.language

    @property
    def memory(self) -> dict[str, Any]:
        """What is remembered from flow to flow; JSON types only."""
        return self.state.memory

    @property
    def data(self) -> dict[str, Any]:
        """The flow's own values; JSON types only."""
        return self.state.data

    def goto(self, step: str | None) -> None:
        """Move to a step of the current flow; buttons of the step before become stale."""
        self.state.step = step
        self.state.version += 1

    async def ask(self, step: str) -> None:
        """Move to a step and put its question."""
        self.goto(step)
        await self.registry.prompt(self)

    async def repeat(self) -> None:
        """Put the current step's question once more."""
        await self.registry.prompt(self)

    async def start(self, flow: str, **data: Any) -> None:
        """Leave the current flow and start another by its name."""
        self.state.flow, self.state.data = flow, dict(data)
        self.goto(None)
        await self.registry.start(self, flow)

    async def aside(self, flow: str, **data: Any) -> None:
        """Run another flow's entry and come back to where the person was.

        When that flow stays at a step to wait for words, it ends with `come_back`.
        """
        before = self._standing()
        await self.start(flow, **data)
        if self.state.flow is None or self.state.step is None:
            self._stand(before)
        elif before[0] is not None:
            self.state.data["back"] = before

    def stand_aside(self, flow: str, step: str) -> None:
        """Wait at a step of another flow for words, until `come_back`."""
        before = self._standing()
        self.state.flow, self.state.data = flow, {"back": before} if before[0] else {}
        self.goto(step)

    def come_back(self) -> None:
        """Stand where the person was before; the buttons there are valid again."""
        before = self.state.data.get("back")
        if before:
            self._stand(before)
        else:
            self.end()

    def _standing(self) -> list[Any]:
        state = self.state
        return [state.flow, state.step, state.data, state.version]

    def _stand(self, before: list[Any]) -> None:
        self.state.flow, self.state.step, self.state.data, self.state.version = before

    def end(self) -> None:
        """Leave the current flow."""
        self.state.flow, self.state.data = None, {}
        self.goto(None)

    def send_event(self, mailbox: str, kind: str, key: str = "", **payload: Any) -> None:
        """An event for another mailbox. `key` makes it happen once; default: once per turn."""
        key = key or f"turn:{self.event_id}:{len(self.onward)}"
        self.onward.append(Onward(key, mailbox, kind, payload))


_current: ContextVar[Turn | None] = ContextVar("turn", default=None)


def current_turn() -> Turn:
    """The turn of this context.

    Raises:
        LookupError: outside a turn.
    """
    turn = _current.get()
    if turn is None:
        raise LookupError("no turn is running")
    return turn


def set_current(turn: Turn | None) -> None:
    """Make `turn` the current one of this context (the runner does)."""
    _current.set(turn)
