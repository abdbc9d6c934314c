"""What a person did, in our words: no messenger type reaches a conversation."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class FileRef:
    """An uploaded file that still lies with the messenger. `size` is in bytes."""

    file_id: str
    unique_id: str
    size: int | None = None
    media_type: str | None = None
    is_photo: bool = False
    name: str | None = None


@dataclass(frozen=True)
class Text:
    """Words, or an upload's caption when they are `edited`: a later correction of them.

    `reply_to` is the message they answer.
    """

    text: str
    reply_to: int | None = None
    edited: bool = False


@dataclass(frozen=True)
class Command:
    """`/name argument`."""

    name: str
    argument: str = ""


@dataclass(frozen=True)
class Press:
    """An inline button. A stale one belongs to an earlier step, or to somebody else."""

    action: str
    ref: str | None
    stale: bool
    query_id: str
    message_id: int | None


@dataclass(frozen=True)
class Upload:
    """A photo or a file; each picture of an album comes as its own upload with the same `album`."""

    file: FileRef
    caption: str | None = None
    album: str | None = None
    reply_to: int | None = None


@dataclass(frozen=True)
class Contact:
    """A shared phone number; `own` when the messenger vouches that it is the sender's."""

    phone: str
    own: bool


@dataclass(frozen=True)
class Other:
    """Anything else: sticker, voice, location. `service` is what the messenger says by itself.

    `unblocked`: somebody who had stopped the bot lets it in again.
    """

    kind: str


@dataclass(frozen=True)
class Happened:
    """An event of our own: a finished task, a bureau's report, a timer."""

    kind: str
    payload: dict[str, Any] = field(default_factory=dict)


Input = Text | Command | Press | Upload | Contact | Other | Happened


@dataclass(frozen=True)
class Actor:
    """Who speaks, and where. Ids are the messenger's; None for an event of our own."""

    user_id: int | None
    chat_id: int | None
    thread_id: int | None = None
    is_group: bool = False
    name: str = ""
    message_id: int | None = None
