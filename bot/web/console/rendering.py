"""The console's Jinja templates, words and static files."""

from __future__ import annotations

import hashlib
from functools import cache, partial
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, pass_context
from jinja2.runtime import Context

from bot.filters import filters, load_words
from bot.web.console import words
from bot.web.console.auditwords import (
    audit_details,
    audit_kind,
    audit_row,
    audit_verb,
    case_event,
)
from bot.web.console.pages import Page
from knowledge.regions import find, full_name

_HERE = Path(__file__).parent
STATIC = _HERE / "static"


class Renderer:
    """Pages in a language; every value is escaped."""

    def __init__(self, pages: tuple[Page, ...]) -> None:
        self.environment = Environment(
            loader=FileSystemLoader(_HERE / "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self.environment.filters.update(filters())
        self.environment.filters.update(area=area, last_four=last_four, tone=tone)
        self.environment.filters.update(happening=self.happening, case_event=case_event)
        self.environment.filters.update(hr_next=self.hr_next)
        self.environment.filters.update(
            audit_verb=audit_verb,
            audit_kind=audit_kind,
            audit_row=audit_row,
            audit_details=audit_details,
        )
        self.environment.globals.update(static=static_address)
        self.words = load_words()
        self.navigation = tuple(page for page in pages if page.nav)

    def word(self, language: str, table: str, code: str) -> str:
        """A code in the messages' words."""
        return self.words[language][table].get(code, code)

    @pass_context
    def hr_next(self, context: Context, code: str) -> str:
        """What comes next, as HR sees it; as the employee is told where we have no other words."""
        language = str(context.get("language"))
        if words.known(f"applications.next_{code}"):
            return words.say(language, f"applications.next_{code}")
        return self.word(language, "next", code)

    @pass_context
    def happening(self, context: Context, code: str) -> str:
        """What happened to an application, by its event's status."""
        language = str(context.get("language"))
        if words.known(f"applications.event_{code}"):
            return words.say(language, f"applications.event_{code}")
        return self.word(language, "state", code)

    def page(self, template: str, language: str, **values: Any) -> str:
        """The text of `templates/<template>.html.j2`."""
        found = self.environment.get_template(f"{template}.html.j2")
        values.setdefault("visit", None)
        return found.render(
            language=language,
            t=partial(words.say, language),
            marks=words.MARKS[language],
            **values,
        )


def area(prefix: str) -> str:
    """The name of a region prefix (`37`, `3701`); empty for none."""
    code = prefix.ljust(6, "0")
    return full_name(code) if prefix and find(code) else prefix


def last_four(number: str | None) -> str:
    """An ID number as a list may show it."""
    return f"····{number[-4:]}" if number and len(number) > 8 else ""


def tone(status: str) -> str:
    """How a state is coloured: what went well, what needs somebody, what went wrong."""
    tones = {
        "good": ("finished", "collected", "collectable"),
        "warn": ("returned", "evidence", "waiting"),
        "bad": ("stopped", "sealed"),
    }
    return next((tone for tone, statuses in tones.items() if status in statuses), "")


@cache
def static_address(name: str) -> str:
    """A static file's address; it changes with the content, so that it can be kept for long."""
    digest = hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:12]
    return f"/console/static/{name}?v={digest}"


renderer_of = cache(Renderer)
"""The pages' renderer; its templates are compiled once a process."""
