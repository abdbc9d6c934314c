"""Made-up applications that wait to be handed in by hand."""

from __future__ import annotations

import io
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from PIL import Image
from python_calamine import CalamineWorkbook
from sqlmodel import col, select

from services import applications as apps
from services.applications import ApplicationView, SubmitResult
from services.batches import AnswerReport, Exported, export_batch, import_answer
from services.imports import ImportSettings
from storage.crypto import Keyring
from storage.database import Database
from storage.files import FolderStore
from storage.models import Document, InboxEvent, StoredFile
from tests.applications.conftest import Office, add_person
from tests.people.makers import id_number, sheet
from tests.support.clock import ManualClock

REGION = "370100"


def jpeg() -> bytes:
    """A white picture."""
    stream = io.BytesIO()
    Image.new("RGB", (358, 441), "white").save(stream, "JPEG")
    return stream.getvalue()


def front(serial: int) -> dict[str, str]:
    """What is printed on the ID card of a person."""
    number = id_number(serial)
    return {"id_number": number, "birth": f"{number[6:10]}-{number[10:12]}-{number[12:14]}"}


@dataclass
class Bureau:
    """Export and import, each in a transaction of its own."""

    office: Office
    store: FolderStore
    folder: Path

    async def person(self, serial: int) -> Office:
        """The verbs for one more employee."""
        async with self.office.database.transaction() as session:
            person_id = await add_person(session, self.office.now, serial)
        return replace(self.office, person_id=person_id)

    async def waiting(self, serial: int, region: str = REGION) -> ApplicationView:
        """An application of a new person that an officer must hand in."""
        office = await self.person(serial)
        view = await office.documented(region, **front(serial))
        await office.checked(view)
        await office.consents()
        assert (await office.do(apps.submit, view.id)).outcome == "queued"
        by_hand = SubmitResult(outcome="manual", revision=view.revision)
        await office.do(apps.record_submission, view.id, by_hand)
        await self.picture(view, jpeg())
        return view

    async def picture(self, view: ApplicationView, content: bytes) -> None:
        """The bytes of its portrait."""
        name = await self.store.write(content)
        async with self.office.database.transaction() as session:
            query = select(Document).where(
                col(Document.application_id) == view.id, col(Document.kind) == "portrait"
            )
            document = (await session.exec(query)).one()
            stored = StoredFile(
                name=name,
                person_id=view.person_id,
                media_type="image/jpeg",
                size=len(content),
                created_at=self.office.now,
            )
            session.add(stored)
            await session.flush()
            document.file_id = stored.id

    async def export(self, region: str = REGION, *, filed: bool = False) -> tuple[Exported, ...]:
        database, now = self.office.database, self.office.now
        return await export_batch(database, self.store, region, self.folder, now, filed=filed)

    async def answer(
        self, content: bytes, region: str = REGION, *, dry_run: bool = False
    ) -> AnswerReport:
        database, now = self.office.database, self.office.now
        return await import_answer(
            database, content, region, now, settings=ImportSettings(), dry_run=dry_run
        )

    async def told(self) -> int:
        """Events that wait to tell somebody."""
        async with self.office.database.reading() as session:
            query = select(InboxEvent).where(col(InboxEvent.kind) == "application.tell")
            return len((await session.exec(query)).all())


def cells(path: Path | None, page: int = 0) -> list[list[str]]:
    """A sheet as text."""
    assert path is not None
    book = CalamineWorkbook.from_path(path)
    return [[str(cell) for cell in row] for row in book.get_sheet_by_index(page).to_python()]


def answer_of(rows: list[tuple[object, ...]], *headings: str) -> bytes:
    """A bureau's workbook."""
    return sheet(rows, headings=headings)


@pytest.fixture
async def bureau(
    database: Database, clock: ManualClock, tmp_path: Path, keyring: Keyring
) -> Bureau:
    """Nobody yet."""
    office = Office(database, clock)
    return Bureau(office, FolderStore(tmp_path / "files", keyring), tmp_path / "out")
