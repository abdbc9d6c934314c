"""Fills the demo: roster, known cards, an officer, the HR group, invitations, the sandbox."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
from sqlmodel.ext.asyncio.session import AsyncSession

from bot.application import bot_of
from bot.commands.demo_texts import describe, say
from bot.runtime import Runtime
from knowledge.regions import children, full_name, provinces
from services.applications.numbers import new_number
from services.console import signing
from services.desk import desk_mailbox, set_desk
from services.imports import import_cards, import_roster
from services.people import accounts, consents, invitations, roles
from services.people.people import Employee, everybody
from storage.models import ConsentKind, Role

_PICTURES = {
    "front": "id_front",
    "back": "id_back",
    "portrait": "portrait",
    "portrait_blue": "portrait_blue",
}


@dataclass(frozen=True)
class Seeded:
    """What the demo page shows."""

    employee_url: str
    hr_url: str
    people: tuple[dict[str, Any], ...]
    company: str
    regions: dict[str, str]
    console_url: str
    officer: Employee

    def page(self) -> dict[str, Any]:
        """The body of the sandbox's `POST /admin/demo`."""
        return {
            "company": self.company,
            "employee_url": self.employee_url,
            "hr_url": self.hr_url,
            "people": list(self.people),
            "regions": self.regions,
        }


async def seed(runtime: Runtime, folder: Path, sandbox: str, admin: str) -> Seeded:
    """Import the company as HR would, seed the sandbox, and invite everybody."""
    company = json.loads((folder / "company" / "company.json").read_text("utf-8"))
    async with runtime.database.transaction() as session:
        fresh = not await everybody(session)
        if fresh:
            await import_company(runtime, session, folder / "company")
    if fresh:
        await seed_sandbox(company, sandbox, admin)
    group = await _hr_group(runtime)
    async with runtime.database.reading() as session:
        traits = {one["number"]: one["traits"] for one in company["employees"]}
        # the last one: the first employees are a cast that shows each situation
        *employees, officer = [one for one in await everybody(session) if one.number in traits]
    officer = await appoint(runtime, officer)
    hr_url = await _link(runtime, officer, group_chat_id=int(group))
    employees.sort(key=lambda one: (traits[one.number] != ["card_none"], one.number))
    people = []
    for employee in employees:
        link = await _link(runtime, employee)
        people.append(_entry(runtime, employee, link, traits[employee.number]))
    regions = {one["region"] for one in (*company["employees"], *company["cards"])}
    # Where somebody may move to.
    regions |= {city.code for province in provinces() for city in children(province.code)}
    names = {code: full_name(code) for code in sorted(regions)}
    console = await console_link(runtime, officer)
    return Seeded(
        people[0]["invite_url"], hr_url, tuple(people), company["name"], names, console, officer
    )


async def console_link(runtime: Runtime, officer: Employee) -> str:
    """A sign-in link to the console, as `/console` gives it."""
    async with runtime.database.transaction() as session:
        settings = runtime.settings.console
        code = await signing.issue(session, officer.id, runtime.clock.tick(), settings)
    return signing.link(runtime.settings.console_address, code)


async def appoint(runtime: Runtime, employee: Employee) -> Employee:
    """An officer who has been through the invitation and the notice, so that the group is there
    at once: their account is made by signing in, as on their own phone."""
    now = runtime.clock.now()
    async with runtime.database.transaction() as session:
        for role in (Role.OFFICER, Role.ADMIN):  # one person shows every page
            await roles.grant(session, employee.id, role, now)
        if employee.user_id is not None:
            return employee
        invited = await invitations.invite(session, employee.id, now, runtime.settings.people)
    user_id = await _sign_in(runtime.settings.api_url, await _fresh_link(runtime, employee))
    async with runtime.database.transaction() as session:
        bound = await accounts.bind_by_code(
            session,
            invited.code,
            user_id,
            str(user_id),
            now=now,
            settings=runtime.settings.people,
        )
        version = consents.current_version(ConsentKind.NOTICE)
        await consents.give(session, employee.id, ConsentKind.NOTICE, now, version=version)
    if bound.employee is None:
        raise RuntimeError("the officer could not be bound")
    return bound.employee


