"""No log line carries what a person wrote, a parameter, an exception's text or the bot's token."""

from __future__ import annotations

import asyncio
import io
import json
import logging
from collections.abc import Iterator

import pytest
import structlog
from sqlalchemy import text as sql
from sqlalchemy.exc import SQLAlchemyError
from telegram.error import TelegramError

from bot.application import bot_of
from bot.logs import configure, describe_error
from handlers.steps import ANYONE, Flow, text
from handlers.turn import Turn
from storage.models import InboxEvent
from tests.bot.conftest import Build
from tests.bot.house import NOBODY, TOKEN

CANARY = "金丝雀370102199001019991"


@pytest.fixture(autouse=True)
def logged() -> Iterator[io.StringIO]:
    """Everything on, in the form that a service writes."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    noisy = ("httpx", "httpcore", "aiohttp.access", "telegram", "PIL", "asyncio")
    spoken = ("sqlalchemy", "sqlalchemy.engine", "sqlalchemy.pool", "aiosqlite", "psycopg")
    levels = {name: logging.getLogger(name).level for name in (*noisy, *spoken)}
    echoes = {name: list(logging.getLogger(name).handlers) for name in spoken}
    configure("DEBUG", "json")
    (handler,) = root.handlers
    assert isinstance(handler, logging.StreamHandler)
    stream = io.StringIO()
    handler.setStream(stream)
    yield stream
    structlog.reset_defaults()
    root.handlers[:] = handlers
    root.setLevel(level)
    for name, before in levels.items():
        logging.getLogger(name).setLevel(before)
    for name, known in echoes.items():
        logging.getLogger(name).handlers[:] = known


def lines(logged: io.StringIO) -> list[dict[str, object]]:
    """What was logged, which is JSON alone and has no canary in it."""
    written = logged.getvalue()
    assert CANARY not in written
    assert CANARY.encode("unicode_escape").decode() not in written
    assert TOKEN not in written
    return [json.loads(line) for line in written.splitlines()]


async def test_a_handler_that_raises_with_a_persons_words(
    build: Build, logged: io.StringIO
) -> None:
    flow = Flow("leaky", ANYONE)

    @flow.on(text)
    async def leak(turn: Turn) -> None:
        raise ValueError(f"cannot read {CANARY}")

    house = build(flow)
    await house.says(5, CANARY)
    await house.turn()
    failed = [line for line in lines(logged) if line["event"] == "turn.failed"]
    assert "ValueError at" in str(failed[0]["cause"])
    (event,) = await house.rows(InboxEvent)
    assert CANARY not in event.error


@pytest.mark.parametrize(
    "query", ["select * from person where name = :name", "insert into no_table values (:name)"]
)
async def test_parameters_of_a_statement(build: Build, logged: io.StringIO, query: str) -> None:
    house = build()
    for name in ("sqlalchemy.engine", "sqlalchemy.pool", "aiosqlite", "psycopg"):
        logging.getLogger(name).setLevel(logging.DEBUG)
    house.database.writer.sync_engine.echo = "debug"
    try:
        async with house.database.transaction() as session:
            await session.execute(sql(query), {"name": CANARY})
    except SQLAlchemyError as error:
        structlog.get_logger("bot.test").error("failed", exc_info=error)
        logging.getLogger("sqlalchemy.engine").error("failed for %s", CANARY, exc_info=error)
    assert lines(logged)


@pytest.mark.parametrize("name", ["telegram.ext", "aiohttp.server", "anything", "asyncio"])
def test_foreign_records(logged: io.StringIO, name: str) -> None:
    logger = logging.getLogger(name)
    try:
        raise RuntimeError(CANARY)
    except RuntimeError:
        logger.exception("Error handling request of %s", CANARY)
        logger.exception(CANARY)
        logger.error(f"100% {CANARY}", stack_info=True)
        logger.error("%(name)s", {"name": CANARY})
        logger.error(ValueError(CANARY))
        logger.error("broken %d %s", CANARY)  # noqa: PLE1206 - libraries do that too
    written = lines(logged)
    assert len(written) == 6
    assert written[0]["event"] == "Error handling request of %s"
    assert "RuntimeError at" in str(written[0]["error"])
    assert str(written[1]["event"]).startswith("withheld at test_logs:")
    assert {line["logger"] for line in written} == {name}


async def test_an_exception_that_nobody_waited_for(logged: io.StringIO) -> None:
    import gc

    async def fail() -> None:
        raise RuntimeError(f"50% of {CANARY}")

    task = asyncio.create_task(fail())
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    del task
    gc.collect()
    assert any(line["logger"] == "asyncio" for line in lines(logged))


def test_our_own_records_keep_ids_and_lose_exception_texts(
    logged: io.StringIO,
) -> None:
    log = structlog.get_logger("services.test")
    try:
        raise KeyError(CANARY)
    except KeyError as error:
        log.exception("it.failed", case_id=7)
        log.error("it.failed", exc_info=error)
        log.error("it.failed", exc_info=(type(error), error, error.__traceback__))
    written = lines(logged)
    assert [line["event"] for line in written] == ["it.failed"] * 3
    assert written[0]["case_id"] == 7
    assert all("KeyError at" in str(line["error"]) for line in written)


async def test_addresses_with_the_bots_token_are_not_logged(
    build: Build, logged: io.StringIO
) -> None:
    house = build(api_url=NOBODY)
    bot = bot_of(house.runtime.application)
    with pytest.raises(TelegramError) as failed:
        await bot.initialize()
    structlog.get_logger("bot.test").warning("gone", cause=describe_error(failed.value))
    structlog.get_logger("bot.test").warning("gone", exc_info=failed.value)
    logging.getLogger("telegram").error("gone", exc_info=failed.value)
    assert len(lines(logged)) >= 3
    for name in ("httpx", "httpcore", "telegram"):  # whose INFO and DEBUG lines name the address
        assert not logging.getLogger(name).isEnabledFor(logging.INFO)
