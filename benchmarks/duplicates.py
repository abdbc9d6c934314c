"""Duplicate test: nobody gets a second valid card in a province, nobody is stopped without reason.

    python -m benchmarks.duplicates --engine sqlite
    python -m benchmarks.duplicates --engine postgresql

Generated people with cards in every state and place apply through the real verbs, tasks, turns and
HTTP while bureau and banks go down and come back. Exit code 1 on any violation.
"""

from __future__ import annotations

import argparse
import asyncio
import shutil
import signal
import sys
import tempfile
from pathlib import Path

from rich.console import Console

from benchmarks.crash import database
from benchmarks.support.duplicatereport import print_report
from benchmarks.support.duplicaterun import DuplicateRun, Options


def run(options: Options, folder: Path, console: Console) -> bool:
    """One whole run in `folder`; whether everything held."""
    with database(options.engine, folder) as (url, _):
        result = asyncio.run(DuplicateRun(options, folder, url, console).run())
    print_report(result, console)
    return not result.violations


def main() -> int:
    """The command line."""
    parser = argparse.ArgumentParser(description="Duplicate test.")
    parser.add_argument("--engine", choices=("postgresql", "sqlite"), default="sqlite")
    parser.add_argument("--people", type=int, default=200)
    parser.add_argument("--seed", type=int, default=20261124)
    given = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that no process is left behind
    folder = Path(tempfile.mkdtemp(prefix="shebao-duplicates-", dir="/tmp"))
    options = Options(given.engine, given.people, given.seed)
    held = run(options, folder, Console())
    shutil.rmtree(folder, ignore_errors=True)
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(main())
