"""Checking files from a folder: what ``check-document`` prints."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from services.documents.problems import DocumentError
from services.documents.profile import PortraitProfile
from services.documents.reading import failed, read_document
from services.documents.settings import DocumentSettings

_SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".webp", ".heic", ".heif", ".pdf"})


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

    Runs in this process: the command line is a process of its own. A file that is missing raises
    ``FileNotFoundError`` before anything is read.
    """
    files = files_of(paths)
    for file in files:
        if not file.is_file():
            raise FileNotFoundError(file)
    settings = settings or DocumentSettings()
    day = today or datetime.now(ZoneInfo("Asia/Shanghai")).date()
    for done, file in enumerate(files, start=1):
        for document in _read(file, kind, profile, day, settings):
            yield document.as_json(str(file))
        if on_progress is not None:
            on_progress(done, len(files))


def _read(
    file: Path,
    kind: str | None,
    profile: PortraitProfile | None,
    today: date,
    settings: DocumentSettings,
) -> list[Any]:
    limit = settings.loading.max_bytes
    if file.stat().st_size > limit:
        error = DocumentError("file_too_big", limit=str(limit // (1024 * 1024)))
        return [failed(error.finding)]
    data = file.read_bytes()
    return list(read_document(data, kind=kind, profile=profile, today=today, settings=settings))
