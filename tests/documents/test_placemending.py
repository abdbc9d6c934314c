"""Values of several looks put right by the table of divisions; lines read once more."""

from __future__ import annotations

import numpy as np
import pytest

from services.documents.again import Again
from services.documents.ocr import grown, shared_ocr
from services.documents.placemending import mend_places
from services.documents.settings import OcrSettings
from services.documents.values import Value
from tests.documents.conftest import paper, pixels


@pytest.mark.parametrize(
    ("name", "told", "other", "meant"),
    [
        ("address", "黄州雀兴仁市青年路9号", "贵州省兴仁市青年路9号", "贵州省兴仁市青年路9号"),
        ("native_place", "吉林省自城市", "吉林省自城市", "吉林省白城市"),
    ],
)
def test_a_place_comes_from_another_look_or_the_table_and_is_doubted(
    name: str, told: str, other: str, meant: str
) -> None:
    values, doubts = {name: told}, set[str]()
    looks = [{name: Value(told, 0.97)}, {name: Value(other, 0.58)}]
    mend_places(values, doubts, looks, Again(shared_ocr(OcrSettings()), []))
    assert values == {name: meant}
    assert doubts == {name}


def test_a_digit_that_the_box_cut_off_is_found_again() -> None:
    picture, ocr = pixels(paper("id_front").image), shared_ocr(OcrSettings())
    line = next(one for one in ocr.read(picture) if one.text[-4:].isdecimal())
    short = ocr.read_box(picture, line.part(0, len(line.text) - 1).box)
    last = ocr.read_box(picture, grown(line.box, 0.0, 0.0))
    value = Value(short.text + last.text, 0.99, (short, last))
    again = Again(ocr, [({"address": value}, picture)])
    assert again.cut_digits(value) == line.text + last.text
    whole = Value(last.text * 2, 0.99, (last, last))
    assert Again(ocr, [({"address": whole}, np.copy(picture))]).cut_digits(whole) is None
