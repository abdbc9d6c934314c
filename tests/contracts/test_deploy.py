"""What docs/running.md hands out: it is well-formed, it names real settings, a backup restores."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import shutil
import stat
import subprocess
import sys
import tarfile
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import yaml
from sqlalchemy import select

from storage import migrate
from storage.crypto import Keyring
from storage.database import Database
from storage.files import FolderStore
from storage.models import Person
from tests.contracts.settings_table import PARTS, rows
from tests.storage.test_types import person
from tests.support.demand import lacking
from tests.support.postgres import Server

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
UNITS = sorted([*DEPLOY.glob("*.service"), *DEPLOY.glob("*.timer")])


def tool(name: str) -> str:
    """A program of the virtual environment or of the system."""
    found = shutil.which(name, path=f"{Path(sys.executable).parent}:{os.environ['PATH']}")
    return found or lacking(f"{name} is not installed")


def test_the_container_file_is_clean() -> None:
    done = subprocess.run(
        [tool("hadolint"), DEPLOY / "Containerfile"], capture_output=True, text=True, check=False
    )
    assert done.stdout + done.stderr == ""


def test_the_shell_scripts_are_clean() -> None:
    scripts = [ROOT / ".ci" / "run", *DEPLOY.glob("*.sh")]
    done = subprocess.run(
        [tool("shellcheck"), *scripts], capture_output=True, text=True, check=False
    )
    assert done.stdout + done.stderr == ""


def test_compose_keeps_the_specification() -> None:
    if importlib.util.find_spec("compose_spec") is None:
        lacking("compose-spec is not installed")
    from compose_spec import PyCompose  # type: ignore[import-not-found, unused-ignore]

    document = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))
    read = PyCompose.from_json(json.dumps(document))
    read.validate()
    assert read.service_names() == ["bot", "database", "balancer", "messenger"]
    misspelt = (DEPLOY / "compose.yaml").read_text(encoding="utf-8").replace("cap_drop", "cap_drpo")
    with pytest.raises(ValueError, match="cap_drpo"):
        PyCompose.from_json(json.dumps(yaml.safe_load(misspelt)))


def test_the_image_has_every_room_that_runs() -> None:
    copied = set(re.findall(r"^COPY (\w+) \1$", (DEPLOY / "Containerfile").read_text(), re.M))
    assert copied == {"bot", "handlers", "services", "knowledge", "storage", "messenger"}


def test_the_images_lock_is_a_part_of_the_lock() -> None:
    pins = re.compile(r"^[a-z0-9.-]+(?:\[[a-z,]+\])?==\S+", re.M)
    whole = set(pins.findall((ROOT / "requirements.lock").read_text()))
    part = set(pins.findall((DEPLOY / "requirements.lock").read_text()))
    assert part < whole, f"make lock: {sorted(part - whole)}"
    assert not [pin for pin in part if pin.startswith(("pytest", "playwright", "embedded-"))]


def test_every_variable_that_is_set_exists() -> None:
    known = {row.name for _, _, settings in PARTS for row in rows(settings)}
    known |= {"SHEBAO_BACKUP_KEEP"}
    pages = [*DEPLOY.iterdir(), ROOT / "docs" / "running.md"]
    for page in pages:
        text = page.read_text(encoding="utf-8")
        used = set(re.findall(r"\b(?:SHEBAO|SANDBOX)_[A-Z0-9_]+\b", text))
        nested = {
            name for name in used if re.match(r"SHEBAO_GATEWAYS__(BUREAUS|BANKS|REGIONS)", name)
        }
        assert used - nested <= known, page.name


@pytest.mark.parametrize("unit", UNITS, ids=lambda path: path.name)
def test_units_are_understood(unit: Path, tmp_path: Path) -> None:
    """systemd's own check, with the programs that are not installed here replaced."""
    verify = shutil.which("systemd-analyze")
    if verify is None:
        pytest.skip("no systemd here")
    text = re.sub(r"^ExecStart=.*$", "ExecStart=/bin/true", unit.read_text(), flags=re.M)
    copy = tmp_path / unit.name
    copy.write_text(text)
    if unit.suffix == ".timer":
        (tmp_path / f"{unit.stem}.service").write_text("[Service]\nExecStart=/bin/true\n")
    done = subprocess.run([verify, "verify", copy], capture_output=True, text=True, check=False)
    complaints = [line for line in done.stderr.splitlines() if unit.name in line]
    assert (done.returncode, complaints) == (0, [])


