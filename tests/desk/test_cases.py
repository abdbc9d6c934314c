"""The life of a case: opened once, raced for, written in, waited on, resolved, open again."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from services import cases
from services.cases import (
    Attachment,
    CaseError,
    CaseNotFound,
    Filter,
    Post,
    Scope,
    calendar_of,
)
from services.people import roles
from storage.models import CaseMessage, CaseStatus, Delivery, Role, SlaState, WaitingFor
from tests.desk.conftest import Desk


async def test_one_case_per_matter(desk: Desk) -> None:
    tries = [desk.do(cases.open_case, desk.employee, "returned", None) for _ in range(4)]
    found = await asyncio.gather(*tries)
    assert len({case.number for case in found}) == 1
    other = await desk.asked()
    assert other.number != found[0].number
    assert [m.text for m in other.messages] == ["社保卡怎么办？"]
    assert "怎么办" not in repr(other)
    assert (await desk.asked(None, matter="data")).id == other.id  # one conversation at a time
    mine = await desk.see(cases.unresolved, desk.employee)
    assert [c.id for c in mine] == [found[0].id, other.id]
    assert await desk.see(cases.by_number, other.number.lower()) == await desk.see(
        cases.get, other.id
    )
    with pytest.raises(CaseNotFound):
        await desk.see(cases.get, 999)


async def test_two_officers_race(desk: Desk) -> None:
    one, two = desk.officers
    case = await desk.asked()
    taken = await asyncio.gather(
        *(desk.do(cases.take, case.id, who) for who in (one, two, one, two))
    )
    winner = taken[0].case.assignee_id
    assert [each.won for each in taken] == [winner == who for who in (one, two, one, two)]
    assert sum(each.won for each in taken) == 2
    assert taken[0].case.status is CaseStatus.PENDING
    with pytest.raises(CaseError, match="not_officer"):
        await desk.do(cases.take, case.id, desk.employee)


async def test_to_and_fro(desk: Desk) -> None:
    one, two = desk.officers
    case = await desk.asked("在吗")
    case = await desk.do(cases.answer, case.id, one, "在的，请讲")
    assert (case.assignee_id, case.waiting_for) == (one, WaitingFor.EMPLOYEE)
    case = (await desk.do(cases.write, case.id, "卡丢了")).case
    assert case.waiting_for is WaitingFor.OFFICER
    case = await desk.do(cases.answer, case.id, one, "我查一下，稍等")
    assert case.waiting_for is WaitingFor.OFFICER  # asking for patience hands nothing over
    case = await desk.do(cases.hand_over, case.id, one, two)
    case = await desk.do(cases.hand_over, case.id, two, one)
    case = await desk.do(cases.note, case.id, two, "已电话核实")
    case = await desk.do(cases.wait, case.id, one, "bureau")
    assert case.waiting_for is WaitingFor.BUREAU
    case = await desk.do(cases.resolve, case.id, one)
    assert (case.status, case.resolution) == (CaseStatus.RESOLVED, "solved")
    assert await desk.see(cases.open_ids) == []
    detail = await desk.see(cases.detail, case.id, desk.clock.now())
    assert [each.how for each in detail.assignments] == ["offered", "taken", "handed", "handed"]
    assert {"case.opened", "case.handed_over", "case.waits", "case.resolved"} <= {
        entry.what for entry in detail.history if entry.kind == "audit"
    }
    assert [e.what for e in detail.history if e.kind == "message"][-1] == "note"
    assert detail.history == tuple(sorted(detail.history, key=lambda entry: entry.at))


async def test_thanks_closes_and_a_question_opens_again(desk: Desk) -> None:
    one, _ = desk.officers
    case = await desk.asked()
    await desk.do(cases.answer, case.id, one, "办好了")
    await desk.do(cases.resolve, case.id, one)
    thanks = await desk.do(cases.write, case.id, "好的，谢谢老师！🙏")
    assert (thanks.opened, thanks.case.status) == (False, CaseStatus.RESOLVED)
    await desk.passes(days=6)
    again = await desk.do(cases.write, case.id, "谢谢，还有一个问题，卡在哪里领？")
    assert (again.opened, again.case.status, again.case.id) == (True, CaseStatus.PENDING, case.id)
    assert (again.case.assignee_id, again.case.reopened) == (one, 1)
    await desk.do(cases.resolve, case.id, one)
    await desk.passes(days=8)
    assert await desk.see(cases.lately_resolved, desk.employee, desk.clock.now()) is None
    late = await desk.do(cases.write, case.id, "那我的卡呢？")
    assert late.case.id != case.id
    assert [m.text for m in late.case.messages] == ["那我的卡呢？"]


async def test_a_duplicate_is_over_and_opens_no_more(desk: Desk) -> None:
    one, _ = desk.officers
    case = await desk.asked()
    case = await desk.do(cases.close_duplicate, case.id, one)
    assert (case.status, case.resolution) == (CaseStatus.RESOLVED, cases.DUPLICATE)
    assert await desk.see(cases.lately_resolved, desk.employee, desk.clock.now()) is None


async def test_edited_taken_back_and_withdrawn(desk: Desk) -> None:
    one, two = desk.officers
    case = await desk.asked("我的卡号是 1234")
    words = case.messages[0]
    await desk.do(cases.edit_message, words.id, "我的卡号是 4321", by_id=None)
    with pytest.raises(CaseError, match="not_yours"):
        await desk.do(cases.recall_message, words.id, by_id=one)
    case = await desk.do(cases.recall_message, words.id, by_id=None)
    assert case.messages[0].text is None
    assert case.messages[0].deleted_at is not None
    with pytest.raises(CaseError, match="recalled"):
        await desk.do(cases.edit_message, words.id, "又改", by_id=None)
    with pytest.raises(CaseError, match="not_yours"):
        await desk.do(cases.withdraw, case.id, two)
    case = await desk.do(cases.withdraw, case.id, desk.employee)
    assert case.resolution == "withdrawn"
    assert await desk.see(cases.lately_resolved, desk.employee, desk.clock.now()) is None
    rows = await desk.rows(CaseMessage)
    assert [row.text for row in rows] == [None]


async def test_delivery_and_who_blocked_the_bot(desk: Desk) -> None:
    one, _ = desk.officers
    case = await desk.asked()
    case = await desk.do(cases.answer, case.id, one, "在的", post=Post("-100", 7))
    said = case.messages[-1]
    assert said.delivery is Delivery.PENDING
    found = await desk.see(cases.by_post, "-100:55", 7)
    assert found is not None
    assert (found.case_id, found.message_id, found.original) == (case.id, said.id, True)
    assert [m.id for m in await desk.see(cases.waiting, case.id)] == [m.id for m in case.messages]
    await desk.do(cases.handed_on, said.id)
    await desk.do(cases.undelivered, said.id, blocked=True)
    assert (await desk.see(cases.get, case.id)).messages[-1].delivery is Delivery.BLOCKED
    assert await desk.do(cases.again, desk.employee) == [case.id]
    assert said.id in [m.id for m in await desk.see(cases.waiting, case.id)]
    await desk.do(cases.handed_on, said.id)
    await desk.do(cases.undelivered, said.id, blocked=False)
    assert await desk.do(cases.again, desk.employee) == []  # refused here is refused again
    assert await desk.do(cases.again, desk.employee, moved=True) == [case.id]
    await desk.do(cases.delivered, said.id)
    assert (await desk.see(cases.get, case.id)).messages[-1].delivery is Delivery.DELIVERED
    picture = Attachment("photo", source="file-1", album="a")
    case = await desk.do(cases.answer, case.id, one, None, attachment=picture)
    assert case.messages[-1].id not in [m.id for m in await desk.see(cases.waiting, case.id)]
    assert [m.id for m in await desk.see(cases.unfetched, case.id)] == [case.messages[-1].id]


async def test_what_is_written_is_encrypted_and_found(desk: Desk) -> None:
    case = await desk.asked("我的银行卡丢了，尾号 88")
    other = await desk.do(cases.open_case, desk.employee, "fault", None, text="照片传不上去")
    everything, now = Scope.everything(), desk.clock.now()

    async def found(words: str, scope: Scope = everything) -> list[int]:
        hits = await desk.see(cases.search, scope, words, now)
        return [hit.line.id for hit in hits]

    assert await found("银行卡") == [case.id]
    assert await found("卡丢 88") == [case.id]
    assert await found("照片") == [other.id]
    assert await found("卡丢了") == [case.id]
    assert await found("照片丢了") == []
    assert await found("行银") == []
    assert await found("银行", Scope(None, (("44", None),))) == []
    (hit,) = await desk.see(cases.search, everything, "银行卡", now)
    assert "银行卡" in hit.excerpt
    with pytest.raises(CaseError, match="too_short"):
        await found("卡")
    await desk.do(cases.recall_message, case.messages[0].id, by_id=None)
    assert await found("银行卡") == []
    async with desk.database.reading() as session:
        connection = await session.connection()
        query = "select text from case_message where text is not null"
        raw = (await connection.exec_driver_sql(query)).scalars().all()
    assert all("照片".encode() not in bytes(each) for each in raw)


async def test_the_queue_shows_what_one_may_see_in_its_order(desk: Desk) -> None:
    one, _ = desk.officers
    first = await desk.asked()
    await desk.passes(minutes=5)
    second = await desk.do(cases.open_case, desk.employee, "returned", None)  # more urgent
    far = await desk.person(Role.OFFICER, region="440000")
    now = desk.clock.now()
    scope = await desk.see(cases.scope_of, one)
    page = await desk.see(cases.queue, scope, Filter(), now)
    assert [line.id for line in page.lines] == [second.id, first.id]
    assert (page.total, page.has_more) == (2, False)
    assert page.lines[0].employee_number == "E001"
    small = await desk.see(cases.queue, scope, Filter(), now, size=1)
    assert (len(small.lines), small.has_more) == (1, True)
    elsewhere = await desk.see(cases.scope_of, far)
    assert (await desk.see(cases.queue, elsewhere, Filter(), now)).total == 0
    assert (await desk.see(cases.scope_of, desk.employee)).reach == ()
    await desk.do(cases.take, first.id, one)
    for wanted, ids in (
        (Filter(assignee_id=one), [first.id]),
        (Filter(assignee_id=0), [second.id]),
        (Filter(matter="card"), [second.id]),
        (Filter(text=first.number), [first.id]),
        (Filter(text="E001"), [second.id, first.id]),
        (Filter(text="E404"), []),
        (Filter(overdue_at=now + timedelta(days=9)), [second.id, first.id]),
        (Filter(statuses=(CaseStatus.RESOLVED,)), []),
    ):
        page = await desk.see(cases.queue, scope, wanted, now)
        assert [line.id for line in page.lines] == ids, wanted
    counted = await desk.see(cases.counts, scope, now)
    assert (counted.open, counted.pending, counted.mine, counted.overdue) == (1, 1, 1, 0)
    assert counted.waiting[WaitingFor.OFFICER] == 2


async def test_the_promise_its_clocks_and_the_manager(desk: Desk) -> None:
    one, _ = desk.officers
    manager = await desk.person(Role.MANAGER, number=30)
    case = await desk.asked()  # Tuesday, ten o'clock: an answer within two business hours
    told = await desk.see(cases.promise, case.id, desk.clock.now())
    assert (told.place, told.open_now, told.minutes) == (1, True, 120)
    start = desk.clock.now()
    assert told.answer_by == start + timedelta(hours=2)
    await desk.do(cases.take, case.id, one)
    await desk.do(cases.wait, case.id, one, "bank")
    await desk.passes(hours=4)  # the bank's time, lunch in it
    assert (await desk.see(cases.get, case.id)).due_at is None
    await desk.do(cases.wait, case.id, one, "officer")
    await desk.passes(minutes=95)
    warned = await desk.see(cases.collect, one, desk.clock.now())
    assert {n.kind for n in warned} >= {"sla_warned"}
    await desk.passes(hours=1)
    heard = {n.kind for n in await desk.see(cases.collect, manager, desk.clock.now())}
    assert heard == {"escalated_sla"}
    case = await desk.do(cases.answer, case.id, one, "问过银行了")
    assert case.escalated_at is not None
    detail = await desk.see(cases.detail, case.id, desk.clock.now())
    assert detail.sla is not None
    assert detail.sla.state is SlaState.ACTIVE_WITH_MISSES
    assert detail.sla.waited[WaitingFor.BANK] == timedelta(hours=3)
    assert {e.what for e in detail.history if e.kind == "sla"} >= {"first.warned", "first.breached"}
    case = (await desk.do(cases.write, case.id, "还没到账")).case
    assert case.due_at == calendar_of("370100").after(desk.clock.now(), timedelta(hours=2))
    await desk.do(cases.resolve, case.id, one)
    detail = await desk.see(cases.detail, case.id, desk.clock.now())
    assert detail.sla is not None
    assert detail.sla.state is SlaState.MISSED
    assert await desk.timer(f"case:{case.id}:sla") is None


async def test_who_leaves_leaves_nothing_behind(desk: Desk) -> None:
    one, two = desk.officers
    case = await desk.asked()
    await desk.do(cases.take, case.id, one)
    async with desk.database.transaction() as session:
        await roles.revoke(session, one, None, desk.clock.now())
    case = await desk.see(cases.get, case.id)
    assert (case.assignee_id, case.status) == (two, CaseStatus.PENDING)
    async with desk.database.transaction() as session:
        await roles.revoke(session, two, None, desk.clock.now())
    case = await desk.see(cases.get, case.id)
    assert (case.assignee_id, case.status) == (None, CaseStatus.OPEN)  # the managers know
    three = await desk.person(Role.OFFICER)
    assert await desk.do(cases.rescue) == [case.id]
    assert (await desk.see(cases.get, case.id)).offered_to_id == three
