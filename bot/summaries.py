"""Tasks of the summary (picture, report, workbook), and the loop that keeps measures true."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from bot.renderer import plain_lines
from bot.runtime import Runtime
from bot.tasks import Job, Result
from services.measures import report
from services.measures.charts import chat_picture
from services.measures.monthly import close_month
from services.measures.refresh import refresh
from services.measures.releases import release
from services.measures.summary import Summary, areas_of, read_view, summarise
from services.measures.telling import said
from storage.clock import local_date
from storage.models import Role, StoredFile, SubjectChange

_PNG, _PDF = "image/png", "application/pdf"
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_KEPT = timedelta(days=7)


class Measuring:
    """Keeps figures up to date, publishes ratings, and closes the month."""

    def __init__(self, runtime: Runtime) -> None:
        self.runtime = runtime
        self.held: object = None

    async def step(self) -> bool:
        """One batch of changes; when none is left, what the day asks for."""
        runtime = self.runtime
        now, batch = runtime.clock.now(), runtime.settings.measures.refresh_batch
        async with runtime.database.reading() as session:
            changed = (await session.exec(select(SubjectChange.id).limit(1))).first() is not None
        if changed:
            async with runtime.database.transaction() as session:
                return bool(await refresh(session, now, batch))
        hour = (local_date(now), now.hour)
        if self.held != hour:
            async with runtime.database.transaction() as session:
                await release(session, now)
                await close_month(session, now)
            self.held = hour
        return False


async def view_of(session: AsyncSession, person_id: int, text: str) -> Any:
    """What somebody may see: a manager their areas, an officer their own figures; else None."""
    manages = await areas_of(session, person_id)
    if manages:
        return read_view(text, manages)
    works = await areas_of(session, person_id, Role.OFFICER)
    return read_view(text, works, person_id) if works else None


async def _summary(job: Job) -> Summary | None:
    runtime = job.runtime
    async with runtime.database.reading() as session:
        view = await view_of(session, int(job.payload["person_id"]), job.payload["view"])
        return None if view is None else await summarise(session, view, runtime.clock.now())


async def draw_summary(job: Job) -> Result | None:
    """The month's lines and its picture."""
    summary = await _summary(job)
    if summary is None:
        return None
    language = job.payload.get("language", "zh")
    picture = await asyncio.to_thread(chat_picture, summary, language)
    return await _result(job, summary, {"file_id": (picture.png, _PNG)})


async def report_summary(job: Job) -> Result | None:
    """Picture, PDF and workbook."""
    summary = await _summary(job)
    if summary is None:
        return None
    language = job.payload.get("language", "zh")
    values = {"said": said(summary, language)}
    text = job.runtime.renderer.message("summary.month", language, values)
    lines = plain_lines(text)
    picture = await asyncio.to_thread(chat_picture, summary, language)
    pdf = await asyncio.to_thread(report.pdf, summary, language, lines)
    book = await asyncio.to_thread(report.workbook, summary, language, lines)
    files = {"file_id": (picture.png, _PNG), "pdf_id": (pdf, _PDF), "book_id": (book, _XLSX)}
    return await _result(job, summary, files)


async def _result(job: Job, summary: Summary, files: dict[str, tuple[bytes, str]]) -> Result:
    runtime, person_id = job.runtime, int(job.payload["person_id"])
    stored = {
        name: (await runtime.files.write(content), len(content), kind)
        for name, (content, kind) in files.items()
    }
    now = runtime.clock.now()

    async def complete(session: AsyncSession, result: dict[str, Any]) -> None:
        for name, (file, size, kind) in stored.items():
            row = StoredFile(
                name=file, person_id=person_id, media_type=kind, size=size,
                created_at=now, expires_at=now + _KEPT,
            )  # fmt: skip
            session.add(row)
            await session.flush()
            result[name] = row.id

    language = job.payload.get("language", "zh")
    return Result({"said": said(summary, language), "view": summary.view.encode()}, complete)
