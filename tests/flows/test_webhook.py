"""The main road with the messenger calling us, instead of being asked."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.reader import SharedReader
from tests.support.world import World, free_port, open_world


@pytest.fixture
async def called(
    tmp_path: Path, database_url: str, shared_reader: SharedReader
) -> AsyncIterator[World]:
    """A world whose messenger delivers to the webhook."""
    port = free_port()
    settings: dict[str, Any] = {
        "port": port,
        "intake": "webhook",
        "public_url": f"http://127.0.0.1:{port}",
        "webhook_secret": "made-up-webhook-secret",
    }
    async with open_world(tmp_path, database_url, reader=shared_reader, **settings) as world:
        yield world


async def test_the_whole_road(called: World) -> None:
    employee = await called.enrolled(region="37")
    await called.submitted(employee)
    await employee.says("查进度")
    await employee.sees("审核中")
