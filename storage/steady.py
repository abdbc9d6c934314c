"""SQLite connections whose work a cancelled task cannot leave half-done.

A statement cancelled while it runs (a poll that times out, a server that stops) makes SQLAlchemy
drop its connection; SQLite then keeps the dropped connection's write lock until Python collects
the statement as garbage, and every writer waits for as long. Here a statement that has begun always
ends, and the cancellation is raised where the task next waits for something else. As statements
follow each other without such a wait, a transaction is cancelled as a whole: before or after.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from aiosqlite import Connection, connect


class SteadyConnection(Connection):
    """aiosqlite's connection with uninterrupted calls."""

    async def _execute(self, fn: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        call = asyncio.ensure_future(super()._execute(fn, *args, **kwargs))  # type: ignore[no-untyped-call]
        task, cancelled = asyncio.current_task(), False
        while not call.done():
            try:
                await asyncio.wait({call})
            except asyncio.CancelledError:
                cancelled = True
                if task is not None:
                    task.uncancel()  # given back below: `asyncio.timeout` counts them
        if cancelled and task is not None:
            task.cancel()
        return call.result()


def steady_connect(*args: Any, **kwargs: Any) -> Connection:
    """SQLAlchemy's `async_creator_fn`: takes the arguments of `sqlite3.connect`."""
    made = connect(*args, **kwargs)
    made.__class__ = SteadyConnection
    made._thread.daemon = True  # as SQLAlchemy does for connections of its own making
    return made
