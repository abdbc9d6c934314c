"""Encryption at rest: AES-256-GCM for values and files, HMAC-SHA256 for blind look-up indexes.

A key is 32 random bytes, written as base64. The first key of a ring encrypts; every key decrypts.
Blind indexes come from the *last* key, so that a new first key leaves look-ups working.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import secrets
from collections.abc import Sequence
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

KEY_BYTES = 32
_VERSION = b"\x01"
_ID_BYTES = 4
_NONCE_BYTES = 12
_HINT = "a key must be 32 bytes of base64; make one with `db new-key`"


class DecryptionError(Exception):
    """A stored value was written under another key or was altered."""


class KeyringError(ValueError):
    """A key is missing or malformed. The message never repeats the key."""


def generate_key() -> str:
    """A new random key as base64 text."""
    return base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode()


def read_or_create_key_file(path: Path) -> str:
    """The text of a key file; a first run makes it, readable by its owner alone."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            return path.read_text().strip()
        with os.fdopen(descriptor, "w") as file:
            file.write(generate_key() + "\n")
    return path.read_text().strip()


def _derive(master: bytes, purpose: str) -> bytes:
    return HKDF(SHA256(), KEY_BYTES, salt=None, info=f"shebao:{purpose}".encode()).derive(master)


class Keyring:
    """Encrypts, decrypts and indexes under one or more master keys.

    `context` names where a value lives (`person.name`); it is authenticated, so a ciphertext
    moved to another column does not decrypt.
    """

    def __init__(self, masters: Sequence[bytes]) -> None:
        if not masters or any(len(key) != KEY_BYTES for key in masters):
            raise KeyringError(_HINT)
        self._ciphers: dict[bytes, AESGCM] = {}
        for master in masters:
            secret = _derive(master, "encrypt")
            self._ciphers[hashlib.sha256(secret).digest()[:_ID_BYTES]] = AESGCM(secret)
        self._current = next(iter(self._ciphers))
        self._index_key = _derive(masters[-1], "index")

    @classmethod
    def from_text(cls, text: str) -> Keyring:
        """Read keys separated by white space or commas.

        Raises:
            KeyringError: no key, or one that is not 32 bytes of base64.
        """
        try:
            masters = [
                base64.b64decode(part, validate=True) for part in text.replace(",", " ").split()
            ]
        except ValueError:
            raise KeyringError(
                "a key must be 32 bytes of base64; make one with `db new-key`"
            ) from None
        return cls(masters)

    def encrypt(self, plain: bytes, context: str) -> bytes:
        """version (1) ‖ key id (4) ‖ nonce (12) ‖ ciphertext with its tag."""
        nonce = os.urandom(_NONCE_BYTES)
        sealed = self._ciphers[self._current].encrypt(nonce, plain, context.encode())
        return _VERSION + self._current + nonce + sealed

    def decrypt(self, sealed: bytes, context: str) -> bytes:
        """The plain bytes.

        Raises:
            DecryptionError: unknown key, altered bytes, or another context.
        """
        start = 1 + _ID_BYTES
        cipher = self._ciphers.get(sealed[1:start])
        if sealed[:1] != _VERSION or cipher is None:
            raise DecryptionError(f"{context}: written under a key that is not in the ring")
        try:
            return cipher.decrypt(
                sealed[start : start + _NONCE_BYTES],
                sealed[start + _NONCE_BYTES :],
                context.encode(),
            )
        except InvalidTag:
            raise DecryptionError(f"{context}: altered, or moved from another column") from None

    def blind_index(self, value: str, purpose: str) -> str:
        """A keyed look-up value, 64 hex digits: equal for equal text, useless without the key."""
        message = f"{purpose}\x00{value}".encode()
        return hmac.new(self._index_key, message, hashlib.sha256).hexdigest()
