"""The messenger's rows. It has a database and metadata of its own, apart from the bot's."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import UniqueConstraint
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel

from storage.types import big, choice, encrypted_json, encrypted_text, id_field, new_metadata


class Row(SQLModel, registry=registry(metadata=new_metadata())):
    """Base of every table here."""


class ChatType(StrEnum):
    """The two kinds of chat we have."""

    PRIVATE = "private"
    SUPERGROUP = "supergroup"


class Outcome(StrEnum):
    """How a Bot API request ended, as its sender could see it."""

    OK = "ok"
    ERROR = "error"
    LOST_ANSWER = "lost_answer"
    LOST_REQUEST = "lost_request"


class Bot(Row, table=True):
    """The bot's account: its webhook, its commands and the counter of its updates."""

    __tablename__ = "bot"
    id: int = big(primary_key=True)
    token_hash: str = Field(max_length=64)
    last_update_id: int = big(default=0)
    webhook_url: str | None = encrypted_text("bot.webhook_url", default=None, nullable=True)
    webhook_secret: str | None = encrypted_text("bot.webhook_secret", default=None, nullable=True)
    max_connections: int = 40
    allowed_updates: str | None = None
    last_error_at: datetime | None = None
    last_error_message: str | None = None
    profile: Any = encrypted_json("bot.profile", default=None, nullable=True)


class Account(Row, table=True):
    """A person. The id is also the id of the private chat with the bot.

    Ids are random: a bot that outlives this database never meets another person under an old id.
    """

    __tablename__ = "account"
    id: int = big(primary_key=True)
    name: str = encrypted_text("account.name")
    phone: str | None = encrypted_text("account.phone", default=None, nullable=True)
    language: str = Field(default="zh", max_length=8)
    created_at: datetime


class SignIn(Row, table=True):
    """One browser that is signed in. The token is kept as a hash only."""

    __tablename__ = "sign_in"
    id: int | None = id_field()
    account_id: int = big(index=True, foreign_key="account.id", ondelete="CASCADE")
    slug: str = Field(max_length=32, unique=True)
    token_hash: str = Field(max_length=64)
    created_at: datetime
    seen_at: datetime


class Invite(Row, table=True):
    """A one-shot sign-in link. The code is kept as a hash only."""

    __tablename__ = "invite"
    id: int | None = id_field()
    code_hash: str = Field(max_length=64, unique=True)
    account_id: int | None = big(
        default=None, nullable=True, index=True, foreign_key="account.id", ondelete="CASCADE"
    )
    name: str = encrypted_text("invite.name")
    phone: str | None = encrypted_text("invite.phone", default=None, nullable=True)
    language: str = Field(default="zh", max_length=8)
    start_parameter: str | None = encrypted_text(
        "invite.start_parameter", default=None, nullable=True
    )
    start_index: str | None = Field(default=None, max_length=64, index=True)
    group_chat_id: int | None = big(default=None, nullable=True)
    created_at: datetime
    expires_at: datetime
    used_at: datetime | None = None


class Chat(Row, table=True):
    """A private chat with the bot, or a group. Message ids count per chat."""

    __tablename__ = "chat"
    id: int = big(primary_key=True)
    type: ChatType = choice(ChatType)
    title: str | None = encrypted_text("chat.title", default=None, nullable=True)
    is_forum: bool = False
    last_message_id: int = big(default=0)
    reply_keyboard: Any = encrypted_json("chat.reply_keyboard", default=None, nullable=True)
    created_at: datetime


class Member(Row, table=True):
    """An account in a chat: what it has read, and whether it stopped the bot there."""

    __tablename__ = "member"
    chat_id: int = big(primary_key=True, foreign_key="chat.id", ondelete="CASCADE")
    account_id: int = big(
        primary_key=True, index=True, foreign_key="account.id", ondelete="CASCADE"
    )
    blocked: bool = False
    started: bool = False
    start_parameter: str | None = encrypted_text(
        "member.start_parameter", default=None, nullable=True
    )
    joined_at: datetime


