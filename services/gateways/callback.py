"""Is this callback the bureau's? Signature and age first, content after."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from datetime import datetime

from pydantic import SecretStr, ValidationError

from services.gateways.contract import StateReport
from services.gateways.errors import CallbackError

TIMESTAMP = "X-Shebao-Timestamp"
SIGNATURE = "X-Shebao-Signature"


def sign(timestamp: str, body: bytes, secret: str) -> str:
    """The signature header's value for a body sent at `timestamp` (unix seconds, as text)."""
    message = timestamp.encode() + b"." + body
    return "sha256=" + hmac.new(secret.encode(), message, hashlib.sha256).hexdigest()


def verify_callback(
    headers: Mapping[str, str],
    body: bytes,
    secret: SecretStr | str | None,
    now: datetime,
    *,
    window_seconds: int = 300,
) -> StateReport:
    """The report in a signed callback. `now` is real time: the bureau's clock is not the demo's.

    A repeat inside the window passes; the sequence in the report makes it harmless.

    Raises:
        CallbackError: code `no_secret`, `timestamp`, `expired`, `signature` or `malformed`.
    """
    key = secret.get_secret_value() if isinstance(secret, SecretStr) else secret
    if not key:
        raise CallbackError("no_secret")
    lower = {name.lower(): value for name, value in headers.items()}
    timestamp = lower.get(TIMESTAMP.lower(), "")
    if not (timestamp.isascii() and timestamp.isdecimal() and len(timestamp) <= 12):
        raise CallbackError("timestamp")
    given = lower.get(SIGNATURE.lower(), "")
    if not hmac.compare_digest(given.encode(), sign(timestamp, body, key).encode()):
        raise CallbackError("signature")
    if abs(now.timestamp() - int(timestamp)) > window_seconds:
        raise CallbackError("expired")
    try:
        return StateReport.model_validate_json(body)
    except ValidationError:
        raise CallbackError("malformed") from None
