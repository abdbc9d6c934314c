"""`python -m sandbox`: bureau, banks and demo page on one port."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from aiohttp import web

from sandbox.server import create_app
from sandbox.settings import Delays, SandboxSettings


def serve(
    data: Annotated[Path, typer.Option(help="Folder of the sandbox's own storage.")],
    port: Annotated[int, typer.Option(help="Port of everything.")] = 8790,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    *,
    company: Annotated[
        Path | None, typer.Option(help="Folder with the company's sample pictures.")
    ] = None,
    open_panel: Annotated[
        bool, typer.Option(help="No token for the demo page (loopback only).")
    ] = False,
    delay: Annotated[
        float, typer.Option(help="Seconds per state until the next by itself; 0: by hand.")
    ] = 0.0,
) -> None:
    """Runs until interrupted. Tokens: SANDBOX_* variables, else DATA/secrets.json."""
    given: dict[str, Any] = {"data": data, "open_panel": open_panel}
    if company is not None:
        given["company_dir"] = company
    if delay:
        states = ("reviewing", "making", "collectable", "collected")
        functions = ("social_enabled",)
        given["delays"] = Delays(**dict.fromkeys((*states, *functions), delay))
    settings = SandboxSettings(**given)
    web.run_app(
        create_app(settings), host=host, port=port, print=_say, access_log=None, shutdown_timeout=3
    )


def _say(line: str) -> None:
    typer.echo(line.splitlines()[0] if line else "")


if __name__ == "__main__":
    typer.run(serve)
