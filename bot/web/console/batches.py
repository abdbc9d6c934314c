"""批量: applications in a region's workbook, and the answer read back, first as a dry run."""

from __future__ import annotations

import asyncio
import io
import tempfile
import zipfile
from pathlib import Path

from aiohttp import web

from bot.web.console import kept
from bot.web.console.pages import OFFICERS, Pages
from bot.web.console.visit import Visit
from knowledge import regions
from knowledge.batches import UnknownTemplateError
from services.batches import AnswerReport, export_batch, import_answer, texts

pages = Pages("batches")
_ZIP = "application/zip"
_MEMORY = Path("/dev/shm")  # noqa: S108 - files of people lie on no disk, where there is a choice


@pages.get("/batches", roles=OFFICERS, everywhere=True, nav=True)
async def door(visit: Visit) -> web.StreamResponse:
    """Which region, out or back."""
    return _page(visit)


def _page(
    visit: Visit, report: AnswerReport | None = None, region: str = "", upload: str = ""
) -> web.Response:
    return visit.render(
        "batches",
        report=report,
        words=texts()["outcome_en" if visit.language == "en" else "outcome"],
        region=region,
        upload=upload,
        proof=kept.proof(visit, f"batch:{region}", upload),
    )


@pages.post("/batches/export", roles=OFFICERS, everywhere=True)
async def export(visit: Visit) -> web.StreamResponse:
    """Workbook, portraits and check sheet of every employer, in one archive."""
    region = regions.find(visit.form.text("region"))
    if region is None:
        return visit.goes("/batches", said="batch_region")
    runtime = visit.runtime
    base = str(_MEMORY) if _MEMORY.is_dir() else None
    with tempfile.TemporaryDirectory(dir=base) as made:
        folder = Path(made)
        try:
            done = await export_batch(
                runtime.database,
                runtime.files,
                region.code,
                folder,
                visit.now,
                filed=visit.form.text("filed") == "yes",
                actor=visit.actor,
            )
        except UnknownTemplateError:
            return visit.goes("/batches", said="batch_no_template")
        if not done:
            return visit.goes("/batches", said="batch_nothing")
        content = await asyncio.to_thread(_archive, folder)
    return visit.download(f"batch-{region.code}.zip", _ZIP, content)


def _archive(folder: Path) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(folder.iterdir()):
            archive.write(path, path.name)
    return stream.getvalue()


@pages.post("/batches", roles=OFFICERS, everywhere=True, files=True)
async def check(visit: Visit) -> web.StreamResponse:
    """The dry run. The answer is kept, encrypted, for an hour, so that it can be written."""
    region = regions.find(visit.form.text("region"))
    if region is None:
        return visit.goes("/batches", said="batch_region")
    if not visit.form.files:
        return visit.goes("/batches", said="file_missing")
    content = visit.form.files[0].content
    report = await _run(visit, content, region.code, dry_run=True)
    upload = "" if report.errors else await kept.keep(visit, content)
    return _page(visit, report, region.code, upload)


@pages.post("/batches/write", roles=OFFICERS, everywhere=True)
async def write(visit: Visit) -> web.StreamResponse:
    """Write what was just checked; the same file, by the same officer."""
    region = visit.form.text("region")
    async with visit.transaction() as session:
        content = await kept.take(visit, session, f"batch:{region}")
    if content is None:
        return visit.goes("/batches", said="file_gone")
    return _page(visit, await _run(visit, content, region, dry_run=False), region)


async def _run(visit: Visit, content: bytes, region: str, *, dry_run: bool) -> AnswerReport:
    runtime = visit.runtime
    return await import_answer(
        runtime.database,
        content,
        region,
        visit.now,
        settings=runtime.settings.imports,
        dry_run=dry_run,
        actor=visit.actor,
    )
