"""Links and sessions: nothing can be replayed, fixed or stolen by a link."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlmodel import select

from services.console import signing
from services.people import accounts, people, roles
from storage.models import ConsoleSession, InboxEvent, Role, SignInLink
from tests.console.office import Browser, Office


async def is_in(browser: Browser) -> bool:
    """Whether the browser is signed in."""
    return (await browser.get("/account")).status == 200


async def test_a_link_works_once(office: Office) -> None:
    code = await office.code(office.people["officer here"])
    async with office.browser() as first, office.browser() as second:
        for _ in range(3):  # previews fetch it
            assert (await first.get("/sign-in")).status == 200
        assert (await first.signs_in(code)).status == 303
        assert await is_in(first)
        refused = await second.signs_in(code)
        assert refused.status == 403
        assert "链接已经用过" in await refused.text()
        assert not await is_in(second)
    async with office.database.reading() as session:
        events = (await session.exec(select(InboxEvent))).all()
    told = [event for event in events if event.kind == "console.signed_in"]
    assert [event.mailbox for event in told] == [office.people["officer here"].mailbox or "9002"]


async def test_a_link_ends_with_its_time_and_with_the_next_one(small_office: Office) -> None:
    person = small_office.people["officer here"]
    older = await small_office.code(person)
    newer = await small_office.code(person)
    async with small_office.browser() as browser:
        assert (await browser.signs_in(older)).status == 403
        small_office.clock.advance(timedelta(minutes=10))
        assert (await browser.signs_in(newer)).status == 403
        for code in ("", "x", newer[:-1], newer + "x"):
            assert (await browser.signs_in(code)).status == 403


async def test_neither_code_nor_token_lies_in_the_database(office: Office) -> None:
    code = await office.code(office.people["officer here"])
    async with office.browser() as browser:
        await browser.signs_in(code)
        token = browser.cookie
    async with office.database.reading() as session:
        links = (await session.exec(select(SignInLink))).all()
        rows = (await session.exec(select(ConsoleSession))).all()
    assert links
    assert rows
    kept = repr([row.model_dump() for row in (*links, *rows)])
    assert token
    assert code not in kept
    assert token not in kept


async def test_a_browsers_own_session_is_never_taken_over(small_office: Office) -> None:
    """Fixation: a cookie that was there before is worth nothing after signing in."""
    async with small_office.browser("officer here") as attacker, small_office.browser() as victim:
        planted = attacker.cookie
        victim.plants(planted)
        code = await small_office.code(small_office.people["admin of all"])
        assert (await victim.signs_in(code)).status == 303
        assert victim.cookie
        assert victim.cookie != planted
        assert not await is_in(attacker)  # the planted session ended


async def test_the_button_needs_its_own_page(small_office: Office) -> None:
    """Another site cannot press it: neither with its own form nor with a token of its own."""
    code = await small_office.code(small_office.people["officer here"])
    async with small_office.browser() as browser:
        await browser.get("/sign-in")
        for token in ("", "x" * 32):
            data = {"token": token, "code": code}
            answer = await browser.http.post(f"{browser.base}/sign-in", data=data)
            assert answer.status == 403
        token = await browser.form_token("/sign-in")
        answer = await browser.http.post(
            f"{browser.base}/sign-in",
            data={"token": token, "code": code},
            headers={"Origin": "https://evil.example"},
        )
        assert answer.status == 403
        assert (await browser.signs_in(code)).status == 303  # nothing of it used the link up


async def test_a_session_ends_unused_and_after_its_hours(small_office: Office) -> None:
    async with small_office.browser("officer here") as browser:
        for _ in range(3):
            small_office.clock.advance(timedelta(minutes=29))
            assert await is_in(browser)
        small_office.clock.advance(timedelta(minutes=30))
        assert not await is_in(browser)
    async with small_office.browser("officer here") as browser:
        for _ in range(24):
            small_office.clock.advance(timedelta(minutes=24))
            assert await is_in(browser)
        small_office.clock.advance(timedelta(minutes=24))
        assert not await is_in(browser)


async def test_the_demos_clock_ends_no_session(small_office: Office) -> None:
    async with small_office.browser("officer here") as browser:
        small_office.clock.jump(timedelta(days=30))
        assert await is_in(browser)


async def test_a_session_ends_when_its_person_changes(office: Office) -> None:
    now = office.clock.now()
    for change in ("granted", "revoked", "left", "unbound"):
        person = await office.staff(change, Role.OFFICER, "370100")
        async with office.browser(change) as browser, office.browser() as late:
            code = await office.code(person)
            async with office.database.transaction() as session:
                if change == "granted":
                    await roles.grant(session, person.id, Role.MANAGER, now)
                elif change == "revoked":
                    await roles.revoke(session, person.id, Role.OFFICER, now)
                elif change == "left":
                    await people.leave(session, person.id, now)
                else:
                    await accounts.unbind(session, person.id, now)
            assert not await is_in(browser), change
            gone = change in ("revoked", "left")
            assert (await late.signs_in(code)).status == (403 if gone else 303), change


async def test_ways_out(small_office: Office) -> None:
    async with (
        small_office.browser("officer here") as one,
        small_office.browser("officer here") as two,
    ):
        kept = one.cookie
        assert (await one.post("/sign-out")).status == 303
        assert one.cookie == ""
        one.plants(kept)
        assert not await is_in(one)  # the token is dead, not only forgotten
        assert await is_in(two)
        async with small_office.browser("officer here") as three:
            assert (await three.post("/sign-out-everywhere")).status == 303
            assert not await is_in(two)


async def test_links_are_rationed_and_only_for_staff(office: Office) -> None:
    limits = office.runtime.settings.console.model_copy(update={"links_per_hour": 2})
    person, nobody = office.people["officer here"], office.people["employee"]
    async with office.database.transaction() as session:
        for _ in range(2):
            await signing.issue(session, person.id, office.clock.tick(), limits)
        with pytest.raises(signing.TooManyLinks):
            await signing.issue(session, person.id, office.clock.tick(), limits)
        with pytest.raises(signing.NotStaff):
            await signing.issue(session, nobody.id, office.clock.tick(), limits)


async def test_over_https_the_cookie_is_bound_to_the_host(small_office: Office) -> None:
    settings = small_office.runtime.settings
    settings.console = settings.console.model_copy(update={"url": "https://hr.example.com"})
    async with small_office.browser() as browser:
        answer = await browser.get("/sign-in")
        (cookie,) = answer.headers.getall("Set-Cookie")
        assert cookie.startswith("__Host-console-form=")
        for word in ("Secure", "HttpOnly", "SameSite=Lax", "Path=/"):
            assert word in cookie
        assert "Domain" not in cookie
