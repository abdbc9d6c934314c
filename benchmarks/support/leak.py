"""After a run: everything that was written, searched for the canaries that went through it."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.support.canaries import (
    Canary,
    Finding,
    Searcher,
    picture_canaries,
    text_canaries,
)
from benchmarks.support.cast import Member
from benchmarks.support.town import Town
from benchmarks.support.workers import Worker
from tests.support.postgres import Server

_SHARED_MEMORY = Path("/dev/shm")


@dataclass
class Leaks:
    """What was searched, and what was found."""

    canaries: int = 0
    places: dict[str, int] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    planted_found: bool = False
    core: list[str] = field(default_factory=list)


def shared_memory() -> frozenset[Path]:
    """Files in shared memory, to see later which are new."""
    return frozenset(_SHARED_MEMORY.rglob("*")) if _SHARED_MEMORY.is_dir() else frozenset()


def canaries_of(members: Iterable[Member], pictures: Iterable[bytes]) -> list[Canary]:
    """What the members are called and have, and their pictures in every version."""
    found: list[Canary] = []
    for member in members:
        person = member.employee.person
        found += text_canaries("name", person.name)
        found += text_canaries("ID number", person.id_number)
        found += text_canaries("address", person.address)
        found += text_canaries("phone", member.employee.phone)
        for name, picture in member.pictures.items():
            found += picture_canaries(f"picture {name}", picture)
    for picture in pictures:
        found += picture_canaries("picture kept by messenger", picture)
    return found


def planted(members: Iterable[Member], searcher: Searcher) -> bool:
    """Whether the search finds what is really there: a text and a picture, put there by us."""
    member = next(iter(members))
    haystack = b"x" * 1000 + member.employee.person.id_number.encode("utf-16-le") + b"y" * 1000
    picture = member.pictures["front"]
    return bool(searcher.search("planted", haystack)) and bool(searcher.search("planted", picture))


def search_everything(
    town: Town, searcher: Searcher, server: Server | None, before: frozenset[Path]
) -> Leaks:
    """Database, files, logs, metrics, request logs and temporary folders, after all have ended."""
    leaks = Leaks(canaries=searcher.count)
    folder = town.folder
    places = {
        "bot's database": folder / "database",
        "bot's files": folder / "files",
        "logs": folder / "logs",
        "metrics and request logs": folder / "metrics",
        "temporary files": folder / "tmp",
        "messenger's database and files": folder / "messenger",
    }
    if server is not None:
        places["PostgreSQL's files"] = server.folder
        places["PostgreSQL's dump"] = dump(town, server)
    for name, place in places.items():
        _search(leaks, searcher, name, place)
    fresh = [path for path in shared_memory() - before if path.is_file()]
    for path in fresh:
        leaks.findings += searcher.search_file(path, f"shared memory: {path.name}")
    leaks.places["shared memory"] = len(fresh)
    return leaks


def _search(leaks: Leaks, searcher: Searcher, name: str, place: Path) -> None:
    before = searcher.bytes_searched
    leaks.findings += searcher.search_folder(place, name)
    leaks.places[name] = searcher.bytes_searched - before


def dump(town: Town, server: Server) -> Path:
    """A plain-text dump, as a backup would be; in a folder of its own."""
    folder = town.folder / "dump"
    folder.mkdir(exist_ok=True)
    own = server.binaries / "pg_dump"
    program = str(own) if own.exists() else shutil.which("pg_dump")
    if program is None:
        raise RuntimeError("no pg_dump beside the server's binaries")
    with (folder / "dump.sql").open("wb") as out:
        subprocess.run([program, town.database_url], stdout=out, check=True)
    return folder


def core_files(workers: Iterable[Worker]) -> list[str]:
    """Workers whose memory could be written to a core file."""
    return [
        f"{w.name}: core limit {w.core_limit}" for w in workers if w.core_limit not in ("0", "")
    ]


def keep_as_text(town: Town, name: str, rows: object) -> None:
    """Put what an operator would see beside the logs, to be searched too."""
    path = town.folder / "metrics" / f"{name}.json"
    path.write_text(json.dumps(rows, ensure_ascii=False), "utf-8")
