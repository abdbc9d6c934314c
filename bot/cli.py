"""The command line of `python -m bot`, one subject a file in bot/commands/."""

from __future__ import annotations

import sys

import typer

from bot.commands import (
    batches,
    cards,
    collection,
    database,
    demo,
    desk,
    documents,
    gaps,
    people,
    policies,
    policy_files,
    roles,
)
from bot.commands.context import run as run_command
from bot.commands.context import settings
from bot.compose import run as run_bot
from storage import migrate
from storage.crypto import KeyringError
from storage.process import forbid_core_dumps

app = typer.Typer(
    help="社保小助手", no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False
)
app.add_typer(people.app, name="people")
app.add_typer(cards.app, name="cards")
app.add_typer(batches.app, name="batch")
app.add_typer(batches.templates, name="templates")
app.add_typer(collection.app, name="collection")
app.add_typer(roles.app, name="roles")
app.add_typer(database.app, name="db")
app.add_typer(desk.app, name="desk")
app.add_typer(policy_files.app, name="policies")
app.add_typer(gaps.app, name="gaps")
app.command("check-document")(documents.check_document)
app.command("ask")(policies.ask)
app.command("move")(policies.move)
app.command("demo")(demo.demo)


@app.command()
def run() -> None:
    """运行机器人，直到收到停止信号。"""
    found = settings()
    migrate.upgrade(found.database_url)
    run_command(run_bot(found))


def main() -> None:
    """Run a command; a missing key ends with a sentence."""
    forbid_core_dumps()
    try:
        app()
    except KeyringError as error:
        sys.exit(f"密钥不可用：{error}")
