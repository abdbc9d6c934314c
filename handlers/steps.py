"""Flows and their steps, and the one PTB handler that runs them.

A conversation file reads as a list of small functions:

    flow = Flow("apply")

    @flow.prompt("bank")
    async def ask_bank(turn): turn.say("apply.bank", ...)

    @flow.on(press("bank"), at="bank")
    async def bank_chosen(turn): ...
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import Any

from telegram.ext import BaseHandler, CallbackContext

from handlers.inputs import Command, Contact, Happened, Other, Press, Text, Upload
from handlers.turn import Turn, current_turn

Callback = Callable[[Turn], Awaitable[None]]
Match = Callable[[Turn], bool]


@dataclass(frozen=True)
class Pressed:
    """Matches a button of the current step (or a lasting one) with one of these actions."""

    actions: tuple[str, ...]

    def __call__(self, turn: Turn) -> bool:
        said = turn.input
        return isinstance(said, Press) and not said.stale and said.action in self.actions


@dataclass(frozen=True)
class Commanded:
    """Matches one of these slash commands, or the menu label `menu.<name>`."""

    names: tuple[str, ...]

    def __call__(self, turn: Turn) -> bool:
        if isinstance(turn.input, Command):
            return turn.input.name in self.names
        if isinstance(turn.input, Text) and not turn.input.edited:
            key = turn.renderer.key_of_label(turn.input.text)
            return key is not None and key.removeprefix("menu.") in self.names
        return False


def press(*actions: str) -> Match:
    """A button of the current step (or a lasting one) with one of these actions."""
    return Pressed(actions)


def command(*names: str) -> Match:
    """One of these slash commands, or the menu label `menu.<name>`."""
    return Commanded(names)


def happened(*kinds: str) -> Match:
    """One of our own events."""
    return lambda turn: isinstance(turn.input, Happened) and turn.input.kind in kinds


def text(turn: Turn) -> bool:
    """Words that are neither a command nor a label of the main keyboard."""
    said = turn.input
    if not isinstance(said, Text) or said.edited:
        return False
    return turn.renderer.key_of_label(said.text) is None


def upload(turn: Turn) -> bool:
    """A photo or a file."""
    return isinstance(turn.input, Upload)


def contact(turn: Turn) -> bool:
    """A shared phone number."""
    return isinstance(turn.input, Contact)


def other(turn: Turn) -> bool:
    """Something that nobody else wants, such as a sticker."""
    return isinstance(turn.input, Other)


@dataclass(frozen=True)
class Who:
    """For whom a callback is registered."""

    name: str
    allows: Match


EMPLOYEES = Who("employees", lambda t: t.is_employee and t.noticed and not t.actor.is_group)
NEWCOMERS = Who("newcomers", lambda t: t.is_employee and not t.noticed and not t.actor.is_group)
KNOWN = Who("known", lambda t: t.employee is not None and not t.actor.is_group)
LEAVERS = Who(
    "leavers", lambda t: t.employee is not None and not t.is_employee and not t.actor.is_group
)
STRANGERS = Who("strangers", lambda t: t.employee is None and not t.actor.is_group)
PRIVATE = Who("private", lambda t: not t.actor.is_group)
GROUPS = Who("groups", lambda t: t.actor.is_group)
ANYONE = Who("anyone", lambda _: True)


class StepHandler(BaseHandler[object, CallbackContext[Any, Any, Any, Any], None]):
    """Runs a callback when the current turn stands at its flow and step and its match holds.

    `check_update` is synchronous in PTB; it may be, because the turn is loaded before.
    """

    def __init__(
        self, flow: str | None, steps: frozenset[str], match: Match, callback: Callback, who: Who
    ) -> None:
        super().__init__(callback)  # type: ignore[arg-type]
        self.flow, self.steps, self.match, self.run, self.who = flow, steps, match, callback, who

    def check_update(self, update: object) -> bool:
        turn = current_turn()
        if self.steps and (turn.state.flow != self.flow or turn.state.step not in self.steps):
            return False
        return self.who.allows(turn) and self.match(turn)

    async def handle_update(
        self, update: object, application: Any, check_result: object, context: Any
    ) -> None:
        await self.run(current_turn())


class Flow:
    """One conversation: its start, its questions, its answers."""

    def __init__(self, name: str, who: Who = EMPLOYEES) -> None:
        self.name, self.who = name, who
        self.handlers: list[StepHandler] = []
        self.prompts: dict[str, Callback] = {}
        self.entry: Callback | None = None

    def begin(self, callback: Callback) -> Callback:
        """Decorator: what happens when the flow is started by its name."""
        self.entry = callback
        return callback

    def prompt(self, *steps: str) -> Callable[[Callback], Callback]:
        """Decorator: the question of a step, put on entering, on resuming and when repeated."""

        def register(callback: Callback) -> Callback:
            self.prompts.update(dict.fromkeys(steps, callback))
            return callback

        return register

    def on(
        self, match: Match, *, at: str | Iterable[str] = (), who: Who | None = None
    ) -> Callable[[Callback], Callback]:
        """Decorator: an answer at some steps (or, without `at`, wherever the person is)."""
        steps = frozenset((at,) if isinstance(at, str) else at)

        def register(callback: Callback) -> Callback:
            handler = StepHandler(self.name, steps, match, callback, who or self.who)
            self.handlers.append(handler)
            return callback

        return register


class Registry:
    """Every flow by name. Order matters: the first handler that fits takes the turn.

    A long conversation may be several `Flow`s of one name, one a file.
    """

    def __init__(self, flows: Iterable[Flow]) -> None:
        self.flows = list(flows)
        self.entries = {flow.name: flow.entry for flow in self.flows if flow.entry}
        self.prompts = {
            (flow.name, step): callback
            for flow in self.flows
            for step, callback in flow.prompts.items()
        }

    def handlers(self) -> list[StepHandler]:
        """Answers bound to a step come before those that listen everywhere."""
        every = [handler for flow in self.flows for handler in flow.handlers]
        return sorted(every, key=lambda handler: not handler.steps)

    def takes_text(self, flow: str | None, step: str | None) -> bool:
        """Whether words written at a step are its answer."""
        return any(
            handler.match is text and handler.flow == flow and step in handler.steps
            for registered in self.flows
            for handler in registered.handlers
        )

    async def start(self, turn: Turn, name: str) -> None:
        """Run a flow's entry.

        Raises:
            KeyError: no such flow, or one without an entry.
        """
        await self.entries[name](turn)

    async def prompt(self, turn: Turn) -> bool:
        """Put the current step's question; False when there is none."""
        callback = self.prompts.get((turn.state.flow or "", turn.state.step or ""))
        if callback:
            await callback(turn)
        return callback is not None
