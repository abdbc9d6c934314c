"""What every command needs: settings, a session, the clock, and links."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any, TypeVar

import structlog
import typer
from pydantic import ValidationError
from pydantic_settings import SettingsError
from sqlalchemy.exc import OperationalError, ProgrammingError
from sqlmodel.ext.asyncio.session import AsyncSession
from telegram import Bot

from bot import links
from bot.logs import configure
from bot.settings import Settings
from services.applications.numbers import new_number
from services.applications.settings import use
from storage.clock import SystemClock
from storage.crypto import KeyringError
from storage.database import Database
from storage.state import clock_offset

T = TypeVar("T")
log = structlog.get_logger(__name__)
_offset = timedelta(0)


def settings() -> Settings:
    """The settings, or a plain sentence about what is wrong with them."""
    try:
        found = Settings()
    except ValidationError as error:
        fail(f"设置有误，请检查：{'、'.join(wrong_names(error))}")
    except SettingsError as error:  # it names the setting, never the value
        name = str(error).partition('"')[2].partition('"')[0]
        fail(f"设置有误，应为JSON：SHEBAO_{name.upper()}")
    configure(found.log_level, found.log_format)
    return found


def wrong_names(error: ValidationError) -> list[str]:
    """The variables that a settings error is about, without their values."""
    places = [[str(part).upper() for part in item["loc"]] for item in error.errors()]
    webhook = ["SHEBAO_PUBLIC_URL", "SHEBAO_WEBHOOK_SECRET"]  # the one rule about several
    return [
        name for place in places for name in ([f"SHEBAO_{'__'.join(place)}"] if place else webhook)
    ]


def fail(sentence: str) -> Any:
    """Say what is wrong and end with exit code 1."""
    typer.echo(sentence, err=True)
    raise typer.Exit(1)


def run(work: Coroutine[Any, Any, T]) -> T:
    """Run a command's coroutine; known troubles end with a sentence, not a traceback."""
    try:
        return asyncio.run(work)
    except KeyringError as error:
        fail(f"密钥不可用：{error}")
    except (OperationalError, ProgrammingError):
        fail("数据库不可用，或还没有建表。请检查 SHEBAO_DATABASE_URL，并先运行 db upgrade。")
    raise AssertionError  # fail() raises


@asynccontextmanager
async def open_database(found: Settings) -> AsyncIterator[Database]:
    """The database of the settings, closed at the end."""
    database = Database(found.database_url, found.keyring(), pool_size=2)
    use(found.applications)
    try:
        yield database
    finally:
        await database.dispose()


@asynccontextmanager
async def database_session() -> AsyncIterator[tuple[AsyncSession, Settings]]:
    """One transaction; it commits when the block ends well."""
    global _offset  # noqa: PLW0603 - one command, one process
    found = settings()
    async with open_database(found) as database, database.transaction() as session:
        _offset = await clock_offset(session)
        yield session, found


def now() -> datetime:
    """Domain time, moved like the running bot's."""
    return SystemClock(_offset).now()


async def now_of(database: Database) -> datetime:
    """The same, for a command that opens its own transactions."""
    async with database.reading() as session:
        return SystemClock(await clock_offset(session)).now()


def new_application_number() -> str:
    """A fresh application number for imported applications."""
    return new_number()


async def invitation_link(code: str, display_name: str, phone: str | None) -> str:
    """Where a person opens the chat with their code."""
    found = settings()
    bot = Bot(found.bot_token.get_secret_value(), base_url=f"{found.api_url}/bot")
    return await links.invitation_link(found, bot, code, display_name, phone)


def out(text: str) -> None:
    """Print for people."""
    typer.echo(text)


def is_terminal() -> bool:
    """Whether a person is watching."""
    return sys.stderr.isatty()
