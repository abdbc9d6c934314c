"""A console with a made-up company in it: people, applications, papers, cases with their talk."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

from sqlmodel.ext.asyncio.session import AsyncSession

from bot.commands.demo_people import import_company
from bot.renderer import JinjaRenderer
from bot.web.app import create_app
from sandbox.company import Company, make_company
from sandbox.company.writers import write_company
from sandbox.papers import render
from services import broadcasts, cases
from services.applications import opening
from services.console import signing
from services.console.reach import Area, Reach
from services.gateways import Gateways, GatewaySettings
from services.people import roles
from services.people.people import Employee, everybody
from storage import migrate
from storage.clock import local_date
from storage.crypto import Keyring, generate_key
from storage.database import Database
from storage.models import (
    ChannelAccount,
    Document,
    DocumentStatus,
    Priority,
    Role,
    StoredFile,
    WaitingFor,
)
from tests.bot.house import make_runtime, make_settings
from tests.console.office import Office
from tests.gateways.conftest import settings_for
from tests.people.test_delta import change, told
from tests.sandbox.conftest import running
from tests.support.clock import ManualClock
from tests.support.world import serving

TALKS = (
    ("using", "领卡可以让家人代领吗？我这几天在外地。", "可以，请家人带上您和他本人的身份证原件。"),
    ("card", "银行说还没有收到我的制卡信息，是不是漏了？", "我查一下，稍等。"),
    ("moving", "我从济南调到深圳，社保卡要换吗？", None),
    ("documents", "照片一直说反光，可以直接交一张纸质照片吗？", None),
    ("policy", "这个月离职，医保断了还能不能补？", None),
    ("data", "我改了名字，花名册里还是旧的。", "请发一张改名后的身份证照片，我来更正。"),
)


@asynccontextmanager
async def open_showroom(folder: Path, size: int = 24) -> AsyncIterator[Office]:
    """Serve it; `office.people` has an `officer` and an `admin`."""
    url = f"sqlite:///{folder}/showroom.db"
    await asyncio.to_thread(migrate.upgrade, url)
    database, clock = Database(url, Keyring.from_text(generate_key())), ManualClock()
    settings = make_settings(url, folder, console={"links_per_hour": 1000})
    runtime = make_runtime(database, clock, settings, renderer=JinjaRenderer())
    company = make_company(seed=7, size=size, today=local_date(clock.now()))
    await asyncio.to_thread(write_company, company, folder / "company", pictures=False)
    async with running(folder / "sandbox") as hr, serving(create_app(runtime)) as base:
        runtime.gateways = Gateways.from_settings(GatewaySettings(hr=settings_for(hr).hr))
        await told(
            hr,
            change("joined", 700, name="样本新"),
            change("moved", 700, name="样本新", region="320500"),
            change("joined", 701, id_number="123"),
            change("left", 700, name="样本新"),
        )
        office = Office(runtime, clock, base)
        async with database.transaction() as session:
            await import_company(runtime, session, folder / "company")
        await _staff(office)
        await _cases(office, company)
        await _messages(office)
        yield office
        await runtime.gateways.close()
        runtime.stop()
    await database.dispose()


async def link(office: Office, name: str) -> str:
    """A sign-in link, as the bot sends it."""
    return signing.link(office.base, await office.code(office.people[name]))


async def _staff(office: Office) -> None:
    now = office.clock.now()
    async with office.database.transaction() as session:
        every = await everybody(session)
        for number, employee in enumerate(every):
            session.add(
                ChannelAccount(
                    person_id=employee.id,
                    user_id=7000 + number,
                    mailbox=str(7000 + number),
                    bound_by="code",
                    bound_at=now,
                )
            )
        office.people = {"admin": every[-1], "officer": every[-2], "colleague": every[-3]}
        office.refs["officer"] = str(every[-2].id)
        await roles.grant(session, every[-1].id, Role.ADMIN, now)
        await roles.grant(session, every[-2].id, Role.OFFICER, now)
        await roles.grant(session, every[-3].id, Role.OFFICER, now)


async def _cases(office: Office, company: Company) -> None:
    """Each a little later than the one before, so that the queue has an order."""
    async with office.database.reading() as session:
        employees = (await everybody(session))[: len(TALKS)]
    for employee, (matter, said, answered) in zip(employees, TALKS, strict=True):
        office.clock.advance(timedelta(minutes=7))
        async with office.database.transaction() as session:
            number = await _case(office, session, employee, (matter, said, answered))
            office.refs.setdefault("case", number)
            if not office.refs.get("document"):
                await _papers(office, session, employee, company)
    office.refs["person"] = str(employees[0].id)


async def _case(
    office: Office, session: AsyncSession, employee: Employee, talk: tuple[str, str, str | None]
) -> str:
    matter, said, answered = talk
    now, officer = office.clock.now(), office.people["officer"].id
    application = await opening.open_first(session, employee.id, employee.region_code, now)
    office.refs.setdefault("application", application.number)
    case = await cases.open_case(
        session, employee.id, "asked", application.id, now, matter=matter, text=said
    )
    if answered:
        await cases.take(session, case.id, officer, now + timedelta(minutes=1))
        await cases.answer(session, case.id, officer, answered, now + timedelta(minutes=2))
    if matter == "using":
        await cases.write(
            session, case.id, "好的，谢谢！那需要写委托书吗？", now + timedelta(minutes=4)
        )
        note = "代领要不要委托书，各网点说法不一，先问一下。"
        await cases.note(session, case.id, officer, note, now + timedelta(minutes=5))
        await cases.wait(session, case.id, officer, WaitingFor.BUREAU, now + timedelta(minutes=6))
    if matter == "moving":
        await cases.set_priority(session, case.id, officer, Priority.URGENT, now)
    return case.number


async def _papers(
    office: Office, session: AsyncSession, employee: Employee, company: Company
) -> None:
    """A drawn ID card of the employee, as if it had been sent and confirmed."""
    owner = next(one for one in company.employees if one.number == employee.number)
    picture = render("id_front", owner, seed=5, grade="clean").image
    application = await opening.current(session, employee.id)
    assert application is not None
    file = StoredFile(
        name=await office.runtime.files.write(picture),
        person_id=employee.id,
        media_type="image/jpeg",
        size=len(picture),
        created_at=office.clock.now(),
    )
    session.add(file)
    await session.flush()
    document = Document(
        application_id=application.id,
        person_id=employee.id,
        kind="id_front",
        status=DocumentStatus.CONFIRMED,
        file_id=file.id,
        fields={"name": employee.name, "id_number": employee.id_number},
        created_at=office.clock.now(),
    )
    session.add(document)
    await session.flush()
    office.refs["document"] = str(document.id)


async def _messages(office: Office) -> None:
    everywhere, now = Reach((Area(),)), office.clock.now()
    async with office.database.transaction() as session:
        author, other = office.people["officer"].id, office.people["admin"].id
        first = await broadcasts.propose(
            session,
            author,
            "本周五社保大厅系统升级，当天不能现场办理。",
            Area(),
            now,
            reach=everywhere,
        )
        await broadcasts.approve(session, first, other, everywhere, now)
        words = "下月起，异地就医备案可以在掌上12333办理，不用再跑大厅。"
        await broadcasts.propose(session, author, words, Area("37"), now, reach=everywhere)
    async with office.database.transaction() as session:
        while await broadcasts.send_some(session, first, office.clock.tick()):
            pass
