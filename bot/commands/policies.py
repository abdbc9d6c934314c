"""`ask` and `move`: the policy base from the command line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from bot.commands.context import fail, out
from bot.commands.in_force import policies_in_force
from knowledge.ask import Answer, Answerer
from knowledge.move import About, guide
from knowledge.regions import Region, find, full_name
from knowledge.understand.places import Gazetteer

Published = Annotated[
    bool | None,
    typer.Option(
        "--published/--packaged",
        help="按数据库里现行的政策，或按程序自带的；不写：有现行的就按现行的（--batch 按自带的）",
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="输出 JSON")]


def ask(
    question: Annotated[str | None, typer.Argument(help="问题")] = None,
    previous: Annotated[str | None, typer.Option(help="上一个问题")] = None,
    region: Annotated[str | None, typer.Option(help="员工所在地区（六位区划代码）")] = None,
    batch: Annotated[Path | None, typer.Option(help="成批提问的 JSONL 文件", exists=True)] = None,
    output: Annotated[Path | None, typer.Option("--out", help="成批回答写到这里")] = None,
    published: Published = None,
    as_json: AsJson = False,
    every: Annotated[bool, typer.Option("--sources", help="列出全部依据")] = False,
) -> None:
    """问政策：给出规定、来源和日期；没有依据就直说。"""
    if batch is None and not question:
        fail("请写下问题，或用 --batch 指定文件。")
    base = policies_in_force(published if batch is None else bool(published))
    answerer = Answerer.load()
    if base is not None:
        answerer = answerer.with_base(base)
    if batch is not None:
        _batch(answerer, batch, output)
        return
    assert question is not None
    answer = answerer.ask(question, previous=previous, region=region)
    if as_json:
        out(json.dumps(answer.record("cli"), ensure_ascii=False))
    else:
        out(_plain(answer, every))


def _batch(answerer: Answerer, source: Path, target: Path | None) -> None:
    lines = (json.loads(line) for line in source.read_text("utf-8").splitlines() if line.strip())
    written = [json.dumps(row, ensure_ascii=False) for row in answerer.ask_batch(lines)]
    if target is None:
        out("\n".join(written))
    else:
        target.write_text("\n".join(written) + "\n", "utf-8")


def _plain(answer: Answer, every: bool) -> str:
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
            for source in (part.sources if every else part.main)
        ]
        if not every and len(part.sources) > len(part.main):
            lines.append(f"另有{len(part.sources) - len(part.main)}条依据，加 --sources 全部列出。")
        if part.caveat:
            lines.append("请以当地12333为准。")
    return "\n".join(lines)


def move(
    origin: Annotated[str, typer.Argument(help="原参保地（六位区划代码或地名）")],
    destination: Annotated[str, typer.Argument(help="目标参保地（六位区划代码或地名）")],
    about: Annotated[About, typer.Option(help="只看社保卡，还是只看社保关系")] = About.BOTH,
    drawing_pension: Annotated[
        bool | None, typer.Option(help="是否已经在领养老金；不填就两种都说")
    ] = None,
    hmt: Annotated[bool, typer.Option("--hmt", help="港澳台居民")] = False,
    published: Published = None,
    as_json: AsJson = False,
) -> None:
    """注销还是转移：两地之间怎么办，每一步都带依据。"""
    here, there = _place(origin), _place(destination)
    found: dict[str, Any] = guide(
        here.code,
        there.code,
        about=about,
        drawing_pension=drawing_pension,
        hmt=hmt,
        base=policies_in_force(published),
    ).as_dict()
    if as_json:
        out(json.dumps(found, ensure_ascii=False))
        return
    out(f"{full_name(here.code)} → {full_name(there.code)}")
    for step in found["steps"]:
        mark = " ※" if step["caveat"] else ""
        out(f"• {'HR：' if step['who'] == 'hr' else ''}{step['text']}{mark}")
        source = step["sources"][0]
        out(f"    依据：{source['title']}，{source['date'] or '无日期'}，{source['checked']}核对")
    if any(step["caveat"] for step in found["steps"]):
        out("※ 请以当地12333为准。")


def _place(written: str) -> Region:
    """A division by its code or by any name that a person would type."""
    known = find(written)
    if known is not None:
        return known
    named = Gazetteer().find(written, english=written.isascii()).named
    if len(named) != 1:
        fail(f"没认出这个地方：{written}。请写六位区划代码，或完整的地名。")
    return named[0]
