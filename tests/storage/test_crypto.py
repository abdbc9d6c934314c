"""Encryption and blind look-ups."""

from __future__ import annotations

import base64
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.crypto import (
    KEY_BYTES,
    DecryptionError,
    Keyring,
    KeyringError,
    generate_key,
    read_or_create_key_file,
)

OLD, NEW = generate_key(), generate_key()
RING = Keyring.from_text(NEW)


@given(st.binary(max_size=300), st.text(max_size=20))
def test_what_is_encrypted_comes_back(plain: bytes, context: str) -> None:
    sealed = RING.encrypt(plain, context)
    assert RING.decrypt(sealed, context) == plain
    assert sealed != RING.encrypt(plain, context)  # a new nonce each time


@given(st.binary(min_size=4, max_size=60), st.data())
def test_a_changed_bit_is_noticed(plain: bytes, data: st.DataObject) -> None:
    sealed = bytearray(RING.encrypt(plain, "x"))
    sealed[data.draw(st.integers(0, len(sealed) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    with pytest.raises(DecryptionError):
        RING.decrypt(bytes(sealed), "x")


@pytest.mark.parametrize(
    "broken", [b"", b"\x01", RING.encrypt(b"abc", "x")[:16]], ids=["empty", "version", "short"]
)
def test_a_stump_is_refused(broken: bytes) -> None:
    with pytest.raises(DecryptionError):
        RING.decrypt(broken, "x")


def test_a_value_moved_to_another_column_is_refused() -> None:
    sealed = RING.encrypt("赵试".encode(), "person.name")
    with pytest.raises(DecryptionError) as caught:
        RING.decrypt(sealed, "person.phone")
    assert "赵" not in str(caught.value)


def test_a_new_first_key_reads_old_values_and_keeps_look_ups() -> None:
    before, after = Keyring.from_text(OLD), Keyring.from_text(f"{NEW}\n{OLD}")
    sealed = before.encrypt(b"value", "x")
    assert after.decrypt(sealed, "x") == b"value"
    assert after.blind_index("A", "id") == before.blind_index("A", "id")
    with pytest.raises(DecryptionError, match="not in the ring"):
        before.decrypt(after.encrypt(b"value", "x"), "x")


def test_blind_indexes_tell_purposes_and_keys_apart() -> None:
    other = Keyring.from_text(OLD)
    values = {
        RING.blind_index("A", "id"),
        RING.blind_index("A", "phone"),
        RING.blind_index("B", "id"),
        other.blind_index("A", "id"),
    }
    assert len(values) == 4
    assert {len(value) for value in values} == {64}


@pytest.mark.parametrize("text", ["", "short", base64.b64encode(b"x" * 31).decode(), "!" * 44])
def test_a_bad_key_is_refused_and_not_repeated(text: str) -> None:
    with pytest.raises(KeyringError) as caught:
        Keyring.from_text(text)
    assert not text or text not in str(caught.value)
    assert "new-key" in str(caught.value)


def test_the_key_file_is_made_once_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "key"
    key = read_or_create_key_file(path)
    assert len(base64.b64decode(key)) == KEY_BYTES
    assert read_or_create_key_file(path) == key
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
