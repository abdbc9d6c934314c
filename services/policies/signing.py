"""Signatures of policy bundles: Ed25519 (RFC 8032) over the manifest, which names every file."""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Iterable

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

_KEY_BYTES = 32


class SignatureError(ValueError):
    """`code`: no_keys, bad_key, unsigned or wrong."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def new_key() -> tuple[bytes, str]:
    """A fresh private key (PEM, PKCS #8, not encrypted) and its public key (base64)."""
    key = Ed25519PrivateKey.generate()
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return pem, public_text(key.public_key())


def sign(manifest: bytes, private_pem: bytes) -> str:
    """The signature of a manifest, base64.

    Raises:
        SignatureError: `bad_key`, when this is no Ed25519 private key.
    """
    try:
        key = load_pem_private_key(private_pem, password=None)
    except (ValueError, TypeError):
        raise SignatureError("bad_key") from None
    if not isinstance(key, Ed25519PrivateKey):
        raise SignatureError("bad_key")
    return base64.b64encode(key.sign(manifest)).decode()


def verify(manifest: bytes, signature: bytes | None, trusted: Iterable[str]) -> str:
    """The fingerprint of the trusted key that signed a manifest.

    Raises:
        SignatureError: nobody is trusted, a trusted key is malformed, there is no signature, or
            none of the trusted keys made it.
    """
    keys = [_public_key(text) for text in trusted]
    if not keys:
        raise SignatureError("no_keys")
    if not signature:
        raise SignatureError("unsigned")
    try:
        raw = base64.b64decode(signature.strip(), validate=True)
    except (binascii.Error, ValueError):
        raise SignatureError("wrong") from None
    for key in keys:
        try:
            key.verify(raw, manifest)
        except InvalidSignature:
            continue
        return fingerprint(public_text(key))
    raise SignatureError("wrong")


def public_text(key: Ed25519PublicKey) -> str:
    """A public key as the settings hold it."""
    return base64.b64encode(key.public_bytes(Encoding.Raw, PublicFormat.Raw)).decode()


def fingerprint(public: str) -> str:
    """The first 16 hexadecimal digits of the SHA-256 of a public key's bytes."""
    return hashlib.sha256(base64.b64decode(public)).hexdigest()[:16]


def _public_key(text: str) -> Ed25519PublicKey:
    try:
        raw = base64.b64decode(text.strip(), validate=True)
    except (binascii.Error, ValueError):
        raise SignatureError("bad_key") from None
    if len(raw) != _KEY_BYTES:
        raise SignatureError("bad_key")
    return Ed25519PublicKey.from_public_bytes(raw)
