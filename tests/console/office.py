"""The console of a small made-up company: who works there, what there is to see, and browsers."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import aiohttp
from yarl import URL

from bot.runtime import Runtime
from bot.web.app import create_app
from bot.web.console.pages import Page
from services.applications import opening
from services.cases import EMPLOYEE, open_case
from services.console import signing
from services.people import roles
from services.people.people import Employee
from storage.database import Database
from storage.models import ChannelAccount, Document, DocumentStatus, Role, StoredFile
from tests.people.makers import employ
from tests.support.clock import ManualClock
from tests.support.world import serving

HERE, ELSEWHERE = "370100", "440300"
OTHER_COMPANY = {"employer": "另一家样例公司", "credit_code": "91440300000067890X"}
_TOKEN = re.compile(r'name="token" value="([^"]+)"')


def shown(page: Page) -> bool:
    """Whether a page is something to look at: no stream, no download."""
    last = page.path.rpartition("/")[2]
    return page.method == "GET" and last != "live" and "." not in last


@dataclass
class Browser:
    """Somebody's browser: its own cookies, no redirects followed."""

    http: aiohttp.ClientSession
    base: str

    async def get(self, path: str, **more: Any) -> aiohttp.ClientResponse:
        """Look at a page."""
        return await self.http.get(f"{self.base}{path}", allow_redirects=False, **more)

    async def text(self, path: str) -> str:
        """A page's text; it must be there."""
        answer = await self.get(path)
        assert answer.status == 200, (path, answer.status)
        return await answer.text()

    async def form_token(self, path: str = "/account") -> str:
        """The token of a page's forms."""
        found = _TOKEN.search(await self.text(path))
        assert found is not None, path
        return found[1]

    async def post(
        self, path: str, token: str | None = None, **values: Any
    ) -> aiohttp.ClientResponse:
        """Send a form of ours; a value that is bytes is an upload."""
        token = await self.form_token() if token is None else token
        data: Any = {"token": token, **values}
        if any(isinstance(value, bytes) for value in values.values()):
            form = aiohttp.FormData()
            for name, value in data.items():
                named = {"filename": "样本.xlsx"} if isinstance(value, bytes) else {}
                form.add_field(name, value, **named)
            data = form
        return await self.http.post(f"{self.base}{path}", data=data, allow_redirects=False)

    async def signs_in(self, code: str) -> aiohttp.ClientResponse:
        """Open the link and press its button."""
        token = await self.form_token("/sign-in")
        data = {"token": token, "code": code}
        return await self.http.post(f"{self.base}/sign-in", data=data, allow_redirects=False)

    def plants(self, token: str) -> None:
        """Put a session's token into the browser."""
        self.http.cookie_jar.update_cookies({"console": token}, URL(self.base).with_path("/"))

    @property
    def cookie(self) -> str:
        """The session's token; empty for none."""
        return next((c.value for c in self.http.cookie_jar if c.key.endswith("console")), "")


@dataclass
class Office:
    """See the module. `refs` names one subject of each kind, all of them at `HERE`."""

    runtime: Runtime
    clock: ManualClock
    base: str
    people: dict[str, Employee] = field(default_factory=dict)
    refs: dict[str, str] = field(default_factory=dict)
    serial: int = 0

    @property
    def database(self) -> Database:
        return self.runtime.database

    async def person(self, **more: Any) -> Employee:
        """Somebody of the roster with an account."""
        self.serial += 1
        async with self.database.transaction() as session:
            made = await employ(session, self.clock.now(), self.serial, **more)
            session.add(
                ChannelAccount(
                    person_id=made.id,
                    user_id=9000 + self.serial,
                    mailbox=str(9000 + self.serial),
                    bound_by="code",
                    bound_at=self.clock.now(),
                )
            )
        return made

    async def staff(self, name: str, role: Role, region: str = "", **more: Any) -> Employee:
        """Somebody with a role."""
        made = await self.person(region=region or HERE, **more)
        async with self.database.transaction() as session:
            employer_id = made.employer_id if more else None
            await roles.grant(
                session,
                made.id,
                role,
                self.clock.now(),
                region_prefix=region,
                employer_id=employer_id,
            )
        self.people[name] = made
        return made

    async def code(self, person: Employee) -> str:
        """A sign-in link's code, as the bot makes it."""
        settings = self.runtime.settings.console
        async with self.database.transaction() as session:
            return await signing.issue(session, person.id, self.clock.tick(), settings)

    @asynccontextmanager
    async def browser(self, name: str | None = None) -> AsyncIterator[Browser]:
        """A browser; signed in as somebody when named."""
        jar = aiohttp.CookieJar(unsafe=True)  # an address without a name
        async with aiohttp.ClientSession(cookie_jar=jar) as http:
            made = Browser(http, f"{self.base}/console")
            if name is not None:
                answer = await made.signs_in(await self.code(self.people[name]))
                assert answer.status == 303
            yield made

    def path(self, page: Page) -> str:
        """A page's address, about this office's own subject."""
        return page.path.replace("{ref}", self.refs.get(page.subject or "", ""))

    async def fill(self) -> None:
        """An employee with an application, a document and a case."""
        someone = await self.person()
        now = self.clock.now()
        name = await self.runtime.files.write(b"not a picture")
        async with self.database.transaction() as session:
            application = await opening.open_first(session, someone.id, HERE, now)
            case = await open_case(
                session, someone.id, "asked", application.id, now, text="我的卡在哪里？"
            )
            file = StoredFile(
                name=name,
                person_id=someone.id,
                media_type="image/jpeg",
                size=13,
                created_at=now,
            )
            session.add(file)
            await session.flush()
            document = Document(
                application_id=application.id,
                person_id=someone.id,
                kind="id_front",
                status=DocumentStatus.CONFIRMED,
                file_id=file.id,
                fields={"name": someone.name, "id_number": someone.id_number},
                created_at=now,
            )
            session.add(document)
            await session.flush()
        self.people["employee"] = someone
        self.refs = {
            "case": case.number,
            "application": application.number,
            "document": str(document.id),
            "person": str(someone.id),
        }


@asynccontextmanager
async def open_office(runtime: Runtime, clock: ManualClock) -> AsyncIterator[Office]:
    """Serve the console of a runtime, with somebody of each role here and elsewhere."""
    async with serving(create_app(runtime)) as base:
        office = Office(runtime, clock, base)
        await office.fill()
        for role in (Role.OFFICER, Role.MANAGER, Role.ADMIN):
            await office.staff(f"{role.value} here", role, HERE)
            await office.staff(f"{role.value} elsewhere", role, ELSEWHERE)
            await office.staff(f"{role.value} of another", role, **OTHER_COMPANY)
            await office.staff(f"{role.value} of all", role)
        office.refs["officer"] = str(office.people["officer here"].id)
        yield office


__all__ = ["EMPLOYEE", "Browser", "Office", "open_office", "shown"]