def backup(target: Path, url: str, files: Path, **more: str) -> Path:
    """Run the script; the folder that it made."""
    environment = {
        "PATH": os.environ["PATH"],
        "SHEBAO_DATABASE_URL": url,
        "SHEBAO_FILES_DIR": str(files),
        "PYTHON": sys.executable,
    }
    done = subprocess.run(
        [DEPLOY / "backup.sh", target],
        env=environment | more,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return Path(done.stdout.strip().splitlines()[-1])


async def filled(url: str, keyring: Keyring, folder: Path, now: datetime) -> str:
    """A database with a person and a file; the file's name."""
    database = Database(url, keyring)
    async with database.transaction() as session:
        await person(session, now)
    await database.dispose()
    return await FolderStore(folder, keyring).write("照片".encode())


async def assert_restored(url: str, keyring: Keyring, folder: Path, name: str) -> None:
    """The person and the file are there and readable."""
    migrate.check(url)
    database = Database(url, keyring)
    async with database.reading() as session:
        assert (await session.execute(select(Person))).scalar_one().name == "赵试样"
    await database.dispose()
    assert await FolderStore(folder, keyring).read(name) == "照片".encode()


def unpack(made: Path, folder: Path) -> None:
    """The files of a backup."""
    with tarfile.open(made / "files.tar") as archive:
        safely: Any = {"filter": "data"} if hasattr(tarfile, "data_filter") else {}  # from 3.11.4
        archive.extractall(folder, **safely)


def restore(program: Path, dump: Path, url: str) -> None:
    """Fill an empty PostgreSQL database."""
    subprocess.run([program, "--no-owner", f"--dbname={url}", dump], check=True)


async def test_a_backup_of_sqlite_restores(
    sqlite_url: str, keyring: Keyring, tmp_path: Path, now: datetime
) -> None:
    files, target = tmp_path / "files", tmp_path / "backups"
    name = await filled(sqlite_url, keyring, files, now)
    running = Database(sqlite_url, keyring)
    async with running.transaction() as session:  # the bot goes on writing meanwhile
        await person(session, now, "E2")
        made = backup(target, sqlite_url, files)
    await running.dispose()
    assert stat.S_IMODE(made.stat().st_mode) == 0o700
    assert {path.name for path in made.iterdir()} == {"shebao.db", "files.tar"}
    unpack(made, tmp_path / "again")
    await assert_restored(f"sqlite:///{made}/shebao.db", keyring, tmp_path / "again", name)


@pytest.mark.postgresql
async def test_a_backup_of_postgresql_restores(
    postgres: Server, postgres_url: str, keyring: Keyring, tmp_path: Path, now: datetime
) -> None:
    files = tmp_path / "files"
    name = await filled(postgres_url, keyring, files, now)
    path = f"{postgres.binaries}:{os.environ['PATH']}"
    if not (postgres.binaries / "pg_dump").exists():
        lacking("no pg_dump beside the server")
    made = backup(tmp_path / "backups", postgres_url, files, PATH=path)
    again = postgres.url(postgres.create())
    restore(postgres.binaries / "pg_restore", made / "shebao.dump", again)
    unpack(made, tmp_path / "again")
    await assert_restored(again, keyring, tmp_path / "again", name)


def test_old_backups_go_and_a_failed_one_leaves_nothing(sqlite_url: str, tmp_path: Path) -> None:
    target = tmp_path / "backups"
    for day in range(10, 14):
        (target / f"202611{day}T000000Z").mkdir(parents=True)
    made = backup(target, sqlite_url, tmp_path / "files", SHEBAO_BACKUP_KEEP="2")
    assert sorted(path.name for path in target.iterdir()) == ["20261113T000000Z", made.name]
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHON": sys.executable,
        "SHEBAO_DATABASE_URL": f"sqlite:///{tmp_path}/absent.db",
    }
    done = subprocess.run(
        [DEPLOY / "backup.sh", target], env=environment, capture_output=True, check=False
    )
    assert done.returncode != 0
    assert len(list(target.iterdir())) == 2
