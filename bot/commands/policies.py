"""`ask` and `move`: the policy base from the command line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from bot.commands.context import fail, out
from knowledge.ask import Answer, Answerer
from knowledge.move import guide
from knowledge.regions import find

AsJson = Annotated[bool, typer.Option("--json", help="输出 JSON")]


def ask(
    question: Annotated[str | None, typer.Argument(help="问题")] = None,
    previous: Annotated[str | None, typer.Option(help="上一个问题")] = None,
    region: Annotated[str | None, typer.Option(help="员工所在地区（六位区划代码）")] = None,
    batch: Annotated[Path | None, typer.Option(help="成批提问的 JSONL 文件", exists=True)] = None,
    output: Annotated[Path | None, typer.Option("--out", help="成批回答写到这里")] = None,
    as_json: AsJson = False,
) -> None:
    """问政策：给出规定、来源和日期；没有依据就直说。"""
    answerer = Answerer.load()
    if batch is not None:
        _batch(answerer, batch, output)
        return
    if not question:
        fail("请写下问题，或用 --batch 指定文件。")
        return
    answer = answerer.ask(question, previous=previous, region=region)
    if as_json:
        out(json.dumps(answer.record("cli"), ensure_ascii=False))
    else:
        out(_plain(answer))


def _batch(answerer: Answerer, source: Path, target: Path | None) -> None:
    lines = (json.loads(line) for line in source.read_text("utf-8").splitlines() if line.strip())
    written = [json.dumps(row, ensure_ascii=False) for row in answerer.ask_batch(lines)]
    if target is None:
        out("\n".join(written))
    else:
        target.write_text("\n".join(written) + "\n", "utf-8")


def _plain(answer: Answer) -> str:
    if not answer.parts:
        offered = "、".join(choice.title for choice in answer.offered)
        return f"您想问的是：{offered}？" if offered else f"没有可靠的依据（{answer.reason}）。"
    lines: list[str] = []
    for part in answer.parts:
        where = part.region.name if part.region else "全国"
        lines += [f"【{part.title}】{where}", part.rule.text]
        lines += [f"{index}. {step.text}" for index, step in enumerate(part.steps, 1)]
        details = (part.bring, part.time, part.cost, part.where, *part.notes)
        lines += [detail.text for detail in details if detail]
        lines += [
            f"依据：{source.title}，{source.date or '无日期'}（{source.checked}核对）"
            for source in part.sources
        ]
        if part.caveat:
            lines.append("请以当地12333为准。")
    return "\n".join(lines)


def move(
    origin: Annotated[str, typer.Argument(help="原参保地（六位区划代码）")],
    destination: Annotated[str, typer.Argument(help="目标参保地（六位区划代码）")],
    as_json: AsJson = False,
) -> None:
    """注销还是转移：两地之间怎么办。"""
    for code in (origin, destination):
        if find(code) is None:
            fail(f"没有这个区划代码：{code}")
    found: dict[str, Any] = guide(origin, destination).as_dict()
    if as_json:
        out(json.dumps(found, ensure_ascii=False))
        return
    for step in found["steps"]:
        out(f"• {step['text']}")
