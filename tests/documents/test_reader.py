"""The pool of processes: limits, deaths and strangers' bytes."""

from __future__ import annotations

import asyncio
import os
import signal
from datetime import date
from pathlib import Path

import pytest

from services.documents.check import check_paths
from services.documents.document import ReadDocument
from services.documents.reader import DocumentReader
from services.documents.settings import DocumentSettings, LoadingSettings
from tests.documents.conftest import TODAY, paper

pytestmark = pytest.mark.timeout(300)


async def code(reader: DocumentReader, data: bytes) -> str:
    (document,) = await reader.read(data, kind="id_front", today=TODAY)
    return document.findings[0].code if document.findings else document.kind


async def test_a_document_crosses_processes_unharmed(reader: DocumentReader) -> None:
    picture = paper("id_front")
    (document,) = await reader.read(picture.image, kind="id_front", today=TODAY)
    assert isinstance(document, ReadDocument)
    assert document.fields == picture.labels["documents"][0]["fields"]
    assert document.crop is not None
    assert document.crop.startswith(b"\xff\xd8")


async def test_the_worker_s_environment_holds_no_secret(
    reader: DocumentReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHEBAO_KEY", "CANARY")
    await reader.start()
    environment = Path(f"/proc/{reader.pids[0]}/environ").read_bytes()
    assert b"CANARY" not in environment


async def test_a_killed_worker_is_replaced(reader: DocumentReader) -> None:
    await reader.start()
    (old,) = reader.pids
    under_way = asyncio.create_task(code(reader, paper("id_front").image))
    await asyncio.sleep(0.02)
    os.kill(old, signal.SIGKILL)
    assert await under_way == "reader_crashed"
    assert await code(reader, b"nonsense") == "not_a_picture"
    assert reader.pids != (old,)


async def test_a_stuck_picture_is_given_up_and_delays_nobody_else() -> None:
    settings = DocumentSettings(workers=2, time_limit_seconds=4)
    async with DocumentReader(settings) as reader:
        stopped, free = reader.pids
        os.kill(stopped, signal.SIGSTOP)  # a decoder that never comes back
        answers = await asyncio.gather(*(code(reader, b"nonsense") for _ in range(6)))
        assert sorted(answers) == ["not_a_picture"] * 5 + ["reader_timeout"]
        assert free in reader.pids


async def test_too_many_waiting_files_are_refused_at_once() -> None:
    reader = DocumentReader(DocumentSettings(workers=1, max_waiting=1))
    try:
        answers = await asyncio.gather(*(code(reader, b"nonsense") for _ in range(4)))
        assert answers.count("reader_busy") == 2  # one is read, one waits
        assert answers.count("not_a_picture") == 2
    finally:
        await reader.close()


async def test_a_file_over_the_limit_is_not_even_handed_on() -> None:
    reader = DocumentReader(DocumentSettings(loading=LoadingSettings(max_bytes=1024)))
    assert await code(reader, bytes(1025)) == "file_too_big"
    assert reader.pids == ()


async def test_giving_up_a_read_frees_the_worker(reader: DocumentReader) -> None:
    await reader.start()
    task = asyncio.create_task(code(reader, paper("id_front").image))
    await asyncio.sleep(0.02)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await code(reader, b"nonsense") == "not_a_picture"


def test_a_folder_is_checked_with_progress(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "front.jpg").write_bytes(paper("id_front").image)
    (tmp_path / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    (tmp_path / "notes.txt").write_text("not a picture")
    steps: list[tuple[int, int]] = []
    found = list(
        check_paths(
            [tmp_path], today=date(2026, 11, 23), on_progress=lambda *step: steps.append(step)
        )
    )
    assert [Path(one["file"]).name for one in found] == ["broken.png", "front.jpg"]
    assert [one["ok"] for one in found] == [False, True]
    assert steps == [(1, 2), (2, 2)]


def test_a_missing_file_is_said_before_anything_is_read(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        next(check_paths([tmp_path / "nowhere.jpg"]))
