"""The sandbox's own database: SQLite behind one thread.

A transaction is a plain function of a connection. All of them run on one thread, one after the
other, inside BEGIN IMMEDIATE: a judgement and the row that follows from it can't be separated by
somebody else's request, and there are no hops between a statement and the next.
"""

from __future__ import annotations

import asyncio
import json
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from importlib.resources import files
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar

SYNCHRONOUS = "FULL"
"""A commit outlasts a power cut."""
P = ParamSpec("P")
T = TypeVar("T")


class Store:
    """Opens (and creates) the database file; `close` must be called at the end."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="sandbox-store")
        self._db: sqlite3.Connection = self._thread.submit(_open, path).result()

    async def run(
        self,
        work: Callable[Concatenate[sqlite3.Connection, P], T],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        """Runs `work(connection, …)` as one transaction: commits its result, or rolls back and
        raises what it raised. A cancelled caller doesn't undo it: the answer is lost, not the work.
        """

        def transaction() -> T:
            self._db.execute("BEGIN IMMEDIATE")
            try:
                result = work(self._db, *args, **kwargs)
            except BaseException:
                self._db.execute("ROLLBACK")
                raise
            self._db.execute("COMMIT")
            return result

        return await asyncio.wrap_future(self._thread.submit(transaction))

    def close(self) -> None:
        """Waits for the transactions under way, then closes the file."""
        self._thread.submit(self._db.close).result()
        self._thread.shutdown()


def _open(path: Path) -> sqlite3.Connection:
    # autocommit mode: transactions are begun and ended by hand above
    db = sqlite3.connect(path, isolation_level=None)
    db.row_factory = sqlite3.Row
    durable = f"synchronous={SYNCHRONOUS}"
    for pragma in ("journal_mode=WAL", durable, "foreign_keys=ON", "busy_timeout=5000"):
        db.execute(f"PRAGMA {pragma}")
    db.executescript(files("sandbox").joinpath("schema.sql").read_text("utf-8"))
    return db


def rows(db: sqlite3.Connection, sql: str, *values: Any) -> list[dict[str, Any]]:
    """All rows of a query as dictionaries."""
    return [dict(row) for row in db.execute(sql, values)]


def one(db: sqlite3.Connection, sql: str, *values: Any) -> dict[str, Any] | None:
    """The first row of a query, or None."""
    row = db.execute(sql, values).fetchone()
    return dict(row) if row is not None else None


def insert(db: sqlite3.Connection, table: str, **values: Any) -> int:
    """Inserts one row and returns its rowid. Table and column names come from the code alone."""
    columns, marks = ", ".join(values), ", ".join("?" * len(values))
    cursor = db.execute(
        f"INSERT INTO {table} ({columns}) VALUES ({marks})",  # noqa: S608
        tuple(values.values()),
    )
    return int(cursor.lastrowid or 0)


def put_value(db: sqlite3.Connection, key: str, value: Any) -> None:
    """Keeps a JSON value under a key."""
    db.execute(
        "INSERT INTO kv VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
        (key, json.dumps(value, ensure_ascii=False)),
    )


def get_value(db: sqlite3.Connection, key: str, default: Any = None) -> Any:
    """The JSON value kept under a key, or `default`."""
    row = one(db, "SELECT value FROM kv WHERE key = ?", key)
    return default if row is None else json.loads(row["value"])
