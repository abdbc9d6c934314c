"""The company's sample pictures. Those of a made-up employee are made when first asked for: all of
them at once would hold up the demo's start by a second or two per employee."""

from __future__ import annotations

import asyncio
import mimetypes
from pathlib import Path


class SamplePictures:
    """The pictures below one folder, as `sandbox.company` writes it."""

    def __init__(self, folder: Path) -> None:
        self._root = folder.resolve()
        self._making = asyncio.Lock()

    async def find(self, name: str) -> Path | None:
        """The picture of that relative name; None when there is none, or it lies outside."""
        path = (self._root / name).resolve()
        kind = mimetypes.guess_type(path.name)[0] or ""
        if not path.is_relative_to(self._root) or not kind.startswith("image/"):
            return None
        if not path.is_file():
            # one after the other: the bureau and the banks live in this process too
            async with self._making:
                await asyncio.to_thread(_make, self._root, path)
        return path if path.is_file() else None


def _make(root: Path, path: Path) -> None:
    parts = path.relative_to(root).parts
    if path.is_file() or len(parts) != 3 or parts[0] != "people" or path.suffix != ".jpg":
        return
    from sandbox.company.writers import read_employee, write_picture  # heavy: not at every start

    employee = read_employee(root, parts[1])
    if employee is not None:
        write_picture(employee, path)
