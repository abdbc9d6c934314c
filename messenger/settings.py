"""Settings of the messenger process (`SHEBAO_MESSENGER_*`)."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from storage.crypto import read_or_create_key_file

_TOKEN = re.compile(r"\d{3,16}:[A-Za-z0-9_-]{16,128}")
_FRAME_SOURCE = re.compile(r"'none'|'self'|https?://[A-Za-z0-9.*-]+(:\d+|:\*)?")


class MessengerSettings(BaseSettings):
    """Where it listens, what it keeps, and its limits."""

    model_config = SettingsConfigDict(
        env_prefix="SHEBAO_MESSENGER_", env_file=".env", extra="ignore", hide_input_in_errors=True
    )

    host: str = Field(default="127.0.0.1", description="address to listen on")
    port: int = Field(default=8081, ge=0, le=65535, description="port to listen on")
    public_url: str = Field(
        default="", description="how people reach it: the start of invite links"
    )
    database_url: str = Field(
        default="sqlite:///var/messenger/messenger.db", description="SQLite or PostgreSQL"
    )
    files_dir: Path = Field(default=Path("var/messenger/files"), description="encrypted files")
    key: SecretStr | None = Field(default=None, description="keyring: base64 keys, newest first")
    key_file: Path = Field(
        default=Path("var/messenger/key"), description="read when `key` is unset"
    )
    create_key: bool = Field(default=True, description="make the key file on a first run")

    bot_token: SecretStr = Field(description="<digits>:<secret>, shared with the bot")
    bot_name: str = Field(default="社保小助手", description="the bot's name in the chat")
    bot_username: str = Field(default="shebao_bot", description="the bot's @name")
    admin_token: SecretStr | None = Field(default=None, description="unset: no admin interface")

    frame_ancestors: str = Field(
        default="'none'", description="CSP sources whose pages may frame the chat"
    )
    cookie_samesite: Literal["Strict", "Lax"] = Field(default="Strict")
    trusted_proxies: int = Field(
        default=0, ge=0, description="reverse proxies before us that append to X-Forwarded-For"
    )

    max_upload_mb: int = Field(default=100, ge=1, description="largest file from a person")
    bot_upload_limit_mb: int = Field(default=50, ge=1, description="largest file from the bot")
    bot_download_limit_mb: int = Field(default=20, ge=1, description="largest file for getFile")
    session_days: int = Field(default=90, ge=1, description="unused sign-ins end after this")
    invite_hours: int = Field(default=168, ge=1, description="default life of an invite link")
    message_rate_per_minute: int = Field(default=120, ge=0, description="per person; 0: no limit")
    sign_in_attempts_per_minute: int = Field(default=10, ge=1, description="per address")
    update_retention_hours: int = Field(default=24, ge=1, description="as Telegram keeps updates")
    request_log_days: int = Field(default=14, ge=1, description="life of the request log")
    event_hours: int = Field(default=72, ge=1, description="how far back a stream resumes")
    callback_seconds: int = Field(default=900, ge=1, description="life of a callback query")
    shutdown_seconds: float = Field(default=3.0, ge=0)

    @field_validator("bot_token")
    @classmethod
    def _token_shape(cls, value: SecretStr) -> SecretStr:
        if not _TOKEN.fullmatch(value.get_secret_value()):
            raise ValueError("must be <digits>:<16 to 128 letters, digits, _ or ->")
        return value

    @field_validator("frame_ancestors")
    @classmethod
    def _frame_sources(cls, value: str) -> str:
        if not value.split() or not all(_FRAME_SOURCE.fullmatch(part) for part in value.split()):
            raise ValueError("must be 'none', 'self' or addresses such as http://127.0.0.1:8080")
        return value

    @property
    def bot_id(self) -> int:
        """The bot's user id: the digits of its token."""
        return int(self.bot_token.get_secret_value().split(":", 1)[0])

    @property
    def base_url(self) -> str:
        """`public_url`, or the listening address, without a final slash."""
        return (self.public_url or f"http://{self.host}:{self.port}").rstrip("/")

    def key_text(self) -> str:
        """The keyring's text, from `key` or the key file.

        Raises:
            FileNotFoundError: no key, and `create_key` is off.
        """
        if self.key is not None:
            return self.key.get_secret_value()
        if not self.create_key and not self.key_file.exists():
            raise FileNotFoundError("the messenger's key file does not exist")
        return read_or_create_key_file(self.key_file)
