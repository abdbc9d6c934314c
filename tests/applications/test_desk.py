"""Cases."""

from __future__ import annotations

import asyncio

import pytest

from services import cases
from services.cases import CaseNotFound
from storage.models import CaseMessage, CaseStatus
from tests.applications.conftest import Office, add_person


async def officers(office: Office) -> tuple[int, int]:
    async with office.database.transaction() as session:
        first = await add_person(session, office.now, 1)
        return first, await add_person(session, office.now, 2)


async def test_one_case_per_matter(office: Office) -> None:
    view = await office.opened()
    tries = [office.do(cases.open_case, office.person_id, "returned", view.id) for _ in range(4)]
    found = await asyncio.gather(*tries)
    assert len({case.number for case in found}) == 1
    assert found[0].application_number == view.number
    other = await office.do(
        cases.open_case, office.person_id, "question", None, text="社保卡怎么办？"
    )
    assert other.number != found[0].number
    assert [m.text for m in other.messages] == ["社保卡怎么办？"]
    assert "怎么办" not in repr(other)
    assert [c.id for c in await office.see(cases.unresolved, office.person_id)] == [
        found[0].id,
        other.id,
    ]
    assert await office.see(cases.by_number, other.number.lower()) == other
    assert await office.see(cases.by_number, view.number) is None


async def test_two_officers_race(office: Office) -> None:
    one, two = await officers(office)
    case = await office.do(cases.open_case, office.person_id, "question", None)
    taken = await asyncio.gather(
        *(office.do(cases.take, case.id, who) for who in (one, two, one, two))
    )
    winner = taken[0].case.assignee_id
    assert [each.won for each in taken] == [winner == who for who in (one, two, one, two)]
    assert sum(each.won for each in taken) == 2
    assert {each.case.assignee_id for each in taken} == {winner}
    assert taken[0].case.status is CaseStatus.PENDING


async def test_to_and_fro(office: Office) -> None:
    one, _ = await officers(office)
    case = await office.do(cases.open_case, office.person_id, "question", None, text="在吗")
    case = await office.do(cases.answer, case.id, one, "在的，请讲")
    assert (case.assignee_id, case.waiting_for) == (one, "employee")
    case = await office.do(cases.write, case.id, "卡丢了")
    assert case.waiting_for == "officer"
    case = await office.do(cases.resolve, case.id, one)
    assert (case.status, case.resolved_at) == (CaseStatus.RESOLVED, office.now)
    assert await office.see(cases.open_cases) == []
    assert (await office.do(cases.take, case.id, one)).won is False
    case = await office.do(cases.write, case.id, "还有一个问题")
    assert (case.status, case.assignee_id) == (CaseStatus.PENDING, one)
    assert [m.author for m in case.messages] == ["employee", "officer", "employee", "employee"]
    with pytest.raises(CaseNotFound):
        await office.see(cases.get, 999)


async def test_the_notice_in_the_group(office: Office) -> None:
    case = await office.do(cases.open_case, office.person_id, "question", None)
    await office.do(cases.set_notice, case.id, "-100200", 77)
    found = await office.see(cases.by_notice, "-100200", 77)
    assert found is not None
    assert found.id == case.id
    assert await office.see(cases.by_notice, "-100200", 78) is None


async def test_what_is_written_is_encrypted(office: Office) -> None:
    await office.do(cases.open_case, office.person_id, "question", None, text="我的卡丢了")
    assert [m.text for m in await office.rows(CaseMessage)] == ["我的卡丢了"]
    async with office.database.reading() as session:
        connection = await session.connection()
        raw = (await connection.exec_driver_sql("select text from case_message")).scalar_one()
    assert "我的卡丢了".encode() not in bytes(raw)
