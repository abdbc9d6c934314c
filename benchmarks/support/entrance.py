"""A plain TCP load balancer: whoever answers gets the connection."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress

_CHUNK = 65536


@asynccontextmanager
async def entrance(port: int, backends: Callable[[], Sequence[int]]) -> AsyncIterator[None]:
    """Listen on `port` and hand each connection to one of the backends' ports."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        candidates = list(backends())
        random.shuffle(candidates)
        for candidate in candidates:
            with suppress(OSError):
                onward = await asyncio.open_connection("127.0.0.1", candidate)
                await asyncio.gather(_pipe(reader, onward[1]), _pipe(onward[0], writer))
                return
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", port)
    try:
        yield
    finally:
        server.close()


async def _pipe(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while data := await reader.read(_CHUNK):
            writer.write(data)
            await writer.drain()
    writer.close()
