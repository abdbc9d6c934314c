"""`desk`: where cases go."""

from __future__ import annotations

from typing import Annotated

import typer

from bot.commands.context import database_session, out, run
from services.desk import set_desk

app = typer.Typer(help="HR服务台。", no_args_is_help=True)


@app.command()
def bind(chat: Annotated[int, typer.Argument(help="HR群的编号（负数）")]) -> None:
    """把工单发到这个群。群里发 /bind_hr 也可以。"""

    async def work() -> None:
        async with database_session() as (session, _):
            await set_desk(session, str(chat))

    run(work())
    out("好的，之后的工单都会发到这个群。")
