"""Free text in a shaken picture, sharpened by the blur that explains it."""

from __future__ import annotations

import cv2
import numpy as np

from services.documents.deblurring import Blur, deblurred, sharpened
from services.documents.ocr import Pixels, shared_ocr
from services.documents.settings import OcrSettings
from tests.documents.conftest import paper, pixels


def shaken(picture: Pixels, length: int, degrees: float) -> Pixels:
    kernel = np.zeros((length, length), np.float32)
    kernel[length // 2] = 1 / length
    matrix = cv2.getRotationMatrix2D((length // 2, length // 2), -degrees, 1.0)
    turned = cv2.warpAffine(kernel, matrix, (length, length))
    return np.asarray(cv2.filter2D(picture, -1, turned / turned.sum()), np.uint8)


def test_a_known_blur_is_taken_out() -> None:
    sharp = np.full((90, 400, 3), 240, np.uint8)
    cv2.putText(sharp, "0375 7664", (30, 62), cv2.FONT_HERSHEY_SIMPLEX, 2.0, (20, 20, 20), 4)
    blurred = shaken(sharp, 9, 0)
    clear, wrong = (sharpened(blurred, Blur(9 / 60, turn).kernel(60)) for turn in (0.0, 90.0))
    before, after, across = (
        float(np.abs(sharp.astype(float) - picture).mean()) for picture in (blurred, clear, wrong)
    )
    assert clear.shape == sharp.shape
    assert after < 0.8 * before < 0.8 * across


def test_a_shaken_picture_is_read_better_and_a_sharp_one_left_alone() -> None:
    picture = paper("id_front", grade="clean")
    sharp, ocr = pixels(picture.image), shared_ocr(OcrSettings())
    name = picture.labels["documents"][0]["fields"]["name"]
    line = next(line for line in ocr.read(sharp) if name in line.text)
    assert deblurred(ocr, sharp, [line]) is None
    blurred = shaken(sharp, 25, 20)
    weak = ocr.read_box(blurred, line.box)
    assert name not in weak.text, "it is read now: shake more"
    again = deblurred(ocr, blurred, [weak])
    assert again is not None
    assert name in again[0].text
