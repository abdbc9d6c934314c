"""`gaps`: questions that nobody could answer; one officer answers, another publishes."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from typing import Annotated

import typer
from sqlmodel.ext.asyncio.session import AsyncSession

from bot.commands.context import database_session, fail, now, out, run
from bot.commands.knowledge_texts import refuse, say
from bot.commands.texts import one_person, show
from services import gaps
from services.gaps import Draft, GapError, GapView
from storage.models import GapStatus

app = typer.Typer(help="待答问题：回答、发布。", no_args_is_help=True)
AsJson = Annotated[bool, typer.Option("--json", help="输出 JSON")]
Verb = Callable[[AsyncSession, int], Awaitable[None]]
By = Annotated[str, typer.Option("--by", help="经手的HR专员的工号")]
Number = Annotated[int, typer.Argument(help="待答问题的编号")]


@app.command("list")
def list_(
    region: Annotated[str, typer.Option(help="区划代码的开头，例如 37")] = "",
    published: Annotated[bool, typer.Option("--published", help="看已发布的")] = False,
    as_json: AsJson = False,
) -> None:
    """问得最多的在前。"""

    async def work() -> tuple[GapView, ...]:
        waiting = (GapStatus.OPEN, GapStatus.DRAFTED)
        async with database_session() as (session, _):
            statuses = (GapStatus.PUBLISHED,) if published else waiting
            return await gaps.gap_list(session, statuses, region_prefix=region)

    found = run(work())
    if as_json:
        out(json.dumps([asdict(one) for one in found], ensure_ascii=False, default=str))
    elif not found:
        out(say("gaps_none"))
    else:
        rows = [
            (
                str(one.id),
                one.status.value,
                str(one.count),
                one.title,
                "，".join(f"{name} {count}" for name, count in one.regions[:3]),
            )
            for one in found
        ]
        show("待答问题", ("编号", "状态", "次数", "问题", "地区"), rows)


@app.command("show")
def show_(gap_id: Number, as_json: AsJson = False) -> None:
    """一个待答问题：说法、次数、地区、草稿。"""

    async def work() -> GapView | None:
        async with database_session() as (session, _):
            return await gaps.gap_view(session, gap_id)

    view = run(work())
    if view is None:
        fail(say("gap_unknown"))
        return
    indent = None if as_json else 1
    out(json.dumps(asdict(view), ensure_ascii=False, indent=indent, default=str))


@app.command()
def answer(
    gap_id: Number,
    text: Annotated[str, typer.Option("--text", help="答复")],
    source: Annotated[str, typer.Option(help="来源：文件名，或某日12333答复")],
    by: By,
    question: Annotated[str | None, typer.Option(help="用HR自己的话写的问题")] = None,
    region: Annotated[str | None, typer.Option(help="适用地区的区划代码；空字符串为全国")] = None,
) -> None:
    """写草稿；由另一位同事发布。"""
    draft = Draft(text, source, question, region)

    async def verb(session: AsyncSession, person_id: int) -> None:
        await gaps.answer(session, gap_id, person_id, draft, now())

    _act(verb, by)
    out(say("gap_drafted", id=gap_id))


@app.command()
def publish(gap_id: Number, by: By) -> None:
    """发布别人写的草稿；问过的人会收到。"""
    told: list[int] = []

    async def verb(session: AsyncSession, person_id: int) -> None:
        told.append(await gaps.publish(session, gap_id, person_id, now()))

    _act(verb, by)
    out(say("gap_published", told=told[0]))


@app.command()
def dismiss(gap_id: Number, by: By) -> None:
    """不用回答：从清单里拿掉。"""

    async def verb(session: AsyncSession, person_id: int) -> None:
        await gaps.dismiss(session, gap_id, person_id, now())

    _act(verb, by)
    out(say("gap_dismissed"))


@app.command()
def withdraw(gap_id: Number, by: By) -> None:
    """撤下已发布的答复。"""

    async def verb(session: AsyncSession, person_id: int) -> None:
        await gaps.withdraw(session, gap_id, person_id, now())

    _act(verb, by)
    out(say("gap_withdrawn"))


def _act(verb: Verb, by: str) -> None:
    async def work() -> None:
        async with database_session() as (session, _):
            person = await one_person(session, by, None)
            await verb(session, person.id)

    try:
        run(work())
    except GapError as error:
        refuse(error)
