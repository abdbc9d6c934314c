"""No network inside a turn: the flag, and the refusal that network clients call."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_in_turn: ContextVar[bool] = ContextVar("in_turn", default=False)


class NetworkInTurnError(RuntimeError):
    """A handler tried to reach the network while its transaction was open."""


@contextmanager
def turn_running() -> Iterator[None]:
    """Mark the current context as inside a turn."""
    token = _in_turn.set(True)
    try:
        yield
    finally:
        _in_turn.reset(token)


def refuse_in_turn(what: str) -> None:
    """Raise when a turn is current; `what` names the client, never its data.

    Raises:
        NetworkInTurnError: inside a turn. Make it a task instead.
    """
    if _in_turn.get():
        raise NetworkInTurnError(f"{what} was called inside a turn; make it a task")
