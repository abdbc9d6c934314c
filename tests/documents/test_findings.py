"""Sentences: every code in both languages, every code used is there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from services.documents import findings
from services.documents.findings import Finding, sentences

ROOM = Path(findings.__file__).parent
VALUES = dict.fromkeys(
    [
        "limit",
        "wanted",
        "seen",
        "line",
        "date",
        "colour",
        "width",
        "height",
        "wanted_width",
        "wanted_height",
        "dpi",
        "kb",
        "degrees",
    ],
    "1",
)


@pytest.mark.parametrize("code", sorted(sentences()["findings"]))
@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_finding_says_what_is_wrong_and_what_to_do(code: str, language: str) -> None:
    message, remedy = Finding(code, "name", VALUES).text(language)  # type: ignore[arg-type]
    assert message
    assert remedy
    assert "{" not in message + remedy
    chinese = re.search(r"[一-鿿]", message + remedy) is not None
    assert chinese is (language == "zh")


def test_codes_in_the_source_have_sentences() -> None:
    source = "".join(path.read_text(encoding="utf-8") for path in ROOM.glob("*.py"))
    used = set(re.findall(r'(?:Finding|_finding|DocumentError)\(\s*"([a-z_]+)"', source))
    assert used
    assert used <= set(sentences()["findings"])


def test_the_blue_background_sentence() -> None:
    finding = Finding("background_colour", None, {"colour": "blue", "wanted": "white_ground"})
    assert f"{finding.message}，{finding.remedy}" == "您的照片背景是蓝色，请换成白底照片重新上传"


def test_packing_keeps_everything_and_refuses_nonsense() -> None:
    finding = Finding("expired", "valid_to", {"date": "2020-01-01"})
    assert Finding.unpack(finding.pack()) == finding
    with pytest.raises(ValueError, match="unknown finding"):
        Finding.unpack({**finding.pack(), "code": "made_up"})
