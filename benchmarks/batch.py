"""Round trip of a batch: export, a bureau's answer, import, and the same answer again.

    python -m benchmarks.batch --engine sqlite
    python -m benchmarks.batch --engine postgresql --rows 5000

Every cell, picture and state is compared with what went in. Exit code 1 on any difference. Prints
seconds of each step and the process's peak memory.
"""

from __future__ import annotations

import argparse
import asyncio
import io
import random
import resource
import shutil
import sys
import tempfile
import time
import zipfile
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from PIL import Image
from python_calamine import CalamineWorkbook
from rich.console import Console
from rich.table import Table
from sqlmodel import col, select

from benchmarks.crash import database
from services.applications import new_number
from services.batches import AnswerReport, Exported, export_batch, import_answer
from services.documents.idnumber import check_character
from services.imports import ImportSettings
from services.people import consents
from storage import migrate
from storage.crypto import Keyring, generate_key
from storage.database import Database
from storage.files import FolderStore
from storage.models import (
    Application,
    ApplicationEvent,
    ApplicationKind,
    ApplicationStatus,
    Consent,
    ConsentKind,
    Document,
    DocumentStatus,
    Employer,
    Person,
    StoredFile,
)
from tests.people.makers import sheet

NOW = datetime(2026, 11, 24, 2, tzinfo=UTC)
REGION = "370100"
_ANSWERS = {
    "审核通过": ApplicationStatus.MAKING,
    "待领取": ApplicationStatus.COLLECTABLE,
    "审核不通过": ApplicationStatus.RETURNED,
    "受理中": ApplicationStatus.REVIEWING,
}


class Trip:
    """One run."""

    def __init__(self, opened: Database, keyring: Keyring, folder: Path, rows: int) -> None:
        self.database, self.folder, self.rows = opened, folder, rows
        self.store = FolderStore(folder / "files", keyring)
        self.seconds: dict[str, float] = {}
        self.faults: list[str] = []
        self.random = random.Random(20261124)

    @contextmanager
    def timed(self, step: str) -> Iterator[None]:
        """Measure a step."""
        begun = time.perf_counter()
        yield
        self.seconds[step] = time.perf_counter() - begun

    def expect(self, what: str, held: bool) -> None:
        """Note what doesn't hold."""
        if not held:
            self.faults.append(what)

    async def run(self) -> None:
        """All steps."""
        wanted = await self.fill()
        with self.timed("export"):
            to = self.folder / "out"
            (made,) = await export_batch(self.database, self.store, REGION, to, NOW)
        self.compare(made, wanted)
        said = {number: self.random.choice(list(_ANSWERS)) for number in wanted}
        answer = self.answer(made, said)
        with self.timed("dry run"):
            dry = await self.take(answer, dry_run=True)
        with self.timed("import"):
            done = await self.take(answer)
        events = await self.events()
        with self.timed("import again"):
            again = await self.take(answer)
        self.expect("every row applied", dry.counts == done.counts == {"applied": self.rows})
        self.expect("nothing applied twice", again.counts == {"repeated": self.rows})
        self.expect("no further event", await self.events() == events)
        async with self.database.reading() as session:
            states = {row.number: row.status for row in await session.exec(select(Application))}
        self.expect("states", states == {n: _ANSWERS[word] for n, word in said.items()})

    async def fill(self) -> dict[str, str]:
        """People whose applications wait for an officer; gives ID numbers by application."""
        stream = io.BytesIO()
        Image.effect_noise((358, 441), 40).convert("RGB").save(stream, "JPEG", quality=80)
        picture = stream.getvalue()
        wanted: dict[str, str] = {}
        async with self.database.transaction() as session:
            employer = Employer(
                name="样例科技有限公司",
                credit_code="91370100000012345D",
                unit_numbers={"370000": "3700001"},
            )
            session.add(employer)
            await session.flush()
            people = [_person(serial, employer.id or 0) for serial in range(self.rows)]
            session.add_all(people)
            await session.flush()
            applications = [_application(person) for person in people]
            files = [
                StoredFile(
                    name=await self.store.write(picture),
                    person_id=person.id or 0,
                    media_type="image/jpeg",
                    size=len(picture),
                    created_at=NOW,
                )
                for person in people
            ]
            session.add_all([*applications, *files])
            await session.flush()
            for person, row, file in zip(people, applications, files, strict=True):
                session.add_all(_around(person, row, file))
                wanted[row.number] = person.id_number or ""
        return wanted

    def compare(self, made: Exported, wanted: dict[str, str]) -> None:
        """Workbook and zip against what went in."""
        self.expect("all are ready", (made.ready, made.unready) == (self.rows, 0))
        header, *rows = _cells(made.workbook)
        number, who = header.index("申请编号"), header.index("证件号码")
        self.expect("workbook", {row[number]: row[who] for row in rows} == wanted)
        assert made.portraits is not None
        with zipfile.ZipFile(made.portraits) as photos:
            names = {name[:18] for name in photos.namelist()}
            self.expect("portraits", names == set(wanted.values()))
            self.expect("zip", photos.testzip() is None)

    def answer(self, made: Exported, said: dict[str, str]) -> bytes:
        """The officer's sheet: shuffled rows, other columns in front, other headings."""
        header, *rows = _cells(made.workbook)
        number, who = header.index("申请编号"), header.index("证件号码")
        lines: list[Sequence[str]] = [
            (str(line), said[row[number]], f" {row[who]}", "2026-11-23")
            for line, row in enumerate(rows)
        ]
        self.random.shuffle(lines)
        return sheet(lines, headings=("序号", "审核结果", "公民身份号码（必填）", "办理时间"))

    async def take(self, content: bytes, *, dry_run: bool = False) -> AnswerReport:
        """Import it."""
        settings = ImportSettings()
        return await import_answer(
            self.database, content, REGION, NOW, settings=settings, dry_run=dry_run
        )

    async def events(self) -> int:
        """How many events applications have."""
        async with self.database.reading() as session:
            return len((await session.exec(select(col(ApplicationEvent.id)))).all())


