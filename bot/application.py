"""PTB's Application, with what would lose or hide things taken out."""

from __future__ import annotations

import os
from typing import Any

from telegram.ext import Application, ApplicationBuilder, BaseHandler, ExtBot
from telegram.request import HTTPXRequest

from bot.settings import Settings
from handlers.steps import Registry
from storage.guard import refuse_in_turn

# Waiting times come as `timedelta`: PTB's coming way, which it still asks for by this variable.
os.environ.setdefault("PTB_TIMEDELTA", "true")

AnyApplication = Application[Any, Any, Any, Any, Any, Any]

# An answer that comes late is better than a message sent twice.
_READ_SECONDS = 20.0


class TurnAwareRequest(HTTPXRequest):
    """PTB's HTTP client, which refuses inside a turn."""

    async def do_request(self, *args: Any, **kwargs: Any) -> tuple[int, bytes]:
        """As HTTPXRequest.

        Raises:
            NetworkInTurnError: a turn is running in this context.
        """
        refuse_in_turn("the Bot API")
        return await super().do_request(*args, **kwargs)


class BotApplication(AnyApplication):
    """Processes one event per call. Errors are raised, so that the turn rolls back."""

    async def process_error(self, update: object, error: Exception, *_: Any, **__: Any) -> bool:
        """Raise what a handler raised: PTB would log the update and go on."""
        raise error

    def add_handler(self, handler: BaseHandler[Any, Any, Any], group: int = 0) -> None:
        """Only blocking handlers: others would run after the transaction.

        Raises:
            ValueError: `block=False`.
        """
        if handler.block is False:
            raise ValueError("a non-blocking handler would run outside its turn")
        super().add_handler(handler, group)

    def create_task(self, *_: Any, **__: Any) -> Any:
        """Refused: work after a turn is a task row."""
        raise RuntimeError("use a task row; background coroutines are lost when the process dies")


def build_application(settings: Settings, registry: Registry) -> BotApplication:
    """The application with every step handler in order."""
    application = (
        ApplicationBuilder()
        .application_class(BotApplication)
        .token(settings.bot_token.get_secret_value())
        .base_url(f"{settings.api_url}/bot")
        .base_file_url(f"{settings.api_url}/file/bot")
        .request(TurnAwareRequest(connection_pool_size=16, read_timeout=_READ_SECONDS))
        .get_updates_request(TurnAwareRequest(connection_pool_size=2))
        .updater(None)
        .job_queue(None)
        .build()
    )
    assert isinstance(application, BotApplication)
    application.add_handlers(registry.handlers())
    return application


def bot_of(application: BotApplication) -> ExtBot[Any]:
    """The Bot API client."""
    bot: ExtBot[Any] = application.bot
    return bot


async def raw_updates(
    application: BotApplication, *, offset: int | None, timeout: int, allowed: list[str]
) -> list[dict[str, Any]]:
    """Updates as received. `timeout` is how long the messenger may wait, in seconds.

    PTB's `get_updates` parses the whole batch: one update of a shape that it does not know would
    keep all others out for ever.

    Raises:
        telegram.error.TelegramError: as PTB says.
    """
    wanted = {"offset": offset, "timeout": timeout, "allowed_updates": allowed}
    found: Any = await bot_of(application)._post("getUpdates", wanted, read_timeout=timeout + 5)
    return list(found)