class ReadMark(Row, table=True):
    """The newest message that an account has seen in a topic (0: the general one)."""

    __tablename__ = "read_mark"
    chat_id: int = big(primary_key=True, foreign_key="chat.id", ondelete="CASCADE")
    thread_id: int = big(primary_key=True)
    account_id: int = big(primary_key=True, foreign_key="account.id", ondelete="CASCADE")
    message_id: int = big()


class Topic(Row, table=True):
    """A forum topic of a group; its id is the message that opened it."""

    __tablename__ = "topic"
    chat_id: int = big(primary_key=True, foreign_key="chat.id", ondelete="CASCADE")
    id: int = big(primary_key=True)
    name: str = encrypted_text("topic.name")
    icon_color: int = 0x6FB9F0
    closed: bool = False


class Message(Row, table=True):
    """A message. `content` holds the Bot API fields that say what it is."""

    __tablename__ = "message"
    __table_args__ = (UniqueConstraint("chat_id", "message_id"),)
    id: int | None = id_field()
    chat_id: int = big(foreign_key="chat.id", ondelete="CASCADE")
    message_id: int = big()
    thread_id: int = big(default=0)
    sender_id: int = big()
    content: Any = encrypted_json("message.content")
    reply_to: int | None = big(default=None, nullable=True)
    media_group_id: str | None = Field(default=None, max_length=32)
    client_key: str | None = Field(default=None, max_length=80, index=True)
    sent_at: datetime
    edited_at: datetime | None = None
    deleted_at: datetime | None = None


class File(Row, table=True):
    """What a file id points to: one variant (a photo size, a document) in the file store."""

    __tablename__ = "file"
    id: str = Field(primary_key=True, max_length=64)
    unique_id: str = Field(max_length=32)
    set_id: str = Field(max_length=32, index=True)
    kind: str = Field(max_length=16)
    stored: str = Field(max_length=64)
    chat_id: int = big(index=True)
    message_id: int | None = big(default=None, nullable=True)
    name: str | None = encrypted_text("file.name", default=None, nullable=True)
    media_type: str = Field(max_length=128)
    size: int = big()
    details: Any = encrypted_json("file.details")
    created_at: datetime


class Update(Row, table=True):
    """An update for the bot. The payload is dropped when it is confirmed."""

    __tablename__ = "bot_update"
    id: int = big(primary_key=True)
    kind: str = Field(max_length=32)
    # Webhook deliveries keep the order of a chat.
    chat_id: int = big()
    payload: Any = encrypted_json("bot_update.payload", default=None, nullable=True)
    copies: int = 1
    deliveries: int = 0
    created_at: datetime
    confirmed_at: datetime | None = Field(default=None, index=True)


class CallbackQuery(Row, table=True):
    """A pressed button that waits for the bot's answer."""

    __tablename__ = "callback_query"
    id: str = Field(primary_key=True, max_length=32)
    account_id: int = big()
    chat_id: int = big()
    message_id: int = big()
    created_at: datetime
    answered_at: datetime | None = None


class Event(Row, table=True):
    """A line of the stream to browsers. Most point to a row; few carry a payload."""

    __tablename__ = "event"
    # Resuming streams rely on ids that are never used twice.
    __table_args__ = {"sqlite_autoincrement": True}
    id: int | None = id_field()
    chat_id: int = big(index=True)
    account_id: int | None = big(default=None, nullable=True)
    kind: str = Field(max_length=16)
    message_id: int | None = big(default=None, nullable=True)
    payload: Any = encrypted_json("event.payload", default=None, nullable=True)
    created_at: datetime


class RequestLog(Row, table=True):
    """A Bot API request as the bot's side saw it end: what a crash test counts."""

    __tablename__ = "request_log"
    __table_args__ = {"sqlite_autoincrement": True}
    id: int | None = id_field()
    at: datetime = Field(index=True)
    method: str = Field(max_length=64, index=True)
    chat_id: int | None = big(default=None, nullable=True)
    thread_id: int | None = big(default=None, nullable=True)
    message_id: int | None = big(default=None, nullable=True)
    parameters: Any = encrypted_json("request_log.parameters", default=None, nullable=True)
    outcome: Outcome = choice(Outcome)
    error_code: int | None = None
    description: str | None = Field(default=None, max_length=255)
    fault: str | None = Field(default=None, max_length=32)
    milliseconds: int = 0
