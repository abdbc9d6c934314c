"""One document reader for a whole test run: real processes, each picture really read once."""

from __future__ import annotations

import asyncio
import hashlib
import threading
from dataclasses import replace
from datetime import date

from services.documents.document import ReadDocument
from services.documents.profile import PortraitProfile
from services.documents.reader import DocumentReader
from services.documents.settings import DocumentSettings, OcrSettings

#: Test files run side by side: a second thread would mostly wait for the other's, and burn a core.
_LEAN = DocumentSettings(workers=1, ocr=OcrSettings(threads=1))


class SharedReader:
    """Lends its processes to every world, whichever event loop that runs in.

    The first world that sends a picture has it read; a later one that sends the same bytes, to be
    judged by the same rules on the same day, gets the same reading. `close` leaves the processes
    to the next world; `stop` ends them.
    """

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._reader = DocumentReader(_LEAN)
        self._known: dict[tuple[object, ...], list[ReadDocument]] = {}

    async def start(self) -> None:
        """The first picture starts the processes."""

    async def read(
        self,
        data: bytes,
        *,
        kind: str | None = None,
        profile: PortraitProfile | None = None,
        today: date,
    ) -> list[ReadDocument]:
        """As `DocumentReader.read`."""
        rules = profile.model_dump_json() if profile else None
        key = hashlib.sha256(data).digest(), kind, rules, today
        if key not in self._known:
            reading = self._reader.read(data, kind=kind, profile=profile, today=today)
            future = asyncio.run_coroutine_threadsafe(reading, self._loop)
            found = await asyncio.wrap_future(future)
            if any(f.code.startswith("reader_") for one in found for f in one.findings):
                return found  # a trouble of the reader's, not of the picture
            self._known[key] = found
        return [replace(one, fields=dict(one.fields)) for one in self._known[key]]

    async def close(self) -> None:
        """A world has ended: nothing to do."""

    def stop(self) -> None:
        """The run has ended."""
        asyncio.run_coroutine_threadsafe(self._reader.close(), self._loop).result(30)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(30)
        self._loop.close()
