"""知识库 and 待答问题 in the console: what is shown, and that it takes two."""

from __future__ import annotations

import re

from services import gaps
from services.policies import ensure
from storage.models import GapKind, GapStatus, Role
from tests.console.conftest import small_office
from tests.console.office import ELSEWHERE, Browser, Office

__all__ = ["small_office"]
ASKED = "社保卡可以刷卡坐地铁吗370102199003079964"


async def filled(office: Office) -> int:
    """The packaged policies, and one open question from here."""
    asker = await office.person(region="370100")
    async with office.database.transaction() as session:
        now = office.clock.now()
        await ensure(session, now)
        return await gaps.note(
            session, asker.id, ASKED, GapKind.UNANSWERED, now, least=78, region_code="370100"
        )


async def said(browser: Browser, path: str, **form: str) -> str:
    """Where a form leads to."""
    answer = await browser.post(path, **form)
    assert answer.status == 303, (path, answer.status)
    return answer.headers["Location"]


async def test_one_writes_and_another_publishes(small_office: Office) -> None:
    office = small_office
    gap = str(await filled(office))
    await office.staff("second officer", Role.OFFICER, "370100")
    await office.staff("far officer", Role.OFFICER, ELSEWHERE)
    async with (
        office.browser("officer here") as author,
        office.browser("second officer") as other,
        office.browser("far officer") as far,
    ):
        page = await author.text("/gaps")
        assert "社保卡可以刷卡坐地铁吗***" in page
        assert "370102199003079964" not in page
        assert "地铁" not in await far.text("/gaps")
        answer = {"gap": gap, "answer": "能，先激活。", "source": "12333答复"}
        assert "gap_no_source" in await said(author, "/gaps/answer", **answer | {"source": ""})
        assert "gap_over" in await said(far, "/gaps/answer", **answer)
        assert "gap_drafted" in await said(author, "/gaps/answer", **answer)
        mine = await author.text("/gaps")
        assert 'action="/console/gaps/publish"' not in mine
        theirs = await other.text("/gaps")
        found = re.search(r'name="drafted_at" value="([^"]+)"', theirs)
        assert found is not None
        publish = {"gap": gap, "drafted_at": found[1]}
        assert "gap_same_person" in await said(author, "/gaps/publish", **publish)
        assert "gap_over" in await said(other, "/gaps/publish", gap=gap, drafted_at="nonsense")
        assert "gap_published" in await said(other, "/gaps/publish", **publish)
        assert "能，先激活" in await author.text("/gaps?status=published")
        assert "gap_over" in await said(other, "/gaps/dismiss", gap=gap)
        async with office.database.reading() as session:
            view = await gaps.gap_view(session, int(gap))
        assert view is not None
        assert view.status is GapStatus.PUBLISHED
        assert "gap_over" in await said(far, "/gaps/withdraw", gap=gap)
        assert "gap_withdrawn" in await said(author, "/gaps/withdraw", gap=gap)
        assert "能，先激活" not in await author.text("/gaps?status=published")
        assert "能，先激活" in await author.text("/gaps")


async def test_policies_with_their_sources(small_office: Office) -> None:
    await filled(small_office)
    async with small_office.browser("officer here") as browser:
        page = await browser.text("/policies?region=370100&topic=fee")
        assert "r370100-fee" in page
        assert "cn-fee" in page
        entry = await browser.text("/policies?entry=r370100-fee")
        assert "370100-card_replace-01" in entry
        assert "packaged-" in entry
        assert (await browser.get("/policies?entry=nothing")).status == 404
        check = await browser.text("/policies/check?kind=missing")
        assert "只有全国口径" in check
