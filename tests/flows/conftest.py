"""A world for each transcript."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support.reader import SharedReader
from tests.support.world import World, open_world


@pytest.fixture
async def world(
    tmp_path: Path, database_url: str, shared_reader: SharedReader
) -> AsyncIterator[World]:
    """Messenger, sandbox and bot; on SQLite and on PostgreSQL."""
    async with open_world(tmp_path, database_url, reader=shared_reader) as opened:
        yield opened
