"""The policies that running bots answer from, for a command that asks without them."""

from __future__ import annotations

import asyncio
from pathlib import Path

import typer
from pydantic import ValidationError
from pydantic_settings import SettingsError
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError

from bot.commands.context import fail, open_database
from bot.settings import Settings
from knowledge.policies import PolicyBase, PolicyError
from knowledge.policies.snapshot import in_force
from services.policies.published import base_of, current
from storage.clock import SystemClock, local_date
from storage.crypto import KeyringError
from storage.state import clock_offset

_TROUBLE = (
    ValidationError,
    SettingsError,
    KeyringError,
    SQLAlchemyError,
    OSError,
    PolicyError,
)


def policies_in_force(wanted: bool | None) -> PolicyBase | None:
    """What is published in the database of the settings; None for the program's own files.

    Args:
        wanted: True insists and ends with 1 where nothing is published; False never looks; None
            takes what is there. Which it was is said on standard error.
    """
    if wanted is False:
        return None
    try:
        found = asyncio.run(_published())
    except _TROUBLE:
        if wanted:
            fail(
                "读不到数据库里现行的政策。请检查设置和 SHEBAO_DATABASE_URL，并先运行 db upgrade。"
            )
        typer.echo("（读不到数据库，以下按程序自带的政策回答）", err=True)
        return None
    if found is None:
        if wanted:
            fail("数据库里还没有发布过政策。机器人第一次启动，或 policies update 之后才有。")
        return None
    version, base = found
    typer.echo(f"（现行政策包 {version}）", err=True)
    return base


async def _published() -> tuple[str, PolicyBase] | None:
    """The version and the policies of today; None where there is no database yet."""
    settings = Settings()
    url = make_url(settings.database_url)
    if url.get_backend_name() == "sqlite" and not Path(url.database or "").is_file():
        return None  # looking must not make one
    async with open_database(settings) as database, database.reading() as session:
        bundle = await current(session)
        if bundle is None:
            return None
        today = local_date(SystemClock(await clock_offset(session)).now())
        return bundle.version, in_force(await base_of(session, bundle.id or 0), today)
