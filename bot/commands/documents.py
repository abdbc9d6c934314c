"""`check-document`: read and judge pictures from the command line."""

from __future__ import annotations

import csv
import json
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.progress import Progress

from bot.commands.context import fail, is_terminal, out, settings
from bot.works import portrait_profile
from knowledge.regions import find
from services.documents.check import check_paths
from services.documents.document import ASKABLE
from services.documents.findings import sentences
from storage.clock import SHANGHAI

Paths = Annotated[list[Path], typer.Argument(help="图片、PDF，或装着它们的文件夹", exists=True)]


def check_document(
    paths: Paths,
    kind: Annotated[str | None, typer.Option(help="资料种类；不写则自动识别")] = None,
    region: Annotated[str | None, typer.Option(help="照片按哪个地区的要求（六位区划代码）")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="每份资料输出一行 JSON")] = False,
    report: Annotated[Path | None, typer.Option("--csv", help="把结果写进这个 CSV 文件")] = None,
) -> None:
    """检查证件图片：读出的内容、发现的问题、怎么改。"""
    if region is not None and find(region) is None:
        fail(f"没有这个区划代码：{region}")
    if kind is not None and kind not in ASKABLE:
        fail(f"没有这种资料：{kind}。可以写：{'、'.join(ASKABLE)}")
    configured = settings().documents
    today: date = datetime.now(SHANGHAI).date()
    profile = portrait_profile(region) if region else None
    rows: list[dict[str, Any]] = []
    with Progress(disable=as_json or not is_terminal(), transient=True) as progress:
        bar = progress.add_task("检查", total=None)

        def moved(done: int, total: int) -> None:
            progress.update(bar, completed=done, total=total)

        for row in check_paths(paths, kind, profile, today, settings=configured, on_progress=moved):
            rows.append(row)
            out(json.dumps(row, ensure_ascii=False) if as_json else _plain(row))
    if report is not None:
        _write(report, rows)
    raise typer.Exit(0 if rows and all(row["ok"] for row in rows) else 1)


def _word(name: str) -> str:
    """A field or kind as HR calls it; ``status_2`` is the second card of a list."""
    words = sentences()["words"]["zh"]
    stem, _, number = name.rpartition("_")
    if number.isdigit() and stem in words:
        return f"{words[stem]}{number}"
    return str(words.get(name, name))


def _plain(row: dict[str, Any]) -> str:
    mark = "✔" if row["ok"] else "✘"
    lines = [f"{mark} {row['file']} 第{row['page']}页 {_word(row['kind'])}"]
    for name, value in row["fields"].items():
        doubt = " ❗" if name in row["doubts"] else ""
        lines.append(f"    {_word(name)}：{value}{doubt}")
    lines += [f"    • {item['message']}，{item['remedy']}。" for item in row["findings"]]
    return "\n".join(lines)


def _write(path: Path, rows: list[dict[str, Any]]) -> None:
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["文件", "页", "种类", "合格", "问题", "怎么改", "存疑", "读到的内容"])
        for row in rows:
            writer.writerow(
                [
                    _inert(row["file"]),
                    row["page"],
                    _word(row["kind"]),
                    "是" if row["ok"] else "否",
                    "；".join(item["message"] for item in row["findings"]),
                    "；".join(item["remedy"] for item in row["findings"]),
                    "、".join(_word(name) for name in row["doubts"]),
                    "；".join(f"{_word(name)}：{value}" for name, value in row["fields"].items()),
                ]
            )


def _inert(text: str) -> str:
    """A cell that a spreadsheet does not take for a formula."""
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t")) else text
