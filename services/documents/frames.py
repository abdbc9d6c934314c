"""Messages between the bot and a reader process: a JSON head and a body of bytes.

JSON, not pickle: a process that decodes hostile pictures must not be able to hand back objects.
"""

from __future__ import annotations

import json
import struct
from typing import Any, BinaryIO

HEAD = struct.Struct(">IQ")
"""Length of the JSON head and of the body, bytes."""

MAX_HEAD = 96 * 1024 * 1024
MAX_BODY = 256 * 1024 * 1024


def packed(head: dict[str, Any], body: bytes = b"") -> bytes:
    """One message."""
    text = json.dumps(head, ensure_ascii=False).encode("utf-8")
    return HEAD.pack(len(text), len(body)) + text + body


def lengths(prefix: bytes) -> tuple[int, int]:
    """Lengths from a message's first bytes. Raises ``ValueError`` when they are absurd."""
    head, body = HEAD.unpack(prefix)
    if head > MAX_HEAD or body > MAX_BODY:
        raise ValueError("message too long")
    return head, body


def receive(stream: BinaryIO) -> tuple[dict[str, Any], bytes] | None:
    """The next message of a blocking stream; None at its end."""
    prefix = stream.read(HEAD.size)
    if len(prefix) < HEAD.size:
        return None
    head, body = lengths(prefix)
    text, content = stream.read(head), stream.read(body)
    if len(text) < head or len(content) < body:
        return None
    message: dict[str, Any] = json.loads(text)
    return message, content
