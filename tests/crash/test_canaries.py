"""The search of the leak test finds what is there, in every disguise, and nothing else."""

from __future__ import annotations

import base64
import json
import os
from pathlib import Path
from urllib.parse import quote

import pytest

from benchmarks.support import canaries
from benchmarks.support.canaries import Searcher, picture_canaries, text_canaries

NAME, NUMBER = "欧阳样本", "370102199001019996"
PICTURE = b"\xff\xd8 header \xff\xda" + bytes(range(256)) * 8


def searcher() -> Searcher:
    found = [*text_canaries("name", NAME), *text_canaries("number", NUMBER)]
    return Searcher([*found, *picture_canaries("picture", PICTURE)])


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-le", "utf-16-be", "gb18030"])
@pytest.mark.parametrize("text", [NAME, NUMBER])
def test_encodings_are_found(text: str, encoding: str) -> None:
    (found,) = searcher().search("here", b"before" + text.encode(encoding) + b"after")
    assert found.form in (encoding, "utf-8")


@pytest.mark.parametrize("before", [0, 1, 2, 3, 4, 5])
@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
def test_base64_is_found_at_any_shift(encoding: str, before: int) -> None:
    data = base64.b64encode(os.urandom(before) + NAME.encode(encoding) + os.urandom(9))
    assert [f.what for f in searcher().search("here", data)] == ["name"]


def test_hex_and_escapes_are_found() -> None:
    disguises = [NAME.encode().hex(), NAME.encode().hex().upper(), json.dumps(NAME), quote(NAME)]
    for disguise in disguises:
        assert [f.what for f in searcher().search("here", disguise.encode())] == ["name"]


def test_a_part_of_a_picture_is_found() -> None:
    found = searcher().search("here", b"x" * 99 + PICTURE[200:1600] + b"y")
    assert {f.what for f in found} == {"picture"}


def test_random_bytes_hold_no_canary() -> None:
    assert searcher().search("here", os.urandom(3_000_000)) == []


def test_a_canary_across_the_edge_of_two_pieces_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(canaries, "_CHUNK", 4096)
    path = tmp_path / "data"
    path.write_bytes(b"x" * (4096 - 7) + NUMBER.encode() + b"y" * 4096)
    (found,) = searcher().search_file(path, "file")
    assert found.offset == 4096 - 7


def test_a_file_name_is_searched_too(tmp_path: Path) -> None:
    (tmp_path / f"{NAME}.jpg").write_bytes(b"nothing")
    (found,) = searcher().search_folder(tmp_path, "folder")
    assert "file name" in found.place
