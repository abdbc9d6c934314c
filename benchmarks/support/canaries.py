"""What must never lie anywhere in clear, in every form in which it could; and the search for it."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import numpy as np
from numpy.typing import NDArray

_SHORTEST = 6  # bytes; anything shorter turns up in encrypted data by chance
_PREFIX = 6
_CHUNK = 8 * 1024 * 1024
_TABLE_BITS = 22
_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)
_WINDOW, _WINDOWS = 64, 5


@dataclass(frozen=True)
class Canary:
    """One sequence of bytes, and what it is (never whose)."""

    what: str
    form: str
    needle: bytes


@dataclass(frozen=True)
class Finding:
    """A canary in the open."""

    place: str
    what: str
    form: str
    offset: int


def text_canaries(what: str, text: str) -> Iterator[Canary]:
    """A text in the encodings and disguises in which programs write it down."""
    plain = {"utf-8": text.encode()}
    for name in ("utf-16-le", "utf-16-be", *(() if text.isascii() else ("gb18030",))):
        plain[name] = text.encode(name)
    for form, needle in plain.items():
        yield from _long_enough(what, form, needle)
        for shift, piece in enumerate(_base64_pieces(needle)):
            yield from _long_enough(what, f"base64 of {form}, shift {shift}", piece)
        if form != "utf-16-be":
            yield from _long_enough(what, f"hex of {form}", needle.hex().encode())
            yield from _long_enough(what, f"HEX of {form}", needle.hex().upper().encode())
    if not text.isascii():
        yield from _long_enough(what, "JSON escape", json.dumps(text)[1:-1].encode())
        yield from _long_enough(what, "URL escape", quote(text).encode())


def picture_canaries(what: str, picture: bytes) -> Iterator[Canary]:
    """Windows of a JPEG's scan data (behind its start-of-scan marker), plain and disguised."""
    scan = picture.find(b"\xff\xda")
    start = scan + 32 if scan >= 0 else 0
    room = len(picture) - start - _WINDOW
    if room <= 0:
        return
    for number in range(_WINDOWS):
        offset = start + room * number // _WINDOWS
        window = picture[offset : offset + _WINDOW]
        yield Canary(what, "bytes", window)
        yield Canary(what, "hex", window.hex().encode())
        for shift, piece in enumerate(_base64_pieces(window)):
            yield Canary(what, f"base64, shift {shift}", piece)


def _base64_pieces(needle: bytes) -> Iterator[bytes]:
    """What base64 makes of the bytes wherever they stand in a longer text: three shifts."""
    for shift in range(3):
        coded = base64.b64encode(bytes(shift) + needle)
        first = -(-shift * 8 // 6)  # characters that depend on what stands before
        last = (shift + len(needle)) * 8 // 6  # and on what follows
        yield coded[first:last]


def _long_enough(what: str, form: str, needle: bytes) -> Iterator[Canary]:
    if len(needle) >= _SHORTEST:
        yield Canary(what, form, needle)


class Searcher:
    """Looks for many canaries at once in much data."""

    def __init__(self, canaries: Iterable[Canary]) -> None:
        self._by_prefix: dict[bytes, list[Canary]] = {}
        self.count = 0
        self.longest = 0
        for canary in set(canaries):
            self._by_prefix.setdefault(canary.needle[:_PREFIX], []).append(canary)
            self.longest = max(self.longest, len(canary.needle))
            self.count += 1
        self._table = np.zeros(1 << _TABLE_BITS, dtype=bool)
        for prefix in self._by_prefix:
            self._table[_hashes(np.frombuffer(prefix, np.uint8))] = True
        self.bytes_searched = 0

    def search(self, place: str, data: bytes, base: int = 0) -> list[Finding]:
        """Every canary in `data`."""
        found = []
        array = np.frombuffer(data, np.uint8)
        if len(array) < _PREFIX:
            return []
        for offset in np.flatnonzero(self._table[_hashes(array)]):
            at = int(offset)
            found += [
                Finding(place, canary.what, canary.form, base + at)
                for canary in self._by_prefix.get(data[at : at + _PREFIX], ())
                if data.startswith(canary.needle, at)
            ]
        return found

    def search_file(self, path: Path, place: str) -> list[Finding]:
        """Every canary in a file, read in pieces that overlap; and in its name."""
        found = self.search(f"{place} (file name)", str(path.name).encode())
        with path.open("rb") as file:
            base, tail = 0, b""
            while piece := file.read(_CHUNK):
                data = tail + piece
                found += self.search(place, data, base - len(tail))
                base += len(piece)
                self.bytes_searched += len(piece)
                tail = data[-self.longest :]
        return list(dict.fromkeys(found))

    def search_folder(self, folder: Path, place: str) -> list[Finding]:
        """Every canary in the regular files below a folder."""
        found: list[Finding] = []
        for path in sorted(folder.rglob("*")):
            if path.is_file() and not path.is_symlink():
                found += self.search_file(path, f"{place}: {path.relative_to(folder)}")
        return found


def _hashes(array: NDArray[np.uint8]) -> NDArray[np.uint64]:
    """A hash of the six bytes at every place."""
    size = len(array) - _PREFIX + 1
    key = np.zeros(size, np.uint64)
    for nth in range(_PREFIX):
        key |= array[nth : nth + size].astype(np.uint64) << np.uint64(8 * nth)
    hashed: NDArray[np.uint64] = (key * _MULTIPLIER) >> np.uint64(64 - _TABLE_BITS)
    return hashed