async def _sign_in(messenger: str, link: str) -> int:
    """Use a sign-in link up; the account's id."""
    headers = {"X-Messenger-Request": "1"}
    jar = aiohttp.CookieJar(unsafe=True)  # cookies of an address without a name
    async with aiohttp.ClientSession(
        messenger, headers=headers, cookie_jar=jar, raise_for_status=True
    ) as client:
        code = link.partition("#")[2]
        async with client.post("/api/sign-in", json={"code": code}) as answer:
            path = (await answer.json())["path"]
        async with client.get(f"{path}api/me") as answer:
            return int((await answer.json())["account"]["id"])


async def import_company(runtime: Runtime, session: AsyncSession, folder: Path) -> None:
    """Roster and known cards, as HR would import them."""
    now = runtime.clock.now()
    limits = runtime.settings.imports
    content = (folder / "roster.xlsx").read_bytes()
    roster = await import_roster(session, content, now, settings=limits)
    if not roster.ok:
        raise RuntimeError("the made-up roster was refused")
    await import_cards(
        session,
        (folder / "cards.xlsx").read_bytes(),
        now,
        settings=limits,
        new_number=new_number,
    )


async def seed_sandbox(company: dict[str, Any], sandbox: str, admin: str) -> None:
    """The bureau and the banks know the same people and cards."""
    by_number = {employee["number"]: employee for employee in company["employees"]}
    cards = []
    for card in company["cards"]:
        owner = by_number[card["employee_number"]]["person"]
        cards.append(
            {
                "id_number": owner["id_number"],
                "name": owner["name"],
                **{key: card[key] for key in ("region", "bank", "last_four", "status")},
                "valid_until": card["valid_until"],
            }
        )
    employers = [
        {"credit_code": employer["credit_code"], "unit_number": unit, "name": employer["name"]}
        for employer in company["employers"]
        for unit in employer["units"].values()
    ]
    people = [
        {"id_number": e["person"]["id_number"], "name": e["person"]["name"]}
        for e in company["employees"]
    ]
    body = {"people": people, "employers": employers, "cards": cards, "applications": []}
    headers = {"Authorization": f"Bearer {admin}"}
    async with aiohttp.ClientSession(headers=headers, raise_for_status=True) as client:
        await client.post(f"{sandbox}/admin/seed", json=body)


async def _hr_group(runtime: Runtime) -> str:
    async with runtime.database.reading() as session:
        found = await desk_mailbox(session)
    if found:
        return found
    bot = bot_of(runtime.application)
    chat: Any = await bot.do_api_request(
        "createGroup", api_kwargs={"title": say("group"), "is_forum": False}
    )
    async with runtime.database.transaction() as session:
        await set_desk(session, str(chat["id"]))
    return str(chat["id"])


async def _link(runtime: Runtime, employee: Employee, **more: object) -> str:
    """A sign-in link: with a fresh code for who is not bound yet, else for their account."""
    if employee.user_id is not None:
        return await _fresh_link(runtime, employee, user_id=employee.user_id, **more)
    async with runtime.database.transaction() as session:
        invited = await invitations.invite(
            session, employee.id, runtime.clock.now(), runtime.settings.people
        )
    return await _fresh_link(runtime, employee, start_parameter=invited.code, **more)


async def _fresh_link(runtime: Runtime, employee: Employee, **more: object) -> str:
    wanted: dict[str, object] = {"display_name": employee.name, **more}
    if employee.phone:
        wanted["phone_number"] = employee.phone
    bot = bot_of(runtime.application)
    answer: Any = await bot.do_api_request("createInviteLink", api_kwargs=wanted)
    return str(answer["link"])


def _entry(runtime: Runtime, employee: Employee, link: str, traits: list[str]) -> dict[str, Any]:
    connected = employee.region_code[:2] in runtime.settings.gateways.regions
    kinds = _PICTURES if connected else _PICTURES | {"card_list": "card_list"}
    folder = f"people/{employee.number}"
    return {
        "number": employee.number,
        "name": employee.name,
        "region": employee.region_code,
        "note": describe(traits, connected),
        "invite_url": link,
        "pictures": {key: f"{folder}/{name}.jpg" for key, name in kinds.items()},
    }
