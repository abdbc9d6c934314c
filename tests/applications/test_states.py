"""The bureau's states: late, twice, out of order, with gaps, contradicting our guess."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import date

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services import applications as apps
from services.applications import Change, State
from services.gateways.contract import HistoryEntry
from storage.models import Application, ApplicationEvent, ApplicationStatus, Card, CardStatus
from tests.applications.conftest import (
    Office,
    add_person,
    bureau,
    card,
    read,
    receipt,
    report,
)

GOOD = ("making", "collectable", "collected", "social_enabled", "financial_activated")
REASON = {"code": "photo_background", "field": None, "message": "背景不是白色"}


def whole(view: apps.ApplicationView, office: Office, *states: str, **last: object) -> State:
    """The bureau's own history: reviewing, then these."""
    history = [
        HistoryEntry.model_validate(report(view, number, status, office.now).model_dump())
        for number, status in enumerate(("reviewing", *states), 1)
    ]
    history[-1] = history[-1].model_copy(update=last)
    return State(
        reference="SB3701-1",
        number=view.number,
        status=history[-1].status,
        sequence=len(history),
        history=tuple(history),
    )


async def test_the_good_way(office: Office) -> None:
    view = await office.received()
    changes = await office.told(view, *GOOD)
    assert [change.status for change in changes] == list(GOOD)
    assert [change.finished for change in changes] == [False] * 4 + [True]
    view = await office.get(view)
    assert view.status is ApplicationStatus.FINISHED
    assert view.social_enabled_at is not None
    assert view.financial_activated_at is not None
    assert view.closed_at is not None
    (made,) = await office.rows(Card)
    assert (made.status, made.bank_code) == (CardStatus.NORMAL, "icbc")
    assert (made.social_enabled, made.financial_active) == (True, True)
    assert await office.timers() == {}
    assert await office.see(apps.untold, view.id) == []


async def test_either_function_first(office: Office) -> None:
    view = await office.received()
    changes = await office.told(view, *GOOD[:3], "financial_activated", "social_enabled")
    assert [change.finished for change in changes] == [False] * 4 + [True]


async def test_the_receipt_is_the_first_state(office: Office) -> None:
    """The bureau's own `reviewing`, by callback or poll, is not told a second time."""
    view = await office.received()
    assert await office.told(view, "reviewing", start=1) == []
    assert await office.do(apps.record_poll, view.id, whole(view, office)) == []
    (change,) = await office.told(view, "making")
    assert change.status == "making"


async def test_a_state_before_the_receipt(office: Office) -> None:
    """The answer to our submission was lost, the callback came: it was received."""
    view = await office.submitting()
    assert await office.told(view, "making") == []  # 1 is missing
    polls = await office.tasks("application.poll")
    assert [task.payload for task in polls] == [{"application_id": view.id}]
    request = await office.see(apps.poll_request, view.id)
    assert request is not None
    assert request.reference == "SB3701-1"
    changes = await office.do(apps.record_poll, view.id, whole(view, office, "making"))
    assert [change.status for change in changes] == ["reviewing", "making"]
    late = await office.do(apps.record_submission, view.id, receipt(office.now))
    assert (late.outcome, late.news) == ("received", False)
    assert late.application.status is ApplicationStatus.MAKING


async def test_a_gap_is_asked_for_once_and_told_in_order(office: Office) -> None:
    view = await office.received()
    regular = len(await office.tasks("application.poll"))
    assert await office.told(view, "collectable", start=3) == []
    assert await office.told(view, "collectable", start=3) == []
    assert len(await office.tasks("application.poll")) == regular + 1
    assert (await office.get(view)).status is ApplicationStatus.REVIEWING
    changes = await office.told(view, "making", start=2)
    assert [change.status for change in changes] == ["making", "collectable"]


async def test_a_history_with_holes_is_told_all_the_same(office: Office) -> None:
    view = await office.received()
    state = whole(view, office, "making", "collectable")
    holes = state.model_copy(update={"history": (state.history[0], state.history[2])})
    changes = await office.do(apps.record_poll, view.id, holes)
    assert [change.status for change in changes] == ["collectable"]


