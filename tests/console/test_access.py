"""Who may open what: every page of the route table, every role, here and elsewhere."""

from __future__ import annotations

from bot.web.console.guard import HEADERS
from bot.web.console.pages import Page
from bot.web.console.table import every_page
from storage.models import Role
from tests.console.office import Browser, Office

ROLES = (Role.OFFICER, Role.MANAGER, Role.ADMIN)
WHERE = ("here", "elsewhere", "of another", "of all")
REFUSALS = {401, 403, 404, 405}


def expected(page: Page, role: Role, where: str) -> int | None:
    """The exact refusal; None when the page opens."""
    if role is not Role.ADMIN and role not in page.roles:
        return 403
    if page.everywhere and where != "of all":
        return 403
    if page.subject is not None and where not in ("here", "of all"):
        return 404
    return None


async def ask(browser: Browser, office: Office, page: Page, token: str) -> int:
    """The status of one request with an otherwise empty form."""
    path = office.path(page)
    if page.method == "GET":
        async with await browser.get(path) as answer:
            return answer.status
    async with await browser.post(path, token) as answer:
        return answer.status


async def test_every_page_for_every_role(office: Office) -> None:
    """On PostgreSQL here and elsewhere: what differs between the databases is the areas."""
    wrong = []
    for role in ROLES:
        for where in WHERE if office.database.is_sqlite else WHERE[:2]:
            name = f"{role.value} {where}"
            async with office.browser(name) as browser:
                token = await browser.form_token()
                for page in every_page():
                    if page.name in {"account.sign_out", "account.sign_out_everywhere"}:
                        continue  # they end the session; tested on their own
                    status = await ask(browser, office, page, token)
                    refusal = expected(page, role, where)
                    right = status == refusal if refusal else status not in REFUSALS
                    if not right or status >= 500:
                        wrong.append((page.name, name, status, refusal))
    assert wrong == []


async def test_nobody_gets_in_without_signing_in(small_office: Office) -> None:
    async with small_office.browser() as browser:
        for page in every_page():
            assert await ask(browser, small_office, page, "x" * 64) == 401, page.name


async def test_a_form_of_somebody_else_is_refused(small_office: Office) -> None:
    """No token, a wrong one, another session's, or another site's page."""
    async with small_office.browser("admin here") as other:
        foreign = await other.form_token()
    async with small_office.browser("admin of all") as browser:
        own = await browser.form_token()
        for page in every_page():
            if page.method == "GET":
                continue
            path = small_office.path(page)
            for token in ("", "x" * 64, foreign):
                assert (await browser.post(path, token)).status == 403, page.name
            for header in ({"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}):
                answer = await browser.http.post(
                    f"{browser.base}{path}", data={"token": own}, headers=header
                )
                assert answer.status == 403, page.name


async def test_what_does_not_exist_looks_like_what_is_not_yours(small_office: Office) -> None:
    odd = ("0", "999999999", "GD0000000000", "../admin", "%00", "²", "9" * 40)
    names = ("officer here", "admin here")
    async with small_office.browser(names[0]) as officer, small_office.browser(names[1]) as admin:
        for page in every_page():
            if page.subject and page.method == "GET":
                browser = officer if Role.OFFICER in page.roles else admin
                for ref in odd:
                    path = page.path.replace("{ref}", ref)
                    assert (await browser.get(path)).status == 404, path


async def test_every_answer_carries_the_headers(small_office: Office) -> None:
    async with small_office.browser("admin of all") as browser, small_office.browser() as stranger:
        answers = [
            await browser.get("/account"),
            await browser.get("/no-such-page"),
            await browser.post("/language", "wrong"),
            await stranger.get("/sign-in"),
            await stranger.get("/account"),
            await stranger.get("/static/console.css"),
            await stranger.get("/static/nothing.css"),
        ]
    for answer in answers:
        for name, value in HEADERS.items():
            assert answer.headers[name] == value, (answer.url.path, name)
        kept = "public" if answer.url.path.endswith("console.css") else "no-store"
        assert kept in answer.headers["Cache-Control"], answer.url.path
    assert "unsafe" not in HEADERS["Content-Security-Policy"]


async def test_the_navigation_shows_what_opens(small_office: Office) -> None:
    for role in ROLES:
        async with small_office.browser(f"{role.value} here") as browser:
            text = await browser.text("/account")
            for page in every_page():
                if page.nav:
                    shown = f'href="/console{page.path}"' in text
                    assert shown == (expected(page, role, "here") is None), page.name
