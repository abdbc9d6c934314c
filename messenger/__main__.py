"""`python -m messenger`: run the messenger as a process of its own."""

from __future__ import annotations

import logging
import sys
from pathlib import Path
from typing import Annotated, Any

import typer
from aiohttp import web
from aiohttp.abc import AbstractAccessLogger
from pydantic import ValidationError

from messenger.app import create_app
from messenger.settings import MessengerSettings
from storage.process import forbid_core_dumps

cli = typer.Typer(add_completion=False)


class RouteLogger(AbstractAccessLogger):
    """Logs the route's pattern, never the path: paths carry the bot's token and file ids."""

    def log(self, request: web.BaseRequest, response: web.StreamResponse, time: float) -> None:
        resource = getattr(getattr(request, "match_info", None), "route", None)
        pattern = getattr(getattr(resource, "resource", None), "canonical", "-")
        self.logger.info(
            "%s %s %s %d ms", request.method, pattern, response.status, int(time * 1000)
        )


@cli.command()
def main(
    host: Annotated[str | None, typer.Option(help="address to listen on")] = None,
    port: Annotated[int | None, typer.Option(help="port to listen on")] = None,
    database: Annotated[str | None, typer.Option(help="SQLite or PostgreSQL URL")] = None,
    env_file: Annotated[Path, typer.Option(help="settings file")] = Path(".env"),
    verbose: Annotated[bool, typer.Option(help="log every request's route")] = False,
) -> None:
    """Serve the Bot API and the web chat until SIGTERM or Ctrl-C."""
    given: dict[str, Any] = {"host": host, "port": port, "database_url": database}
    chosen = {name: value for name, value in given.items() if value is not None}
    try:
        settings = MessengerSettings(_env_file=env_file, **chosen)
    except ValidationError as error:
        for fault in error.errors(include_input=False, include_url=False):
            name = "_".join(str(part) for part in fault["loc"])
            typer.echo(f"SHEBAO_MESSENGER_{name.upper()}: {fault['msg']}", err=True)
        sys.exit(2)
    forbid_core_dumps()
    logging.basicConfig(
        level=logging.INFO if verbose else logging.WARNING,
        format="%(asctime)s %(levelname)s %(name)s %(message)s",
    )
    typer.echo(f"messenger: {settings.base_url}")
    web.run_app(
        create_app(settings),
        host=settings.host,
        port=settings.port,
        shutdown_timeout=settings.shutdown_seconds,
        access_log_class=RouteLogger,
        print=None,
    )


if __name__ == "__main__":
    cli()
