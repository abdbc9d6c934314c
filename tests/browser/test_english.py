"""The console in English: every page, and every answer to a form, with something on it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import partial
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from sqlmodel import SQLModel, select
from sqlmodel.ext.asyncio.session import AsyncSession

from knowledge.agencies import bank_name, banks
from knowledge.policies import load_policies
from knowledge.regions import full_name
from knowledge.regions.table import table
from services.people.identity import masked_name
from tests.browser.furnished import NEW_RULE, forms, furnish, sights
from tests.browser.showroom import open_showroom
from tests.console.office import Browser, Office

_CHINESE = re.compile(r"[\u3000-\u303f\u3400-\u9fff\uff00-\uffef]")
_CODE = re.compile(r"\b[a-z]+(?:[._][a-z]+)+\b")
_SHOWN = ("aria-label", "alt", "title", "placeholder", "data-label", "value")
_NAMES = ("我的社保卡", "电子社保卡", "用人单位", "统一社会信用代码", "证件号码", "样本新", "样一")
"""What has no other name in English, titles of a sheet's columns, and whom the HR system has."""
_CODED = {"settings.shelf", "policies.shelf", "policies.one", "bundles.looked"}
"""Pages about names of settings and of sources."""


class Words(HTMLParser):
    """Every text that a page shows or reads out, but what it says to be in another language."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._foreign: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if self._foreign or (tag != "html" and given.get("lang", "en") != "en"):
            self._foreign += [tag] if tag in {"button", "span", "p"} else []
            return
        coded = tag in {"button", "option"} or given.get("type") in {"hidden", "radio", "checkbox"}
        self.found += [
            str(given[name])
            for name in _SHOWN
            if given.get(name) and not (name == "value" and coded)
        ]

    def handle_endtag(self, tag: str) -> None:
        if self._foreign and tag == self._foreign[-1]:
            self._foreign.pop()

    def handle_data(self, data: str) -> None:
        if data.strip() and not self._foreign:
            self.found.append(data.strip())


def texts(value: Any) -> Iterator[str]:
    """Every text in a row or a JSON value."""
    if isinstance(value, str):
        yield value
        yield from re.split(r"\[\[.*?\]\]|\n", value)
    elif isinstance(value, dict):
        for each in value.values():
            yield from texts(each)
    elif isinstance(value, Iterable) and not isinstance(value, bytes):
        for each in value:
            yield from texts(each)


async def data_of(session: AsyncSession, asked: Iterable[str]) -> list[str]:
    """What people, places and papers are called, what was said, and rules; the longest first."""
    found = {*_NAMES, NEW_RULE, *asked}
    for mapper in SQLModel._sa_registry.mappers:
        for row in (await session.exec(select(mapper.class_))).all():
            found.update(texts(row.model_dump()))
            found.update(
                {masked_name(row.name)} if isinstance(getattr(row, "name", 0), str) else ()
            )
    for policy in load_policies().policies.values():
        found.update(each for one in policy.statements for each in (one.text, one.text[:40]))
    for one in table().values():
        found.update((one.name, full_name(one.code)))
    found.update(bank_name(code) for code in banks())
    chinese = (one.strip() for one in found if len(one.strip()) > 1 and _CHINESE.search(one))
    return sorted(chinese, key=len, reverse=True)


async def pages_of(office: Office, admin: Browser, officer: Browser) -> list[tuple[str, str]]:
    """The name and the text of every page, and of every answer to a form."""
    found = [
        (one.name, await (admin if one.who == "admin" else officer).text(one.path))
        for one in sights(office)
    ]
    for form in forms(office):
        sent: dict[str, Any] = form.fields | form.chosen
        answer = await admin.post(form.path, **sent | ({"file": form.file} if form.file else {}))
        assert answer.status == 200, (form.name, answer.headers)
        found.append((form.name, await answer.text()))
    return found


def leftovers(data: list[str], name: str, text: str) -> list[tuple[str, str]]:
    """Words that are neither English nor anybody's, and codes that stand where a word should."""
    words = Words()
    words.feed(text)
    found = []
    for said in words.found:
        cut = said.strip("…")
        rest = "" if cut != said and any(cut in one for one in data) else said
        for one in data if _CHINESE.search(said) else ():
            rest = rest.replace(one, " ")
        rest = re.sub(r"[（）、·，。“”]+", " ", rest) if rest != said else rest
        if _CHINESE.search(rest) or (name not in _CODED and _CODE.search(rest)):
            found.append((name, said[:90]))
    return found


async def test_every_page_is_english(tmp_path: Path) -> None:
    async with open_showroom(tmp_path) as office:
        await furnish(office)
        async with office.browser("admin") as admin, office.browser("new officer") as officer:
            for browser in (admin, officer):
                assert (await browser.post("/language", language="en")).status == 303
            pages = await pages_of(office, admin, officer)
        async with office.database.reading() as session:
            asked = [word for form in forms(office) for word in form.fields.values()]
            find = partial(leftovers, await data_of(session, asked))
    assert len(pages) > 35
    assert [name for name, text in pages if '<html lang="en">' not in text] == []
    assert [each for name, text in pages for each in find(name, text)] == []
