"""What people write, are called, or put into an address is text on every page, never markup."""

from __future__ import annotations

from urllib.parse import quote

from sqlmodel import col, select

from bot.web.console.table import every_page
from services import cases
from services.cases import Attachment
from services.people.people import by_id
from storage.models import Application, Employer, Person, StoredFile
from tests.console.office import Office

EVIL = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>{{7*7}}"
RAW = ("<script>alert(1)", "<img src=x", "49}}")


async def spoil(office: Office) -> None:
    """Put markup wherever somebody outside can put words."""
    person, now = office.people["employee"], office.clock.now()
    async with office.database.transaction() as session:
        row = await session.get_one(Person, person.id)
        row.name, row.number = EVIL, EVIL[:32]
        employer = await session.get_one(Employer, person.employer_id)
        employer.name = EVIL
        application = (
            await session.exec(select(Application).where(col(Application.person_id) == person.id))
        ).one()
        application.place, application.reference = EVIL, EVIL[:60]
        case = await cases.by_number(session, office.refs["case"])
        assert case is not None
        file = (await session.exec(select(StoredFile))).first()
        assert file is not None
        attachment = Attachment(media="document", file_id=file.id, name=EVIL)
        await cases.write(session, case.id, EVIL, now, attachment=attachment)
        officer = office.people["officer here"].id
        await cases.answer(session, case.id, officer, EVIL, now)
        await cases.note(session, case.id, officer, EVIL, now)
        for name in ("officer here", "admin of all"):
            staff = await session.get_one(Person, office.people[name].id)
            staff.name = EVIL
        assert await by_id(session, person.id) is not None


def check(text: str, where: str) -> None:
    """No part of it is markup."""
    for part in RAW:
        assert part not in text, (where, text[max(text.find(part) - 80, 0) :][:200])


async def test_stored_markup_is_text(small_office: Office) -> None:
    await spoil(small_office)
    seen = 0
    async with small_office.browser("admin of all") as browser:
        for page in every_page():
            if page.method == "GET" and not page.path.endswith("/live"):
                answer = await browser.get(small_office.path(page))
                text = await answer.text(errors="replace")
                check(text, page.name)
                seen += "&lt;script&gt;alert(1)" in text
        assert seen > 8  # it was shown, as text
        token = await browser.form_token()
        for path, field in (("/cases", "words"), ("/people", "wanted")):
            for words in ("alert(1)", small_office.people["employee"].number, EVIL):
                check(await (await browser.post(path, token, **{field: words})).text(), path)


async def test_reflected_markup_is_text(small_office: Office) -> None:
    async with small_office.browser("admin of all") as browser:
        token = await browser.form_token()
        for page in every_page():
            if page.path.endswith("/live"):
                continue
            path = small_office.path(page)
            if page.method == "GET":
                names = (
                    "said",
                    "view",
                    "waiting",
                    "matter",
                    "status",
                    "kind",
                    "bound",
                    "verb",
                    "page",
                )
                query = "&".join(f"{name}={quote(EVIL)}" for name in names)
                answer = await browser.get(f"{path}?{query}")
            elif page.name.startswith("account.sign_out"):
                continue
            else:
                fields = ["words", "wanted", "text", "question", "reason", "note", "kind", "region"]
                answer = await browser.post(path, token, **dict.fromkeys(fields, EVIL))
            assert answer.status < 500, page.name
            check(await answer.text(errors="replace"), page.name)
            assert "\n" not in answer.headers.get("Location", "")
        check(await (await browser.get(f"/{quote(EVIL)}")).text(), "unknown")
