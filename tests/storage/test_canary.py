"""Names, numbers, words and pictures are nowhere in clear: not in the database's own files."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import psycopg
import pytest
from psycopg import sql
from sqlalchemy.engine import make_url

from storage import queue
from storage.crypto import Keyring
from storage.database import Database
from storage.files import FolderStore
from storage.models import Person
from tests.storage.test_types import person

NAME, PHONE, NUMBER, WORDS = "欧阳样本", "19900009999", "370101199003079961", "我叫欧阳样本"
PICTURE = b"\xff\xd8\xff\xe0" + b"CANARY-PICTURE" * 50


def spellings(text: str) -> Iterator[bytes]:
    """How a text could stand in a file."""
    for encoding in ("utf-8", "utf-16-le", "utf-16-be", "gb18030"):
        yield text.encode(encoding)
    yield base64.b64encode(text.encode())[:-4]
    yield text.encode("unicode_escape")


def leaks(content: bytes) -> list[str]:
    """What of the canaries stands in some bytes."""
    found = [text for text in (NAME, PHONE, NUMBER) if any(s in content for s in spellings(text))]
    return found + (["picture"] if PICTURE[4:40] in content else [])


async def fill(database: Database, files: FolderStore, now: datetime) -> None:
    """Put the canaries everywhere that a conversation puts them."""
    await files.write(PICTURE)
    async with database.transaction() as session:
        made: Person = await person(session, now)
        made.name, made.phone, made.id_number = NAME, PHONE, NUMBER
        keyring = database.keyring
        made.phone_index = keyring.blind_index(PHONE, "phone")
        made.id_number_index = keyring.blind_index(NUMBER, "id_number")
        payload = {"text": WORDS, "phone": PHONE, "number": NUMBER}
        await queue.accept(session, key="1", mailbox="1", kind="x", payload=payload, at=now)
        await queue.add_task(session, "read", mailbox="1", payload=payload, at=now)
        await queue.set_timer(session, "t", mailbox="1", kind="x", due_at=now, payload=payload)


async def test_sqlite_and_the_files(sqlite_url: str, keyring: Keyring, now: datetime) -> None:
    path = Path(str(make_url(sqlite_url).database))
    database = Database(sqlite_url, keyring)
    await fill(database, FolderStore(path.parent / "files", keyring), now)
    looked_at = [file for file in path.parent.rglob("*") if file.is_file()]
    assert {file.name for file in looked_at} >= {"bot.db", "bot.db-wal"}
    for file in looked_at:
        assert leaks(file.read_bytes()) == []
    await database.dispose()
    assert leaks(path.read_bytes()) == []


@pytest.mark.postgresql
async def test_postgresql(
    postgres_url: str, keyring: Keyring, now: datetime, tmp_path: Path
) -> None:
    database = Database(postgres_url, keyring)
    await fill(database, FolderStore(tmp_path, keyring), now)
    await database.dispose()
    every = sql.SQL("copy (select * from {}) to stdout (format binary)")
    with psycopg.connect(postgres_url) as connection:
        names = connection.execute(
            "select tablename from pg_tables where schemaname = 'public'"
        ).fetchall()
        assert ("person",) in names
        for (name,) in names:
            with connection.cursor().copy(every.format(sql.Identifier(name))) as copy:
                assert leaks(b"".join(bytes(part) for part in copy)) == []


def test_the_search_would_find_them() -> None:
    content = "x".join([NAME, PHONE]).encode("gb18030") + base64.b64encode(NUMBER.encode())
    assert leaks(content + PICTURE) == [NAME, PHONE, NUMBER, "picture"]
