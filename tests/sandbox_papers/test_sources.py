"""The data files are the ones whose origin is written down, and they are enough."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import pytest

import sandbox.papers
from sandbox.company.places import divisions, vocabulary
from sandbox.papers import fonts

FOLDER = Path(sandbox.papers.__file__).parent
CHECKSUM = re.compile(r"^([0-9a-f]{64})  (\S+)$", re.MULTILINE)


def test_checksums_are_those_in_the_list() -> None:
    listed = CHECKSUM.findall((FOLDER / "SOURCES.md").read_text(encoding="utf-8"))
    names = {name for _, name in listed}
    for wanted, name in listed:
        data = (FOLDER / "data" / name).resolve().read_bytes()
        assert hashlib.sha256(data).hexdigest() == wanted, name
    kept = {
        path.relative_to(FOLDER / "data").as_posix()
        for pattern in ("fonts/*.ttf", "faces/*", "licences/*")
        for path in (FOLDER / "data").glob(pattern)
    }
    assert kept <= names


def test_the_data_stays_small() -> None:
    size = sum(path.stat().st_size for path in FOLDER.rglob("*") if path.is_file())
    assert size < 6_000_000


def all_words() -> str:
    def flat(value: object) -> str:
        if isinstance(value, dict):
            return "".join(flat(key) + flat(one) for key, one in value.items())
        return "".join(map(flat, value)) if isinstance(value, list) else str(value)

    places = "".join(f"{d.province}{d.city}{d.district}" for d in divisions())
    return flat(vocabulary()) + places


def test_the_widest_face_has_every_character_that_can_be_printed() -> None:
    code = "".join(path.read_text(encoding="utf-8") for path in FOLDER.glob("*.py"))
    needed = {char for char in all_words() + code if ord(char) > 32}
    missing = [char for char in sorted(needed) if not fonts.covers("hei", char)]
    assert missing == []


@pytest.mark.parametrize("face", fonts.FACES)
def test_other_faces_have_nearly_every_character(face: str) -> None:
    needed = {char for char in all_words() if ord(char) > 32}
    missing = {char for char in needed if not fonts.covers(face, char)}
    assert missing <= set(vocabulary()["unreadable_given"])
    assert fonts.suited(face, "".join(missing)) == ("hei" if missing else face)
