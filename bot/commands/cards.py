"""`cards`: known cards and applications already under way."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from bot.commands.context import database_session, new_application_number, now, out, run
from bot.commands.texts import show_report
from services.imports import Report, import_cards

app = typer.Typer(help="社保卡：导入已知的卡和在办的申请", no_args_is_help=True)


@app.callback()
def _group() -> None:
    """社保卡：导入已知的卡和在办的申请"""


@app.command("import")
def import_(
    file: Annotated[
        Path, typer.Argument(help=".xlsx、.xls 或 .csv", exists=True, dir_okay=False, readable=True)
    ],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="只检查，不写入")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="输出 JSON")] = False,
) -> None:
    """导入持卡情况：先逐行检查，全部没有问题才写入。"""

    async def work() -> Report:
        async with database_session() as (session, settings):
            return await import_cards(
                session,
                file.read_bytes(),
                now(),
                settings=settings.imports,
                new_number=new_application_number,
                dry_run=dry_run,
            )

    report = run(work())
    if as_json:
        out(json.dumps(report.as_dict(), ensure_ascii=False))
    else:
        show_report(report, "cards_counts")
    raise typer.Exit(0 if report.ok else 1)
