"""`desk`: where cases go, and who works on them."""

from __future__ import annotations

import json
from datetime import date, datetime, time
from typing import Annotated

import typer
from sqlmodel.ext.asyncio.session import AsyncSession

from bot.commands.context import database_session, fail, now, out, run
from bot.commands.texts import one_person, say, show
from services import cases
from services.cases import CaseError, OfficerView
from services.desk import set_desk
from services.people import people, roles
from storage.clock import SHANGHAI, local_date
from storage.models import Role

app = typer.Typer(help="HR服务台。", no_args_is_help=True)

Number = Annotated[str, typer.Argument(help="HR专员的工号")]
OfEmployer = Annotated[str | None, typer.Option("--of", help="本人所在单位（工号重复时）")]
LANGUAGES = ("zh", "en")


@app.command()
def bind(chat: Annotated[int, typer.Argument(help="HR群的编号（负数）")]) -> None:
    """把工单发到这个群。群里发 /bind_hr 也可以。"""

    async def work() -> None:
        async with database_session() as (session, _):
            await set_desk(session, str(chat))

    run(work())
    out(say("desk_bound"))


@app.command()
def officers(as_json: Annotated[bool, typer.Option("--json", help="输出 JSON")] = False) -> None:
    """列出专员：语言、擅长事项、在手工单、休假。"""

    async def work() -> list[tuple[str, OfficerView, str]]:
        async with database_session() as (session, _):
            found = await cases.officers_for(session, None, None)
            return [
                (await _number(session, one.id), one, await _number(session, one.stand_in_id))
                for one in found
            ]

    found = run(work())
    if as_json:
        out(json.dumps([_as_dict(*each) for each in found], ensure_ascii=False))
        return
    names = ("number", "name", "languages", "skills", "load", "away", "stand_in")
    show(say("officers_title"), [say(name) for name in names], [_row(*each) for each in found])


@app.command()
def profile(
    number: Number,
    language: Annotated[list[str] | None, typer.Option(help="zh 或 en，可写多次")] = None,
    skill: Annotated[list[str] | None, typer.Option(help="事项代码，可写多次；不写则全部")] = None,
    capacity: Annotated[int | None, typer.Option(min=1, help="同时在手的工单数")] = None,
    email: Annotated[str | None, typer.Option(help="另发邮件提醒的地址")] = None,
    of: OfEmployer = None,
) -> None:
    """登记一位专员怎么派单。没写的项回到默认。"""
    languages, skills = tuple(language or LANGUAGES[:1]), tuple(skill or ())
    if not set(languages) <= set(LANGUAGES):
        fail(say("language_wrong"))
    if not set(skills) <= set(cases.matters()):
        fail(say("skill_wrong", skills="、".join(cases.matters())))

    async def work() -> None:
        async with database_session() as (session, _):
            officer_id = await _officer(session, number, of)
            await cases.set_profile(
                session,
                officer_id,
                now(),
                languages=languages,
                skills=skills,
                capacity=capacity,
                email=email,
            )

    try:
        run(work())
    except CaseError:
        fail(say("address_wrong"))
    out(say("profile_written", number=number))


@app.command()
def away(
    number: Number,
    since: Annotated[str, typer.Option("--from", help="第一天，YYYY-MM-DD；不写从现在起")] = "",
    until: Annotated[str, typer.Option(help="回来的那天，YYYY-MM-DD；不写到登记回岗为止")] = "",
    stand_in: Annotated[str | None, typer.Option(help="由谁代班（工号）")] = None,
    of: OfEmployer = None,
) -> None:
    """登记休假：手里的工单转给代班的人，没有就转给下一位。"""
    first = _day(since) if since else now()
    last = _day(until) if until else None
    if last is not None and last <= first:
        fail(say("away_backwards"))

    async def work() -> list[int]:
        async with database_session() as (session, _):
            officer_id = await _officer(session, number, of)
            heir = await _officer(session, stand_in, of) if stand_in else None
            return await cases.away(session, officer_id, first, last, now(), stand_in_id=heir)

    out(say("away_written", number=number, count=len(run(work()))))


@app.command()
def back(number: Number, of: OfEmployer = None) -> None:
    """登记回岗：又会派到新工单，已转出的不收回。"""

    async def work() -> None:
        async with database_session() as (session, _):
            await cases.back(session, await _officer(session, number, of), now())

    run(work())
    out(say("back_written", number=number))


async def _officer(session: AsyncSession, number: str, employer: str | None) -> int:
    """The id of somebody who has a role at the desk, or an end with a sentence."""
    person = await one_person(session, number, employer)
    granted = {one.role for one in await roles.grants(session, person.id)}
    if not granted & {Role.OFFICER, Role.MANAGER, Role.ADMIN}:
        fail(say("not_officer", number=number))
    return person.id


async def _number(session: AsyncSession, person_id: int | None) -> str:
    found = await people.by_id(session, person_id) if person_id is not None else None
    return found.number if found else ""


def _day(text: str) -> datetime:
    """The beginning of a calendar day in China."""
    try:
        return datetime.combine(date.fromisoformat(text.strip()), time(), SHANGHAI)
    except ValueError:
        refused: datetime = fail(say("day_wrong", day=text))
        return refused


def _row(number: str, one: OfficerView, stand_in: str) -> tuple[str, ...]:
    matters = cases.matters()
    skills = "、".join(matters[code].zh for code in one.skills if code in matters)
    load = f"{one.load}/{one.capacity}"
    return (number, one.name, " ".join(one.languages), skills, load, _away(one), stand_in)


def _away(one: OfficerView) -> str:
    if one.away_from is None:
        return ""
    last = local_date(one.away_until).isoformat() if one.away_until else ""
    return f"{local_date(one.away_from).isoformat()} → {last}"


def _as_dict(number: str, one: OfficerView, stand_in: str) -> dict[str, object]:
    return {
        "number": number,
        "name": one.name,
        "languages": list(one.languages),
        "skills": list(one.skills),
        "load": one.load,
        "capacity": one.capacity,
        "away_from": one.away_from.isoformat() if one.away_from else None,
        "away_until": one.away_until.isoformat() if one.away_until else None,
        "stand_in": stand_in or None,
    }
