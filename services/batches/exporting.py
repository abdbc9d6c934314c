"""From applications that wait for an officer to the files that a bureau takes."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import groupby
from pathlib import Path

from sqlmodel.ext.asyncio.session import AsyncSession

from knowledge.batches import FOLDER, BatchTemplate, template_for
from services import cases
from services.applications import rows
from services.applications.observing import record_by_batch
from services.batches import files
from services.batches.candidates import Candidate, candidates
from services.batches.importing import TELL
from services.batches.values import NotReadyError, cells_of, photo_name
from services.batches.views import Exported, Ready, Unready
from services.gateways.contract import HistoryEntry
from services.people import audit, consents
from storage.clock import SHANGHAI
from storage.database import Database
from storage.files import FileStore
from storage.models import ApplicationStatus, ConsentKind
from storage.queue import accept

_JPEG = b"\xff\xd8\xff"
_AT_A_TIME = 50
"""Applications recorded in one transaction: on SQLite nobody else writes meanwhile."""
_STAGE: Mapping[ApplicationStatus, str] = {
    ApplicationStatus.DRAFT: "draft",
    ApplicationStatus.CHECKING: "checking",
    ApplicationStatus.WAITING: "waiting",
    ApplicationStatus.EVIDENCE: "evidence",
    ApplicationStatus.RETURNED: "returned",
}


async def export_batch(
    database: Database,
    store: FileStore,
    region: str,
    folder: Path,
    now: datetime,
    *,
    employer_id: int | None = None,
    templates: Sequence[Path] = (FOLDER,),
    filed: bool = False,
    actor: str = "cli",
) -> tuple[Exported, ...]:
    """Write, for each employer, workbook, zip of portraits and check sheet into `folder`.

    Args:
        region: six digits; everything in the region is taken.
        templates: folders of templates, the later before the earlier.
        filed: also record what is in the workbook as handed in.

    Raises:
        UnknownTemplateError: no template for the region.
        OSError: the folder can't be written.
    """
    template_for(region, folders=templates)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    done = []
    async with database.reading() as session:
        found = await candidates(session, region, employer_id)
        ordered = sorted(found, key=lambda each: each.employer.id or 0)
        for _, group in groupby(ordered, key=lambda each: each.employer.id):
            members = list(group)
            template = template_for(region, members[0].employer.credit_code, folders=templates)
            batch = _Batch(
                database, session, store, template, region=region, folder=folder, now=now
            )
            done.append(await batch.write(members, filed=filed, actor=actor))
    return tuple(done)


class _Batch:
    """One employer's."""

    def __init__(
        self,
        database: Database,
        session: AsyncSession,
        store: FileStore,
        template: BatchTemplate,
        *,
        region: str,
        folder: Path,
        now: datetime,
    ) -> None:
        self.database, self.session = database, session
        self.store, self.template = store, template
        self.region, self.folder, self.now = region, folder, now

    async def write(self, members: Sequence[Candidate], *, filed: bool, actor: str) -> Exported:
        """Everything about these applications."""
        employer = members[0].employer
        # To the second: a later export never replaces what was handed in.
        moment = self.now.astimezone(SHANGHAI)
        stem = f"{self.region}-{employer.credit_code}-{moment:%Y%m%d-%H%M%S}"
        ready: list[Ready] = []
        unready: list[Unready] = []
        with files.Portraits(self.folder / f"{stem}-photos.zip") as portraits:
            for each in members:
                try:
                    ready.append(await self._row(each, portraits))
                except NotReadyError as error:
                    unready.append(_unready(each, error.why))
        book = self.folder / f"{stem}.xlsx"
        if ready:
            await asyncio.to_thread(lambda: files.save(book, files.workbook(self.template, ready)))
        check = self.folder / f"{stem}-check.xlsx"
        await asyncio.to_thread(
            lambda: files.save(check, files.check_sheet(self.template, ready, unready))
        )
        done = await self._file(ready, actor) if filed else 0
        counts = {"region": self.region, "ready": len(ready), "unready": len(unready)}
        subject = f"employer:{employer.id}"
        async with self.database.transaction() as session:
            await audit.record(session, actor, "batch.exported", subject, self.now, detail=counts)
            if done:
                await cases.watch_batch(session, employer.id or 0, self.now)
        return Exported(
            template=self.template.id,
            region=self.region,
            employer=employer.name,
            ready=len(ready),
            unready=len(unready),
            filed=done,
            workbook=book if ready else None,
            portraits=portraits.path if ready else None,
            check=check,
        )

    async def _row(self, candidate: Candidate, portraits: files.Portraits) -> Ready:
        row = candidate.row
        if row.status in _STAGE:
            raise NotReadyError(_STAGE[row.status])
        if row.kind.value not in self.template.kinds:
            raise NotReadyError("kind")
        if not candidate.by_hand:
            raise NotReadyError("on_its_way")
        if not await consents.has(self.session, row.person_id, ConsentKind.PICTURES):
            raise NotReadyError("consent")
        cells = cells_of(self.template, candidate)
        picture = await self._picture(candidate)
        name = photo_name(self.template, candidate)
        portraits.add(name, picture)
        return Ready(
            application_id=row.id or 0,
            revision=row.revision,
            number=row.number,
            staff_number=candidate.person.number,
            name=candidate.person.name,
            photo_name=name,
            cells=cells,
        )

    async def _picture(self, candidate: Candidate) -> bytes:
        try:
            picture = await self.store.read(candidate.photo or "")
        except FileNotFoundError:
            raise NotReadyError("photo_missing") from None
        if not picture.startswith(_JPEG):
            raise NotReadyError("photo_format")
        return picture

    async def _file(self, ready: Sequence[Ready], actor: str) -> int:
        """Record what is in the workbook as handed in; how many that were."""
        done = 0
        for start in range(0, len(ready), _AT_A_TIME):
            async with self.database.transaction() as session:
                for each in ready[start : start + _AT_A_TIME]:
                    done += await self._hand_in(session, each, actor)
        return done

    async def _hand_in(self, session: AsyncSession, ready: Ready, actor: str) -> bool:
        """One application is with the bureau: its person hears, and no officer is asked to file it;
        False when it has changed since it was written."""
        row = await rows.locked(session, ready.application_id)
        if row.status is not ApplicationStatus.SUBMITTING or row.revision != ready.revision:
            return False
        number, key = ready.application_id, f"filed:{ready.revision}"
        entry = HistoryEntry(sequence=0, status="reviewing", at=self.now)
        if not await record_by_batch(session, number, entry, self.now, key=key, actor=actor):
            return False
        await cases.handed_in(session, row.person_id, number, self.now)
        await accept(
            session,
            key=f"batch:{number}:{key}",
            mailbox=await rows.mailbox(session, row),
            kind=TELL,
            payload={"application_id": number},
            at=self.now,
        )
        return True


def _unready(candidate: Candidate, why: str) -> Unready:
    row, person = candidate.row, candidate.person
    return Unready(row.number, person.number, person.name, row.region_code, why)
