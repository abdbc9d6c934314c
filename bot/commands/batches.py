"""`batch` and `templates`: many applications at once, in the workbook that a bureau takes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from bot.commands.context import fail, now_of, open_database, out, run, settings
from bot.commands.texts import employer_id_of, say, show
from knowledge import regions
from knowledge.batches import FOLDER, UnknownTemplateError, check_templates
from services.batches import AnswerReport, Exported, export_batch, import_answer, texts
from storage.files import FolderStore

app = typer.Typer(help="批量：导出给社保局的表和照片，读回结果", no_args_is_help=True)
templates = typer.Typer(help="批量表的模板", no_args_is_help=True)
AsJson = Annotated[bool, typer.Option("--json", help="输出 JSON")]
Region = Annotated[str, typer.Option(help="六位区划代码，包括其中的区县")]
Folder = Annotated[
    Path | None, typer.Option("--templates", help="另有模板的文件夹", exists=True, file_okay=False)
]


@templates.callback()
def _group() -> None:
    """批量表的模板"""


@app.command("export")
def export(
    region: Region,
    to: Annotated[
        Path | None,
        typer.Option("--to", help="存到这个文件夹，默认“batch-区划代码”", file_okay=False),
    ] = None,
    employer: Annotated[str | None, typer.Option(help="单位名称或统一社会信用代码")] = None,
    extra: Folder = None,
    filed: Annotated[bool, typer.Option("--filed", help="同时登记为已递交")] = False,
    as_json: AsJson = False,
) -> None:
    """导出：按当地模板的Excel表、照片压缩包和核对单，每家单位一套。"""
    code = _known(region)

    async def work() -> tuple[Exported, ...]:
        found = settings()
        async with open_database(found) as database:
            async with database.reading() as session:
                employer_id = await employer_id_of(session, employer)
            return await export_batch(
                database,
                FolderStore(found.files_dir, found.keyring()),
                code,
                to or Path(f"batch-{code}"),
                await now_of(database),
                employer_id=employer_id,
                templates=_folders(extra),
                filed=filed,
            )

    try:
        made = run(work())
    except UnknownTemplateError:
        fail(say("batch_no_template", region=code))
    except OSError:
        fail(say("batch_folder"))
    if as_json:
        out(json.dumps([_exported(one) for one in made], ensure_ascii=False))
        return
    if not made:
        out(say("batch_nothing", region=regions.full_name(code)))
    for one in made:
        values = {"ready": one.ready, "unready": one.unready, "template": one.template}
        out(say("batch_counts", employer=one.employer, **values))
        for path in (one.workbook, one.portraits, one.check):
            if path is not None:
                out(say("batch_saved", file=path))
        if one.ready:
            out(say("batch_filed", count=one.filed) if filed else say("batch_next"))


@app.command("import")
def import_(
    file: Annotated[
        Path, typer.Argument(help=".xlsx、.xls 或 .csv", exists=True, dir_okay=False, readable=True)
    ],
    region: Annotated[
        str | None, typer.Option(help="只对这个地区的申请（六位区划代码），默认全部")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="只核对，不写入")] = False,
    as_json: AsJson = False,
) -> None:
    """读回社保局的结果：逐行对上申请；拿不准的只报告，不写入。"""
    code = _known(region) if region else ""

    async def work() -> AnswerReport:
        found = settings()
        async with open_database(found) as database:
            return await import_answer(
                database,
                file.read_bytes(),
                code,
                await now_of(database),
                settings=found.imports,
                dry_run=dry_run,
            )

    report = run(work())
    if as_json:
        out(json.dumps(report.as_dict(), ensure_ascii=False))
    else:
        _show(report)
    raise typer.Exit(0 if report.ok else 1)


@templates.command("check")
def check(
    folder: Annotated[
        Path, typer.Argument(help="模板的文件夹", exists=True, file_okay=False)
    ] = FOLDER,
    as_json: AsJson = False,
) -> None:
    """检查批量表的模板：格式、来源、区划、照片命名。"""
    found = check_templates(folder)
    if as_json:
        out(json.dumps(found, ensure_ascii=False))
    else:
        for name, faults in found.items():
            out(f"{name}: {'; '.join(faults) if faults else say('template_good')}")
        if not found:
            out(say("template_none"))
    raise typer.Exit(1 if not found or any(found.values()) else 0)


def _known(region: str) -> str:
    found = regions.find(region.strip())
    return found.code if found else str(fail(say("region_unknown")))


def _folders(extra: Path | None) -> tuple[Path, ...]:
    return (FOLDER,) if extra is None else (FOLDER, extra)


def _exported(one: Exported) -> dict[str, object]:
    paths = {name: getattr(one, name) for name in ("workbook", "portraits", "check")}
    return vars(one) | {name: str(path) if path else None for name, path in paths.items()}


def _show(report: AnswerReport) -> None:
    headings = (say("row"), say("column"), say("message"))
    for title, entries in (("errors_title", report.errors), ("notices_title", report.notices)):
        if entries:
            cells = [(str(e.row or say("whole_file")), e.column or "", e.message) for e in entries]
            show(say(title), headings, cells)
    said = texts()["outcome"]
    rest = [each for each in report.outcomes if each.code != "applied"]
    if rest:
        lines = [(str(each.row), each.application or "", said[each.code]) for each in rest]
        show(say("batch_rest"), (say("row"), say("batch_number"), say("message")), lines)
    if report.errors:
        out(say("import_refused", count=len(report.errors)))
        return
    counts = "，".join(f"{said[code]} {count}" for code, count in report.counts.items())
    out(say("batch_answered", rows=len(report.outcomes), counts=counts))
    out(say("import_written" if report.written else "import_dry"))
