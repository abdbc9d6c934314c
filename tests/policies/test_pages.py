"""知识库 and 待答问题 in the console: what is shown, and that it takes two."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

from bot.web.console.table import every_page
from services import gaps
from services.people import audit
from services.policies import answers, ensure, published
from services.policies.answers import Shown
from services.policies.bundles import read_files, sign_folder
from storage.models import GapKind, GapStatus, Role
from tests.console.conftest import small_office
from tests.console.office import ELSEWHERE, Browser, Office
from tests.policies.bundles import KEY, MOST, PUBLIC, edit, unpacked
from tests.policies.test_bundles import packed

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


RULE, NEW = "cn-replace-lost", "补卡先挂失（新口径）。"
BUNDLES = "/policies/bundles"


async def looked(browser: Browser, content: bytes) -> tuple[str, dict[str, str]]:
    """What the page says of a file, and what its form to load it holds."""
    text = await (await browser.post(BUNDLES, file=content)).text()
    return text, dict(re.findall(r'name="(upload|proof)" value="([^"]*)"', text))


async def test_a_bundle_is_looked_at_and_then_loaded_once(
    small_office: Office, tmp_path: Path
) -> None:
    office = small_office
    await filled(office)
    office.runtime.settings.policies = office.runtime.settings.policies.model_copy(
        update={"trusted_keys": (PUBLIC,)}
    )
    folder, later = unpacked(tmp_path / "files"), office.clock.now() + timedelta(days=400)
    edit(folder, RULE, rule=NEW)
    unsigned = packed(read_files(folder, MOST))
    signed = sign_folder(folder, KEY, "v1", later)
    old = sign_folder(folder, KEY, "v0", office.clock.now() - timedelta(days=4000))
    async with (
        office.browser("officer here") as officer,
        office.browser("manager of all") as manager,
        office.browser("admin of all") as other,
    ):
        text, form = await looked(officer, unsigned)
        assert "有 1 处变化" in text
        assert f"<ins>{NEW}" in text
        assert "没有签名，只能看" in text
        assert form == {}
        text, form = await looked(officer, signed)
        assert "请管全部地区的经理来载入" in text
        assert form == {}  # an officer looks, a manager of everything loads
        text, form = await looked(manager, b"no archive")
        assert "这个文件用不了" in text
        assert form == {}
        text, form = await looked(manager, signed[:-200])
        assert form == {}
        text, form = await looked(manager, signed)
        assert "版本 v1" in text
        assert "file_gone" in await said(other, f"{BUNDLES}/load", **form)
        loaded = await said(manager, f"{BUNDLES}/load", **form)
        assert "bundle_loaded" in loaded
        assert "file_gone" in await said(manager, f"{BUNDLES}/load", **form)
        after = await manager.text(loaded.removeprefix("/console"))
        assert "v1 改了 1 处" in after
        assert f"<ins>{NEW}" in after
        assert office.people["manager of all"].name in after
        assert NEW in await officer.text(f"/policies?entry={RULE}")
        text, form = await looked(manager, signed)
        assert "不用载入" in text
        assert form == {}
        edit(folder, RULE, rule="又改了。")
        old = sign_folder(folder, KEY, "v0", office.clock.now() - timedelta(days=4000))
        text, form = await looked(manager, old)
        assert "比现行政策旧" in text
        assert "bundle_refused" in await said(manager, f"{BUNDLES}/load", **form)
        text, form = await looked(manager, old)
        assert "bundle_loaded" in await said(manager, f"{BUNDLES}/load", **form, older="yes")
    async with office.database.reading() as session:
        entries = await audit.entries(session, "policy_bundle:2")
        listed = await published.publications(session)
    actor = f"person:{office.people['manager of all'].id}"
    assert [(entry.verb, entry.actor) for entry in entries] == [("policies.loaded", actor)]
    assert [one.version for one in listed][:2] == ["v0", "v1"]


async def test_what_the_bot_told_somebody_is_seen_by_their_desk_alone(
    small_office: Office,
) -> None:
    await filled(small_office)
    person = small_office.people["employee"]
    async with small_office.database.transaction() as session:
        row = await published.current(session)
        assert row is not None
        shown = Shown("answer", ASKED, None, "fee", "370100", ("r370100-fee",))
        await answers.record(session, person.id, row.id or 0, shown, small_office.clock.now())
    (page,) = [one for one in every_page() if one.name == "people.told"]
    path = small_office.path(page)
    async with small_office.browser("officer here") as browser:
        text = await browser.text(path)
        assert "r370100-fee" in text
        assert "第 1 版" in text
        assert "费用" in text
        assert "地铁" not in text  # not the employee's words
    async with small_office.browser("officer elsewhere") as browser:
        assert (await browser.get(path)).status == 404
