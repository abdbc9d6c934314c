"""The recall of a changed rule: to whom, once, and what it says. Worklists of keepers."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Any

from sqlmodel import col, select

from services import applications as apps
from services.people import roles
from services.policies import publish, recalls, worklists
from services.policies.answers import forget_old
from services.policies.settings import PolicySettings
from storage.models import AnswerGiven, AnswerRecord, Role, Timer
from tests.policies.bundles import changed, signed, unpacked
from tests.policies.conftest import HOME, Desk

LOCAL = """
region: "370100"
keeper: policy-desk
checked: "2026-12-01"
checked_by: t
entries:
  - {id: r370100-replace-lost, topics: [replace-lost], steps: ["济南先打电话。[[own]]"]}
"""
RULE, QUESTION = "cn-replace-lost", "社保卡丢了怎么补办"


async def updated(desk: Desk, folder: Path, **parts: Any) -> None:
    """Another rule is in force, from ten days later on."""
    desk.clock.jump(timedelta(days=10))
    bundle = changed(folder, folder.name, desk.now, RULE, **parts)
    await desk.do(publish, bundle, desk.now, "cli")


async def due(desk: Desk) -> dict[int, tuple[int, ...]]:
    """Who is to be told, of which answers."""
    found = await desk.do(recalls.due, desk.library, desk.now)
    return {one.person_id: one.answer_ids for one in found}


async def told(desk: Desk, person: int, ids: tuple[int, ...], language: str = "zh") -> list[Any]:
    """They are told."""
    changes = await desk.do(
        recalls.tell, desk.library, person, list(ids), language=language, now=desk.now
    )
    return list(changes)


async def test_only_who_was_told_and_has_something_open(desk: Desk, tmp_path: Path) -> None:
    first, second, third = desk.people
    for who in (0, 1):
        await desk.asks(QUESTION, who)
    await desk.asks("照片要什么底色", 2)
    for person in (first, third):
        await desk.do(apps.open_first, person, HOME, desk.now)
    await updated(desk, tmp_path / "v1", rule="补卡要先挂失（新）。")
    found = await due(desk)
    assert found.keys() == {first}
    (change,) = await told(desk, first, found[first])
    assert change.topic == "replace-lost"
    (difference,) = change.differences
    assert difference.part == "rule"
    assert difference.new == ("补卡要先挂失（新）。",)
    assert change.part.sources
    assert await due(desk) == {}, "once"
    assert await told(desk, first, found[first]) == []
    # The second comes with an application of their own later: the next change tells them.
    await desk.do(apps.open_first, second, HOME, desk.now)
    await updated(desk, tmp_path / "v2", rule="补卡不用挂失（更新）。")
    found = await due(desk)
    assert found.keys() == {first, second}
    (change,) = await told(desk, first, found[first])
    assert change.differences[0].old == ("补卡要先挂失（新）。",)


async def test_changed_back_before_it_was_told(desk: Desk, tmp_path: Path) -> None:
    await desk.asks(QUESTION)
    await desk.do(apps.open_first, desk.people[0], HOME, desk.now)
    await updated(desk, tmp_path / "v1", rule="补卡要先挂失（新）。")
    found = await due(desk)
    desk.clock.jump(timedelta(days=1))
    old = next(p.rule for p in desk.library._answerer.base.policies.values() if p.id == RULE)
    assert old is not None
    bundle = changed(tmp_path / "v2", "v2", desk.now, RULE, rule=old.text, keeper="E000")
    await desk.do(publish, bundle, desk.now, "cli")
    assert await told(desk, desk.people[0], found[desk.people[0]]) == []
    assert await due(desk) == {}


async def test_a_new_source_or_check_alone_is_no_change(desk: Desk, tmp_path: Path) -> None:
    await desk.asks(QUESTION)
    await desk.do(apps.open_first, desk.people[0], HOME, desk.now)
    await updated(desk, tmp_path / "v1", checked="2026-12-01")
    assert await due(desk) == {}


async def test_a_local_rule_where_there_was_none_is_a_change(desk: Desk, tmp_path: Path) -> None:
    """What a person is told of is the answer, wherever it came from."""
    await desk.asks(QUESTION)
    await desk.do(apps.open_first, desk.people[0], HOME, desk.now)
    desk.clock.jump(timedelta(days=10))
    folder = unpacked(tmp_path / "v1")
    (folder / "policies" / "370100-more.yaml").write_text(LOCAL, "utf-8")
    await desk.do(publish, signed(folder, "v1", desk.now), desk.now, "cli")
    found = await due(desk)
    (change,) = await told(desk, desk.people[0], found[desk.people[0]], "en")
    assert "济南先打电话。" in [line for each in change.differences for line in each.new]


async def test_old_questions_are_forgotten(desk: Desk) -> None:
    await desk.asks(QUESTION)
    desk.clock.jump(timedelta(days=366))
    await desk.asks(QUESTION, 1)
    await desk.do(forget_old, desk.now, 365)
    (left,) = await desk.rows(AnswerGiven)
    assert left.person_id == desk.people[1]
    assert {row.answer_id for row in await desk.rows(AnswerRecord)} == {left.id}


# -- worklists ------------------------------------------------------------------------------------


async def test_each_keeper_gets_their_own(desk: Desk) -> None:
    desk.clock.jump(timedelta(days=40))
    everywhere, shandong = "1003", "1004"
    found = await desk.do(worklists.worklists, PolicySettings(), 31, desk.now)
    assert found.keys() == {everywhere, shandong}
    assert {f.region[:2] for f in found[shandong]} <= {"37", "00"}
    assert {"stale", "missing"} <= {f.kind for f in found[shandong]}
    assert len(found[everywhere]) > len(found[shandong])
    # A named keeper alone gets what is theirs; what nobody is named for goes to its officers.
    named = PolicySettings(keepers={"policy-desk": "E004"})
    found = await desk.do(worklists.worklists, named, 31, desk.now)
    assert {f.kind for f in found[everywhere]} == {"missing"}
    assert "stale" in {f.kind for f in found[shandong]}
    # A keeper who is no officer (any more) is none: nothing is lost.
    async with desk.database.transaction() as session:
        await roles.revoke(session, desk.officers[1], Role.OFFICER, desk.now)
    found = await desk.do(worklists.worklists, named, 31, desk.now)
    assert found.keys() == {everywhere}


async def test_the_timer_stands_once(desk: Desk) -> None:
    for _ in range(2):
        await desk.do(worklists.arm, PolicySettings(), desk.now)
    async with desk.database.reading() as session:
        query = select(Timer).where(col(Timer.key) == worklists.DUE)
        (timer,) = (await session.exec(query)).all()
    assert timer.due_at == datetime(2027, 1, 1, 1, tzinfo=UTC)


def test_the_next_worklist() -> None:
    settings = PolicySettings(worklist_day=28, worklist_at=time(9))
    before = datetime(2026, 12, 28, 0, 59, tzinfo=UTC)
    assert worklists.next_moment(settings, before) == datetime(2026, 12, 28, 1, tzinfo=UTC)
    assert worklists.next_moment(settings, before + timedelta(minutes=1)) == datetime(
        2027, 1, 28, 1, tzinfo=UTC
    )
