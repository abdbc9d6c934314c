"""Whatever bytes come, the entry answers with a code and nothing else."""

from __future__ import annotations

from functools import cache

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.documents.findings import sentences
from services.documents.loading import load_pages, sniff
from services.documents.problems import DocumentError
from services.documents.settings import LoadingSettings
from tests.documents.hostile import encoded, exif_jpeg, heic, pdf, raw_pdf

LIMITS = LoadingSettings(max_pixels=400_000)
MARKS = [
    b"\xff\xd8\xff",
    b"\x89PNG\r\n\x1a\n",
    b"RIFF\0\0\0\0WEBP",
    b"\0\0\0\x18ftypheic",
    b"%PDF-1.4\n",
]


@cache
def seeds() -> tuple[bytes, ...]:
    kinds = [encoded(kind, (96, 80)) for kind in ("JPEG", "PNG", "WEBP")]
    return (*kinds, heic((96, 80)), exif_jpeg(), pdf(), raw_pdf("/OpenAction 3 0 R"))


def answered(data: bytes) -> None:
    """Only ``DocumentError`` may come out, with a code that has a sentence."""
    failure: DocumentError | None = None
    try:
        assert all(page.ndim == 3 for page in load_pages(data, LIMITS))
    except DocumentError as error:
        failure = error
    if failure is not None:
        assert failure.code in sentences()["findings"]
        assert failure.finding.message


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(MARKS), st.binary(max_size=2000))
def test_any_bytes_behind_a_mark(mark: bytes, tail: bytes) -> None:
    answered(mark + tail)


@settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_real_files_with_bytes_changed_cut_and_doubled(data: st.DataObject) -> None:
    whole = bytearray(data.draw(st.sampled_from(seeds()), label="file"))
    for _ in range(data.draw(st.integers(1, 12), label="changes")):
        place = data.draw(st.integers(0, max(len(whole) - 1, 0)))
        how = data.draw(st.sampled_from(["set", "cut", "insert", "repeat"]))
        if how == "set" and whole:
            whole[place] = data.draw(st.integers(0, 255))
        elif how == "cut":
            del whole[place : place + data.draw(st.integers(1, 200))]
        elif how == "insert":
            whole[place:place] = data.draw(st.binary(max_size=40))
        else:
            whole[place:place] = whole[place : place + 64]
    answered(bytes(whole))


@given(st.binary(max_size=64))
def test_sniffing_is_by_content_alone(data: bytes) -> None:
    kinds = {"jpeg", "png", "webp", "heic", "pdf"}
    refusals = {"file_empty", "not_a_picture", "animated"}
    try:
        answer = sniff(data)
    except DocumentError as error:
        answer = error.code
    assert answer in kinds | refusals
