"""The encrypted file store."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from storage.crypto import DecryptionError, Keyring
from storage.files import FolderStore

PICTURE = bytes(range(256)) * 40


@pytest.fixture
def store(tmp_path: Path, keyring: Keyring) -> FolderStore:
    """An empty store."""
    return FolderStore(tmp_path / "files", keyring)


async def test_written_read_listed_forgotten(store: FolderStore) -> None:
    name = await store.write(PICTURE)
    assert await store.read(name) == PICTURE
    assert [found for found, _ in await store.names()] == [name]
    await store.delete(name)
    await store.delete(name)
    assert await store.names() == []
    with pytest.raises(FileNotFoundError):
        await store.read(name)


async def test_equal_content_has_unequal_names_and_bytes(store: FolderStore) -> None:
    one, two = await store.write(PICTURE), await store.write(PICTURE)
    paths = sorted(store.folder.glob("??/*"))
    assert one != two
    assert paths[0].read_bytes() != paths[1].read_bytes()
    assert all(PICTURE[:16] not in path.read_bytes() for path in paths)


async def test_a_file_put_in_anothers_place_is_refused(store: FolderStore) -> None:
    one, two = await store.write(PICTURE), await store.write(b"other")
    shutil.copy(store.folder / one[:2] / one, store.folder / two[:2] / two)
    with pytest.raises(DecryptionError):
        await store.read(two)


@pytest.mark.parametrize("name", ["../../etc/passwd", "", "a" * 31, "A" * 32, "/" * 32, "é" * 32])
async def test_only_its_own_names_are_opened(store: FolderStore, name: str) -> None:
    with pytest.raises(FileNotFoundError):
        await store.read(name)
    with pytest.raises(FileNotFoundError):
        await store.delete(name)


async def test_another_key_reads_nothing(store: FolderStore, tmp_path: Path) -> None:
    name = await store.write(PICTURE)
    other = FolderStore(store.folder, Keyring([b"k" * 32]))
    with pytest.raises(DecryptionError):
        await other.read(name)
