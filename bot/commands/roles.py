"""`roles`: who acts as officer, manager or admin, and where."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from bot.commands.context import database_session, fail, now, out, run
from bot.commands.texts import employer_id_of, one_person, say, show
from knowledge.regions import find, full_name
from services.people import UnknownPersonError, roles
from services.people.roles import Grant
from storage.clock import local_date
from storage.models import Role

app = typer.Typer(help="授权：HR专员、经理、管理员", no_args_is_help=True)

Number = Annotated[str, typer.Argument(help="工号")]
RoleName = Annotated[str, typer.Argument(help="officer、manager 或 admin")]
OfEmployer = Annotated[str | None, typer.Option("--of", help="本人所在单位（工号重复时）")]
ForEmployer = Annotated[str | None, typer.Option("--employer", help="只管这家单位")]
RegionOption = Annotated[str, typer.Option(help="只管这个地区（六位区划代码，省级也可以）")]


@app.command()
def grant(
    number: Number,
    role: RoleName,
    region: RegionOption = "",
    employer: ForEmployer = None,
    of: OfEmployer = None,
) -> None:
    """授予角色。"""
    wanted, prefix = _role(role), _prefix(region)

    async def work() -> Grant:
        async with database_session() as (session, _):
            person = await one_person(session, number, of)
            employer_id = await employer_id_of(session, employer)
            return await roles.grant(
                session, person.id, wanted, now(), region_prefix=prefix, employer_id=employer_id
            )

    try:
        made = run(work())
    except UnknownPersonError:
        fail(say("not_active", number=number))
    out(say("granted", number=number, role=say(made.role.value), scope=_scope(made)))


@app.command()
def revoke(
    number: Number,
    role: RoleName,
    region: Annotated[str | None, typer.Option(help="只撤这个地区的；不写则全撤")] = None,
    employer: ForEmployer = None,
    of: OfEmployer = None,
) -> None:
    """撤销角色。"""
    wanted = _role(role)
    prefix = None if region is None else _prefix(region)

    async def work() -> int:
        async with database_session() as (session, _):
            person = await one_person(session, number, of)
            employer_id = await employer_id_of(session, employer)
            return await roles.revoke(
                session, person.id, wanted, now(), region_prefix=prefix, employer_id=employer_id
            )

    count = run(work())
    out(say("revoked" if count else "nothing_revoked", count=count, number=number))
    raise typer.Exit(0 if count else 1)


@app.command("list")
def list_(as_json: Annotated[bool, typer.Option("--json", help="输出 JSON")] = False) -> None:
    """列出现有授权。"""

    async def work() -> tuple[Grant, ...]:
        async with database_session() as (session, _):
            return await roles.grants(session)

    found = run(work())
    if as_json:
        out(json.dumps([_as_dict(one) for one in found], ensure_ascii=False))
        return
    headings = [say(name) for name in ("number", "name", "role", "scope", "since")]
    rows = [
        (
            one.number,
            one.name,
            say(one.role.value),
            _scope(one),
            local_date(one.granted_at).isoformat(),
        )
        for one in found
    ]
    show(say("roles_title"), headings, rows)


def _role(text: str) -> Role:
    granted = {role.value: role for role in (Role.OFFICER, Role.MANAGER, Role.ADMIN)}
    if text not in granted:
        fail(say("role_wrong"))
    return granted[text]


def _prefix(region: str) -> str:
    if region and find(region) is None:
        fail(say("region_unknown"))
    return roles.region_prefix_of(region)


def _scope(one: Grant) -> str:
    code = one.region_prefix.ljust(6, "0")
    place = full_name(code) if one.region_prefix and find(code) else one.region_prefix
    parts = [part for part in (one.employer_name, place) if part]
    return "，".join(parts) or say("everywhere")


def _as_dict(one: Grant) -> dict[str, object]:
    return {
        "id": one.id,
        "person_id": one.person_id,
        "number": one.number,
        "name": one.name,
        "role": one.role.value,
        "region_prefix": one.region_prefix,
        "employer": one.employer_name,
        "granted_at": one.granted_at.isoformat(),
    }
