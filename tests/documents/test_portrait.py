"""Portraits judged and mended."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image, ImageFilter
from pydantic import ValidationError

from services.documents.document import ReadDocument
from services.documents.profile import PortraitProfile
from services.documents.reading import read_document
from tests.documents.conftest import TODAY, paper, pixels, portrait

pytestmark = pytest.mark.timeout(300)
PROFILE = PortraitProfile()


def judged(data: bytes, profile: PortraitProfile = PROFILE) -> ReadDocument:
    (document,) = read_document(data, kind="portrait", profile=profile, today=TODAY)
    assert document.kind == "portrait"
    return document


def faults(document: ReadDocument) -> set[str]:
    return {one.code for one in document.findings if one.severity == "fault"}


def saved(array: np.ndarray, dpi: int | None = 350) -> bytes:
    stream = io.BytesIO()
    extra = {} if dpi is None else {"dpi": (dpi, dpi)}
    Image.fromarray(array).save(stream, "JPEG", quality=92, **extra)
    return stream.getvalue()


@pytest.mark.parametrize("who", range(4))
def test_a_good_portrait_passes(who: int) -> None:
    document = judged(portrait("white", who=who).image)
    assert faults(document) == set()
    assert document.ok
    assert document.mended is None


@pytest.mark.parametrize(
    ("background", "code", "colour"),
    [
        ("blue", "background_colour", "蓝色"),
        ("red", "background_colour", "红色"),
    ],
)
def test_a_coloured_background_is_named_and_mended(background: str, code: str, colour: str) -> None:
    document = judged(portrait(background).image)
    assert faults(document) == {code}
    assert f"您的照片背景是{colour}" in {one.message for one in document.findings}
    assert document.mended is not None
    assert "background" in document.mended.steps
    again = judged(document.mended.image)
    assert again.ok
    corners = pixels(document.mended.image)[:30, :30]
    assert corners.min() >= 250


def test_a_grey_wall_is_said_to_be_the_light() -> None:
    document = judged(portrait("grey").image)
    assert faults(document) & {"background_light", "background_colour"}
    assert "灰色" in " ".join(one.message for one in document.findings)


@pytest.mark.parametrize("background", ["cluttered"])
def test_a_cluttered_background_is_not_mended(background: str) -> None:
    document = judged(portrait(background).image)
    assert "background_cluttered" in faults(document)
    assert document.mended is None


@pytest.mark.parametrize(
    ("fault", "codes"),
    [
        ("two_faces", {"several_faces"}),
        ("no_face", {"no_face"}),
        ("blurred", {"blurred"}),
        ("dark", {"too_dark"}),
        ("small", {"too_few_pixels"}),
        ("tilted", {"tilted"}),
        ("sideways", {"sideways"}),
    ],
)
def test_faults_are_found(fault: str, codes: set[str]) -> None:
    assert codes <= faults(judged(portrait("white", fault).image))


def test_a_large_good_picture_is_cropped_into_the_profile() -> None:
    small = Image.fromarray(pixels(portrait("white").image))
    large = np.asarray(small.resize((1074, 1323), Image.Resampling.LANCZOS))
    document = judged(saved(large, None))
    assert faults(document) == {"pixels"}
    assert document.mended is not None
    result = Image.open(io.BytesIO(document.mended.image))
    assert result.size == (358, 441)
    assert round(result.info["dpi"][0]) == 350
    assert judged(document.mended.image).ok


@pytest.mark.parametrize(("least", "most"), [(5, 50), (14, 40), (15, 100), (60, 300), (9, 20)])
def test_mended_files_lie_in_the_region_s_window(least: float, most: float) -> None:
    profile = PortraitProfile(min_kb=least, max_kb=most)
    document = judged(portrait("blue").image, profile)
    assert document.mended is not None
    assert least <= len(document.mended.image) / 1024 <= most
    assert judged(document.mended.image, profile).ok


def test_a_wrong_resolution_is_mended_without_touching_the_picture() -> None:
    document = judged(saved(pixels(portrait("white").image), 72))
    assert faults(document) == {"dpi"}
    assert document.mended is not None
    assert document.mended.steps == ("size",)


def test_a_resolution_that_a_messenger_dropped_is_put_back_silently() -> None:
    document = judged(saved(pixels(portrait("white").image), None))
    assert document.ok
    assert document.crop is not None
    assert round(Image.open(io.BytesIO(document.crop)).info["dpi"][0]) == 350


def test_blur_is_not_mended() -> None:
    picture = Image.fromarray(pixels(portrait("blue").image)).filter(ImageFilter.GaussianBlur(4))
    document = judged(saved(np.asarray(picture)))
    assert "blurred" in faults(document)
    assert document.mended is None


def test_a_region_may_want_another_background() -> None:
    blue = PortraitProfile(background="any")
    assert "background_colour" not in faults(judged(portrait("blue").image, blue))


def test_a_portrait_is_recognised_unasked() -> None:
    (document,) = read_document(portrait("blue").image, kind=None, profile=None, today=TODAY)
    assert document.kind == "portrait"


def test_a_portrait_sent_as_id_card_is_the_wrong_kind() -> None:
    (document,) = read_document(portrait("white").image, kind="id_front", profile=None, today=TODAY)
    assert document.findings[0].code == "wrong_kind"


def test_a_card_s_small_face_is_no_portrait() -> None:
    (document,) = read_document(paper("id_front").image, kind=None, profile=None, today=TODAY)
    assert document.kind == "id_front"


def test_a_profile_that_contradicts_itself_is_refused() -> None:
    with pytest.raises(ValidationError, match="min_kb"):
        PortraitProfile(min_kb=50, max_kb=20)
