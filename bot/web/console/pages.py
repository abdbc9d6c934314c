"""What a page of the console is: a row of the route table, from which navigation, access check
and access test all come.

    pages = Pages("cases")

    @pages.get("/cases", roles=DESK, nav=True)
    async def queue(visit: Visit) -> web.StreamResponse: ...

    @pages.post("/cases/{ref}/take", roles=OFFICERS, subject="case")
    async def take(visit: Visit) -> web.StreamResponse: ...
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from aiohttp import web

from storage.models import Role

if TYPE_CHECKING:
    from bot.web.console.visit import Visit

Handler = Callable[["Visit"], Awaitable[web.StreamResponse]]

#: Who may open a page. An admin may open every page, within the areas of their grants.
OFFICERS = frozenset({Role.OFFICER})
MANAGERS = frozenset({Role.MANAGER})
DESK = frozenset({Role.OFFICER, Role.MANAGER})
ADMINS = frozenset({Role.ADMIN})


@dataclass(frozen=True)
class Page:
    """One route.

    Args:
        name: `subject.function`, for links and tests.
        path: below `/console`; what the page is about is always `{ref}`.
        roles: who may open it (and every admin).
        subject: what `{ref}` names (`services.console.subjects`); the visitor's areas must cover
            it. None: a list shows what the areas cover, or the page is about nobody.
        everywhere: only for who reaches every region and employer.
        nav: shown in the navigation, as `frame.nav_<name>` of the words.
        files: takes uploads.
    """

    name: str
    method: str
    path: str
    roles: frozenset[Role]
    subject: str | None
    everywhere: bool
    nav: bool
    files: bool
    handler: Handler


class Pages:
    """The pages of one file, in their order."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.pages: list[Page] = []

    def get(
        self,
        path: str,
        *,
        roles: frozenset[Role],
        subject: str | None = None,
        everywhere: bool = False,
        nav: bool = False,
    ) -> Callable[[Handler], Handler]:
        """Decorator: a page to look at."""
        return self._add("GET", path, roles, subject, everywhere=everywhere, nav=nav)

    def post(
        self,
        path: str,
        *,
        roles: frozenset[Role],
        subject: str | None = None,
        everywhere: bool = False,
        files: bool = False,
    ) -> Callable[[Handler], Handler]:
        """Decorator: a form's target. It ends with a redirect, or shows the form again."""
        return self._add("POST", path, roles, subject, everywhere=everywhere, files=files)

    def _add(
        self,
        method: str,
        path: str,
        roles: frozenset[Role],
        subject: str | None,
        *,
        everywhere: bool,
        nav: bool = False,
        files: bool = False,
    ) -> Callable[[Handler], Handler]:
        if ("{ref}" in path) != (subject is not None):
            raise ValueError(f"{path}: `{{ref}}` and `subject` belong together")

        def register(handler: Handler) -> Handler:
            name = f"{self.name}.{handler.__name__}"
            self.pages.append(
                Page(name, method, path, roles, subject, everywhere, nav, files, handler)
            )
            return handler

        return register
