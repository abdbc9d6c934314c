"""The table of methods. A method runs in one transaction; `stage` prepares its files before."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from messenger.botapi.params import Params
from messenger.core.unit import Messenger, Unit

Run = Callable[[Unit, Params], Awaitable[Any]]
Stage = Callable[[Messenger, Params], Awaitable[None]]


@dataclass(frozen=True)
class Method:
    """A Bot API method: what runs it, and what stores its files first."""

    name: str
    run: Run
    stage: Stage | None = None


METHODS: dict[str, Method] = {}


def method(name: str, *, stage: Stage | None = None) -> Callable[[Run], Run]:
    """Register a function under a method's name (matched without regard to case)."""

    def register(run: Run) -> Run:
        METHODS[name.lower()] = Method(name, run, stage)
        return run

    return register
