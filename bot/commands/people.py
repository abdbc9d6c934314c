"""`people`: the roster, invitations, and who has come how far."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from bot.commands.context import database_session, fail, invitation_link, now, out, run
from bot.commands.texts import employer_id_of, one_person, save, say, show, show_report
from knowledge.regions import find, full_name
from services import newhires
from services.gateways import GatewayError, Gateways, NoConnector
from services.imports import Report, delta, import_roster
from services.imports.delta import Delta
from services.newhires import NewHire
from services.people import accounts, invitations, people
from services.people.invitations import Funnel, Invited, Stages
from services.people.people import Employee
from services.people.roles import region_prefix_of
from services.people.sheets import SheetEntry, entry_of, links_csv, qr_sheet
from storage.models import PersonStatus

app = typer.Typer(help="员工：导入花名册、邀请、进展", no_args_is_help=True)
_STAGES = ("persons", "invited", "bound", "consented", "applied", "finished")
_COUNTS = ("joined", "changed", "moved", "left", "cursor")
_STAGE_TITLES = {"invited": "invited_column", "bound": "bound_column"}

AsJson = Annotated[bool, typer.Option("--json", help="输出 JSON")]
EmployerOption = Annotated[str | None, typer.Option(help="单位名称或统一社会信用代码")]
Workbook = Annotated[
    Path, typer.Argument(help=".xlsx、.xls 或 .csv", exists=True, dir_okay=False, readable=True)
]


@app.command("import")
def import_(
    file: Workbook,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="只检查，不写入")] = False,
    as_json: AsJson = False,
) -> None:
    """导入花名册：先逐行检查，全部没有问题才写入。"""

    async def work() -> Report:
        async with database_session() as (session, settings):
            return await import_roster(
                session, file.read_bytes(), now(), settings=settings.imports, dry_run=dry_run
            )

    report = run(work())
    if as_json:
        out(json.dumps(report.as_dict(), ensure_ascii=False))
    else:
        show_report(report, "import_counts")
    raise typer.Exit(0 if report.ok else 1)


@app.command()
def changes(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="只核对，不写入")] = False,
    as_json: AsJson = False,
) -> None:
    """从HR系统取入职、调动、离职，逐条核对后写入；离职的立刻停用功能。"""

    async def work() -> Delta:
        async with database_session() as (session, settings):
            after = await delta.cursor(session)
        async with Gateways.from_settings(settings.gateways) as gateways:
            found = await delta.fetch(gateways, after)
        take = delta.preview if dry_run else delta.apply_changes
        async with database_session() as (session, settings):
            return await take(session, found, now(), settings=settings.imports)

    try:
        done = run(work())
    except NoConnector:
        fail(say("hr_none"))
    except GatewayError:
        fail(say("hr_down"))
    if as_json:
        out(json.dumps({"ok": done.ok} | asdict(done), ensure_ascii=False, default=str))
    else:
        _show_changes(done, dry_run)
    raise typer.Exit(0 if done.ok else 1)


def _show_changes(done: Delta, dry_run: bool) -> None:
    if dry_run:
        rows = [
            (
                str(step.cursor),
                say(f"step_{step.outcome}"),
                step.number,
                step.name,
                " → ".join(_place(code) for code in (step.origin, step.region) if code),
                step.on.isoformat(),
            )
            for step in done.steps
        ]
        headings = ("change", "outcome", "number", "name", "region", "from_day")
        show(say("hr_dry"), [say(heading) for heading in headings], rows)
    out(say("hr_counts", **{name: getattr(done, name) for name in _COUNTS}))
    for refused in done.refused:
        out(say("hr_refused", row=refused.row, message=refused.message))


@app.command()
def invite(
    everybody: Annotated[bool, typer.Option("--all", help="所有还没绑定的在职员工")] = False,
    number: Annotated[list[str] | None, typer.Option(help="工号，可以写多次")] = None,
    region: Annotated[str, typer.Option(help="只邀请这个地区（六位区划代码）")] = "",
    employer: EmployerOption = None,
    qr: Annotated[Path | None, typer.Option(help="打印用的二维码页（HTML）存到这里")] = None,
    csv: Annotated[Path | None, typer.Option(help="链接清单（CSV）存到这里")] = None,
    as_json: AsJson = False,
) -> None:
    """生成一次性邀请。旧的邀请随之作废。"""
    if everybody == bool(number):
        fail(say("both" if number else "which"))
    entries, contact = run(_invite(number or [], region, employer))
    if not entries:
        out(json.dumps([]) if as_json else say("nobody_to_invite"))
        return
    if qr:
        save(qr, qr_sheet(entries, contact=contact).encode())
    if csv:
        save(csv, links_csv(entries))
    if as_json:
        out(json.dumps([asdict(entry) for entry in entries], ensure_ascii=False))
        return
    if not (qr or csv):
        rows = [(entry.number, entry.name, entry.link) for entry in entries]
        show(say("links_title"), (say("number"), say("name"), say("link")), rows)
    out(say("invited", count=len(entries), day=entries[0].expires))
    for path in (qr, csv):
        if path:
            out(say("saved", file=path))


async def _invite(
    numbers: list[str], region: str, employer: str | None
) -> tuple[list[SheetEntry], str]:
    made: list[Invited] = []
    async with database_session() as (session, settings):
        for number in numbers:
            person = await one_person(session, number, employer)
            made.append(await invitations.invite(session, person.id, now(), settings.people, "cli"))
        if not numbers:
            made += await invitations.invite_all(
                session,
                now(),
                settings.people,
                employer_id=await employer_id_of(session, employer),
                region_prefix=region_prefix_of(region),
                actor="cli",
            )
    # The links may come from another server, so they are asked for after the commit.
    entries = []
    for one in made:
        link = await invitation_link(one.code, one.employee.name, one.employee.phone)
        entries.append(entry_of(one, link))
    return entries, settings.people.company_contact


@app.command()
def funnel(as_json: AsJson = False, employer: EmployerOption = None) -> None:
    """邀请进展：已邀请、已绑定、已同意、已申请、已办结，按参保地。"""

    async def work() -> Funnel:
        async with database_session() as (session, _):
            return await invitations.funnel(
                session, employer_id=await employer_id_of(session, employer)
            )

    found = run(work())
    if as_json:
        out(json.dumps(found.as_dict(), ensure_ascii=False))
        return
    headings = [say(_STAGE_TITLES.get(stage, stage)) for stage in _STAGES]
    rows = [(_place(code), *_counts(stages)) for code, stages in found.regions]
    rows.append((say("total"), *_counts(found.total)))
    show(say("funnel_title"), (say("region"), *headings), rows)


@app.command("newhires")
def newhires_(
    as_json: AsJson = False,
    region: Annotated[str, typer.Option(help="只看这个地区（六位区划代码）")] = "",
    employer: EmployerOption = None,
    remind: Annotated[bool, typer.Option("--remind", help="提醒还没办的人，每人每天一次")] = False,
) -> None:
    """新员工：谁该在哪天前递交，办到哪一步；可以一并提醒。"""

    async def work() -> tuple[list[NewHire], list[NewHire]]:
        async with database_session() as (session, _):
            found = await newhires.watch(
                session,
                now(),
                employer_id=await employer_id_of(session, employer),
                region_prefix=region_prefix_of(region),
            )
            done = await newhires.remind(session, found, now(), actor="cli") if remind else []
            return found, done

    found, done = run(work())
    if as_json:
        out(json.dumps([_hire_dict(hire) for hire in found], ensure_ascii=False))
        return
    rows = [
        (
            hire.number,
            hire.name,
            _place(hire.region_code),
            hire.hire_date.isoformat(),
            hire.due.day.isoformat() + ("*" if hire.due.provisional else ""),
            str(hire.days_left),
            say(f"hire_{hire.stage}"),
        )
        for hire in found
    ]
    headings = ("number", "name", "region", "hired", "due", "days_left", "stage")
    show(say("newhires_title"), [say(heading) for heading in headings], rows)
    if remind:
        out(say("reminded", count=len(done)))


def _hire_dict(hire: NewHire) -> dict[str, object]:
    return {
        "number": hire.number,
        "region": hire.region_code,
        "hire_date": hire.hire_date.isoformat(),
        "due": hire.due.day.isoformat(),
        "due_provisional": hire.due.provisional,
        "days_left": hire.days_left,
        "stage": hire.stage,
        "application": hire.application_number,
        "submitted_at": hire.submitted_at.isoformat() if hire.submitted_at else None,
        "in_time": hire.in_time,
    }


@app.command("list")
def list_(
    as_json: AsJson = False,
    region: Annotated[str, typer.Option(help="只看这个地区（六位区划代码）")] = "",
    employer: EmployerOption = None,
    leavers: Annotated[bool, typer.Option("--leavers", help="也列出离职的")] = False,
) -> None:
    """列出员工；证件号码和手机号只显示一部分。"""

    async def work() -> tuple[Employee, ...]:
        async with database_session() as (session, _):
            return await people.everybody(
                session,
                employer_id=await employer_id_of(session, employer),
                region_prefix=region_prefix_of(region),
                status=None if leavers else PersonStatus.ACTIVE,
            )

    found = run(work())
    if as_json:
        out(json.dumps([_as_dict(employee) for employee in found], ensure_ascii=False))
        return
    headings = ("number", "name", "employer", "region", "hired", "phone", "bound", "status")
    rows = [
        (
            one.number,
            one.name,
            one.employer_name,
            _place(one.region_code),
            one.hire_date.isoformat() if one.hire_date else "",
            one.masked_phone,
            say("yes" if one.mailbox else "no"),
            say(one.status.value),
        )
        for one in found
    ]
    show("", [say(heading) for heading in headings], rows)


@app.command()
def leave(
    number: Annotated[str, typer.Argument(help="工号")], employer: EmployerOption = None
) -> None:
    """办理离职：停用功能和授权，保留“我的数据”。"""

    async def work() -> None:
        async with database_session() as (session, _):
            person = await one_person(session, number, employer)
            await people.leave(session, person.id, now(), "cli")

    run(work())
    out(say("has_left", number=number))


@app.command()
def unbind(
    number: Annotated[str, typer.Argument(help="工号")], employer: EmployerOption = None
) -> None:
    """解除聊天账号的绑定：核实本人后，让他用新账号重新绑定。"""

    async def work() -> str | None:
        async with database_session() as (session, _):
            person = await one_person(session, number, employer)
            return await accounts.unbind(session, person.id, now(), "cli")

    out(say("unbound" if run(work()) else "not_bound", number=number))


def _counts(stages: Stages) -> tuple[str, ...]:
    return tuple(str(getattr(stages, stage)) for stage in _STAGES)


def _place(code: str) -> str:
    return full_name(code) if find(code) else code


def _as_dict(employee: Employee) -> dict[str, object]:
    return {
        "id": employee.id,
        "number": employee.number,
        "name": employee.name,
        "employer": employee.employer_name,
        "credit_code": employee.credit_code,
        "region": employee.region_code,
        "hire_date": employee.hire_date.isoformat() if employee.hire_date else None,
        "phone": employee.masked_phone,
        "id_number": employee.masked_number,
        "bound": employee.mailbox is not None,
        "status": employee.status.value,
    }
