"""Pictures and a reader for the document tests; every person and paper is made up."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator, Callable
from datetime import date
from functools import cache

import numpy as np
import pytest
from PIL import Image

from sandbox.company import Employee, make_company
from sandbox.papers import Paper, render
from services.documents.reader import DocumentReader
from services.documents.settings import DocumentSettings

TODAY = date(2026, 11, 23)


@cache
def employees() -> tuple[Employee, ...]:
    return make_company(seed=4711, size=20, today=TODAY).employees


@cache
def paper(kind: str, *, who: int = 0, seed: int = 1, grade: str = "clean") -> Paper:
    return render(kind, employees()[who], seed=seed, grade=grade)


@cache
def portrait(background: str = "white", fault: str | None = None, who: int = 0) -> Paper:
    return render(
        "portrait",
        employees()[who],
        seed=11 + who,
        grade="clean",
        background=background,
        fault=fault,
        size=(358, 441),
        dpi=350,
    )


@pytest.fixture
def today() -> date:
    return TODAY


@pytest.fixture
def jpeg() -> Callable[..., bytes]:
    """A plain picture as JPEG (or another format) of a given size and colour."""

    def make(
        size: tuple[int, int] = (400, 300),
        colour: tuple[int, int, int] = (120, 140, 160),
        kind: str = "JPEG",
        **options: object,
    ) -> bytes:
        stream = io.BytesIO()
        Image.new("RGB", size, colour).save(stream, kind, **options)
        return stream.getvalue()

    return make


@pytest.fixture
async def reader() -> AsyncIterator[DocumentReader]:
    one = DocumentReader(DocumentSettings(workers=1, time_limit_seconds=60))
    yield one
    await one.close()


def pixels(data: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))
