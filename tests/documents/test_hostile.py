"""At least sixty files made to break a reader, sent to a real worker process."""

from __future__ import annotations

from datetime import date

import psutil
import pytest

from services.documents.loading import clean, load_pages
from services.documents.problems import DocumentError
from services.documents.reader import DocumentReader
from services.documents.settings import LoadingSettings
from tests.documents.hostile import PICTURE, Answer, exif_jpeg, hostile_files

FILES = hostile_files()
FAULTS_OF_OURS = {"reader_crashed", "reader_timeout", "reader_busy"}


def outcome(data: bytes) -> str:
    try:
        for page in load_pages(data, LoadingSettings()):
            assert page.ndim == 3
            assert page.shape[2] == 3
            assert max(page.shape) <= LoadingSettings().working_side_px + 1
    except DocumentError as error:
        return error.code
    return PICTURE


def test_there_are_enough() -> None:
    assert len(FILES) >= 60
    assert len({name for name, _, _ in FILES}) == len(FILES)


@pytest.mark.parametrize(("name", "data", "answer"), FILES, ids=[name for name, _, _ in FILES])
def test_each_gets_its_answer(name: str, data: bytes, answer: Answer) -> None:
    expected = {answer} if isinstance(answer, str) else answer
    assert outcome(data) in expected


@pytest.mark.timeout(600)
async def test_a_worker_survives_them_all(reader: DocumentReader) -> None:
    await reader.start()
    before = reader.pids
    for name, data, answer in FILES:
        documents = await reader.read(data, kind="portrait", today=date(2026, 11, 23))
        assert documents, name
        codes = {one.code for document in documents for one in document.findings}
        assert not codes & FAULTS_OF_OURS, name
        if isinstance(answer, str) and answer != PICTURE:
            assert answer in codes, name
            assert not documents[0].ok, name
    assert reader.pids == before
    peak = psutil.Process(before[0]).memory_info().rss / 1024 / 1024
    assert peak < reader.settings.recycle_rss_mb


CANARIES = (b"CANARY", b"GPS", b"Exif", b"<script", b"PK\x03\x04", b"%PDF", b"<?php")


@pytest.mark.parametrize(
    ("name", "data"),
    [(name, data) for name, data, answer in FILES if answer == PICTURE and data[:4] != b"%PDF"],
)
def test_what_is_kept_carries_nothing_along(name: str, data: bytes) -> None:
    kept = clean(data)
    assert kept.startswith(b"\xff\xd8\xff")
    assert not [canary for canary in CANARIES if canary in kept]


def test_a_picture_is_turned_once() -> None:
    upright = next(load_pages(exif_jpeg(orientation=6)))
    assert upright.shape[:2] == (320, 240)
    again = next(load_pages(clean(exif_jpeg(orientation=6))))
    assert again.shape[:2] == (320, 240)
