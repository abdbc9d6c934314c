"""Officers' languages, matters, address and absence, changed by themselves and their managers."""

from __future__ import annotations

from datetime import timedelta

import pytest

from services import cases
from services.cases import CaseError
from services.people import audit
from storage.clock import local_date
from storage.models import Role
from tests.console.office import HERE, Browser, Office

GOOD = {"language": "en", "skill": "card", "capacity": "7", "email": "hr@example.com"}


async def said(browser: Browser, path: str, **values: str) -> str:
    """What the page says was done."""
    answer = await browser.post(path, **values)
    assert answer.status == 303
    return answer.headers["Location"].rpartition("=")[2]


async def test_an_officer_changes_their_own_and_a_manager_theirs(small_office: Office) -> None:
    officer = small_office.people["officer here"]
    async with small_office.browser("officer here") as browser:
        assert await said(browser, "/account/desk", what="profile", **GOOD) == "officer_written"
        text = await browser.text("/account/desk")
        assert 'value="hr@example.com"' in text
        assert 'value="7"' in text
        wrong = {
            "officer_address_wrong": {"email": "hr@example.com\r\nBcc: all@example.com"},
            "officer_capacity_wrong": {"capacity": "0"},
            "officer_no_language": {"language": "klingon"},
        }
        for expected, change in wrong.items():
            values = GOOD | change
            assert await said(browser, "/account/desk", what="profile", **values) == expected
        assert (
            await browser.post("/account/desk", what="profile", language="zh", skill="x")
        ).status == 400
        assert officer.name in await browser.text("/officers")
        assert "/console/officers/" not in (await browser.text("/officers")).partition("<main")[2]
    async with small_office.browser("manager here") as browser:
        path = f"/officers/{officer.id}"
        assert 'value="hr@example.com"' in await browser.text(path)
        assert await said(browser, path, what="profile", language="zh") == "officer_written"
    async with small_office.database.reading() as session:
        found = await cases.officer(session, officer.id)
        written = await audit.entries(session, f"person:{officer.id}", verb="officer.profile")
    assert found is not None
    assert (found.languages, found.skills, found.email) == (("zh",), (), None)
    manager = small_office.people["manager here"]
    assert [entry.actor for entry in written] == [f"person:{manager.id}", f"person:{officer.id}"]


async def test_an_absence_hands_the_cases_to_the_stand_in(office: Office) -> None:
    """On both databases: who is away has nothing in hand, and comes back to new cases."""
    officer = office.people["officer here"]
    second = await office.staff("second", Role.OFFICER, HERE)
    stranger = office.people["officer elsewhere"]
    now = office.clock.now()
    async with office.database.transaction() as session:
        case = await cases.by_number(session, office.refs["case"])
        assert case is not None
        await cases.take(session, case.id, officer.id, now)
    path = f"/officers/{officer.id}"
    today = local_date(now)
    async with office.browser("manager here") as browser:
        back = str(today + timedelta(days=7))
        values = {"what": "away", "until": back}
        far = await said(browser, path, stand_in=str(stranger.id), **values)
        assert far == "officer_no_stand_in"
        late = await said(browser, path, what="away", until=str(today))
        assert late == "officer_away_backwards"
        assert await said(browser, path, what="away", until="soon") == "officer_day_wrong"
        assert await said(browser, path, stand_in=str(second.id), **values) == "officer_away"
        assert "休假中" in await browser.text(path)
        assert f"{second.name} 代班" in await browser.text("/officers")
    async with office.database.reading() as session:
        held = await cases.get(session, case.id)
    assert held.assignee_id == second.id
    async with office.browser("officer here") as browser:
        assert await said(browser, "/account/desk", what="back") == "officer_back"
        assert "休假中" not in await browser.text("/account/desk")


@pytest.mark.parametrize(
    "address", ["hr", "@example.com", "hr@", "a b@example.com", "a@b\nBcc: c@d"]
)
async def test_an_address_is_one_address(small_office: Office, address: str) -> None:
    officer = small_office.people["officer here"].id
    async with small_office.database.transaction() as session:
        with pytest.raises(CaseError, match="address_wrong"):
            await cases.set_profile(session, officer, small_office.clock.now(), email=address)
