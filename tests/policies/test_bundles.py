"""Signed bundles: what is taken, and everything that is not."""

from __future__ import annotations

import base64
import io
import json
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from services.policies.bundles import BundleError, packaged, read_bundle, read_files, sign_folder
from services.policies.published import digest_of
from services.policies.signing import SignatureError, new_key, sign, verify
from tests.policies.bundles import KEY, MOST, PUBLIC, edit, unpacked

NOW = datetime(2026, 12, 1, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A signed folder."""
    place = unpacked(tmp_path_factory.mktemp("bundle") / "files")
    sign_folder(place, KEY, "2026-12-01", NOW)
    return place


@pytest.fixture(scope="module")
def archive(folder: Path) -> bytes:
    """The same as one file."""
    return packed(read_files(folder, MOST))


def packed(files: dict[str, bytes]) -> bytes:
    """A zip archive of files."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as target:
        for name, content in files.items():
            target.writestr(name, content)
    return stream.getvalue()


def files_of(archive: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(archive)) as source:
        return {name: source.read(name) for name in source.namelist()}


def test_folder_and_archive_say_what_the_program_says(folder: Path, archive: bytes) -> None:
    for place in (folder, archive):
        bundle = read_bundle(place, [PUBLIC], MOST)
        assert (bundle.version, bundle.made_at, bundle.origin) == ("2026-12-01", NOW, "signed")
        assert bundle.signed_by
        assert digest_of(bundle.base) == digest_of(packaged().base)


def test_any_of_several_trusted_keys_will_do(archive: bytes) -> None:
    _, other = new_key()
    assert read_bundle(archive, [other, PUBLIC], MOST).signed_by


Files = dict[str, bytes]


def _touch(name: str, content: bytes) -> Callable[[Files], Files]:
    return lambda files: files | {name: content}


def _drop(name: str) -> Callable[[Files], Files]:
    return lambda files: {each: content for each, content in files.items() if each != name}


def _forge(files: Files) -> Files:
    """The manifest fits the changed file, but nobody trusted has signed it."""
    manifest = json.loads(files["bundle.json"])
    manifest["version"] = "2027"
    return files | {"bundle.json": json.dumps(manifest).encode()}


def _signed_by_a_stranger(files: Files) -> Files:
    stranger, _ = new_key()
    return files | {"bundle.sig": sign(files["bundle.json"], stranger).encode()}


@pytest.mark.parametrize(
    ("change", "code", "detail"),
    [
        (_touch("policies/330100.yaml", b"region: 1"), "files", "policies/330100.yaml"),
        (_touch("policies/999.yaml", b"x"), "files", "policies/999.yaml"),
        (_touch("../etc/passwd.yaml", b"x"), "files", "name"),
        (_touch("policies/../../x.yaml", b"x"), "files", "name"),
        (_drop("facts/national.yaml"), "files", "facts/national.yaml"),
        (_drop("bundle.sig"), "signature", "unsigned"),
        (_drop("bundle.json"), "signature", "wrong"),
        (_touch("bundle.sig", b"AAAA"), "signature", "wrong"),
        (_touch("bundle.sig", b"\xff"), "signature", "wrong"),
        (_forge, "signature", "wrong"),
        (_signed_by_a_stranger, "signature", "wrong"),
    ],
)
def test_what_was_touched_is_refused(
    archive: bytes, change: Callable[[Files], Files], code: str, detail: str
) -> None:
    with pytest.raises(BundleError) as refused:
        read_bundle(packed(change(files_of(archive))), [PUBLIC], MOST)
    assert (refused.value.code, refused.value.detail) == (code, detail)


def test_without_trusted_keys_nothing_is_taken(archive: bytes) -> None:
    for keys, detail in (([], "no_keys"), (["short"], "bad_key"), (["é"], "bad_key")):
        with pytest.raises(BundleError) as refused:
            read_bundle(archive, keys, MOST)
        assert (refused.value.code, refused.value.detail) == ("signature", detail)


def test_sizes_are_those_really_unpacked(archive: bytes) -> None:
    with pytest.raises(BundleError, match="size"):
        read_bundle(archive, [PUBLIC], 100_000)
    bomb = packed({"policies/big.yaml": b"0" * 3_000_000})
    assert len(bomb) < 10_000
    with pytest.raises(BundleError, match="size"):
        read_bundle(bomb, [PUBLIC], 1_000_000)


@pytest.mark.parametrize("raw", [b"", b"PK\x03\x04 no zip", b"{}"])
def test_no_archive(raw: bytes) -> None:
    with pytest.raises(BundleError) as refused:
        read_bundle(raw, [PUBLIC], MOST)
    assert refused.value.code == "files"


def test_nothing_there(tmp_path: Path) -> None:
    with pytest.raises(BundleError):
        read_bundle(tmp_path / "missing.zip", [PUBLIC], MOST)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("region: [", "not readable"),
        ("just words", "needs a region"),
        (
            'region: "370100"\nkeeper: k\nchecked: "2026-11-01"\nchecked_by: t\nentries:\n'
            "  - {id: new-a, topics: [fee], rule: '没有来源的一句话。'}",
            "no source",
        ),
        (
            'region: "370100"\nkeeper: k\nchecked: "2026-11-01"\nchecked_by: t\nentries:\n'
            "  - {id: new-a, topics: [nonsense], rule: '话。[[own]]'}",
            "unknown topics",
        ),
    ],
)
def test_what_is_broken_cannot_even_be_signed(tmp_path: Path, text: str, complaint: str) -> None:
    place = unpacked(tmp_path / "files")
    (place / "policies" / "370900.yaml").write_text(text, "utf-8")
    with pytest.raises(BundleError, match=complaint):
        sign_folder(place, KEY, "1", NOW)
    assert not (place / "bundle.sig").exists()


def test_a_topic_may_not_lose_its_last_rule(tmp_path: Path) -> None:
    place = unpacked(tmp_path / "files")
    name = next(p.id for p in packaged().base.own_entries("pin-reset", "000000") if p.rule)
    edit(place, name, rule=None)
    with pytest.raises(BundleError, match="no national rule for"):
        sign_folder(place, KEY, "1", NOW)


def test_keys_and_signatures() -> None:
    pem, public = new_key()
    signature = sign(b"words", pem).encode()
    assert len(verify(b"words", signature, [public])) == 16
    with pytest.raises(SignatureError):
        verify(b"other words", signature, [public])
    with pytest.raises(SignatureError, match="bad_key"):
        sign(b"words", b"no key")
    assert len(base64.b64decode(public)) == 32
