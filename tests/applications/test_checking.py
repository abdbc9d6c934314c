"""The duplicate check as it is begun, answered, repeated and written down."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from services import applications as apps
from services import cards
from services.applications import Answer, NotAllowed
from services.applications.settings import ApplicationSettings
from storage.models import (
    ApplicationStatus,
    AuditEntry,
    Card,
    CardStatus,
    Evidence,
    LookUp,
    TaskStatus,
)
from tests.applications.conftest import (
    BACK,
    FRONT,
    Office,
    answer,
    bureau,
    card,
    read,
    silent,
)

AWAY = {"province": "320000", "region": "320500"}


async def test_what_must_be_there_first(office: Office) -> None:
    view = await office.do(apps.open_first, office.person_id, "370100")
    with pytest.raises(NotAllowed, match="documents_missing"):
        await office.do(apps.begin_check, view.id)
    got = await office.send(view.id, read("id_front", FRONT), read("id_back", BACK))
    await office.send(view.id, read("portrait"))
    with pytest.raises(NotAllowed, match="documents_missing"):
        await office.do(apps.begin_check, view.id)
    for document in got.documents:
        await office.do(apps.confirm_fields, document.id)
    with pytest.raises(NotAllowed, match="bank_missing"):
        await office.do(apps.begin_check, view.id)


async def test_one_round_however_often_it_is_pressed(office: Office) -> None:
    view = await office.documented()
    rounds = await asyncio.gather(*(office.do(apps.begin_check, view.id) for _ in range(4)))
    assert set(rounds) == {1}
    (task,) = await office.tasks("application.check")
    assert (task.mailbox, task.payload) == ("1000", {"application_id": view.id, "round": 1})
    assert (await office.get(view)).status is ApplicationStatus.CHECKING


async def test_a_poisoned_task_gives_way_to_a_new_one(office: Office) -> None:
    view = await office.documented()
    await office.do(apps.begin_check, view.id)
    (task,) = await office.tasks()
    await office.end_task(task.id, TaskStatus.DEAD)
    assert await office.do(apps.begin_check, view.id) == 1
    assert len(await office.tasks()) == 2


async def test_who_is_asked_about(office: Office) -> None:
    view = await office.documented(name="样二")
    await office.do(apps.begin_check, view.id)
    request = await office.see(apps.check_request, view.id, 1)
    assert request is not None
    assert (request.name, request.id_number) == ("样二", FRONT["id_number"])
    assert "样二" not in repr(request)
    assert await office.see(apps.check_request, view.id, 2) is None


async def test_clear(office: Office) -> None:
    view = await office.documented()
    decision = await office.checked(view)
    assert (decision.outcome, decision.evidence) == ("clear", Evidence.CONNECTOR)
    assert decision.application.checked_at == office.now
    assert decision.application.status is ApplicationStatus.DRAFT


async def test_answers_that_come_twice_count_once(office: Office) -> None:
    view = await office.documented()
    await office.do(apps.begin_check, view.id)
    both = [bureau(), answer("icbc")]
    tries = [office.do(apps.record_answers, view.id, 1, both) for _ in range(3)]
    decisions = await asyncio.gather(*tries)
    assert [d.outcome for d in decisions if d] == ["clear"]
    assert len(await office.rows(LookUp)) == 2


async def test_stop_says_what_there_is(office: Office) -> None:
    view = await office.documented()
    decision = await office.checked(view, bureau(card()), answer("icbc", card()))
    assert decision.outcome == "stop"
    assert [(c.bank_code, c.last_four, c.status) for c in decision.cards] == [
        ("icbc", "1234", CardStatus.NORMAL)
    ]
    assert decision.ways == ("use_card", "replace", "change_bank")
    assert decision.application.status is ApplicationStatus.STOPPED
    assert decision.application.stop_reason == "card_same_province"
    assert await office.timers() == {}
    (known,) = await office.see(cards.cards_of, office.person_id)
    assert (known.last_four, known.evidence) == ("1234", Evidence.CONNECTOR)
    # A new one may be begun at once: the check will stop it again.
    assert (await office.opened()).id != view.id


async def test_waiting_and_coming_back(office: Office) -> None:
    view = await office.documented()
    decision = await office.checked(view, bureau(), silent("icbc"), silent("ccb", "misbehaved"))
    assert (decision.outcome, decision.waiting_for) == ("wait", ("icbc", "ccb"))
    assert (decision.attempt, decision.escalate) == (1, False)
    assert decision.not_before == office.now + timedelta(minutes=1)
    assert decision.application.status is ApplicationStatus.WAITING
    tasks = await office.tasks("application.check")
    assert [task.payload["round"] for task in tasks] == [1, 2]
    assert tasks[1].not_before == decision.not_before
    assert await office.do(apps.begin_check, view.id) == 2
    assert len(await office.tasks()) == 2
    then = await office.do(apps.record_answers, view.id, 2, [bureau(), answer("icbc")])
    assert then is not None
    assert (then.outcome, then.application.status) == ("clear", ApplicationStatus.DRAFT)


async def test_the_pauses_grow_and_hr_hears_once(office: Office) -> None:
    apps.use(ApplicationSettings(retry_minutes=(1, 5), escalate_after_attempts=3))
    try:
        view = await office.documented()
        decisions = [await office.checked(view, bureau(), silent("icbc")) for _ in range(5)]
    finally:
        apps.use(ApplicationSettings())
    pauses = [d.not_before - office.now for d in decisions if d.not_before]
    assert [pause.total_seconds() / 60 for pause in pauses] == [1, 5, 5, 5, 5]
    assert [d.escalate for d in decisions] == [False, False, True, False, False]
    assert [d.attempt for d in decisions] == [1, 2, 3, 4, 5]


async def test_a_card_elsewhere_warns(office: Office) -> None:
    view = await office.documented()
    decision = await office.checked(view, bureau(card(**AWAY)))
    assert decision.outcome == "warn"
    assert [c.province_code for c in decision.cards] == ["320000"]
    assert decision.application.checked_at == office.now


async def test_the_registry_of_cards_follows(office: Office) -> None:
    view = await office.documented()
    two = bureau(card(status="lost", last_four="0001"), card(**AWAY))
    await office.checked(view, two)
    changed = bureau(card(status="cancelled", last_four="0001"), card(bank="ccb", **AWAY))
    await office.checked(view, changed)
    rows = await office.rows(Card)
    seen = {(c.province_code, c.bank_code, c.last_four, c.status.value) for c in rows}
    assert seen == {
        ("370000", "icbc", "0001", "cancelled"),
        ("320000", "icbc", "1234", "cancelled"),  # nobody names it any more
        ("320000", "ccb", "1234", "normal"),
    }


async def test_a_worse_source_does_not_overwrite(office: Office) -> None:
    view = await office.documented()
    await office.checked(view, bureau(card(status="lost")))
    row = (await office.rows(Card))[0]
    found = cards.FoundCard(
        province_code=row.province_code,
        region_code=row.region_code,
        bank_code=row.bank_code,
        last_four=row.last_four,
        status=CardStatus.NORMAL,
        valid_until=None,
        social_enabled=None,
        financial_active=None,
        source="us",
        evidence=Evidence.BATCH,
        as_of=office.now,
    )
    async with office.database.transaction() as session:
        assert await cards.record_cards(session, office.person_id, [found], complete=False) == []
    assert (await office.rows(Card))[0].status is CardStatus.LOST


async def test_two_valid_cards_are_told_though_only_one_is_kept(office: Office) -> None:
    view = await office.documented()
    decision = await office.checked(view, bureau(card(), card(bank="ccb", last_four="0009")))
    assert {c.bank_code for c in decision.cards} == {"icbc", "ccb"}
    assert [c.status for c in await office.rows(Card)] == [CardStatus.NORMAL]


async def test_answers_are_kept_as_evidence(office: Office) -> None:
    view = await office.documented()
    await office.checked(view, bureau(card(**AWAY)), silent("ccb", "no_connector"))
    kept = {each.source: each for each in await office.rows(LookUp)}
    assert Answer.from_json(kept["bureau"].answer).cards[0].last_four == "1234"
    assert kept["ccb"].outcome == "no_connector"


async def test_override(office: Office) -> None:
    view = await office.documented()
    await office.checked(view, bureau(card()))
    with pytest.raises(NotAllowed, match="reason_missing"):
        await _override(office, view.id, "  ")
    again = await _override(office, view.id, "原卡已当场剪角注销，系统未更新")
    assert (again.status, again.overridden) == (ApplicationStatus.DRAFT, True)
    decision = await office.checked(view, bureau(card()))
    assert (decision.outcome, decision.overridden) == ("warn", True)
    entry = next(e for e in await office.rows(AuditEntry) if e.verb == "application.overridden")
    assert (entry.actor, entry.subject) == (f"person:{office.person_id}", f"application:{view.id}")
    assert "剪角" in entry.detail["reason"]


async def test_no_override_beside_another_open_one(office: Office) -> None:
    view = await office.documented()
    with pytest.raises(NotAllowed, match="not_stopped"):
        await _override(office, view.id, "原因")
    await office.checked(view, bureau(card()))
    await office.opened()
    with pytest.raises(NotAllowed, match="another_open"):
        await _override(office, view.id, "原因")


async def _override(office: Office, application_id: int, reason: str) -> apps.ApplicationView:
    return await office.do(apps.override, application_id, office.person_id, reason)
