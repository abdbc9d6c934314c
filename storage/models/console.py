"""The web console: links to sign in, and sessions. Of tokens only keyed digests are kept."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Field

from storage.models.base import Row
from storage.types import id_field, reference


class SignInLink(Row, table=True):
    """A one-shot link that an officer asked the bot for."""

    __tablename__ = "sign_in_link"

    id: int | None = id_field()
    person_id: int = reference("person.id")
    code_index: str = Field(unique=True, max_length=64)
    language: str = Field(default="zh", max_length=8)
    created_at: datetime
    expires_at: datetime = Field(index=True)
    used_at: datetime | None = None
    revoked_at: datetime | None = None


class ConsoleSession(Row, table=True):
    """A signed-in browser. `role_version` is what the person was allowed when it began."""

    __tablename__ = "console_session"

    id: int | None = id_field()
    person_id: int = reference("person.id")
    token_index: str = Field(unique=True, max_length=64)
    role_version: str = Field(max_length=64)
    language: str = Field(default="zh", max_length=8)
    created_at: datetime
    seen_at: datetime
    expires_at: datetime = Field(index=True)
    ended_at: datetime | None = None
