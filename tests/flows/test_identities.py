"""People without a mainland ID card: residents of Hong Kong, Macao and Taiwan, foreigners, and who
waits for a new card."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from functools import cache
from typing import Any

from sandbox.company import Employee
from sandbox.company.model import Person
from sandbox.papers import render
from sandbox.papers.model import Paper
from services.imports.roster import import_roster
from storage.clock import local_date
from tests.people.makers import row, sheet
from tests.support.world import Talker, World, text_of

FRESH = 10  # days since the paper was issued


def paper(employee: Employee, kind: str) -> Paper:
    """A made-up picture, drawn once."""
    return _drawn(employee.person, kind)


@cache
def _drawn(person: Person, kind: str) -> Paper:
    return render(kind, person, seed=6, grade="clean")


def printed(employee: Employee, kind: str) -> dict[str, str]:
    """What stands on a made-up paper."""
    fields: dict[str, str] = paper(employee, kind).labels["documents"][0]["fields"]
    return fields


async def somebody(
    world: World, region: str, kind: str | None = None, words: str = "居民身份证"
) -> Employee:
    """An employee with papers issued lately, of whom the roster has what stands on the paper."""
    found = world.somebody()
    issued = local_date(world.runtime.clock.now()) - timedelta(days=FRESH)
    person = replace(found.person, valid_from=issued, valid_to=issued.replace(year=issued.year + 5))
    serial = len(world.taken)
    employee = replace(
        found, person=person, region=region, number=f"N{serial:05d}", phone=f"1549900{serial:04d}"
    )
    on_paper = printed(employee, kind) if kind else person.fields()
    line = row(
        工号=employee.number,
        姓名=on_paper["name"].replace(", ", " "),
        证件类型=words,
        证件号码=on_paper.get("id_number") or on_paper["passport_number"],
        手机号=employee.phone,
        用人单位=employee.employer.name,
        统一社会信用代码=employee.employer.credit_code,
        单位编号=next(iter(employee.employer.units.values())),
        入职日期=employee.hire_date.isoformat(),
        参保地区划代码=region,
    )
    runtime = world.runtime
    async with runtime.database.transaction() as session:
        now = runtime.clock.now()
        settings = runtime.settings.imports
        report = await import_roster(session, sheet([line]), now, settings=settings)
    assert report.errors == ()
    return employee


async def hands_in(world: World, talker: Talker, *kinds: str) -> dict[str, Any]:
    """Send papers and portrait, confirm, submit; what the bureau got."""
    await talker.sends(*(paper(talker.person, kind).image for kind in kinds))
    for _ in kinds:
        await talker.sees("请核对")
    await talker.sends(paper(talker.person, "portrait").image)
    await talker.sees("证件照合格")
    await world.confirm_papers(talker)
    await talker.sees("请最后核对一遍")
    reference = await world.hands_in(talker)
    found: dict[str, Any] = await world.admin("GET", f"applications/{reference}")
    return found | {"body": json.loads(found["body"])}


async def test_a_resident_of_hong_kong_macao_or_taiwan_gets_a_card(world: World) -> None:
    employee = await somebody(world, "370100", "hmt_permit_front", "港澳台居民居住证")
    talker = await world.enrolled(employee)
    await world.collecting(talker)
    (asked,) = talker.saw("请把下面的图片发给我")
    assert "港澳台居民居住证（有签发机关的一面）" in text_of(asked)
    assert "身份证人像面" not in text_of(asked)
    await talker.sends(paper(employee, "id_front").image)
    refused = await talker.sees("这是身份证人像面，这次不能用，我没有保存")
    assert "花名册上登记的不是这种证件" in text_of(refused)
    got = await hands_in(world, talker, "hmt_permit_front", "hmt_permit_back")
    body, reference = got["body"], got["reference"]
    number = printed(employee, "hmt_permit_front")["id_number"]
    assert (body["applicant"]["document_type"], body["applicant"]["id_number"]) == (
        "hmt_permit",
        number,
    )
    assert {each["kind"] for each in body["documents"]} == {"hmt_front", "hmt_back", "portrait"}
    for state, words in (
        ("making", "正在制卡"),
        ("collectable", "可以领取"),
        ("collected", "卡已领到"),
        ("social_enabled", "银行账户待激活"),
        ("financial_activated", "这件事办好啦"),
    ):
        await world.step(reference, state)
        await talker.sees(words)


async def test_a_foreigner_with_permanent_residence_gets_a_card(world: World) -> None:
    employee = await somebody(world, "370100", "foreign_permit_front", "外国人永久居留身份证")
    talker = await world.enrolled(employee)
    await world.collecting(talker)
    (asked,) = talker.saw("请把下面的图片发给我")
    assert "也可以用：外国护照" in text_of(asked)
    await talker.sends(paper(employee, "temporary_id").image)
    await talker.sees("花名册上登记的不是这种证件")
    await talker.sends(paper(employee, "passport").image)
    await talker.sees("护照，请核对")
    got = await hands_in(world, talker, "foreign_permit_front")  # the permit in its place
    summary = text_of(talker.saw("请最后核对一遍")[-1])
    assert "证件：外国人永久居留证" in summary
    applicant = got["body"]["applicant"]
    wanted = printed(employee, "foreign_permit_front")
    assert {name: applicant[name] for name in wanted} == wanted
    assert applicant["document_type"] == "foreign_permit"
    assert {each["kind"] for each in got["body"]["documents"]} == {"foreign_permit", "portrait"}
    assert got["verdict"] is None


async def test_a_temporary_card_where_the_region_takes_it_and_where_not(world: World) -> None:
    there = await world.enrolled(await somebody(world, "370100"))
    await world.collecting(there)
    await there.sends(paper(there.person, "temporary_id").image)
    refused = await there.sees("临时身份证，这次不能用")
    assert "没有查到山东省济南市可以凭它办社保卡的规定" in text_of(refused)
    await there.presses("找人工")
    here = await world.enrolled(await somebody(world, "320400"))
    await world.collecting(here)
    assert here.saw("也可以用：临时身份证")
    got = await hands_in(world, here, "temporary_id")
    assert got["body"]["applicant"]["document_type"] == "temporary_id"
    counter = await world.enrolled(await somebody(world, "440100", "passport", "护照"))
    await counter.says("办社保卡")
    await counter.sees("要到窗口办社保卡")