async def test_nobody_answers_a_poll(office: Office) -> None:
    view = await office.received()
    before = len(await office.tasks("application.poll"))
    office.wait(minutes=61)
    assert await office.do(apps.record_poll, view.id, None) == []
    assert await office.do(apps.record_poll, view.id, None) == []
    polls = await office.tasks("application.poll")
    assert len(polls) == before + 1  # the chain goes on and does not split
    assert polls[-1].not_before is not None
    assert polls[-1].not_before > office.now


async def test_the_chain_of_polls_ends(office: Office) -> None:
    view = await office.received()
    await office.told(view, *GOOD)
    count = len(await office.tasks("application.poll"))
    office.wait(days=3)
    assert await office.see(apps.poll_request, view.id) is None
    assert await office.do(apps.record_poll, view.id, whole(view, office, *GOOD)) == []
    assert len(await office.tasks("application.poll")) == count


async def test_returned_and_mended(office: Office) -> None:
    view = await office.received()
    (change,) = await office.told(view, "returned", reason=REASON, due="2026-12-24")
    assert change.reason == REASON
    assert change.due == date(2026, 12, 24)
    assert change.mending is not None
    assert change.mending.kinds == ("portrait",)
    (line,) = await office.do(apps.progress, office.person_id)
    assert (line.next, line.reason, line.mending) == ("mend", REASON, change.mending)
    assert (await office.do(apps.submit, view.id)).outcome == "mend"
    mending = await office.do(apps.reopen_for_mending, view.id)
    assert mending == await office.do(apps.reopen_for_mending, view.id) == change.mending
    view = await office.get(view)
    assert (view.revision, view.missing, view.unconfirmed) == (2, ("portrait",), ())
    await office.send(view.id, read("portrait"))
    await office.checked(view)
    assert (await office.do(apps.submit, view.id)).outcome == "queued"
    package = await office.see(apps.load_package, view.id, 2)
    assert package is not None
    assert package.body.revision == 2
    stale = await office.do(apps.record_submission, view.id, receipt(office.now, revision=1))
    assert stale.outcome == "ignored"
    done = await office.do(apps.record_submission, view.id, receipt(office.now, revision=2))
    assert (done.outcome, done.application.status) == ("received", ApplicationStatus.REVIEWING)
    # The old return comes again: nothing. The next state is the bureau's fourth.
    assert await office.told(view, "returned", reason=REASON) == []
    assert [c.status for c in await office.told(view, "making", start=4)] == ["making"]


async def test_returned_from_making(office: Office) -> None:
    view = await office.received()
    await office.told(view, "making", "returned", reason=REASON)
    assert [c.status for c in await office.rows(Card)] == [CardStatus.CANCELLED]


async def test_a_registry_told_of_our_card_first(office: Office) -> None:
    """Reports are late; a look-up for another province has seen the card in hand already."""
    view = await office.received()
    await office.told(view, "making")
    other = await office.documented("320500")
    await office.checked(other, bureau(card(last_four="7777")))
    changes = await office.told(view, *GOOD[1:], start=3)
    assert not any((change.reason or {}).get("second_card") for change in changes)
    assert [(c.last_four, c.status.value) for c in await office.rows(Card)] == [("7777", "normal")]


async def test_sealed(office: Office) -> None:
    view = await office.received()
    changes = await office.told(view, "making", "collectable", "sealed", place="示例网点")
    assert changes[-1].application_status is ApplicationStatus.SEALED
    assert [c.status for c in await office.rows(Card)] == [CardStatus.SEALED]
    assert (await office.opened()).id != view.id


async def test_collectable_says_where_and_until_when(office: Office) -> None:
    view = await office.received()
    await office.told(view, "making")
    (change,) = await office.told(
        view, "collectable", start=3, due="2027-05-22", place="示例网点（样本）"
    )
    assert (change.due, change.place) == (date(2027, 5, 22), "示例网点（样本）")
    assert "示例网点" not in repr(change)
    (line,) = await office.do(apps.progress, office.person_id)
    assert (line.next, line.by, line.place) == ("collect", date(2027, 5, 22), "示例网点（样本）")


