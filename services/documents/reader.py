"""The bot's side of reading: a few processes, a time limit each, nobody waits for a stuck one."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import signal
import sys
from datetime import date
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from services.documents.document import ReadDocument
from services.documents.findings import Finding
from services.documents.frames import HEAD, lengths, packed
from services.documents.problems import DocumentError
from services.documents.profile import PortraitProfile
from services.documents.reading import failed, read_document
from services.documents.settings import DocumentSettings

__all__ = ["DocumentReader", "read_document"]

_log = logging.getLogger(__name__)
_ROOT = Path(__file__).resolve().parents[2]
# glibc keeps what pictures took unless told otherwise; elsewhere these names mean nothing.
_MALLOC = {
    "MALLOC_ARENA_MAX": "1",
    "MALLOC_TRIM_THRESHOLD_": "16000000",
    "MALLOC_MMAP_THRESHOLD_": "4000000",
}


class _WorkerGoneError(Exception):
    """The process ended, spoke nonsense or could not start."""


class _Worker:
    """One reader process and its pipes; started when first needed, killed rather than asked."""

    def __init__(self, settings: DocumentSettings) -> None:
        self._settings = settings
        self._process: asyncio.subprocess.Process | None = None
        self._ending: asyncio.Future[None] | None = None

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    @property
    def alive(self) -> bool:
        return self._process is not None and self._process.returncode is None

    async def start(self) -> None:
        """Start and wait until the models are loaded. Raises ``_WorkerGoneError``."""
        if self.alive:
            return
        self._process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "services.documents.worker",
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            env=bare_environment(),
            cwd=_ROOT,
        )
        greeting = packed({"settings": self._settings.model_dump(mode="json")})
        try:
            async with asyncio.timeout(self._settings.start_limit_seconds):
                await self._exchange(greeting)
        except BaseException as error:
            await self.kill()
            if isinstance(error, TimeoutError):
                raise _WorkerGoneError("start") from None
            raise

    async def read(self, job: dict[str, Any], data: bytes) -> dict[str, Any]:
        """One file's answer. Raises ``TimeoutError`` or ``_WorkerGoneError``."""
        async with asyncio.timeout(self._settings.time_limit_seconds):
            return await self._exchange(packed(job, data))

    async def _exchange(self, message: bytes) -> dict[str, Any]:
        process = self._process
        if process is None or process.stdin is None or process.stdout is None:
            raise _WorkerGoneError("not started")
        try:
            process.stdin.write(message)
            await process.stdin.drain()
            head, body = lengths(await process.stdout.readexactly(HEAD.size))
            answer = json.loads(await process.stdout.readexactly(head + body))
        except (OSError, EOFError, ValueError) as error:
            raise _WorkerGoneError(type(error).__name__) from None
        if not isinstance(answer, dict):
            raise _WorkerGoneError("nonsense")
        return answer

    async def kill(self) -> None:
        """End the process now and wait until the system has let it go.

        Who is cancelled here leaves the ending under way; the next call waits for it.
        """
        process, self._process = self._process, None
        if process is not None:
            self._ending = asyncio.ensure_future(_end(process))
        if self._ending is not None:
            await asyncio.shield(self._ending)


async def _end(process: asyncio.subprocess.Process) -> None:
    if process.returncode is None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(process.pid, signal.SIGKILL)  # Popen's kill would reap it first
    await process.wait()
    # Its pipes are let go here: later there may be no event loop left to do it.
    if process.stdin is not None:
        process.stdin.close()
        with contextlib.suppress(OSError):
            await process.stdin.wait_closed()
    if process.stdout is not None:
        with contextlib.suppress(OSError):
            await process.stdout.read()
    await asyncio.sleep(0)


class DocumentReader:
    """Reads uploads in worker processes.

    ``read`` may be called from many tasks of one event loop; files wait their turn, at most
    ``settings.max_waiting`` of them. Use it as an async context manager or call :meth:`close`.
    """

    def __init__(self, settings: DocumentSettings | None = None) -> None:
        self.settings = settings or DocumentSettings()
        self._workers = [_Worker(self.settings) for _ in range(self.settings.workers)]
        self._idle: asyncio.LifoQueue[_Worker] = asyncio.LifoQueue()
        for worker in self._workers:
            self._idle.put_nowait(worker)
        self._waiting = 0
        self._tasks: set[asyncio.Task[None]] = set()
        self._closed = False

    async def start(self) -> None:
        """Start every process now, so that the first upload needn't wait (about 2 s)."""
        await asyncio.gather(*(worker.start() for worker in self._workers))

    async def close(self) -> None:
        """End all processes; files under way are given up."""
        self._closed = True
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await asyncio.gather(*(worker.kill() for worker in self._workers))

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()

    @property
    def pids(self) -> tuple[int, ...]:
        """Ids of the running processes (metrics, tests)."""
        return tuple(worker.pid for worker in self._workers if worker.pid is not None)

    async def read(
        self,
        data: bytes,
        *,
        kind: str | None = None,
        profile: PortraitProfile | None = None,
        today: date,
    ) -> list[ReadDocument]:
        """Everything a file holds; a file that can't be read is a document with a finding."""
        limit = self.settings.loading.max_bytes
        if len(data) > limit:  # not even handed on
            error = DocumentError("file_too_big", limit=str(limit // (1024 * 1024)))
            return [failed(error.finding)]
        if self._waiting >= self.settings.max_waiting:
            return [failed(Finding("reader_busy"))]
        job = {
            "kind": kind,
            "profile": None if profile is None else profile.model_dump(mode="json"),
            "today": today.isoformat(),
        }
        self._waiting += 1
        try:
            worker = await self._idle.get()
        finally:
            self._waiting -= 1
        return await self._read_with(worker, job, data)

    async def _read_with(
        self, worker: _Worker, job: dict[str, Any], data: bytes
    ) -> list[ReadDocument]:
        replace = True
        try:
            await worker.start()
            answer = await worker.read(job, data)
            if "error" in answer:
                raise _WorkerGoneError(str(answer["error"]))
            documents = [ReadDocument.unpack(packed) for packed in answer["documents"]]
            replace = int(answer["rss_mb"]) > self.settings.recycle_rss_mb
            return documents
        except TimeoutError:
            _log.warning("document reader: time limit reached, worker replaced")
            return [failed(Finding("reader_timeout"))]
        except (_WorkerGoneError, KeyError, TypeError, ValueError) as error:
            reason = str(error) if isinstance(error, _WorkerGoneError) else type(error).__name__
            _log.warning("document reader: worker failed (%s), replaced", reason)
            return [failed(Finding("reader_crashed"))]
        finally:
            if replace:
                self._later(self._replace(worker))
            else:
                self._idle.put_nowait(worker)

    async def _replace(self, worker: _Worker) -> None:
        """A fresh process in a worker's place; it is lent out again in any case."""
        try:
            await worker.kill()
            if not self._closed:
                await worker.start()
        except _WorkerGoneError:
            _log.error("document reader: a worker can't be started")
        finally:
            self._idle.put_nowait(worker)

    def _later(self, work: Any) -> None:
        task: asyncio.Task[None] = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def bare_environment() -> dict[str, str]:
    """What a worker needs and nothing else: no keys, no tokens, no database address."""
    kept = {name: os.environ[name] for name in ("PATH", "LD_LIBRARY_PATH") if name in os.environ}
    return kept | _MALLOC | {"PYTHONPATH": str(_ROOT), "LANG": "C.UTF-8", "PYTHONUNBUFFERED": "1"}
