"""Checking files from a folder: what ``check-document`` prints."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from services.documents.document import ReadDocument
from services.documents.problems import DocumentError
from services.documents.profile import PortraitProfile
from services.documents.reader import DocumentReader
from services.documents.reading import failed
from services.documents.settings import DocumentSettings

_SUFFIXES = frozenset(
    {".jpg", ".jpeg", ".png", ".webp", ".heic", ".heif", ".pdf"}
    | {".gif", ".bmp", ".tif", ".tiff"}  # not taken, but said so
)


def files_of(paths: Iterable[Path]) -> list[Path]:
    """The files meant: named ones whatever they are called, pictures and PDFs of folders."""
    found: list[Path] = []
    for path in paths:
        if path.is_dir():
            inner = sorted(one for one in path.rglob("*") if one.is_file())
            found += [one for one in inner if one.suffix.lower() in _SUFFIXES]
        else:
            found.append(path)
    return found


def check_paths(
    paths: Iterable[Path],
    kind: str | None = None,
    profile: PortraitProfile | None = None,
    today: date | None = None,
    *,
    settings: DocumentSettings | None = None,
    on_progress: Callable[[int, int], None] | None = None,
) -> Iterator[dict[str, Any]]:
    """One dict per document found, in the form of ``--json``; ``on_progress(done, all)``.

    Files are read in a worker process with its limits, as in the chat: one that hangs or crashes it
    gets a finding, and the rest of the folder is read. A file that is missing raises
    ``FileNotFoundError`` before anything is read. Not for use inside a running event loop.
    """
    files = files_of(paths)
    for file in files:
        if not file.is_file():
            raise FileNotFoundError(file)
    settings = settings or DocumentSettings()
    day = today or datetime.now(ZoneInfo("Asia/Shanghai")).date()
    with asyncio.Runner() as runner:
        reader = DocumentReader(settings)
        try:
            for done, file in enumerate(files, start=1):
                for document in runner.run(_read(reader, file, kind, profile, day)):
                    yield document.as_json(str(file))
                if on_progress is not None:
                    on_progress(done, len(files))
        finally:
            runner.run(reader.close())


async def _read(
    reader: DocumentReader,
    file: Path,
    kind: str | None,
    profile: PortraitProfile | None,
    today: date,
) -> list[ReadDocument]:
    limit = reader.settings.loading.max_bytes
    if file.stat().st_size > limit:  # not even taken into memory
        error = DocumentError("file_too_big", limit=str(limit // (1024 * 1024)))
        return [failed(error.finding)]
    return await reader.read(file.read_bytes(), kind=kind, profile=profile, today=today)
