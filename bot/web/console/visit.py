"""One request of somebody who may make it: who they are, what they sent, and how to answer."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from aiohttp import web
from sqlmodel.ext.asyncio.session import AsyncSession

from bot.runtime import Runtime
from bot.web.console import words
from bot.web.console.forms import Form
from bot.web.console.pages import Page
from bot.web.console.rendering import Renderer
from services.console.reach import Area, Reach
from services.console.signing import SignedIn
from services.people.people import Employee
from storage.models import Role

PREFIX = "/console"


@dataclass
class Visit:
    """See the module. `reach` is what the roles that open this page cover."""

    request: web.Request
    runtime: Runtime
    page: Page
    who: SignedIn
    reach: Reach
    renderer: Renderer
    token: str = field(repr=False)
    form: Form = field(default_factory=Form)

    @property
    def person(self) -> Employee:
        """The officer, manager or admin."""
        return self.who.person

    @property
    def actor(self) -> str:
        """As the audit log names them."""
        return f"person:{self.who.person.id}"

    @property
    def language(self) -> str:
        """`zh` or `en`."""
        return self.who.language if self.who.language in words.LANGUAGES else "zh"

    @property
    def now(self) -> datetime:
        """Domain time."""
        return self.runtime.clock.now()

    @property
    def ref(self) -> str:
        """What the page is about; the guard has seen that the visitor may see it."""
        return self.request.match_info["ref"]

    def can(self, *roles: Role) -> bool:
        """Whether the visitor holds one of the roles somewhere, for buttons: the guard decides.

        An admin holds every role.
        """
        return any(grant.role in (*roles, Role.ADMIN) for grant in self.who.grants)

    @property
    def navigation(self) -> tuple[Page, ...]:
        """The pages of the navigation that the visitor may open."""
        return tuple(
            page
            for page in self.renderer.navigation
            if (reach := Reach.of(self.who.grants, page.roles)).areas
            and (not page.everywhere or Area() in reach.areas)
        )

    def is_below(self, page: Page) -> bool:
        """Whether this page belongs to a page of the navigation."""
        return f"{self.page.path}/".startswith(f"{page.path}/")

    @property
    def everywhere(self) -> bool:
        """Whether nothing is out of reach."""
        return Area() in self.reach.areas

    def asked(self, name: str) -> str:
        """A value of the address, such as a filter."""
        return self.request.query.get(name, "").strip()

    def query_with(self, **changes: object) -> str:
        """This address's query with some values changed."""
        kept = {key: value for key, value in self.request.query.items() if key != "said"}
        return urlencode(kept | {key: str(value) for key, value in changes.items()})

    @property
    def page_number(self) -> int:
        """Which page of a list, from 1."""
        text = self.asked("page")
        return int(text) if text.isascii() and text.isdigit() and 0 < int(text) < 10**6 else 1

    @property
    def offset(self) -> int:
        """Rows of a list before this page."""
        return (self.page_number - 1) * self.page_size

    @property
    def page_size(self) -> int:
        """Rows on a page of a list."""
        return self.runtime.settings.console.page_size

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncSession]:
        """A session for queries."""
        async with self.runtime.database.reading() as session:
            yield session

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncSession]:
        """A session that commits at the end."""
        async with self.runtime.database.transaction() as session:
            yield session

    def say(self, key: str, **values: object) -> str:
        """A sentence in the visitor's language."""
        return words.say(self.language, key, **values)

    def render(self, template: str, **values: Any) -> web.Response:
        """A page."""
        said = self.asked("said")
        text = self.renderer.page(
            template,
            self.language,
            visit=self,
            said=self.say(f"said.{said}") if said and words.known(f"said.{said}") else None,
            **values,
        )
        return web.Response(text=text, content_type="text/html")

    def word(self, table: str, code: str) -> str:
        """A code in the messages' own words, such as a state."""
        return self.renderer.word(self.language, table, code)

    def download(self, name: str, media_type: str, content: bytes) -> web.Response:
        """A file to save; never shown in the page's place."""
        headers = {
            "Content-Type": media_type,
            "Content-Disposition": f'attachment; filename="{name}"',
        }
        return web.Response(body=content, headers=headers)

    def goes(self, path: str, said: str | None = None, **query: str) -> web.Response:
        """After a POST: on to a page, which says what was done (`said.<name>`)."""
        if said is not None:
            query["said"] = said
        address = f"{PREFIX}{path}" + (f"?{urlencode(query)}" if query else "")
        return web.Response(status=303, headers={"Location": address})