def _person(serial: int, employer: int) -> Person:
    day = date(1970, 1, 1) + timedelta(days=serial % 10_000)
    body = f"370102{day:%Y%m%d}{999 - serial // 10_000}"
    return Person(
        employer_id=employer,
        number=f"E{serial:05d}",
        name="样本" + chr(0x4E00 + serial % 5000),
        id_number=body + check_character(body),
        phone=f"154{serial:08d}",
        region_code=REGION,
        created_at=NOW,
        updated_at=NOW,
    )


def _application(person: Person) -> Application:
    number = person.id_number or ""
    return Application(
        number=new_number(),
        person_id=person.id or 0,
        employer_id=person.employer_id,
        kind=ApplicationKind.FIRST,
        region_code=REGION,
        province_code="370000",
        bank_code="icbc",
        status=ApplicationStatus.SUBMITTING,
        applicant={
            "name": person.name,
            "id_number": number,
            "sex": "男",
            "birth": f"{number[6:10]}-{number[10:12]}-{number[12:14]}",
            "ethnicity": "汉",
            "address": "山东省济南市历下区样本路1号",
            "authority": "济南市公安局历下分局",
            "valid_from": "2020-01-01",
            "valid_to": "2040-01-01",
            "phone": person.phone,
        },
        created_at=NOW,
        updated_at=NOW,
    )


def _around(
    person: Person, row: Application, file: StoredFile
) -> tuple[Document, ApplicationEvent, Consent]:
    return (
        Document(
            application_id=row.id or 0,
            person_id=person.id or 0,
            kind="portrait",
            status=DocumentStatus.CONFIRMED,
            file_id=file.id,
            created_at=NOW,
        ),
        ApplicationEvent(
            application_id=row.id or 0,
            source="us",
            sequence=1,
            status="by_hand",
            at=NOW,
            recorded_at=NOW,
            told_at=NOW,
        ),
        Consent(
            person_id=person.id or 0,
            kind=ConsentKind.PICTURES,
            version=consents.current_version(ConsentKind.PICTURES),
            given_at=NOW,
        ),
    )


def _cells(path: Path | None) -> list[list[str]]:
    assert path is not None
    rows = CalamineWorkbook.from_path(path).get_sheet_by_index(0).to_python()
    return [[str(cell) for cell in row] for row in rows]


async def _trip(url: str, folder: Path, rows: int) -> Trip:
    keyring = Keyring.from_text(generate_key())
    opened = Database(url, keyring)
    try:
        trip = Trip(opened, keyring, folder, rows)
        await trip.run()
        return trip
    finally:
        await opened.dispose()


def main() -> int:
    """The command line."""
    parser = argparse.ArgumentParser(description="Round trip of a batch.")
    parser.add_argument("--engine", choices=("postgresql", "sqlite"), default="sqlite")
    parser.add_argument("--rows", type=int, default=5000)
    given = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="shebao-batch-", dir="/tmp"))
    console = Console()
    try:
        with database(given.engine, folder) as (url, _):
            migrate.upgrade(url)
            trip = asyncio.run(_trip(url, folder, given.rows))
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    table = Table("step", "seconds", title=f"{given.rows} rows on {given.engine}")
    for step, seconds in trip.seconds.items():
        table.add_row(step, f"{seconds:.1f}")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    table.add_row("peak memory, MiB", f"{peak:.0f}")
    console.print(table)
    for fault, count in Counter(trip.faults).items():
        console.print(f"NOT HELD: {fault} ({count})")
    console.print("exact" if not trip.faults else "differs")
    return 1 if trip.faults else 0


if __name__ == "__main__":
    sys.exit(main())
