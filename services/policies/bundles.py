"""A policy bundle: a folder or a zip archive with `policies/`, `facts/`, the guide's rules
(`move_rules.yaml`, which may lack), manifest and signature.

`bundle.json` names the version, the moment it was made and the SHA-256 of every file;
`bundle.sig` is the signature of exactly these bytes. Nothing is parsed before both hold.
"""

from __future__ import annotations

import hashlib
import io
import json
import re
import tempfile
import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from knowledge.facts import DATA
from knowledge.policies.base import FOLDER, PolicyBase, load_policies
from knowledge.policies.moves import MOVES_FILE
from knowledge.policies.schema import PolicyError
from knowledge.policies.snapshot import check_topics, newest_check, read_folder
from services.policies.signing import SignatureError, sign, verify

MANIFEST, SIGNATURE = "bundle.json", "bundle.sig"
_NAME = re.compile(
    r"policies/(\w[\w-]*/)?\w[\w.-]*\.yaml|facts/\w[\w.-]*\.yaml|" + re.escape(MOVES_FILE)
)
_PACKAGED = "packaged"


class BundleError(ValueError):
    """`code` says what is wrong: signature, files, manifest, content, size; `detail` where."""

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(f"{code}: {detail}")
        self.code, self.detail = code, detail


class Manifest(BaseModel):
    """What `bundle.json` holds."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: int = Field(1, ge=1, le=1)
    version: str = Field(pattern=r"^[0-9A-Za-z][0-9A-Za-z._-]{0,63}$")
    made_at: AwareDatetime
    files: dict[str, str]


@dataclass(frozen=True)
class Bundle:
    """A base that was read whole and is in order, with where it comes from.

    `signed_by` is the fingerprint of the trusted key; None for the files of the program itself.
    """

    base: PolicyBase
    version: str
    made_at: datetime
    origin: str
    signed_by: str | None = None


def read_bundle(place: Path | bytes, trusted: Iterable[str], most_bytes: int) -> Bundle:
    """A signed bundle from a zip archive (its path or bytes) or a folder.

    Raises:
        BundleError: what is wrong; then nothing of the bundle was used.
    """
    files = read_files(place, most_bytes)
    try:
        signed_by = verify(files.get(MANIFEST, b""), files.get(SIGNATURE), trusted)
    except SignatureError as error:
        raise BundleError("signature", error.code) from None
    manifest = _manifest(files)
    return Bundle(_base(files), manifest.version, manifest.made_at, "signed", signed_by)


@cache
def packaged() -> Bundle:
    """The files that came with the program. Their version is the day they were last checked."""
    base = load_policies()
    check_topics(base)
    day = newest_check(base)
    made_at = datetime(day.year, day.month, day.day, tzinfo=UTC)
    return Bundle(base, f"{_PACKAGED}-{day.isoformat()}", made_at, _PACKAGED)


def read_base(place: Path | bytes, most_bytes: int) -> PolicyBase:
    """The base in a folder or an archive, signed or not: to look at, never to publish.

    Raises:
        BundleError: it can't be read.
    """
    return _base(read_files(place, most_bytes))


def read_files(place: Path | bytes, most_bytes: int) -> dict[str, bytes]:
    """The files of a bundle by name. Raises `BundleError`."""
    try:
        if isinstance(place, Path) and place.is_dir():
            return _from_folder(place, most_bytes)
        raw = place if isinstance(place, bytes) else place.read_bytes()
        return _from_archive(raw, most_bytes)
    except OSError as error:
        raise BundleError("files", type(error).__name__) from None


def _from_folder(folder: Path, most_bytes: int) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_file() and (name in (MANIFEST, SIGNATURE) or _NAME.fullmatch(name)):
            found[name] = path.read_bytes()
        if sum(map(len, found.values())) > most_bytes:
            raise BundleError("size")
    return found


def _from_archive(raw: bytes, most_bytes: int) -> dict[str, bytes]:
    """Sizes are those that are really unpacked: an archive may lie about them."""
    found: dict[str, bytes] = {}
    left = most_bytes
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            for info in archive.infolist():
                if info.is_dir():
                    continue
                if info.filename not in (MANIFEST, SIGNATURE) and not _NAME.fullmatch(
                    info.filename
                ):
                    raise BundleError("files", "name")
                with archive.open(info) as file:
                    found[info.filename] = file.read(left + 1)
                left -= len(found[info.filename])
                if left < 0:
                    raise BundleError("size")
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError):
        raise BundleError("files", "zip") from None
    return found


def _manifest(files: Mapping[str, bytes]) -> Manifest:
    try:
        manifest = Manifest.model_validate_json(files[MANIFEST])
    except (KeyError, ValidationError):
        raise BundleError("manifest") from None
    there = {name for name in files if name not in (MANIFEST, SIGNATURE)}
    if there != manifest.files.keys():
        raise BundleError("files", "、".join(sorted(there ^ manifest.files.keys())[:5]))
    for name, wanted in manifest.files.items():
        if hashlib.sha256(files[name]).hexdigest() != wanted:
            raise BundleError("files", name)
    return manifest


def _base(files: Mapping[str, bytes]) -> PolicyBase:
    with tempfile.TemporaryDirectory(prefix="policies-") as place:
        for name, content in files.items():
            if name not in (MANIFEST, SIGNATURE):
                target = Path(place, name)
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(content)
        try:
            return read_folder(Path(place))
        except PolicyError as error:
            raise BundleError("content", str(error)) from None


def sign_folder(folder: Path, private_pem: bytes, version: str, now: datetime) -> bytes:
    """Write manifest and signature into a folder; returns the whole as a zip archive.

    Raises:
        BundleError: what is in the folder can't be published.
        SignatureError: the key is none.
    """
    found = read_files(folder, 2**30)
    files = {n: c for n, c in found.items() if n not in (MANIFEST, SIGNATURE)}
    _base(files)
    digests = {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}
    try:
        manifest = Manifest(version=version, made_at=now, files=digests)
    except ValidationError:
        raise BundleError("manifest", "version") from None
    text = json.dumps(manifest.model_dump(mode="json"), ensure_ascii=False, indent=1).encode()
    files |= {MANIFEST: text, SIGNATURE: sign(text, private_pem).encode()}
    for name in (MANIFEST, SIGNATURE):
        (folder / name).write_bytes(files[name])
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in sorted(files.items()):
            archive.writestr(name, content)
    return stream.getvalue()


def unpack(folder: Path) -> int:
    """Copy the program's own files into a folder, to begin a bundle with; returns how many.

    Raises:
        FileExistsError: there are policies in the folder already.
    """
    if any((folder / name).exists() for name in ("policies", "facts", MOVES_FILE)):
        raise FileExistsError(folder)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / MOVES_FILE).write_bytes((DATA / MOVES_FILE).read_bytes())
    count = 1
    for source, name in ((FOLDER, "policies"), (DATA / "facts", "facts")):
        for path in sorted(source.rglob("*.yaml")):
            target = folder / name / path.relative_to(source)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(path.read_bytes())
            count += 1
    return count
