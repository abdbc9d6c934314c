"""Schema changes, on both databases."""

from __future__ import annotations

import asyncio
import re
import sqlite3
import stat
import sys
from pathlib import Path

import pytest
import sqlalchemy as sa

from storage import migrate
from storage.database import sync_url
from storage.models import Row
from tests.support.postgres import Server

ENGINES = ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)]


@pytest.fixture(params=ENGINES)
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database that no revision has touched."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/new/deep/bot.db"
    server: Server = request.getfixturevalue("postgres")
    return server.url(server.create())


def tables(url: str) -> set[str]:
    """Names of the tables that a database has."""
    engine = migrate.make_engine(sync_url(url))
    try:
        return set(sa.inspect(engine).get_table_names())
    finally:
        engine.dispose()


def test_up_checked_and_down(empty_url: str) -> None:
    migrate.upgrade(empty_url)
    migrate.check(empty_url)
    assert set(Row.metadata.tables) | {"alembic_version"} == tables(empty_url)
    migrate.downgrade(empty_url)
    assert tables(empty_url) <= {"alembic_version"}
    migrate.upgrade(empty_url)
    migrate.check(empty_url)


def test_check_names_what_is_missing(empty_url: str) -> None:
    migrate.upgrade(empty_url)
    engine = migrate.make_engine(sync_url(empty_url))
    with engine.begin() as connection:
        connection.execute(sa.text("alter table person drop column hire_date"))
    engine.dispose()
    with pytest.raises(migrate.SchemaError, match="hire_date"):
        migrate.check(empty_url)


def test_check_refuses_an_empty_database(sqlite_url: str, tmp_path: Path) -> None:
    migrate.check(sqlite_url)
    with pytest.raises(migrate.SchemaError, match="revision None"):
        migrate.check(f"sqlite:///{tmp_path}/empty.db")


async def test_two_processes_upgrade_at_once(empty_url: str) -> None:
    migrate.prepare_sqlite(empty_url)
    program = "import sys; from storage.migrate import upgrade; upgrade(sys.argv[1])"
    command = [sys.executable, "-c", program, empty_url]
    pipe = asyncio.subprocess.PIPE
    started = [await asyncio.create_subprocess_exec(*command, stderr=pipe) for _ in range(2)]
    for process in started:
        _, words = await process.communicate()
        assert process.returncode == 0, words.decode()
    migrate.check(empty_url)


def test_an_upgrade_that_fails_leaves_nothing(empty_url: str) -> None:
    migrate.prepare_sqlite(empty_url)
    upgraded = []

    def fail(connection: sa.Connection, _cursor: object, statement: str, *_: object) -> None:
        if re.match(r"create table inbox_event", statement.strip(), re.IGNORECASE):
            upgraded.append(connection.dialect.name)
            raise RuntimeError("pulled the plug")

    sa.event.listen(sa.Engine, "before_cursor_execute", fail)
    try:
        with pytest.raises(RuntimeError, match="plug"):
            migrate.upgrade(empty_url)
    finally:
        sa.event.remove(sa.Engine, "before_cursor_execute", fail)
    assert upgraded
    assert tables(empty_url) == set()


def test_sqlite_is_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "bot.db"
    migrate.upgrade(f"sqlite:///{path}")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("create table probe (x)")
        journal = path.with_name("bot.db-wal")
        assert stat.S_IMODE(journal.stat().st_mode) == 0o600
