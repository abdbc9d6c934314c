"""`db`: migrations, keys, and the state of the queue."""

from __future__ import annotations

import json

import typer

from bot.commands.context import fail, open_database, out, run, settings
from storage import migrate, queue
from storage.crypto import generate_key

app = typer.Typer(help="数据库：建表升级、密钥、队列。", no_args_is_help=True)


@app.command()
def upgrade() -> None:
    """建表，或升级到最新版本。"""
    found = settings()
    found.keyring()
    migrate.upgrade(found.database_url)
    out("数据库已是最新版本。")


@app.command()
def check() -> None:
    """检查数据库的表和程序是否一致。"""
    try:
        migrate.check(settings().database_url)
    except migrate.SchemaError:
        fail("表结构与程序不一致，请运行 db upgrade。")
    out("一致。")


@app.command("new-key")
def new_key() -> None:
    """生成一个新密钥，打印在标准输出。"""
    out(generate_key())


@app.command()
def depth(as_json: bool = typer.Option(False, "--json", help="输出 JSON")) -> None:
    """待处理的事件和任务数。"""

    async def work() -> dict[str, int]:
        async with open_database(settings()) as database, database.reading() as session:
            return await queue.depth(session)

    found = run(work())
    out(json.dumps(found) if as_json else "\n".join(f"{k}: {v}" for k, v in found.items()))
