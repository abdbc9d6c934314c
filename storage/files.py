"""Encrypted, immutable files behind one interface; a shared folder serves several replicas."""

from __future__ import annotations

import asyncio
import os
import secrets
import time
from contextlib import suppress
from pathlib import Path
from typing import Protocol

from storage.crypto import Keyring

_CONTEXT = "file"
_HALF_WRITTEN_SECONDS = 3600


class FileStore(Protocol):
    """Bytes by an opaque name that says nothing about them."""

    async def write(self, content: bytes) -> str:
        """Keep the bytes; returns their name."""
        ...

    async def read(self, name: str) -> bytes:
        """The bytes.

        Raises:
            FileNotFoundError: never written, or deleted since.
        """
        ...

    async def delete(self, name: str) -> None:
        """Forget the bytes; a second call does nothing."""
        ...

    async def names(self) -> list[tuple[str, float]]:
        """Every name with its age in seconds, for the sweep of orphans."""
        ...


class FolderStore:
    """Files in a folder, each AES-256-GCM encrypted and bound to its own name."""

    def __init__(self, folder: Path, keyring: Keyring) -> None:
        self.folder = folder
        self.keyring = keyring

    async def write(self, content: bytes) -> str:
        name = secrets.token_hex(16)
        sealed = await asyncio.to_thread(self.keyring.encrypt, content, f"{_CONTEXT}:{name}")
        await asyncio.to_thread(self._put, name, sealed)
        return name

    async def read(self, name: str) -> bytes:
        sealed = await asyncio.to_thread(self._path(name).read_bytes)
        return await asyncio.to_thread(self.keyring.decrypt, sealed, f"{_CONTEXT}:{name}")

    async def delete(self, name: str) -> None:
        await asyncio.to_thread(self._path(name).unlink, missing_ok=True)

    async def names(self) -> list[tuple[str, float]]:
        return await asyncio.to_thread(self._list)

    def _path(self, name: str) -> Path:
        if len(name) != 32 or not all(c in "0123456789abcdef" for c in name):
            raise FileNotFoundError("not a stored file's name")
        return self.folder / name[:2] / name

    def _put(self, name: str, sealed: bytes) -> None:
        path = self._path(name)
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        partial = path.with_suffix(".part")
        with partial.open("wb") as file:
            file.write(sealed)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)  # the name too must outlast a power cut
        finally:
            os.close(folder)

    def _forget_half(self, path: Path, now: float) -> None:
        with suppress(FileNotFoundError):
            if now - path.stat().st_mtime > _HALF_WRITTEN_SECONDS:
                path.unlink()

    def _list(self) -> list[tuple[str, float]]:
        now = time.time()
        found = []
        for path in self.folder.glob("??/*"):
            if path.suffix:  # half-written: by now, or by a process that died
                self._forget_half(path, now)
                continue
            try:
                found.append((path.name, now - path.stat().st_mtime))
            except FileNotFoundError:
                continue
        return found