async def test_the_bureau_counts_otherwise_than_we_assumed(office: Office) -> None:
    """Its first number is `making`: our assumed `reviewing` under that number gives way."""
    view = await office.received()
    changes = await office.told(view, "making", "collectable", start=1)
    assert [change.status for change in changes] == ["making", "collectable"]


async def test_another_reference_or_number_changes_nothing(office: Office) -> None:
    view = await office.received()
    wrong = report(view, 2, "making", office.now, reference="OTHER")
    assert await office.do(apps.record_state, wrong) == []
    unknown = report(view, 2, "making", office.now, number="SB-0000-0000")
    assert await office.do(apps.record_state, unknown) == []
    assert (await office.get(view)).status is ApplicationStatus.REVIEWING


async def test_what_comes_after_the_end_is_kept_silently(office: Office) -> None:
    view = await office.received()
    await office.told(view, *GOOD)
    assert await office.told(view, "sealed", start=7) == []
    assert (await office.get(view)).status is ApplicationStatus.FINISHED
    kept = [e for e in await office.rows(ApplicationEvent) if e.status == "sealed"]
    assert [event.told_at for event in kept] == [office.now]


async def test_an_officer_sees_the_states_where_nobody_reports(office: Office) -> None:
    view = await office.submitting()
    async with office.database.transaction() as session:
        await apps.record_filed(session, view.id, office.person_id, None, office.now)
    seen = []
    for status in ("making", "making", "collectable", "collected", *GOOD[3:]):
        entry = HistoryEntry.model_validate({"sequence": 0, "status": status, "at": office.now})
        office.wait(hours=1)
        seen += await office.do(apps.record_by_officer, view.id, office.person_id, entry)
    assert [change.status for change in seen] == list(GOOD)
    assert {change.source for change in seen} == {"officer"}
    assert seen[-1].finished


async def test_told_once_even_when_the_telling_was_late(office: Office) -> None:
    view = await office.received()
    changes = await office.do(apps.record_state, report(view, 2, "making", office.now))
    assert await office.see(apps.untold, view.id) == changes
    await office.do(apps.told, [change.event_id for change in changes])
    assert await office.see(apps.untold, view.id) == []


async def test_the_same_report_on_several_replicas_at_once(office: Office) -> None:
    view = await office.received()
    same = report(view, 2, "making", office.now)
    got = await asyncio.gather(*(office.do(apps.record_state, same) for _ in range(5)))
    assert sorted(len(changes) for changes in got) == [0, 0, 0, 0, 1]


Step = tuple[str, int]
steps = st.lists(
    st.one_of(
        st.tuples(st.just("report"), st.integers(1, 6)),
        st.tuples(st.just("poll"), st.integers(1, 6)),
    ),
    max_size=14,
)


@settings(
    max_examples=20,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(order=steps)
async def test_any_order_any_repeats(office: Office, order: Sequence[Step]) -> None:
    """However reports and polls come: every state is told once, in the bureau's order, and at
    the end (a last poll) nothing is missing."""
    view = await _fresh(office)
    states = ("reviewing", *GOOD)
    told: list[Change] = []
    for kind, number in order:
        if kind == "report":
            one = report(view, number, states[number - 1], office.now)
            told += await office.do(apps.record_state, one)
        else:
            part = whole(view, office, *GOOD[: number - 1])
            told += await office.do(apps.record_poll, view.id, part)
        assert [c.status for c in told] == list(states[1 : len(told) + 1])
    told += await office.do(apps.record_poll, view.id, whole(view, office, *GOOD))
    assert [c.status for c in told] == list(GOOD)
    assert [c.finished for c in told][-1]
    assert (await office.get(view)).status is ApplicationStatus.FINISHED


_serial = 0


async def _fresh(office: Office) -> apps.ApplicationView:
    """An application that the bureau has taken, of a person of its own: each example needs one."""
    global _serial  # noqa: PLW0603
    _serial += 1
    async with office.database.transaction() as session:
        office.person_id = await add_person(session, office.now, _serial)
        view = await apps.open_first(session, office.person_id, "370100", office.now)
        row = await session.get(Application, view.id)
        assert row is not None
        row.status, row.bank_code = ApplicationStatus.SUBMITTING, "icbc"
        await session.flush()
        done = await apps.record_submission(session, view.id, receipt(office.now), office.now)
    return done.application
